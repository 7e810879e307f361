#include "retrieval/rank/fusion.h"

#include <algorithm>
#include <cmath>

namespace loadline {
namespace {

FusedChunk& entry_of(std::vector<FusedChunk>& chunks, ChunkId id) {
  const auto at =
      std::lower_bound(chunks.begin(), chunks.end(), id,
                       [](const FusedChunk& chunk, ChunkId wanted) { return chunk.chunk < wanted; });
  return *at;
}

struct Range {
  double low = 0, high = 0;
  // 0 at the weakest candidate, 1 at the strongest.
  double place(double value) const {
    return high > low ? std::clamp((value - low) / (high - low), 0.0, 1.0) : 0.0;
  }
};

Range keyword_range(const std::vector<FusedChunk>& chunks) {
  Range range;  // BM25 is zero where no word agrees
  for (const FusedChunk& chunk : chunks) range.high = std::max(range.high, chunk.keyword_score);
  return range;
}

Range vector_range(const std::vector<FusedChunk>& chunks) {
  Range range{1, -1};
  for (const FusedChunk& chunk : chunks) {
    if (chunk.vector_rank == 0) continue;
    range.low = std::min(range.low, chunk.vector_score);
    range.high = std::max(range.high, chunk.vector_score);
  }
  // Cosines lie close together; a list of equals should not be spread from 0 to 1.
  constexpr double spread_min = 0.2;
  range.low = std::min(range.low, range.high - spread_min);
  return range;
}

}  // namespace

std::vector<FusedChunk> unite(std::span<const ScoredChunk> keyword, std::span<const ScoredChunk> vector) {
  std::vector<FusedChunk> chunks;
  chunks.reserve(keyword.size() + vector.size());
  for (const auto& list : {keyword, vector})
    for (const ScoredChunk& hit : list) chunks.push_back({.chunk = hit.chunk});
  std::sort(chunks.begin(), chunks.end(), [](const auto& a, const auto& b) { return a.chunk < b.chunk; });
  chunks.erase(std::unique(chunks.begin(), chunks.end(),
                           [](const FusedChunk& a, const FusedChunk& b) { return a.chunk == b.chunk; }),
               chunks.end());
  for (std::size_t i = 0; i < keyword.size(); ++i) {
    FusedChunk& entry = entry_of(chunks, keyword[i].chunk);
    entry.keyword_score = keyword[i].score;
    if (entry.keyword_rank == 0) entry.keyword_rank = static_cast<std::uint32_t>(i + 1);
  }
  for (std::size_t i = 0; i < vector.size(); ++i) {
    FusedChunk& entry = entry_of(chunks, vector[i].chunk);
    entry.vector_score = vector[i].score;
    if (entry.vector_rank == 0) entry.vector_rank = static_cast<std::uint32_t>(i + 1);
  }
  return chunks;
}

void fuse(std::vector<FusedChunk>& chunks, const FusionOptions& options) {
  const Range keyword = keyword_range(chunks), vector = vector_range(chunks);
  const double weights = options.keyword_weight + options.vector_weight;
  for (FusedChunk& chunk : chunks) {
    if (options.rule == FusionRule::weighted_sum) {
      const double sum =
          options.keyword_weight * keyword.place(chunk.keyword_score) +
          (chunk.vector_rank == 0 ? 0.0 : options.vector_weight * vector.place(chunk.vector_score));
      chunk.score = weights > 0 ? sum / weights : 0;
      continue;
    }
    chunk.score = 0;
    for (const std::uint32_t rank : {chunk.keyword_rank, chunk.vector_rank})
      if (rank != 0)
        chunk.score += (options.reciprocal_constant + 1) / (2 * (options.reciprocal_constant + rank));
  }
}

void sort_by_score(std::vector<FusedChunk>& chunks) {
  std::sort(chunks.begin(), chunks.end(), [](const FusedChunk& a, const FusedChunk& b) {
    return a.score != b.score ? a.score > b.score : a.chunk < b.chunk;
  });
}

}  // namespace loadline

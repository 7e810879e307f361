#include "model/search_index.h"

#include <algorithm>

namespace loadline {

Result<std::vector<std::uint64_t>> KeywordIndex::frequencies(std::span<const std::string_view> words,
                                                             const CallContext& context) const {
  std::vector<std::uint64_t> counts;
  for (const std::string_view word : words) {
    LOADLINE_ASSIGN(const std::vector<ScoredChunk> found, search(word, stats().chunks, nullptr, context));
    counts.push_back(found.size());
  }
  return counts;
}

Result<std::vector<float>> VectorIndex::scores(std::span<const float> query, std::span<const ChunkId> chunks,
                                               const CallContext& context) const {
  std::vector<ChunkId> sorted(chunks.begin(), chunks.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  const ChunkFilter filter{
      sorted.size(), [&](ChunkId chunk) { return std::binary_search(sorted.begin(), sorted.end(), chunk); }};
  LOADLINE_ASSIGN(std::vector<ScoredChunk> found, search(query, sorted.size(), &filter, context));
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.chunk < b.chunk; });
  std::vector<float> scores;
  for (const ChunkId chunk : chunks) {
    const auto at = std::lower_bound(found.begin(), found.end(), chunk,
                                     [](const ScoredChunk& hit, ChunkId id) { return hit.chunk < id; });
    scores.push_back(at != found.end() && at->chunk == chunk ? at->score : absent_score);
  }
  return scores;
}

}  // namespace loadline

#include "retrieval/rank/candidates.h"

#include <algorithm>
#include <chrono>
#include <functional>

namespace loadline {
namespace {

using Hits = std::vector<ScoredChunk>;
using Leg = std::function<Result<Hits>(std::size_t k, const ChunkFilter* filter)>;

// Searches with a filter only if there is something to keep out. An index may hold chunks that are not served
// yet or any more; if they took places, the filter keeps them out too.
Result<Hits> search_allowed(const Leg& leg, std::size_t depth, const CollectionView& view,
                            const DocumentSet& allowed) {
  const ChunkFilter filter = allowed.chunk_filter();
  if (!allowed.all()) return leg(depth, &filter);
  LOADLINE_ASSIGN(Hits hits, leg(depth, nullptr));
  const auto unserved = [&](const ScoredChunk& hit) { return view.find(hit.chunk) == nullptr; };
  if (std::none_of(hits.begin(), hits.end(), unserved)) return hits;
  return leg(depth, &filter);
}

void sort_hits(Hits& hits) {
  std::sort(hits.begin(), hits.end(), [](const ScoredChunk& a, const ScoredChunk& b) {
    return a.score != b.score ? a.score > b.score : a.chunk < b.chunk;
  });
  hits.erase(std::unique(hits.begin(), hits.end(),
                         [](const ScoredChunk& a, const ScoredChunk& b) { return a.chunk == b.chunk; }),
             hits.end());
}

Result<Hits> leg_candidates(const Leg& leg, const CollectionView& view, const DocumentSet& allowed,
                            const std::vector<std::uint32_t>& likely, std::size_t k,
                            const CandidateOptions& options) {
  LOADLINE_ASSIGN(Hits hits, search_allowed(leg, std::max(options.leg_depth, k), view, allowed));
  if (likely.empty()) return hits;
  const DocumentSet focus(allowed, likely);
  const ChunkFilter filter = focus.chunk_filter();
  LOADLINE_ASSIGN(const Hits more, leg(options.focus_depth, &filter));
  hits.insert(hits.end(), more.begin(), more.end());
  sort_hits(hits);
  return hits;
}

// The chunks that only the other leg found, sorted.
std::vector<ChunkId> missing_chunks(const Hits& have, const Hits& others) {
  std::vector<ChunkId> missing;
  std::vector<ChunkId> known;
  for (const ScoredChunk& hit : have) known.push_back(hit.chunk);
  std::sort(known.begin(), known.end());
  for (const ScoredChunk& hit : others)
    if (!std::binary_search(known.begin(), known.end(), hit.chunk)) missing.push_back(hit.chunk);
  std::sort(missing.begin(), missing.end());
  return missing;
}

// What one leg thinks of the chunks that only the other one found.
Result<Hits> missing_cosines(const VectorIndex& index, std::span<const float> query, const Hits& have,
                             const Hits& others, const CallContext& context) {
  const std::vector<ChunkId> missing = missing_chunks(have, others);
  LOADLINE_ASSIGN(const std::vector<float> scores, index.scores(query, missing, context));
  Hits hits;
  for (std::size_t i = 0; i < missing.size(); ++i)
    if (scores[i] != VectorIndex::absent_score) hits.push_back({missing[i], scores[i]});
  return hits;
}

Result<Hits> missing_scores(const Leg& leg, const Hits& have, const Hits& others) {
  const std::vector<ChunkId> missing = missing_chunks(have, others);
  if (missing.empty()) return Hits{};
  const ChunkFilter filter{missing.size(), [&missing](ChunkId chunk) {
                             return std::binary_search(missing.begin(), missing.end(), chunk);
                           }};
  return leg(missing.size(), &filter);
}

void add_document_evidence(std::vector<FusedChunk>& chunks, const CollectionView& view,
                           const DocumentMatches& matches, double weight) {
  if (matches.best <= 0) return;
  // Evidence weighs as much as it is sure: common words and bare years must not outvote both legs.
  const double share = weight * std::min(1.0, matches.best);
  for (FusedChunk& chunk : chunks) {
    const auto number = view.document_number(view.find(chunk.chunk)->document);
    const double document =
        number < matches.documents.size() ? matches.documents[number].score / matches.best : 0.0;
    chunk.score = (1.0 - share) * chunk.score + share * document;
  }
}

}  // namespace

double millis_since(Instant start, const CallContext& context) {
  return std::chrono::duration<double, std::milli>(context.clock->now() - start).count();
}

std::vector<std::uint32_t> likely_documents(const DocumentMatches& matches, const DocumentSet& allowed,
                                            const CandidateOptions& options) {
  std::vector<std::uint32_t> order;
  double best = 0;
  std::size_t all = 0;
  for (std::uint32_t number = 0; number < matches.documents.size(); ++number) {
    if (!allowed.holds(number)) continue;
    ++all;
    best = std::max(best, matches.documents[number].score);
  }
  if (best <= 0) return order;
  for (std::uint32_t number = 0; number < matches.documents.size(); ++number)
    if (allowed.holds(number) && matches.documents[number].score >= options.focus_share * best)
      order.push_back(number);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return matches.documents[a].score > matches.documents[b].score;
  });
  if (order.size() > options.focus_documents) order.resize(options.focus_documents);
  if (order.size() == all) order.clear();
  return order;
}

Result<std::vector<FusedChunk>> find_candidates(const CollectionIndexes& indexes, const CollectionView& view,
                                                const DocumentSet& allowed, const CandidateRequest& request,
                                                const CandidateOptions& options, const CallContext& context,
                                                CandidateTimes& times) {
  const auto likely = request.documents == nullptr ? std::vector<std::uint32_t>{}
                                                   : likely_documents(*request.documents, allowed, options);
  const Leg keyword = [&](std::size_t k, const ChunkFilter* filter) {
    return indexes.keyword->search(request.query, k, filter, context);
  };
  const Leg vector = [&](std::size_t k, const ChunkFilter* filter) {
    return indexes.vector->search(request.vector, k, filter, context);
  };
  const bool use_vector = !request.vector.empty();
  Hits by_words, by_meaning;
  Instant start = context.clock->now();
  if (request.keyword) {
    LOADLINE_ASSIGN(by_words, leg_candidates(keyword, view, allowed, likely, request.k, options));
  }
  times.keyword_ms += millis_since(start, context);
  LOADLINE_TRY(context.check());
  start = context.clock->now();
  if (use_vector) {
    LOADLINE_ASSIGN(by_meaning, leg_candidates(vector, view, allowed, likely, request.k, options));
    LOADLINE_ASSIGN(const Hits more,
                    missing_cosines(*indexes.vector, request.vector, by_meaning, by_words, context));
    by_meaning.insert(by_meaning.end(), more.begin(), more.end());
    sort_hits(by_meaning);
  }
  times.vector_ms += millis_since(start, context);
  start = context.clock->now();
  if (request.keyword) {
    LOADLINE_ASSIGN(const Hits more, missing_scores(keyword, by_words, by_meaning));
    by_words.insert(by_words.end(), more.begin(), more.end());
    sort_hits(by_words);
  }
  times.keyword_ms += millis_since(start, context);
  start = context.clock->now();
  std::vector<FusedChunk> chunks = unite(by_words, by_meaning);
  std::erase_if(chunks, [&](const FusedChunk& chunk) { return view.find(chunk.chunk) == nullptr; });
  fuse(chunks, options.fusion);
  if (request.documents != nullptr)
    add_document_evidence(chunks, view, *request.documents, options.document_weight);
  sort_by_score(chunks);
  for (std::size_t i = 0; i < chunks.size(); ++i) chunks[i].fused_rank = static_cast<std::uint32_t>(i + 1);
  times.fuse_ms += millis_since(start, context);
  return chunks;
}

}  // namespace loadline

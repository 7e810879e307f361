#include "retrieval/rank/page_stage.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_map>

namespace loadline {
namespace {

using ScoreOf = std::unordered_map<ChunkId, float>;

PagePool make_pool(std::span<const FusedChunk> candidates, const PageStageInput& input,
                   const CollectionView& collection, std::size_t pages_max) {
  PagePool pool;
  std::map<PageUnit, std::size_t> known;
  for (const FusedChunk& candidate : candidates) {
    if (pool.pages.size() == pages_max) break;
    const PageUnit unit = collection.unit_of(candidate.chunk);
    if (!known.emplace(unit, pool.pages.size()).second) continue;
    PoolPage page;
    page.unit = unit;
    page.first_stage = candidate.score;  // candidates are best first
    if (input.documents != nullptr) page.document = input.documents->documents[unit.document];
    for (const auto& place : collection.unit(unit)) page.chunks.push_back(place.chunk);
    pool.pages.push_back(std::move(page));
  }
  if (input.documents != nullptr) pool.document_best = input.documents->best;
  return pool;
}

std::vector<ChunkId> all_chunks(const PagePool& pool) {
  std::vector<ChunkId> ids;
  for (const PoolPage& page : pool.pages) ids.insert(ids.end(), page.chunks.begin(), page.chunks.end());
  std::sort(ids.begin(), ids.end());
  return ids;
}

Status add_cosines(PagePool& pool, const std::vector<ChunkId>& ids, const Matrix& vectors,
                   const VectorIndex& index, const CallContext& context) {
  std::vector<std::vector<float>> by_vector;
  for (std::size_t row = 0; row < vectors.rows; ++row) {
    LOADLINE_ASSIGN(std::vector<float> scores, index.scores(vectors.row(row), ids, context));
    for (float& score : scores) score = std::max(score, -1.0F);
    by_vector.push_back(std::move(scores));
  }
  for (PoolPage& page : pool.pages) {
    for (const ChunkId chunk : page.chunks) {
      const auto at = static_cast<std::size_t>(std::lower_bound(ids.begin(), ids.end(), chunk) - ids.begin());
      std::vector<float>& cosines = page.cosines.emplace_back();
      for (const auto& scores : by_vector) cosines.push_back(scores[at]);
    }
  }
  return {};
}

Status add_keywords(PagePool& pool, const std::vector<ChunkId>& ids, const PageStageInput& input,
                    const KeywordIndex& index, const CallContext& context) {
  ScoreOf scores;
  if (input.keyword) {
    const ChunkFilter filter{ids.size(),
                             [&](ChunkId id) { return std::binary_search(ids.begin(), ids.end(), id); }};
    LOADLINE_ASSIGN(const std::vector<ScoredChunk> hits,
                    index.search(input.query, ids.size(), &filter, context));
    for (const ScoredChunk& hit : hits) scores[hit.chunk] = hit.score;
  }
  for (PoolPage& page : pool.pages) {
    for (const ChunkId chunk : page.chunks) {
      const auto at = scores.find(chunk);
      page.keyword.push_back(at == scores.end() ? 0 : at->second);
    }
  }
  return {};
}

PageDigests::Key key_of(const PageUnit& unit, const CollectionView& collection) {
  return {collection.documents()[unit.document].version.value, unit.page, unit.run};
}

// Reads the pages that have no digest yet, all at once.
Status add_digests(PagePool& pool, const CollectionView& collection, const KnowledgeStore& store,
                   PageDigests& digests) {
  std::vector<PoolPage*> missing;
  std::vector<ChunkId> ids;
  std::vector<std::size_t> page_of;  // in `missing`, of ids
  for (PoolPage& page : pool.pages) {
    page.digest = digests.find(key_of(page.unit, collection));
    if (page.digest) continue;
    ids.insert(ids.end(), page.chunks.begin(), page.chunks.end());
    page_of.resize(ids.size(), missing.size());
    missing.push_back(&page);
  }
  if (missing.empty()) return {};
  PageDigester digester;
  std::size_t current = 0, next = 0;  // page that is read; id that is expected
  const auto end_pages = [&](std::size_t until) {
    for (; current < until; ++current) {
      PoolPage& page = *missing[current];
      page.digest = std::make_shared<const PageDigest>(digester.finish());
      digests.keep(key_of(page.unit, collection), page.digest);
    }
  };
  LOADLINE_TRY(store.read_texts(ids, [&](const ChunkText& chunk) {
    while (ids[next] != chunk.id) ++next;  // over those that are not served any more
    end_pages(page_of[next]);
    digester.read(chunk);
  }));
  end_pages(missing.size());
  return {};
}

// The chunks of a page that the first stage did not have among its candidates come without ranks.
std::vector<FusedChunk> best_chunks(const PoolPage& page,
                                    const std::unordered_map<ChunkId, const FusedChunk*>& known) {
  const std::vector<double> fitness = chunk_fitness(page);
  std::vector<std::size_t> order(page.chunks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return fitness[a] > fitness[b]; });
  std::vector<FusedChunk> chunks;
  for (const std::size_t i : order) {
    const auto at = known.find(page.chunks[i]);
    FusedChunk chunk = at == known.end() ? FusedChunk{} : *at->second;
    if (at == known.end()) {
      chunk.chunk = page.chunks[i];
      chunk.keyword_score = page.keyword[i];
      if (!page.cosines.empty() && !page.cosines[i].empty()) chunk.vector_score = page.cosines[i].front();
    }
    chunks.push_back(chunk);
  }
  return chunks;
}

}  // namespace

Result<std::vector<RankedPage>> rank_pages(std::span<const FusedChunk> candidates,
                                           const PageStageInput& input, const CollectionView& collection,
                                           const CollectionIndexes& indexes, const KnowledgeStore& store,
                                           PageDigests& digests, const PageStageOptions& options,
                                           const CallContext& context) {
  PagePool pool = make_pool(candidates, input, collection, options.pages);
  const std::vector<ChunkId> ids = all_chunks(pool);
  LOADLINE_TRY(add_keywords(pool, ids, input, *indexes.keyword, context));
  LOADLINE_TRY(add_cosines(pool, ids, input.vectors, *indexes.vector, context));
  LOADLINE_TRY(context.check());
  LOADLINE_TRY(add_digests(pool, collection, store, digests));
  const std::vector<PageFeatures> features = page_features(pool, input.view);
  const std::vector<PageScore> scores = score_pages(features, options.model);
  std::unordered_map<ChunkId, const FusedChunk*> known;
  for (const FusedChunk& candidate : candidates) known[candidate.chunk] = &candidate;
  std::vector<RankedPage> ranked;
  for (std::size_t i = 0; i < pool.pages.size(); ++i)
    ranked.push_back({pool.pages[i].unit, features[i], scores[i], best_chunks(pool.pages[i], known)});
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const RankedPage& a, const RankedPage& b) { return a.score.rank > b.score.rank; });
  return ranked;
}

}  // namespace loadline

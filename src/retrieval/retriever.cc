#include "retrieval/retriever.h"

#include <algorithm>
#include <map>

#include "retrieval/rank/candidates.h"
#include "retrieval/rank/duplicates.h"
#include "retrieval/rank/page_order.h"

namespace loadline {
namespace {

constexpr std::size_t texts_max = 400;  // chunks whose text is read for one answer, k if more

class HybridRetriever final : public Retriever {
 public:
  HybridRetriever(const KnowledgeStore& store, const Embedder& embedder, IndexCatalogue& indexes)
      : store_(store), embedder_(embedder), indexes_(indexes), views_(store) {}

  Result<SearchResponse> search(const SearchRequest& request, const CallContext& context) const override;
  Result<std::vector<Chunk>> neighbours(const SearchHit& hit, std::uint32_t before,
                                        std::uint32_t after) const override;

 private:
  Result<std::vector<float>> embed(const SearchRequest& request, const CallContext& context) const;
  Result<std::vector<SearchHit>> hits_of(const std::vector<FusedChunk>& order, const SearchRequest& request,
                                         const CollectionView& view, const DocumentMatches& matches) const;

  const KnowledgeStore& store_;
  const Embedder& embedder_;
  IndexCatalogue& indexes_;
  mutable CollectionViews views_;
};

Status check(const SearchRequest& request) {
  if (request.query.find_first_not_of(" \t\r\n") == std::string::npos)
    return Error(Code::invalid_argument, "the query is empty; write what you want to find");
  if (request.query.size() > search_query_bytes_max)
    return Error(Code::invalid_argument,
                 "the query is longer than " + std::to_string(search_query_bytes_max) + " bytes; shorten it");
  if (request.k < 1 || request.k > search_results_max)
    return Error(Code::invalid_argument, "k must be 1 to " + std::to_string(search_results_max) + ", not " +
                                             std::to_string(request.k));
  if (request.chunks_per_page < 1) return Error(Code::invalid_argument, "chunks_per_page must be at least 1");
  if (!request.means.keyword && !request.means.vector)
    return Error(Code::invalid_argument, "a search needs the keyword index, the vector index or both");
  return {};
}

// The page on which most of the chunk stands, and where.
void place_hit(SearchHit& hit) {
  if (hit.chunk.pages.empty()) return;
  const auto best =
      std::max_element(hit.chunk.pages.begin(), hit.chunk.pages.end(),
                       [](const auto& a, const auto& b) { return a.boxes.size() < b.boxes.size(); });
  hit.page = best->page;
  for (const Box& box : best->boxes) hit.box = united(hit.box, box);
}

Result<std::vector<float>> HybridRetriever::embed(const SearchRequest& request,
                                                  const CallContext& context) const {
  if (!request.means.vector) return std::vector<float>{};
  const std::string_view text = request.query;
  LOADLINE_ASSIGN(Matrix rows, embedder_.embed({&text, 1}, context));
  return std::move(rows.values);
}

Result<std::vector<SearchHit>> HybridRetriever::hits_of(const std::vector<FusedChunk>& order,
                                                        const SearchRequest& request,
                                                        const CollectionView& view,
                                                        const DocumentMatches& matches) const {
  std::vector<ChunkId> ids;
  for (const FusedChunk& chunk : order) {
    if (ids.size() >= std::max(texts_max, request.k)) break;
    ids.push_back(chunk.chunk);
  }
  LOADLINE_ASSIGN(std::vector<Chunk> chunks, store_.chunks(ids));
  std::map<ChunkId, std::size_t> fused_at;
  for (std::size_t i = 0; i < ids.size(); ++i) fused_at[ids[i]] = i;
  std::vector<SearchHit> hits;
  std::vector<std::vector<std::uint64_t>> sketches;
  for (Chunk& chunk : chunks) {
    if (hits.size() == request.k) break;
    const FusedChunk& fused = order[fused_at.at(chunk.id)];
    if (request.means.deduplicate) {
      std::vector<std::uint64_t> sketch = text_sketch(chunk.text);
      const bool known = std::any_of(sketches.begin(), sketches.end(), [&](const auto& other) {
        return sketch_overlap(sketch, other) >= duplicate_overlap;
      });
      if (known) continue;
      sketches.push_back(std::move(sketch));
    }
    const std::uint32_t number = view.document_number(chunk.document);
    if (number == view.documents().size()) continue;  // gone since
    SearchHit hit;
    hit.rank = static_cast<std::uint32_t>(hits.size() + 1);
    hit.document = view.documents()[number].name;
    hit.document_title = view.documents()[number].title;
    hit.score = std::clamp(fused.score, 0.0, 1.0);
    hit.explanation = {.keyword_score = fused.keyword_score,
                       .vector_score = fused.vector_score,
                       .fused_score = fused.score,
                       .document_score = matches.documents.empty() ? 0.0 : matches.documents[number].score,
                       .keyword_rank = fused.keyword_rank,
                       .vector_rank = fused.vector_rank,
                       .fused_rank = fused.fused_rank,
                       .features = {}};
    hit.chunk = std::move(chunk);
    place_hit(hit);
    hits.push_back(std::move(hit));
  }
  return hits;
}

Result<SearchResponse> HybridRetriever::search(const SearchRequest& request,
                                               const CallContext& context) const {
  LOADLINE_TRY(check(request));
  LOADLINE_TRY(context.check());
  const Instant start = context.clock->now();
  SearchResponse response;
  LOADLINE_ASSIGN(const CollectionId collection, store_.find_collection(request.collection));
  LOADLINE_ASSIGN(const auto view, views_.get(collection));
  if (view->chunk_count() == 0) return response;
  LOADLINE_ASSIGN(const CollectionIndexes indexes, indexes_.open(collection, embedder_.info().dimensions));
  const DocumentSet allowed(*view, request.filter);
  DocumentMatches matches;
  if (request.means.document_evidence) matches = view->evidence().match(request.query);
  const Instant embedding = context.clock->now();
  LOADLINE_ASSIGN(const std::vector<float> vector, embed(request, context));
  response.times.embed_ms = millis_since(embedding, context);
  CandidateTimes times;
  LOADLINE_ASSIGN(std::vector<FusedChunk> candidates,
                  find_candidates(indexes, *view, allowed,
                                  {.query = request.query,
                                   .vector = vector,
                                   .keyword = request.means.keyword,
                                   .documents = request.means.document_evidence ? &matches : nullptr,
                                   .k = request.k},
                                  {}, context, times));
  response.times.keyword_ms = times.keyword_ms;
  response.times.vector_ms = times.vector_ms;
  response.times.fuse_ms = times.fuse_ms;
  LOADLINE_TRY(context.check());
  order_by_pages(candidates, *view, request.chunks_per_page);
  LOADLINE_ASSIGN(response.hits, hits_of(candidates, request, *view, matches));
  response.times.total_ms = millis_since(start, context);
  return response;
}

Result<std::vector<Chunk>> HybridRetriever::neighbours(const SearchHit& hit, std::uint32_t before,
                                                       std::uint32_t after) const {
  const std::uint32_t at = hit.chunk.ordinal;
  const std::uint32_t first = at > before ? at - before : 0;
  const std::uint32_t last = after > UINT32_MAX - at ? UINT32_MAX : at + after;
  LOADLINE_ASSIGN(std::vector<Chunk> chunks, store_.chunk_range(hit.chunk.document, first, last));
  const auto self =
      std::find_if(chunks.begin(), chunks.end(), [&](const Chunk& c) { return c.id == hit.chunk.id; });
  if (self == chunks.end())
    return Error(Code::not_found, "the document of this result is not served any more");
  const auto same = [&](const Chunk& chunk) { return chunk.headings == hit.chunk.headings; };
  auto begin = self, end = self + 1;
  while (begin != chunks.begin() && same(*(begin - 1))) --begin;
  while (end != chunks.end() && same(*end)) ++end;
  return std::vector<Chunk>(std::make_move_iterator(begin), std::make_move_iterator(end));
}

}  // namespace

std::unique_ptr<Retriever> make_retriever(const KnowledgeStore& store, const Embedder& embedder,
                                          IndexCatalogue& indexes) {
  return std::make_unique<HybridRetriever>(store, embedder, indexes);
}

}  // namespace loadline

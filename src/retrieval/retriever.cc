#include "retrieval/retriever.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "retrieval/rank/candidates.h"
#include "retrieval/rank/duplicates.h"
#include "retrieval/rank/page_order.h"
#include "retrieval/rank/retriever_options.h"

namespace loadline {
namespace {

constexpr std::size_t duplicates_expected = 10;  // texts read at once beyond what is asked for

// Whether nothing like it was seen before; remembers it.
bool is_new(std::vector<std::uint64_t> sketch, std::vector<std::vector<std::uint64_t>>& seen) {
  for (const auto& other : seen)
    if (sketch_overlap(sketch, other) >= duplicate_overlap) return false;
  seen.push_back(std::move(sketch));
  return true;
}

// As Embedder::embed. A question without names and periods is what it asks, and may be a single phrase.
Result<Matrix> embed_each_once(const Embedder& embedder, const std::vector<std::string_view>& texts,
                               const CallContext& context) {
  std::vector<std::string_view> different;
  std::vector<std::size_t> row_of;
  for (const std::string_view text : texts) {
    const auto at = std::find(different.begin(), different.end(), text);
    row_of.push_back(static_cast<std::size_t>(at - different.begin()));
    if (at == different.end()) different.push_back(text);
  }
  LOADLINE_ASSIGN(Matrix made, embedder.embed(different, context));
  if (different.size() == texts.size()) return made;
  Matrix out{texts.size(), made.columns, {}};
  for (const std::size_t row : row_of)
    out.values.insert(out.values.end(), made.row(row).begin(), made.row(row).end());
  return out;
}

// What a search has found so far: chunks in their final order, with what is said about each.
struct OrderedChunk {
  FusedChunk chunk;
  double score = 0;
  const RankedPage* page = nullptr;  // null: not among the pages of the second stage
};

class HybridRetriever final : public Retriever {
 public:
  HybridRetriever(const KnowledgeStore& store, const Embedder& embedder, IndexCatalogue& indexes,
                  const RetrieverOptions& options)
      : store_(store), embedder_(embedder), indexes_(indexes), options_(options), views_(store) {}

  Result<SearchResponse> search(const SearchRequest& request, const CallContext& context) const override;
  Result<std::vector<Chunk>> neighbours(const SearchHit& hit, std::uint32_t before,
                                        std::uint32_t after) const override;

 private:
  Result<Matrix> embed(const SearchRequest& request, const QueryView& query,
                       const CallContext& context) const;
  Result<std::vector<SearchHit>> hits_of(const std::vector<OrderedChunk>& order, const SearchRequest& request,
                                         const CollectionView& view, const DocumentMatches& matches) const;

  const KnowledgeStore& store_;
  const Embedder& embedder_;
  IndexCatalogue& indexes_;
  const RetrieverOptions options_;
  mutable CollectionViews views_;
  mutable PageDigests digests_;
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
  for (const TextBox& run : best->boxes) hit.box = united(hit.box, run.box);
}

HitExplanation explain(const OrderedChunk& ordered, const DocumentMatches& matches, std::uint32_t document) {
  HitExplanation explanation;
  explanation.keyword_score = ordered.chunk.keyword_score;
  explanation.vector_score = ordered.chunk.vector_score;
  explanation.fused_score = ordered.chunk.score;
  explanation.keyword_rank = ordered.chunk.keyword_rank;
  explanation.vector_rank = ordered.chunk.vector_rank;
  explanation.fused_rank = ordered.chunk.fused_rank;
  if (document < matches.documents.size()) explanation.document_score = matches.documents[document].score;
  if (ordered.page != nullptr)
    for (std::size_t i = 0; i < page_feature_count; ++i)
      explanation.features.emplace_back(page_feature_names[i], ordered.page->features[i]);
  return explanation;
}

// The chunks of ranked pages first, then the candidates of other pages, then what is left of the ranked
// pages.
std::vector<OrderedChunk> order_of(const std::vector<RankedPage>& pages,
                                   const std::vector<FusedChunk>& candidates, std::size_t chunks_per_page) {
  std::vector<OrderedChunk> order;
  std::set<ChunkId> ranked;
  for (const RankedPage& page : pages) {
    for (std::size_t i = 0; i < page.chunks.size(); ++i) {
      ranked.insert(page.chunks[i].chunk);
      if (i < chunks_per_page) order.push_back({page.chunks[i], page.score.probability, &page});
    }
  }
  double least = order.empty() ? 1.0 : order.back().score;
  for (const FusedChunk& candidate : candidates)
    if (!ranked.contains(candidate.chunk)) order.push_back({candidate, least * candidate.score, nullptr});
  for (const RankedPage& page : pages)
    for (std::size_t i = chunks_per_page; i < page.chunks.size(); ++i)
      order.push_back({page.chunks[i], page.score.probability, &page});
  for (std::size_t i = 1; i < order.size(); ++i)
    order[i].score = std::min(order[i].score, order[i - 1].score);
  return order;
}

Result<Matrix> HybridRetriever::embed(const SearchRequest& request, const QueryView& query,
                                      const CallContext& context) const {
  if (!request.means.vector) return Matrix{};
  std::vector<std::string_view> texts = {request.query};
  if (request.means.rerank) {
    texts.push_back(query.asked.empty() ? std::string_view(request.query) : query.asked);
    texts.insert(texts.end(), query.parts.begin(), query.parts.end());
  }
  return embed_each_once(embedder_, texts, context);
}

Result<std::vector<SearchHit>> HybridRetriever::hits_of(const std::vector<OrderedChunk>& order,
                                                        const SearchRequest& request,
                                                        const CollectionView& view,
                                                        const DocumentMatches& matches) const {
  std::vector<ChunkId> ids;
  std::unordered_map<ChunkId, const OrderedChunk*> by_id;
  const std::size_t reads = request.k + (request.means.deduplicate ? request.k + duplicates_expected : 0);
  std::vector<SearchHit> hits;
  std::vector<std::vector<std::uint64_t>> sketches;
  for (std::size_t next = 0; next < order.size() && hits.size() < request.k;) {
    ids.clear();
    for (; next < order.size() && ids.size() < reads; ++next) {
      ids.push_back(order[next].chunk.chunk);
      by_id[ids.back()] = &order[next];
    }
    LOADLINE_ASSIGN(std::vector<Chunk> chunks, store_.chunks(ids));
    for (Chunk& chunk : chunks) {
      const std::uint32_t number = view.document_number(chunk.document);
      if (hits.size() == request.k || number == view.documents().size()) continue;
      if (request.means.deduplicate && !is_new(text_sketch(chunk.text), sketches)) continue;
      const OrderedChunk& ordered = *by_id.at(chunk.id);
      SearchHit hit;
      hit.rank = static_cast<std::uint32_t>(hits.size() + 1);
      hit.document = view.documents()[number].name;
      hit.document_title = view.documents()[number].title;
      hit.score = std::clamp(ordered.score, 0.0, 1.0);
      hit.explanation = explain(ordered, matches, number);
      hit.chunk = std::move(chunk);
      place_hit(hit);
      hits.push_back(std::move(hit));
    }
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
  if (request.means.document_evidence) {
    const WordFrequencies frequencies = [&](std::span<const std::string_view> words) {
      auto counts = indexes.keyword->frequencies(words, context);
      return counts ? std::move(counts).value() : std::vector<std::uint64_t>();
    };
    matches = view->evidence().match(request.query, frequencies);
  }
  const DocumentMatches* const documents = request.means.document_evidence ? &matches : nullptr;
  const QueryView query = view_query(request.query, matches);

  Instant stage = context.clock->now();
  LOADLINE_ASSIGN(const Matrix vectors, embed(request, query, context));
  response.times.embed_ms = millis_since(stage, context);
  LOADLINE_TRY(context.check());
  CandidateTimes times;
  const auto vector = vectors.rows == 0 ? std::span<const float>() : vectors.row(0);
  LOADLINE_ASSIGN(std::vector<FusedChunk> candidates,
                  find_candidates(indexes, *view, allowed,
                                  {request.query, vector, request.means.keyword, documents, request.k},
                                  options_.candidates, context, times));
  response.times.keyword_ms = times.keyword_ms;
  response.times.vector_ms = times.vector_ms;
  response.times.fuse_ms = times.fuse_ms;
  LOADLINE_TRY(context.check());

  stage = context.clock->now();
  std::vector<RankedPage> pages;
  std::vector<OrderedChunk> order;
  if (request.means.rerank) {
    const PageStageInput input{request.query, query, vectors, request.means.keyword, documents};
    LOADLINE_ASSIGN(pages,
                    rank_pages(candidates, input, *view, indexes, store_, digests_, options_.pages, context));
    order = order_of(pages, candidates, request.chunks_per_page);
  } else {
    order_by_pages(candidates, *view, request.chunks_per_page);
    for (const FusedChunk& candidate : candidates) order.push_back({candidate, candidate.score, nullptr});
  }
  response.times.rerank_ms = millis_since(stage, context);
  LOADLINE_ASSIGN(response.hits, hits_of(order, request, *view, matches));
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
  return make_retriever(store, embedder, indexes, RetrieverOptions{});
}

std::unique_ptr<Retriever> make_retriever(const KnowledgeStore& store, const Embedder& embedder,
                                          IndexCatalogue& indexes, const RetrieverOptions& options) {
  return std::make_unique<HybridRetriever>(store, embedder, indexes, options);
}

}  // namespace loadline

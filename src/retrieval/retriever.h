#pragma once
// Search: from a question to ranked chunks, over both indexes, fused, re-ranked by page and with document
// evidence.
//
// One Retriever serves all collections of a data folder. Thread-safe; synchronous; obeys the context's
// deadline between its stages.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "model/chunk.h"
#include "model/embedder.h"
#include "model/index_catalogue.h"
#include "model/knowledge_store.h"

namespace loadline {

inline constexpr std::size_t search_results_max = 200;
inline constexpr std::size_t search_query_bytes_max = 16384;

/// Empty lists and unset values match everything; several values of one list are alternatives.
struct SearchFilter {
  std::vector<std::string> documents;  // names within the collection
  std::vector<std::string> media_types;
  std::vector<std::string> entities;
  std::vector<std::string> periods;
  std::vector<std::string> labels;
  std::vector<std::pair<std::string, std::string>> metadata;  // all must be equal
};

/// Which means are used: for ablations and for a collection's own choice.
struct SearchMeans {
  bool keyword = true;
  bool vector = true;
  bool document_evidence = true;
  bool rerank = true;
  bool deduplicate = true;
};

struct SearchRequest {
  std::string collection;
  std::string query;
  std::size_t k = 10;  // 1 to search_results_max
  SearchFilter filter;
  SearchMeans means;
  /// So many chunks of one page, best first, come before other pages' ones; the rest of a page only when
  /// there are no other pages left. 1 shows as many pages as possible.
  std::size_t chunks_per_page = 1;
  /// Whose question it is. A collection in which pseudonyms of this tenant stand for values is asked with
  /// them in the values' place; "": as it stands.
  std::string tenant{};
};

/// How a hit came about, for `search --explain`. Rank 0: not among the leg's candidates.
struct HitExplanation {
  double keyword_score = 0, vector_score = 0, fused_score = 0, document_score = 0;
  std::uint32_t keyword_rank = 0, vector_rank = 0, fused_rank = 0;
  std::vector<std::pair<std::string, double>> features;  // of the second stage, by name
};

struct SearchHit {
  std::uint32_t rank = 0;  // from 1
  Chunk chunk;
  std::string document;  // name within the collection
  std::string document_title;
  int page = 0;      // the chunk's page that fits best, from 1
  Box box;           // of the chunk on that page
  double score = 0;  // calibrated to [0, 1]: estimated probability that the page answers the question
  HitExplanation explanation;
};

struct SearchTimes {
  double embed_ms = 0, keyword_ms = 0, vector_ms = 0, fuse_ms = 0, rerank_ms = 0, total_ms = 0;
};

struct SearchResponse {
  std::vector<SearchHit> hits;
  SearchTimes times;
};

class Retriever {
 public:
  virtual ~Retriever() = default;
  /// invalid_argument (empty or over-long query, k out of range), not_found (collection), cancelled,
  /// deadline_exceeded.
  virtual Result<SearchResponse> search(const SearchRequest& request, const CallContext& context) const = 0;
  /// The chunks before and after a hit in its document, within its heading: for prompts. In order, hit
  /// included.
  virtual Result<std::vector<Chunk>> neighbours(const SearchHit& hit, std::uint32_t before,
                                                std::uint32_t after) const = 0;
};

/// The parts must outlive the retriever.
std::unique_ptr<Retriever> make_retriever(const KnowledgeStore& store, const Embedder& embedder,
                                          IndexCatalogue& indexes);

}  // namespace loadline

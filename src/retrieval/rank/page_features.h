#pragma once
// The features by which the second stage ranks pages, each about 0 to 1, and what they are computed from. All
// of them compare within the pool of candidate pages, so that they mean the same for any collection. Pure.
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "retrieval/rank/collection_view.h"
#include "retrieval/rank/document_evidence.h"
#include "retrieval/rank/page_digest.h"
#include "retrieval/rank/query_view.h"

namespace loadline {

inline constexpr std::array<std::string_view, 26> page_feature_names = {
    "vector",           // best chunk's cosine with the question
    "asked",            // best cosine with what is asked, names and periods taken out
    "parts",            // each phrase's best cosine on the page, weighted by how well the pool answers to it
    "vector_mean",      // mean of the page's three best cosines with what is asked
    "vector_inside",    // cosines against the best page of the same document
    "keyword",          // best chunk's BM25
    "keyword_page",     // all chunks' BM25
    "coverage",         // share of the question's terms on the page, rare ones counting more
    "pairs",            // the same for pairs of words side by side
    "heading",          // share of the question's terms in headings, captions and header rows
    "label",            // the table row label that agrees best
    "labels",           // how many row labels stand in the question whole
    "years",            // the latest year asked for: in a heading 1, elsewhere 0.5
    "figures",          // share of numbers on the page
    "figures_wanted",   // the same, if a figure is asked for
    "table",            // share of tables
    "table_wanted",     // the same, if a figure is asked for
    "document",         // document evidence against the best document's
    "document_trust",   // document evidence
    "document_period",  // agreement of the question's period with the document's
    "document_first",   // 1: no document has better evidence
    "neighbours",       // how well the pages before and after do
    "first_stage",      // first stage's score
    "listing",          // looks like a table of contents
    "short",            // hardly any text
    "numbers",          // share of the question's other numbers on the page
};
inline constexpr std::size_t page_feature_count = page_feature_names.size();
using PageFeatures = std::array<float, page_feature_count>;

/// One candidate page with what the indexes say of its chunks.
struct PoolPage {
  PageUnit unit;
  std::vector<ChunkId> chunks;
  std::vector<float> keyword;               // BM25 of each chunk
  std::vector<std::vector<float>> cosines;  // of each chunk with: the question, what is asked, the parts
  std::shared_ptr<const PageDigest> digest;
  double first_stage = 0;
  DocumentMatch document;  // document evidence
};

struct PagePool {
  std::vector<PoolPage> pages;
  double document_best = 0;  // of all documents, the best score
};

/// One entry for each page of the pool. `cosines` may be empty (no vector leg): then those features are 0.
std::vector<PageFeatures> page_features(const PagePool& pool, const QueryView& query);

/// How well each chunk of a page fits, for choosing the ones to show.
std::vector<double> chunk_fitness(const PoolPage& page);

}  // namespace loadline

#pragma once
// The first stage: candidates from both indexes, over all documents that the filter allows and again within
// the documents that the question is most likely about, so that a document that is found only by its name
// still has its best chunks among the candidates. Then every candidate gets the scores of both legs, and one
// fused score. Stateless; thread-safe; obeys the context between searches.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "model/index_catalogue.h"
#include "retrieval/rank/document_filter.h"
#include "retrieval/rank/fusion.h"

namespace loadline {

struct CandidateOptions {
  std::size_t leg_depth = 150;      // candidates of one leg, at least k
  std::size_t focus_depth = 100;    // more of each leg from the likely documents
  std::size_t focus_documents = 4;  // at most so many are likely
  double focus_share = 0.6;         // of the best document's score
  double document_weight = 0.45;    // of document evidence in the first stage's score
  FusionOptions fusion;
};

struct CandidateRequest {
  std::string_view query;
  std::span<const float> vector;  // of the query; empty: the vector leg is not used
  bool keyword = true;
  const DocumentMatches* documents = nullptr;  // null: no document evidence
  std::size_t k = 10;
};

struct CandidateTimes {
  double keyword_ms = 0, vector_ms = 0, fuse_ms = 0;
};

/// Candidates with fused scores (document evidence included), best first. All are served and allowed.
Result<std::vector<FusedChunk>> find_candidates(const CollectionIndexes& indexes, const CollectionView& view,
                                                const DocumentSet& allowed, const CandidateRequest& request,
                                                const CandidateOptions& options, const CallContext& context,
                                                CandidateTimes& times);

/// The documents that are likely meant; empty if the evidence is for none or for nearly all.
std::vector<std::uint32_t> likely_documents(const DocumentMatches& matches, const DocumentSet& allowed,
                                            const CandidateOptions& options);

/// Milliseconds since `start` by the context's clock.
double millis_since(Instant start, const CallContext& context);

}  // namespace loadline

#pragma once
// How a retriever does it, beyond what a request chooses: for benchmarks and tests that compare ways.
#include <memory>

#include "retrieval/rank/candidates.h"
#include "retrieval/rank/page_stage.h"
#include "retrieval/retriever.h"

namespace loadline {

struct RetrieverOptions {
  CandidateOptions candidates;
  PageStageOptions pages;
};

/// As in retriever.h, with other options than the measured defaults.
std::unique_ptr<Retriever> make_retriever(const KnowledgeStore& store, const Embedder& embedder,
                                          IndexCatalogue& indexes, const RetrieverOptions& options);

}  // namespace loadline

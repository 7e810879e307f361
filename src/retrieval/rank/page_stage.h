#pragma once
// The second stage: the best pages of the first stage, with all their chunks, ranked by page. Stateless but
// for the digests it shares; thread-safe; obeys the context between its steps.
#include <span>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "model/embedder.h"
#include "model/index_catalogue.h"
#include "model/knowledge_store.h"
#include "retrieval/rank/collection_view.h"
#include "retrieval/rank/fusion.h"
#include "retrieval/rank/page_features.h"
#include "retrieval/rank/page_model.h"

namespace loadline {

struct PageStageOptions {
  std::size_t pages = 100;  // of the first stage's candidates
  PageModel model = learned_page_model();
};

struct PageStageInput {
  std::string_view query;
  const QueryView& view;
  /// Rows: the question, what is asked, the parts. Empty: no vector leg.
  const Matrix& vectors;
  bool keyword = true;
  const DocumentMatches* documents = nullptr;  // null: no document evidence
};

/// A page in its new place; `chunks` best first.
struct RankedPage {
  PageUnit unit;
  PageFeatures features{};
  PageScore score;
  std::vector<FusedChunk> chunks;
};

/// The pages of the candidates (best first), ranked.
Result<std::vector<RankedPage>> rank_pages(std::span<const FusedChunk> candidates,
                                           const PageStageInput& input, const CollectionView& collection,
                                           const CollectionIndexes& indexes, const KnowledgeStore& store,
                                           PageDigests& digests, const PageStageOptions& options,
                                           const CallContext& context);

}  // namespace loadline

#pragma once
// The keyword index on disk: BM25 over segments in a folder (see segments/segmented_index.h for how changes
// become durable and visible, keyword_segment.h for the files, segment_search.h for the search).
//
// Results are exactly those of scoring every live chunk by the formula in bm25.h, whatever the history of
// additions, deletions and merges. Thread-safe; searches never wait for writers.
#include <memory>
#include <string>

#include "model/file_system.h"
#include "model/search_index.h"
#include "retrieval/keyword/bm25.h"
#include "retrieval/segments/merge_plan.h"

namespace loadline {

struct KeywordIndexOptions {
  Bm25Options bm25;
  MergePlanOptions merging;
  bool background_merges = true;
};

/// Opens the index in `folder`, makes it if it is not there. Checks every byte. data_loss if damaged and
/// failed_precondition if made by another version: then `discard_index` and fill it again. `files` must
/// outlive the index.
Result<std::unique_ptr<KeywordIndex>> open_keyword_index(FileSystem& files, const std::string& folder,
                                                         const KeywordIndexOptions& options = {});

/// Removes a keyword or vector index, readable or not, from its folder. Nobody may have it open for writing.
Status discard_index(FileSystem& files, const std::string& folder);

}  // namespace loadline

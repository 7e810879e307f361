#pragma once
// The best k of one segment, exactly, without looking at everything: MaxScore (Turtle and Flood 1995) with
// block maxima (Ding and Suel 2011), evaluated window by window.
//
// In each window of 4,096 rows the terms are ordered by the upper bound of what they can add there. Those
// that cannot lift a row over the current threshold even together are "optional": the others are added up
// term by term, and only rows that come near the threshold are looked up in the optional ones. A window in
// which all terms are optional is skipped without being decoded.
#include <cstdint>
#include <span>
#include <vector>

#include "base/call_context.h"
#include "model/search_index.h"
#include "retrieval/keyword/bm25.h"
#include "retrieval/keyword/keyword_segment.h"
#include "retrieval/segments/top_k.h"

namespace loadline {

struct WeightedList {
  PostingList postings;
  double weight = 0;
};

struct SegmentSearch {
  const KeywordSegment& segment;
  const Tombstones& deleted;
  const Bm25& bm25;
  const ChunkFilter* filter = nullptr;  // null accepts all
  /// Every row here has a larger id than everything offered so far from other segments: then a tie with the
  /// threshold loses.
  bool ids_ascend = false;
};

/// Offers to `best` at least every row that belongs into it. cancelled, deadline_exceeded.
Status search_segment(const SegmentSearch& search, std::span<const WeightedList> lists,
                      const CallContext& context, TopK& best);

}  // namespace loadline

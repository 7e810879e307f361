#pragma once
// Which segments to merge: by size classes. Segments whose live rows lie in the same class are merged as soon
// as `fan_in` of them are there, so a row is rewritten at most once per class; a segment that has too many
// deleted rows is rewritten alone.
#include <cstdint>
#include <span>
#include <vector>

#include "retrieval/segments/segment.h"

namespace loadline {

struct MergePlanOptions {
  std::size_t fan_in = 8;
  std::uint32_t smallest_class_rows = 256;   // everything below counts as one class
  std::uint32_t segment_rows_max = 250'000;  // no merge makes a larger one: bounds its memory
  double deleted_share_max = 0.25;
};

/// Positions in `segments`, oldest first; empty when nothing is due.
std::vector<std::size_t> plan_tiered_merge(std::span<const LiveSegment> segments,
                                           const MergePlanOptions& options);

}  // namespace loadline

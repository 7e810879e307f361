#pragma once
// The keyword index's SegmentFormat: how its segments are opened, merged and erased, and what deletions take
// out of its statistics.
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "retrieval/segments/merge_plan.h"
#include "retrieval/segments/segment.h"

namespace loadline {

/// What the deleted rows of a segment take out of its statistics.
class DeletedTerms final : public DeletionEffect {
 public:
  std::uint64_t length = 0;
  std::vector<std::uint32_t> frequency;  // by term number; empty if no row is deleted
};

class KeywordFormat final : public SegmentFormat {
 public:
  explicit KeywordFormat(const MergePlanOptions& merging) : merging_(merging) {}

  std::string_view kind() const override;
  Result<std::shared_ptr<const Segment>> open(std::unique_ptr<FileView> file,
                                              std::string_view name) const override;
  std::shared_ptr<const DeletionEffect> effect(const Segment& segment, const Tombstones& deleted,
                                               const LiveSegment* before) const override;
  std::vector<std::size_t> plan(std::span<const LiveSegment> segments) const override;
  Result<std::vector<std::byte>> merge(std::span<const LiveSegment> inputs,
                                       const StopFlag& stop) const override;
  Result<std::vector<std::byte>> purge(const LiveSegment& input, const StopFlag& stop) const override;

 private:
  const MergePlanOptions merging_;
};

}  // namespace loadline

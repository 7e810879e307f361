#include "retrieval/keyword/keyword_format.h"

#include "retrieval/keyword/keyword_segment.h"
#include "retrieval/keyword/keyword_segment_writer.h"

namespace loadline {

// The number is analyzer_version: segments made by another analyzer are of another kind.
static_assert(analyzer_version == 1, "change the kind below");
std::string_view KeywordFormat::kind() const { return "keyword-1"; }

Result<std::shared_ptr<const Segment>> KeywordFormat::open(std::unique_ptr<FileView> file,
                                                           std::string_view name) const {
  LOADLINE_ASSIGN(auto segment, KeywordSegment::open(std::move(file), name));
  return std::shared_ptr<const Segment>(std::move(segment));
}

std::shared_ptr<const DeletionEffect> KeywordFormat::effect(const Segment& any, const Tombstones& deleted,
                                                            const LiveSegment* before) const {
  const auto& segment = static_cast<const KeywordSegment&>(any);
  auto effect = std::make_shared<DeletedTerms>();
  if (before != nullptr) *effect = static_cast<const DeletedTerms&>(*before->effect);
  if (deleted.count() > 0) effect->frequency.resize(segment.terms());
  deleted.for_each([&](std::uint32_t row) {
    if (before != nullptr && before->deleted->contains(row)) return;
    effect->length += segment.lengths()[row];
    segment.for_each_term_of(row, [&](std::uint32_t term) { ++effect->frequency[term]; });
  });
  return effect;
}

std::vector<std::size_t> KeywordFormat::plan(std::span<const LiveSegment> segments) const {
  return plan_tiered_merge(segments, merging_);
}

Result<std::vector<std::byte>> KeywordFormat::merge(std::span<const LiveSegment> inputs,
                                                    const StopFlag& stop) const {
  return merge_keyword_segments(inputs, stop);
}

Result<std::vector<std::byte>> KeywordFormat::purge(const LiveSegment& input, const StopFlag& stop) const {
  return merge_keyword_segments(std::span(&input, 1), stop);
}

}  // namespace loadline

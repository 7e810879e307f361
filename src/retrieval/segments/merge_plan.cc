#include "retrieval/segments/merge_plan.h"

#include <map>

namespace loadline {
namespace {

int class_of(std::uint32_t rows, const MergePlanOptions& options) {
  int result = 0;
  for (std::uint64_t limit = options.smallest_class_rows; rows >= limit; limit *= options.fan_in) ++result;
  return result;
}

}  // namespace

std::vector<std::size_t> plan_tiered_merge(std::span<const LiveSegment> segments,
                                           const MergePlanOptions& options) {
  std::map<int, std::vector<std::size_t>> classes;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    classes[class_of(segments[i].live(), options)].push_back(i);
  }
  for (const auto& [size_class, members] : classes) {
    std::vector<std::size_t> plan;
    std::uint64_t rows = 0;
    for (const std::size_t i : members) {
      if (plan.size() == options.fan_in) break;
      if (rows + segments[i].live() > options.segment_rows_max) continue;
      plan.push_back(i);
      rows += segments[i].live();
    }
    if (plan.size() >= 2 && members.size() >= options.fan_in) return plan;
  }
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].deleted->count() > options.deleted_share_max * segments[i].rows()) return {i};
  }
  return {};
}

}  // namespace loadline

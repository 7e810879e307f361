#include "encoder/batch_plan.h"

#include <algorithm>
#include <numeric>

namespace loadline {

std::vector<std::vector<std::size_t>> plan_batches(std::span<const std::size_t> lengths,
                                                   const BatchLimits& limits) {
  const std::size_t total = std::accumulate(lengths.begin(), lengths.end(), std::size_t{0});
  const std::size_t share = (total + limits.lanes - 1) / limits.lanes;
  const std::size_t room = std::min(limits.tokens_max, std::max(limits.tokens_min, share));

  std::vector<std::size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>{}, [&](std::size_t i) { return lengths[i]; });

  std::vector<std::vector<std::size_t>> batches;
  std::size_t filled = 0;
  for (std::size_t i : order) {
    if (batches.empty() || filled + lengths[i] > room) {
      batches.emplace_back();
      filled = 0;
    }
    batches.back().push_back(i);
    filled += lengths[i];
  }
  return batches;
}

}  // namespace loadline

#pragma once
// Which texts are computed together. Pure.
#include <cstddef>
#include <span>
#include <vector>

namespace loadline {

/// Indices into `lengths`, in batches: longest first, each batch at most `tokens_max` tokens or a single
/// longer sequence. If everything together is less than `lanes` full batches, batches are made smaller so
/// that every lane gets one, but not below `tokens_min`. Each index appears exactly once.
struct BatchLimits {
  std::size_t tokens_max = 0;
  std::size_t tokens_min = 0;
  std::size_t lanes = 1;
};
std::vector<std::vector<std::size_t>> plan_batches(std::span<const std::size_t> lengths,
                                                   const BatchLimits& limits);

}  // namespace loadline

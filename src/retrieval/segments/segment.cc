#include "retrieval/segments/segment.h"

#include <algorithm>

namespace loadline {

std::optional<std::uint32_t> RowIds::find(ChunkId wanted) const {
  if (order_.empty()) {
    const auto at = std::lower_bound(ids_.begin(), ids_.end(), wanted.value);
    if (at == ids_.end() || *at != wanted.value) return std::nullopt;
    return static_cast<std::uint32_t>(at - ids_.begin());
  }
  const auto at = std::lower_bound(order_.begin(), order_.end(), wanted.value,
                                   [&](std::uint32_t row, std::uint64_t value) { return ids_[row] < value; });
  if (at == order_.end() || ids_[*at] != wanted.value) return std::nullopt;
  return *at;
}

}  // namespace loadline

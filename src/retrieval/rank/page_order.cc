#include "retrieval/rank/page_order.h"

#include <algorithm>
#include <map>

namespace loadline {

void order_by_pages(std::vector<FusedChunk>& chunks, const CollectionView& view,
                    std::size_t chunks_per_page) {
  std::map<PageUnit, std::size_t> seen;
  std::vector<std::pair<bool, FusedChunk>> marked;
  for (const FusedChunk& chunk : chunks) {
    marked.emplace_back(++seen[view.unit_of(chunk.chunk)] > chunks_per_page, chunk);
  }
  std::stable_sort(marked.begin(), marked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < marked.size(); ++i) chunks[i] = marked[i].second;
}

}  // namespace loadline

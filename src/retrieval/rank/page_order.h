#pragma once
// The order of chunks by pages: a page's best chunks first, its other chunks behind all other pages. Pure.
#include <cstddef>
#include <vector>

#include "retrieval/rank/collection_view.h"
#include "retrieval/rank/fusion.h"

namespace loadline {

/// `chunks` are best first. Stable but for chunks of a page beyond `chunks_per_page`, which go to the end.
void order_by_pages(std::vector<FusedChunk>& chunks, const CollectionView& view, std::size_t chunks_per_page);

}  // namespace loadline

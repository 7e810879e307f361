#pragma once
// The vector index on disk: cosines over unit vectors kept as half floats (see segments/segmented_index.h for
// how changes become durable and visible, vector_format.h for when graphs are made).
//
// A search takes, for each segment, the cheapest way that keeps its promise: an exact scan if the segment has
// no graph or the filter leaves few rows, else the graph (with the filter inside), and the exact scan again
// if the graph leads to fewer than k. So there are always min(k, matches) results. Thread-safe; searches
// never wait for writers.
#include <memory>
#include <string>

#include "model/file_system.h"
#include "model/search_index.h"
#include "retrieval/vector/hnsw_graph.h"
#include "retrieval/vector/vector_format.h"

namespace loadline {

inline constexpr std::size_t vector_dimensions_max = 8192;

struct VectorIndexOptions {
  std::uint32_t search_expansion = 96;  // candidates kept while walking a graph, at least k
  double exact_share = 0.15;            // of the rows: fewer matches than this are scanned
  std::uint32_t exact_rows = 4000;      // or fewer than this many
  GraphOptions graph;
  VectorMergeOptions merging;
  bool background_merges = true;
  const VectorKernels* kernels = nullptr;  // null: the best that the processor has
};

/// Opens the index in `folder`, makes it if it is not there. Checks every byte. invalid_argument
/// (dimensions); data_loss if damaged and failed_precondition if made for other dimensions: then
/// `discard_index` (keyword_index.h) and fill it again. `files` must outlive the index.
Result<std::unique_ptr<VectorIndex>> open_vector_index(FileSystem& files, const std::string& folder,
                                                       std::size_t dimensions,
                                                       const VectorIndexOptions& options = {});

}  // namespace loadline

#pragma once
// A navigable small-world graph (HNSW, Malkov and Yashunin 2016) over rows of half floats that lie elsewhere:
// usearch does the graph, our kernels the distances. Node i of the graph is row i.
//
// A graph is built (or an existing one extended) in memory, saved as bytes, and from then on read in place
// from a mapped file. Reading is thread-safe; at most `searches_max` searches run at a time, others wait.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "retrieval/segments/segment.h"
#include "retrieval/vector/kernels.h"

namespace loadline {

/// Rows of one length, in place. Cheap to copy.
struct HalfRows {
  const Half* data = nullptr;
  std::size_t stride = 0;  // elements, a multiple of row_elements
  std::uint32_t rows = 0;
  const Half* row(std::uint32_t i) const { return data + i * stride; }
};

struct GraphOptions {
  std::uint32_t connectivity = 16;      // links of a node per level, twice that on the lowest
  std::uint32_t build_expansion = 128;  // candidates looked at to place a node
  std::uint32_t build_threads = 2;
};

struct GraphBuild {
  std::span<const std::byte> base;  // the saved graph of the first `base_rows` rows; empty: none
  std::uint32_t base_rows = 0;
  std::span<const Half* const> added;  // rows to add
  Half* rows =
      nullptr;  // the base's rows, then room for `added`: they are copied there in the order of nodes
  std::size_t stride = 0;
};

struct BuiltGraph {
  std::vector<std::byte> bytes;
  std::vector<std::uint32_t> row_of_added;  // where each added row was put
};

/// Takes about a minute of two cores for 100,000 rows of 384. `cancelled` when `stop` says so.
Result<BuiltGraph> build_graph(const GraphBuild& build, const GraphOptions& options,
                               const VectorKernels& kernels, const StopFlag& stop);

class HnswGraph {
 public:
  static constexpr std::size_t searches_max = 16;

  /// `bytes` and `rows` must outlive the graph. data_loss if they do not fit each other.
  static Result<std::unique_ptr<HnswGraph>> view(std::span<const std::byte> bytes, HalfRows rows,
                                                 const VectorKernels& kernels);
  ~HnswGraph();

  struct Hit {
    std::uint32_t row = 0;
    float score = 0;
  };
  using Accepts = std::function<bool(std::uint32_t row)>;
  /// Up to `k` hits, best first, by the dot product with `query` (padded to the stride); fewer if the graph
  /// does not lead to more. `expansion`: candidates kept while searching, at least k. A null filter accepts
  /// all.
  std::vector<Hit> search(const float* query, std::size_t k, std::size_t expansion,
                          const Accepts* accepts) const;
  /// Of a row on the lowest level.
  std::vector<std::uint32_t> neighbours(std::uint32_t row) const;

 private:
  class Impl;
  explicit HnswGraph(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace loadline

#pragma once
// One immutable segment of the vector index, read in place from its mapped file: unit vectors as rows of half
// floats, the ids of their chunks, and in large segments a graph to find near ones without looking at all.
//
// Row numbers are the graph's node numbers, so rows of a segment that grew by extension do not lie in order
// of id; then there is a section with the order. A row whose id is 0 is empty: its chunk was erased, and it
// stands at the place of a living neighbour so that the graph stays whole.
//
// Thread-safe: nothing changes after opening.
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "model/file_system.h"
#include "retrieval/segments/section_file.h"
#include "retrieval/segments/segment.h"
#include "retrieval/vector/hnsw_graph.h"
#include "retrieval/vector/kernels.h"

namespace loadline {

inline constexpr std::string_view vector_segment_magic = "LLVCSEG1";

class VectorSegment final : public Segment {
 public:
  /// data_loss.
  static Result<std::shared_ptr<const VectorSegment>> open(std::unique_ptr<FileView> file,
                                                           std::string_view name, std::size_t dimensions,
                                                           const VectorKernels& kernels);

  const RowIds& ids() const override { return ids_; }
  std::uint32_t identity() const override { return sections_.identity(); }
  const HalfRows& rows() const { return rows_; }
  /// Null in small segments.
  const HnswGraph* graph() const { return graph_.get(); }
  std::span<const std::byte> graph_bytes() const { return sections_.section(section_graph); }

  /// The rows that are nodes of the graph: [0, nodes()).
  std::uint32_t nodes() const { return rows_.rows - static_cast<std::uint32_t>(twins_.size()); }
  /// The rows [first, second) whose vector equals that of a node.
  std::pair<std::uint32_t, std::uint32_t> twins_of(std::uint32_t node) const;
  /// The node of a row of [nodes(), rows).
  std::uint32_t node_of_twin(std::uint32_t row) const { return twins_[row - nodes()]; }

  enum Section : std::uint32_t { section_ids = 1, section_order, section_rows, section_twins, section_graph };

 private:
  VectorSegment() = default;

  std::unique_ptr<FileView> file_;
  SectionFile sections_;
  RowIds ids_;
  HalfRows rows_;
  std::span<const std::uint32_t> twins_;  // the node of each twin, ascending
  std::unique_ptr<HnswGraph> graph_;
};

struct VectorSegmentContent {
  std::span<const std::uint64_t> ids;
  std::span<const Half> rows;            // of all ids
  std::span<const std::uint32_t> twins;  // the nodes of the last rows, ascending
  std::span<const std::byte> graph;      // may be empty
};
std::vector<std::byte> encode_vector_segment(const VectorSegmentContent& content);

}  // namespace loadline

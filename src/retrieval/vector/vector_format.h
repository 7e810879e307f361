#pragma once
// The vector index's SegmentFormat. Small segments are merged by size classes and scanned exactly. When
// together they are worth it, they are added to the graph of a large one, whose rows stay where they are:
// each vector is placed in a graph once, not once per merge. A graph with too many dead rows is built anew.
#include <memory>
#include <string>
#include <vector>

#include "retrieval/segments/merge_plan.h"
#include "retrieval/segments/segment.h"
#include "retrieval/vector/hnsw_graph.h"

namespace loadline {

struct VectorMergeOptions {
  MergePlanOptions small = {.fan_in = 4,
                            .smallest_class_rows = 128};  // its segment_rows_max is graph_rows_min
  std::uint32_t graph_rows_min = 2048;                    // fewer rows are scanned
  double graph_growth =
      0.1;  // small rows are added when they are this share of the graph's; so are smaller graphs
  std::uint32_t scanned_rows_max = 8192;  // or this many
  std::uint32_t segment_rows_max = 250'000;
};

class VectorFormat final : public SegmentFormat {
 public:
  VectorFormat(std::size_t dimensions, const VectorMergeOptions& merging, const GraphOptions& graph,
               const VectorKernels& kernels);

  std::string_view kind() const override { return kind_; }
  Result<std::shared_ptr<const Segment>> open(std::unique_ptr<FileView> file,
                                              std::string_view name) const override;
  std::shared_ptr<const DeletionEffect> effect(const Segment&, const Tombstones&,
                                               const LiveSegment*) const override {
    return nullptr;
  }
  std::vector<std::size_t> plan(std::span<const LiveSegment> segments) const override;
  Result<std::vector<std::byte>> merge(std::span<const LiveSegment> inputs,
                                       const StopFlag& stop) const override;
  Result<std::vector<std::byte>> purge(const LiveSegment& input, const StopFlag& stop) const override;

 private:
  bool has_too_many_dead_rows(const LiveSegment& segment) const;
  Result<std::vector<std::byte>> merge_anew(std::span<const LiveSegment> inputs, const StopFlag& stop) const;
  Result<std::vector<std::byte>> extend(const LiveSegment& base, std::span<const LiveSegment> inputs,
                                        const StopFlag& stop) const;

  const std::size_t dimensions_;
  const std::string kind_;
  const VectorMergeOptions merging_;
  const GraphOptions graph_;
  const VectorKernels& kernels_;
};

}  // namespace loadline

#include "retrieval/vector/vector_segment.h"

#include <algorithm>
#include <numeric>

namespace loadline {

Result<std::shared_ptr<const VectorSegment>> VectorSegment::open(std::unique_ptr<FileView> file,
                                                                 std::string_view name,
                                                                 std::size_t dimensions,
                                                                 const VectorKernels& kernels) {
  LOADLINE_ASSIGN(SectionFile sections, SectionFile::parse(file->bytes(), vector_segment_magic, name));
  std::shared_ptr<VectorSegment> segment(new VectorSegment());
  segment->file_ = std::move(file);
  segment->ids_ =
      RowIds(sections.array<std::uint64_t>(section_ids), sections.array<std::uint32_t>(section_order));
  const auto halves = sections.array<Half>(section_rows);
  const std::size_t order = sections.array<std::uint32_t>(section_order).size();
  segment->rows_ = {halves.data(), padded_elements(dimensions), segment->ids_.rows()};
  segment->twins_ = sections.array<std::uint32_t>(section_twins);
  segment->sections_ = std::move(sections);
  const HalfRows& rows = segment->rows_;
  if (halves.size() != rows.rows * rows.stride || (order != 0 && order != rows.rows) ||
      segment->twins_.size() > rows.rows) {
    return Error(Code::data_loss,
                 "index file " + std::string(name) + " contradicts itself; the index has to be rebuilt");
  }
  if (const auto graph = segment->graph_bytes(); !graph.empty()) {
    const HalfRows nodes = {rows.data, rows.stride, segment->nodes()};
    LOADLINE_ASSIGN(segment->graph_, HnswGraph::view(graph, nodes, kernels));
  }
  return std::shared_ptr<const VectorSegment>(std::move(segment));
}

std::pair<std::uint32_t, std::uint32_t> VectorSegment::twins_of(std::uint32_t node) const {
  if (twins_.empty()) return {0, 0};
  const auto [first, last] = std::equal_range(twins_.begin(), twins_.end(), node);
  const auto row = [&](auto at) { return nodes() + static_cast<std::uint32_t>(at - twins_.begin()); };
  return {row(first), row(last)};
}

std::vector<std::byte> encode_vector_segment(const VectorSegmentContent& content) {
  const auto ids = content.ids;
  SectionFileWriter file(vector_segment_magic);
  file.expect(ids.size() * 12 + content.rows.size_bytes() + content.twins.size_bytes() +
              content.graph.size());
  file.begin(VectorSegment::section_ids);
  file.append(ids);
  if (!std::is_sorted(ids.begin(), ids.end())) {
    std::vector<std::uint32_t> order(ids.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return ids[a] < ids[b]; });
    file.add(VectorSegment::section_order, order);
  }
  file.begin(VectorSegment::section_rows);
  file.append(content.rows);
  file.begin(VectorSegment::section_twins);
  file.append(content.twins);
  file.begin(VectorSegment::section_graph);
  file.append(content.graph);
  return std::move(file).finish();
}

}  // namespace loadline

#include "retrieval/vector/vector_format.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "retrieval/vector/vector_segment.h"

namespace loadline {
namespace {

const VectorSegment& vector_segment(const LiveSegment& live) {
  return static_cast<const VectorSegment&>(*live.segment);
}

struct LiveRow {
  std::uint64_t id = 0;
  const Half* row = nullptr;
};

std::vector<LiveRow> live_rows(std::span<const LiveSegment> inputs) {
  std::vector<LiveRow> rows;
  for (const LiveSegment& input : inputs) {
    const VectorSegment& segment = vector_segment(input);
    for (std::uint32_t row = 0; row < input.rows(); ++row) {
      if (!input.deleted->contains(row))
        rows.push_back({segment.ids().id(row).value, segment.rows().row(row)});
    }
  }
  std::sort(rows.begin(), rows.end(), [](const LiveRow& a, const LiveRow& b) { return a.id < b.id; });
  return rows;
}

// What a segment with a graph is made of, while it is made.
struct GraphRows {
  struct Twin {
    std::uint32_t node = 0;
    std::uint64_t id = 0;
  };
  std::size_t stride = 0;
  std::vector<std::uint64_t> ids;  // of the nodes
  std::vector<Half> rows;
  std::vector<Twin> twins;

  const Half* row(std::size_t node) const { return rows.data() + node * stride; }

  std::vector<std::byte> encode(std::span<const std::byte> graph) && {
    std::stable_sort(twins.begin(), twins.end(),
                     [](const Twin& a, const Twin& b) { return a.node < b.node; });
    std::vector<std::uint32_t> nodes_of_twins;
    rows.reserve(rows.size() + twins.size() * stride);
    for (const Twin& twin : twins) {
      ids.push_back(twin.id);
      nodes_of_twins.push_back(twin.node);
      rows.insert(rows.end(), row(twin.node), row(twin.node) + stride);
    }
    return encode_vector_segment({ids, rows, nodes_of_twins, graph});
  }
};

std::string_view content_of(const Half* row, std::size_t stride) {
  return {reinterpret_cast<const char*>(row), stride * sizeof(Half)};
}

// The rows of a segment without anything of the dead ones. A dead node gives its place to a living twin; if
// it has none, it loses its id and takes over the vector of its nearest living neighbour, so that paths of
// the graph that lead through it still lead somewhere near.
class WithoutDeadContent {
 public:
  WithoutDeadContent(const LiveSegment& live, const VectorKernels& kernels)
      : segment_(vector_segment(live)), deleted_(*live.deleted), kernels_(kernels) {}

  GraphRows rows(std::size_t room_for_nodes) && {
    const HalfRows& rows = segment_.rows();
    GraphRows kept;
    kept.stride = rows.stride;
    kept.rows.reserve(room_for_nodes * rows.stride);
    kept.rows.assign(rows.data, rows.row(segment_.nodes()));
    for (std::uint32_t node = 0; node < segment_.nodes(); ++node) {
      kept.ids.push_back(segment_.ids().id(node).value);
      std::uint32_t heir = deleted_.contains(node) ? living_twin(node) : node;
      if (heir == none) {
        kept.ids[node] = 0;
        take_neighbours_vector(node, kept);
      } else {
        kept.ids[node] = segment_.ids().id(heir).value;
      }
      const auto [first, last] = segment_.twins_of(node);
      for (std::uint32_t twin = first; twin < last; ++twin) {
        if (twin != heir && !deleted_.contains(twin))
          kept.twins.push_back({node, segment_.ids().id(twin).value});
      }
    }
    return kept;
  }

 private:
  static constexpr std::uint32_t none = 0xFFFFFFFF;

  std::uint32_t living_twin(std::uint32_t node) const {
    const auto [first, last] = segment_.twins_of(node);
    for (std::uint32_t twin = first; twin < last; ++twin) {
      if (!deleted_.contains(twin)) return twin;
    }
    return none;
  }

  void take_neighbours_vector(std::uint32_t node, GraphRows& kept) const {
    const HalfRows& rows = segment_.rows();
    const Half* best = nullptr;
    float best_score = 0;
    for (const std::uint32_t neighbour : segment_.graph()->neighbours(node)) {
      if (deleted_.contains(neighbour)) continue;
      const float score = kernels_.dot_halves(rows.row(node), rows.row(neighbour), rows.stride);
      if (best != nullptr && score <= best_score) continue;
      best = rows.row(neighbour);
      best_score = score;
    }
    Half* const place = kept.rows.data() + node * rows.stride;
    if (best != nullptr) {
      std::copy_n(best, rows.stride, place);
    } else {
      std::fill_n(place, rows.stride, Half{0});
    }
  }

  const VectorSegment& segment_;
  const Tombstones& deleted_;
  const VectorKernels& kernels_;
};

struct GraphBuilding {
  const GraphOptions& options;
  const VectorKernels& kernels;
};

// `content` with its `graph`, and `added` rows: as twins where their vector is there already, else as new
// nodes.
Result<std::vector<std::byte>> with_graph(GraphRows content, std::span<const std::byte> graph,
                                          std::span<const LiveRow> added, const GraphBuilding& building,
                                          const StopFlag& stop) {
  const std::size_t stride = content.stride, base_nodes = content.ids.size();
  std::unordered_map<std::string_view, std::uint32_t> nodes;  // by vector; new ones behind the base's
  for (std::uint32_t node = 0; node < base_nodes; ++node) {
    if (content.ids[node] != 0) nodes.emplace(content_of(content.row(node), stride), node);
  }
  std::vector<std::uint64_t> new_ids;
  std::vector<const Half*> new_rows;
  std::vector<GraphRows::Twin> new_twins;
  for (const LiveRow& row : added) {
    const auto next = static_cast<std::uint32_t>(base_nodes + new_rows.size());
    const auto [place, is_new] = nodes.emplace(content_of(row.row, stride), next);
    if (is_new) {
      new_ids.push_back(row.id);
      new_rows.push_back(row.row);
    } else {
      new_twins.push_back({place->second, row.id});
    }
  }
  nodes.clear();
  content.ids.resize(base_nodes + new_ids.size());
  content.rows.resize(content.ids.size() * stride);
  const GraphBuild build{graph, static_cast<std::uint32_t>(base_nodes), new_rows, content.rows.data(),
                         stride};
  LOADLINE_ASSIGN(const BuiltGraph built, build_graph(build, building.options, building.kernels, stop));
  for (std::size_t i = 0; i < new_ids.size(); ++i) content.ids[built.row_of_added[i]] = new_ids[i];
  for (GraphRows::Twin twin : new_twins) {
    if (twin.node >= base_nodes) twin.node = built.row_of_added[twin.node - base_nodes];
    content.twins.push_back(twin);
  }
  return std::move(content).encode(built.bytes);
}

}  // namespace

VectorFormat::VectorFormat(std::size_t dimensions, const VectorMergeOptions& merging,
                           const GraphOptions& graph, const VectorKernels& kernels)
    : dimensions_(dimensions),
      kind_("vector-1-" + std::to_string(dimensions)),
      merging_(merging),
      graph_(graph),
      kernels_(kernels) {}

Result<std::shared_ptr<const Segment>> VectorFormat::open(std::unique_ptr<FileView> file,
                                                          std::string_view name) const {
  LOADLINE_ASSIGN(auto segment, VectorSegment::open(std::move(file), name, dimensions_, kernels_));
  return std::shared_ptr<const Segment>(std::move(segment));
}

bool VectorFormat::has_too_many_dead_rows(const LiveSegment& segment) const {
  return segment.deleted->count() > merging_.small.deleted_share_max * segment.rows();
}

std::vector<std::size_t> VectorFormat::plan(std::span<const LiveSegment> segments) const {
  const auto has_graph = [](const LiveSegment& live) { return vector_segment(live).graph() != nullptr; };
  const LiveSegment* largest = nullptr;  // graph that has room
  for (const LiveSegment& segment : segments) {
    if (!has_graph(segment)) continue;
    if (has_too_many_dead_rows(segment)) return {static_cast<std::size_t>(&segment - segments.data())};
    const bool has_room = segment.rows() < merging_.segment_rows_max;
    if (has_room && (largest == nullptr || segment.rows() > largest->rows())) largest = &segment;
  }
  const double growth = largest == nullptr ? 0 : merging_.graph_growth * largest->rows();
  std::vector<std::size_t> small, absorbed;  // positions: without graph; of these and of much smaller graphs
  std::vector<LiveSegment> small_segments;
  double absorbed_rows = 0;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool is_small = !has_graph(segments[i]);
    if (is_small) {
      small.push_back(i);
      small_segments.push_back(segments[i]);
    }
    if (!is_small && (&segments[i] == largest || segments[i].rows() > growth)) continue;
    absorbed.push_back(i);
    absorbed_rows += segments[i].live();
  }
  const double least = merging_.graph_rows_min, most = std::max<double>(least, merging_.scanned_rows_max);
  if (absorbed_rows >= std::clamp(growth, least, most)) {
    if (largest != nullptr)
      absorbed.insert(absorbed.begin(), static_cast<std::size_t>(largest - segments.data()));
    return absorbed;
  }
  MergePlanOptions tiers = merging_.small;
  tiers.segment_rows_max = merging_.graph_rows_min - 1;
  std::vector<std::size_t> plan = plan_tiered_merge(small_segments, tiers);
  for (std::size_t& position : plan) position = small[position];
  return plan;
}

Result<std::vector<std::byte>> VectorFormat::merge(std::span<const LiveSegment> inputs,
                                                   const StopFlag& stop) const {
  const LiveSegment* base = nullptr;  // the largest sound graph
  for (const LiveSegment& input : inputs) {
    if (vector_segment(input).graph() == nullptr || has_too_many_dead_rows(input)) continue;
    if (base == nullptr || input.rows() > base->rows()) base = &input;
  }
  return base == nullptr || inputs.size() == 1 ? merge_anew(inputs, stop) : extend(*base, inputs, stop);
}

Result<std::vector<std::byte>> VectorFormat::merge_anew(std::span<const LiveSegment> inputs,
                                                        const StopFlag& stop) const {
  const std::vector<LiveRow> live = live_rows(inputs);
  if (live.empty()) return std::vector<std::byte>();
  const std::size_t stride = padded_elements(dimensions_);
  if (live.size() >= merging_.graph_rows_min)
    return with_graph({stride, {}, {}, {}}, {}, live, {graph_, kernels_}, stop);
  std::vector<std::uint64_t> ids;
  std::vector<Half> rows;
  for (const LiveRow& row : live) {
    ids.push_back(row.id);
    rows.insert(rows.end(), row.row, row.row + stride);
  }
  return encode_vector_segment({ids, rows, {}, {}});
}

Result<std::vector<std::byte>> VectorFormat::extend(const LiveSegment& base,
                                                    std::span<const LiveSegment> inputs,
                                                    const StopFlag& stop) const {
  std::vector<LiveSegment> others;
  for (const LiveSegment& input : inputs) {
    if (&input != &base) others.push_back(input);
  }
  const std::vector<LiveRow> added = live_rows(others);
  const VectorSegment& segment = vector_segment(base);
  return with_graph(WithoutDeadContent(base, kernels_).rows(segment.nodes() + added.size()),
                    segment.graph_bytes(), added, {graph_, kernels_}, stop);
}

Result<std::vector<std::byte>> VectorFormat::purge(const LiveSegment& input, const StopFlag& stop) const {
  const VectorSegment& segment = vector_segment(input);
  if (segment.graph() == nullptr || has_too_many_dead_rows(input))
    return merge_anew(std::span(&input, 1), stop);
  return WithoutDeadContent(input, kernels_).rows(segment.nodes()).encode(segment.graph_bytes());
}

}  // namespace loadline

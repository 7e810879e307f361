#include "retrieval/vector/vector_index.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "retrieval/segments/segmented_index.h"
#include "retrieval/segments/top_k.h"
#include "retrieval/vector/vector_segment.h"

namespace loadline {
namespace {

constexpr double shortest_norm = 1e-6;  // a shorter vector has no direction worth the name
constexpr std::uint32_t rows_per_check = 8192;

// `vector` scaled to unit length and padded with zeros.
Result<std::vector<float>> unit_vector(std::span<const float> vector, std::size_t dimensions) {
  if (vector.size() != dimensions) {
    return Error(Code::invalid_argument, "a vector has " + std::to_string(vector.size()) +
                                             " dimensions, the index has " + std::to_string(dimensions));
  }
  double square = 0;
  for (const float value : vector) square += static_cast<double>(value) * value;
  const double norm = std::sqrt(square);
  if (!std::isfinite(norm) || norm < shortest_norm) {
    return Error(Code::invalid_argument, "a vector is zero or not finite: it has no direction");
  }
  std::vector<float> unit(padded_elements(dimensions));
  for (std::size_t i = 0; i < dimensions; ++i) unit[i] = static_cast<float>(vector[i] / norm);
  return unit;
}

class Query {
 public:
  Query(const std::vector<float>& vector, std::size_t k, const ChunkFilter* filter,
        const VectorIndexOptions& options, const VectorKernels& kernels, TopK& best)
      : vector_(vector),
        k_(k),
        filter_(filter != nullptr && filter->accepts ? filter : nullptr),
        options_(options),
        kernels_(kernels),
        best_(best) {}

  Status search(const LiveSegment& live, const CallContext& context) {
    const auto& segment = static_cast<const VectorSegment&>(*live.segment);
    if (segment.graph() == nullptr || is_cheap_to_scan(live)) return scan(live, segment, context);
    const std::vector<HnswGraph::Hit> rows = walk_graph(live, segment);
    if (rows.size() < std::min<std::uint64_t>(k_, most_matches(live))) return scan(live, segment, context);
    for (const HnswGraph::Hit& hit : rows) offer(segment, hit.row, hit.score);
    return {};
  }

 private:
  std::uint64_t most_matches(const LiveSegment& live) const {
    return filter_ == nullptr ? live.live() : std::min<std::uint64_t>(live.live(), filter_->matches);
  }

  bool is_cheap_to_scan(const LiveSegment& live) const {
    const double limit = std::max<double>(options_.exact_rows, options_.exact_share * live.rows());
    return static_cast<double>(most_matches(live)) <= limit ||
           static_cast<double>(k_) > options_.exact_share * live.rows();
  }

  bool accepted(const LiveSegment& live, const VectorSegment& segment, std::uint32_t row) const {
    if (live.deleted->contains(row)) return false;
    return filter_ == nullptr || filter_->accepts(segment.ids().id(row));
  }

  // A node is worth finding if it or one of its twins may be returned.
  std::vector<HnswGraph::Hit> walk_graph(const LiveSegment& live, const VectorSegment& segment) const {
    const HnswGraph::Accepts accepts = [&](std::uint32_t node) {
      if (accepted(live, segment, node)) return true;
      const auto [first, last] = segment.twins_of(node);
      for (std::uint32_t twin = first; twin < last; ++twin) {
        if (accepted(live, segment, twin)) return true;
      }
      return false;
    };
    const bool all = filter_ == nullptr && live.deleted->count() == 0;
    const std::size_t expansion = std::max<std::size_t>(options_.search_expansion, 2 * k_);
    std::vector<HnswGraph::Hit> rows;
    for (const auto& hit : segment.graph()->search(vector_.data(), k_, expansion, all ? nullptr : &accepts)) {
      if (accepted(live, segment, hit.row)) rows.push_back(hit);
      const auto [first, last] = segment.twins_of(hit.row);
      for (std::uint32_t twin = first; twin < last; ++twin) {
        if (accepted(live, segment, twin)) rows.push_back({twin, hit.score});
      }
    }
    return rows;
  }

  Status scan(const LiveSegment& live, const VectorSegment& segment, const CallContext& context) {
    const HalfRows& rows = segment.rows();
    for (std::uint32_t row = 0; row < rows.rows; ++row) {
      if (row % rows_per_check == 0) LOADLINE_TRY(context.check());
      if (accepted(live, segment, row))
        offer(segment, row, kernels_.dot(vector_.data(), rows.row(row), rows.stride));
    }
    return {};
  }

  // Rounding to halves can lift a cosine a little over one.
  void offer(const VectorSegment& segment, std::uint32_t row, float score) {
    best_.offer({segment.ids().id(row), std::clamp(score, -1.0F, 1.0F)});
  }

  const std::vector<float>& vector_;
  const std::size_t k_;
  const ChunkFilter* const filter_;
  const VectorIndexOptions& options_;
  const VectorKernels& kernels_;
  TopK& best_;
};

class DiskVectorIndex final : public VectorIndex {
 public:
  DiskVectorIndex(std::unique_ptr<SegmentedIndex> index, std::size_t dimensions,
                  const VectorIndexOptions& options, const VectorKernels& kernels)
      : index_(std::move(index)), dimensions_(dimensions), options_(options), kernels_(kernels) {}

  std::size_t dimensions() const override { return dimensions_; }

  Status apply(std::span<const VectorEntry> adds, std::span<const ChunkId> removes,
               std::uint64_t change) override {
    std::map<ChunkId, std::span<const float>> unique;  // sorted; the last of equal ids counts
    for (const VectorEntry& entry : adds) {
      if (!entry.chunk) return Error(Code::invalid_argument, "chunk id 0 names nothing");
      unique[entry.chunk] = entry.vector;
    }
    const std::size_t stride = padded_elements(dimensions_);
    std::vector<std::uint64_t> ids;
    std::vector<ChunkId> added;
    std::vector<Half> rows(unique.size() * stride);
    for (const auto& [chunk, vector] : unique) {
      LOADLINE_ASSIGN(const std::vector<float> unit, unit_vector(vector, dimensions_));
      kernels_.to_halves(unit.data(), rows.data() + ids.size() * stride, stride);
      ids.push_back(chunk.value);
      added.push_back(chunk);
    }
    std::vector<std::byte> segment;
    if (!ids.empty()) segment = encode_vector_segment({ids, rows, {}, {}});
    return index_->apply({segment, added, removes, change});
  }

  std::uint64_t applied_change() const override { return index_->snapshot()->applied_change; }

  Result<std::vector<ScoredChunk>> search(std::span<const float> query, std::size_t k,
                                          const ChunkFilter* filter,
                                          const CallContext& context) const override {
    LOADLINE_TRY(context.check());
    LOADLINE_ASSIGN(const std::vector<float> unit, unit_vector(query, dimensions_));
    const auto snapshot = index_->snapshot();
    const std::size_t wanted = std::min<std::uint64_t>(k, snapshot->live_rows());
    TopK best(wanted);
    if (wanted == 0) return std::vector<ScoredChunk>();
    Query search(unit, wanted, filter, options_, kernels_, best);
    for (const LiveSegment& live : snapshot->segments) {
      LOADLINE_TRY(context.check());
      LOADLINE_TRY(search.search(live, context));
    }
    return std::move(best).take();
  }

  Result<std::vector<float>> scores(std::span<const float> query, std::span<const ChunkId> chunks,
                                    const CallContext& context) const override {
    LOADLINE_TRY(context.check());
    LOADLINE_ASSIGN(const std::vector<float> unit, unit_vector(query, dimensions_));
    const auto snapshot = index_->snapshot();
    std::vector<float> scores(chunks.size(), absent_score);
    for (const LiveSegment& live : snapshot->segments) {
      const auto& segment = static_cast<const VectorSegment&>(*live.segment);
      for (std::size_t i = 0; i < chunks.size(); ++i) {
        const std::optional<std::uint32_t> row = segment.ids().find(chunks[i]);
        if (!row || live.deleted->contains(*row)) continue;
        const HalfRows& rows = segment.rows();
        scores[i] = std::clamp(kernels_.dot(unit.data(), rows.row(*row), rows.stride), -1.0F, 1.0F);
      }
    }
    return scores;
  }

  IndexStats stats() const override { return index_->stats(); }
  Result<std::vector<ChunkId>> chunk_ids() const override { return index_->chunk_ids(); }
  Status purge() override { return index_->purge(); }
  Status clear() override { return index_->clear(); }
  Status refresh() override { return index_->refresh(); }
  Status settle(const CallContext& context) override { return index_->settle(context); }

 private:
  const std::unique_ptr<SegmentedIndex> index_;
  const std::size_t dimensions_;
  const VectorIndexOptions options_;
  const VectorKernels& kernels_;
};

}  // namespace

Result<std::unique_ptr<VectorIndex>> open_vector_index(FileSystem& files, const std::string& folder,
                                                       std::size_t dimensions,
                                                       const VectorIndexOptions& options) {
  if (dimensions == 0 || dimensions > vector_dimensions_max) {
    return Error(Code::invalid_argument, "a vector index has 1 to " + std::to_string(vector_dimensions_max) +
                                             " dimensions, not " + std::to_string(dimensions));
  }
  const VectorKernels& kernels = options.kernels != nullptr ? *options.kernels : best_vector_kernels();
  LOADLINE_ASSIGN(auto index, SegmentedIndex::open(files, folder,
                                                   std::make_unique<VectorFormat>(dimensions, options.merging,
                                                                                  options.graph, kernels),
                                                   {.background_merges = options.background_merges}));
  return std::unique_ptr<VectorIndex>(
      std::make_unique<DiskVectorIndex>(std::move(index), dimensions, options, kernels));
}

}  // namespace loadline

#include "retrieval/vector/hnsw_graph.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <usearch/index.hpp>

namespace loadline {
namespace {

namespace us = unum::usearch;
using Index = us::index_gt<float, std::uint32_t, std::uint32_t>;
using Member = Index::member_citerator_t;

constexpr std::uint32_t stop_check_rows = 64;
constexpr std::size_t prefetched_bytes = 768;  // the rest of a row follows by the hardware's own prefetcher

Error graph_error(const char* what) { return {Code::internal, std::string("vector graph: ") + what}; }

// usearch's errors throw when they are destroyed unseen.
template <class Outcome>
const char* take_error(Outcome& outcome) {
  return outcome.error ? outcome.error.release() : nullptr;
}

// Distance is 1 - dot product, from a query or a row to a row.
struct Metric {
  const VectorKernels& kernels;
  const Half* rows;
  std::size_t stride;

  const Half* row(const Member& member) const { return rows + get_slot(member) * stride; }
  float operator()(const float* query, const Member& member) const {
    return 1 - kernels.dot(query, row(member), stride);
  }
  float operator()(const Half* added, const Member& member) const {
    return 1 - kernels.dot_halves(added, row(member), stride);
  }
  float operator()(const Member& a, const Member& b) const {
    return 1 - kernels.dot_halves(row(a), row(b), stride);
  }
};

struct Prefetch {
  const Half* rows;
  std::size_t stride;

  template <class Iterator>
  void operator()(Iterator begin, Iterator end) const {
    for (; begin != end; ++begin) {
      const auto* at = reinterpret_cast<const std::byte*>(rows + get_slot(begin) * stride);
      for (std::size_t offset = 0; offset < prefetched_bytes; offset += 64) __builtin_prefetch(at + offset);
    }
  }
};

// Reads a saved graph from memory, never beyond its end.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  bool operator()(void* to, std::size_t size) {
    if (size > bytes_.size()) return false;
    std::memcpy(to, bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
    return true;
  }

 private:
  std::span<const std::byte> bytes_;
};

class Builder {
 public:
  Builder(const GraphBuild& build, const GraphOptions& options, const VectorKernels& kernels,
          const StopFlag& stop)
      : build_(build),
        options_(options),
        stop_(stop),
        metric_{kernels, build.rows, build.stride},
        index_(us::index_config_t(options.connectivity)) {
    row_of_added_.resize(build.added.size());
  }

  Status run() {
    const std::size_t threads = std::max<std::size_t>(1, std::min<std::size_t>(options_.build_threads, 64));
    if (!build_.base.empty()) {
      auto loaded = index_.load_from_stream(Reader(build_.base));
      if (const char* what = take_error(loaded)) return graph_error(what);
      if (index_.size() != build_.base_rows) return graph_error("the graph does not fit its rows");
    }
    const us::index_limits_t limits(build_.base_rows + build_.added.size(), threads);
    if (!index_.reserve(limits)) return Error(Code::resource_exhausted, "no memory for the vector graph");
    std::vector<std::thread> others;
    for (std::size_t t = 1; t < threads; ++t) others.emplace_back([this, t] { add_rows(t); });
    add_rows(0);
    for (std::thread& other : others) other.join();
    if (error_ != nullptr) return graph_error(error_);
    if (stopped_) return Error(Code::cancelled, "the build of the vector graph was stopped");
    return {};
  }

  Result<BuiltGraph> save() && {
    BuiltGraph built;
    built.row_of_added = std::move(row_of_added_);
    built.bytes.reserve(index_.serialized_length());
    auto saved = index_.save_to_stream([&](const void* from, std::size_t size) {
      const auto* bytes = static_cast<const std::byte*>(from);
      built.bytes.insert(built.bytes.end(), bytes, bytes + size);
      return true;
    });
    if (const char* what = take_error(saved)) return graph_error(what);
    return built;
  }

 private:
  void add_rows(std::size_t thread) {
    for (;;) {
      const std::size_t i = next_.fetch_add(1, std::memory_order_relaxed);
      if (i >= build_.added.size() || error_ != nullptr || stopped_) return;
      if (i % stop_check_rows == 0 && stop_.stopping()) stopped_ = true;
      add_row(i, thread);
    }
  }

  void add_row(std::size_t i, std::size_t thread) {
    const Half* const from = build_.added[i];
    // Called before any other thread can see the node: puts the row where the graph expects it.
    const auto place = [&](const auto& member) {
      const auto row = static_cast<std::uint32_t>(get_slot(member));
      row_of_added_[i] = row;
      std::memcpy(build_.rows + row * build_.stride, from, build_.stride * sizeof(Half));
    };
    us::index_update_config_t config;
    config.expansion = options_.build_expansion;
    config.thread = thread;
    const auto key = static_cast<std::uint32_t>(build_.base_rows + i);
    auto added = index_.add(key, from, metric_, config, place);
    if (const char* what = take_error(added)) error_ = what;
  }

  const GraphBuild& build_;
  const GraphOptions& options_;
  const StopFlag& stop_;
  const Metric metric_;
  Index index_;
  std::vector<std::uint32_t> row_of_added_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<const char*> error_ = nullptr;
  std::atomic<bool> stopped_ = false;
};

}  // namespace

Result<BuiltGraph> build_graph(const GraphBuild& build, const GraphOptions& options,
                               const VectorKernels& kernels, const StopFlag& stop) {
  Builder builder(build, options, kernels, stop);
  LOADLINE_TRY(builder.run());
  return std::move(builder).save();
}

class HnswGraph::Impl {
 public:
  Impl(HalfRows rows, const VectorKernels& kernels)
      : metric_{kernels, rows.data, rows.stride}, prefetch_{rows.data, rows.stride} {
    for (std::size_t i = searches_max; i-- > 0;) free_contexts_.push_back(i);
  }

  Status view(std::span<const std::byte> bytes, std::uint32_t rows) {
    index_.reserve(us::index_limits_t(0, searches_max));
    // usearch takes a pointer to mutable bytes and does not write to a viewed graph.
    auto* data = reinterpret_cast<us::byte_t*>(const_cast<std::byte*>(bytes.data()));
    auto viewed = index_.view(us::memory_mapped_file_t(data, bytes.size()));
    const char* const what = take_error(viewed);
    if (what != nullptr || index_.size() != rows) {
      return Error(Code::data_loss, "the vector graph does not fit its rows; the index has to be rebuilt");
    }
    return {};
  }

  std::vector<Hit> search(const float* query, std::size_t k, std::size_t expansion,
                          const Accepts* accepts) const {
    const Lease lease(*this);
    us::index_search_config_t config;
    config.expansion = expansion;
    config.thread = lease.context;
    std::vector<Hit> hits;
    const auto collect = [&](auto&& found) {
      if (take_error(found) != nullptr) return;  // out of memory: too few hits, the caller scans instead
      hits.reserve(found.count);
      for (std::size_t i = 0; i < found.count; ++i) {
        hits.push_back({static_cast<std::uint32_t>(found[i].member.slot), 1 - found[i].distance});
      }
    };
    if (accepts == nullptr) {
      collect(index_.search(query, k, metric_, config, us::dummy_predicate_t{}, prefetch_));
    } else {
      const auto accepted = [&](const Index::member_cref_t& member) {
        return (*accepts)(static_cast<std::uint32_t>(member.slot));
      };
      collect(index_.search(query, k, metric_, config, accepted, prefetch_));
    }
    return hits;
  }

  std::vector<std::uint32_t> neighbours(std::uint32_t row) const {
    std::vector<std::uint32_t> rows;
    for (const auto member : index_.neighbors(row, 0))
      rows.push_back(static_cast<std::uint32_t>(member.slot));
    return rows;
  }

 private:
  // The right to use one of the index's search contexts.
  struct Lease {
    explicit Lease(const Impl& owner) : impl(owner) {
      std::unique_lock lock(impl.mutex_);
      impl.freed_.wait(lock, [&] { return !impl.free_contexts_.empty(); });
      context = impl.free_contexts_.back();
      impl.free_contexts_.pop_back();
    }
    ~Lease() {
      {
        std::lock_guard lock(impl.mutex_);
        impl.free_contexts_.push_back(context);
      }
      impl.freed_.notify_one();
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    const Impl& impl;
    std::size_t context = 0;
  };

  const Metric metric_;
  const Prefetch prefetch_;
  Index index_;
  mutable std::mutex mutex_;
  mutable std::condition_variable freed_;
  mutable std::vector<std::size_t> free_contexts_;  // guarded by mutex_
};

HnswGraph::HnswGraph(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HnswGraph::~HnswGraph() = default;

Result<std::unique_ptr<HnswGraph>> HnswGraph::view(std::span<const std::byte> bytes, HalfRows rows,
                                                   const VectorKernels& kernels) {
  auto impl = std::make_unique<Impl>(rows, kernels);
  LOADLINE_TRY(impl->view(bytes, rows.rows));
  return std::unique_ptr<HnswGraph>(new HnswGraph(std::move(impl)));
}

std::vector<HnswGraph::Hit> HnswGraph::search(const float* query, std::size_t k, std::size_t expansion,
                                              const Accepts* accepts) const {
  return impl_->search(query, k, expansion, accepts);
}

std::vector<std::uint32_t> HnswGraph::neighbours(std::uint32_t row) const { return impl_->neighbours(row); }

}  // namespace loadline

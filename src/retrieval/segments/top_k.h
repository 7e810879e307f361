#pragma once
// The best k of a stream of scored chunks: higher score first, ties by smaller id. One thread.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "model/search_index.h"

namespace loadline {

class TopK {
 public:
  explicit TopK(std::size_t k) : k_(k) { heap_.reserve(std::min<std::size_t>(k, 1024)); }

  bool full() const { return heap_.size() == k_; }
  std::size_t size() const { return heap_.size(); }
  /// The worst score that is kept; only when full and k > 0.
  float threshold() const { return heap_.front().score; }
  bool would_keep(ScoredChunk candidate) const {
    return k_ > 0 && (!full() || better(candidate, heap_.front()));
  }

  void offer(ScoredChunk candidate) {
    if (!would_keep(candidate)) return;
    if (full()) {
      std::pop_heap(heap_.begin(), heap_.end(), better);
      heap_.back() = candidate;
    } else {
      heap_.push_back(candidate);
    }
    std::push_heap(heap_.begin(), heap_.end(), better);
  }

  /// Best first.
  std::vector<ScoredChunk> take() && {
    std::sort(heap_.begin(), heap_.end(), better);
    return std::move(heap_);
  }

  static bool better(const ScoredChunk& a, const ScoredChunk& b) {
    return a.score != b.score ? a.score > b.score : a.chunk < b.chunk;
  }

 private:
  std::size_t k_;
  std::vector<ScoredChunk> heap_;  // the worst on top
};

}  // namespace loadline

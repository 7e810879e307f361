#include "retrieval/keyword/segment_search.h"

#include <algorithm>
#include <array>
#include <memory>

namespace loadline {
namespace {

constexpr std::uint32_t window_rows = 4096;
constexpr std::uint32_t windows_per_check = 16;

// A list being read: which block, decoded when needed, and the bounds of all blocks.
class ListCursor {
 public:
  ListCursor(const WeightedList& list, const SegmentSearch& search) : list_(list), search_(search) {
    const PostingList& postings = list_.postings;
    if (postings.has_directory()) {
      for (std::size_t block = 0; block < postings.blocks(); ++block) {
        bounds_.push_back(postings.block_bound(block, search_.bm25, list_.weight));
      }
    } else {
      load();
      double bound = 0;
      for (std::size_t i = 0; i < size_; ++i) bound = std::max(bound, contribution_at(i));
      bounds_.push_back(bound);
    }
  }

  /// The most that the list can add to a row in [begin, end); moves to the first block that reaches `begin`.
  double bound_in(std::uint32_t begin, std::uint32_t end) {
    seek_block(begin);
    double bound = 0;
    for (std::size_t block = block_; block < bounds_.size(); ++block) {
      if (block > 0 && first_possible_row(block) >= end) break;
      bound = std::max(bound, bounds_[block]);
    }
    return bound;
  }

  /// Calls add(row, contribution) for all postings in [begin, end).
  template <class Add>
  void for_each_in(std::uint32_t begin, std::uint32_t end, Add&& add) {
    for (seek_block(begin); block_ < bounds_.size(); ++block_) {
      if (block_ > 0 && first_possible_row(block_) >= end) return;
      load();
      std::size_t i = at_;
      while (i < size_ && rows_[i] < begin) ++i;
      for (; i < size_ && rows_[i] < end; ++i) add(rows_[i], contribution_at(i));
      at_ = i;
      if (i < size_) return;
    }
  }

  /// What the list adds to `row`, 0 if nothing. Rows must be asked in ascending order.
  double contribution_to(std::uint32_t row) {
    seek_block(row);
    if (block_ == bounds_.size()) return 0;
    load();
    while (at_ < size_ && rows_[at_] < row) ++at_;
    return at_ < size_ && rows_[at_] == row ? contribution_at(at_) : 0;
  }

 private:
  std::uint32_t first_possible_row(std::size_t block) const { return list_.postings.last_row(block - 1) + 1; }

  void seek_block(std::uint32_t row) {
    if (!list_.postings.has_directory()) {
      if (block_ == 0 && size_ > 0 && rows_[size_ - 1] < row) block_ = 1;
      return;
    }
    while (block_ < bounds_.size() && list_.postings.last_row(block_) < row) ++block_;
  }

  void load() {
    if (loaded_ == block_) return;
    list_.postings.decode(block_, rows_.data(), tfs_.data());
    size_ = list_.postings.block_size(block_);
    loaded_ = block_;
    at_ = 0;
  }

  double contribution_at(std::size_t i) const {
    return search_.bm25.contribution(list_.weight, tfs_[i], search_.segment.lengths()[rows_[i]]);
  }

  const WeightedList list_;
  const SegmentSearch& search_;
  std::vector<double> bounds_;  // of each block
  std::size_t block_ = 0;
  std::size_t loaded_ = ~std::size_t{0};
  std::size_t size_ = 0, at_ = 0;  // in the loaded block
  std::array<std::uint32_t, packed_block> rows_, tfs_;
};

class Searcher {
 public:
  Searcher(const SegmentSearch& search, std::span<const WeightedList> lists, TopK& best)
      : search_(search), best_(best), sums_(std::make_unique<std::array<double, window_rows>>()) {
    cursors_.reserve(lists.size());
    for (const WeightedList& list : lists) cursors_.emplace_back(list, search_);
    sums_->fill(0);
  }

  Status run(const CallContext& context) {
    const std::uint32_t rows = search_.segment.rows();
    for (std::uint32_t begin = 0, window = 0; begin < rows; begin += window_rows, ++window) {
      if (window % windows_per_check == 0) LOADLINE_TRY(context.check());
      search_window(begin, std::min(rows, begin + window_rows));
    }
    return {};
  }

 private:
  struct Part {
    ListCursor* cursor = nullptr;
    double bound = 0;      // of this list in the window
    double bound_sum = 0;  // of this list and all with smaller bounds
  };

  bool hopeless(double bound) const {
    if (!best_.full()) return bound == 0;
    const auto score = static_cast<float>(bound);
    return search_.ids_ascend ? score <= best_.threshold() : score < best_.threshold();
  }

  void search_window(std::uint32_t begin, std::uint32_t end) {
    order_parts(begin, end);
    std::size_t optional = 0;
    while (optional < parts_.size() && hopeless(parts_[optional].bound_sum)) ++optional;
    if (optional == parts_.size()) return;
    for (std::size_t i = optional; i < parts_.size(); ++i) {
      parts_[i].cursor->for_each_in(begin, end, [&](std::uint32_t row, double contribution) {
        const std::uint32_t place = row - begin;
        (*sums_)[place] += contribution;
        touched_[place / 64] |= std::uint64_t{1} << (place % 64);
      });
    }
    for (std::size_t w = 0; w < touched_.size(); ++w) {
      for (std::uint64_t word = touched_[w]; word != 0; word &= word - 1) {
        const auto place = static_cast<std::uint32_t>(w * 64 + static_cast<unsigned>(__builtin_ctzll(word)));
        finish_row(begin + place, (*sums_)[place], optional);
        (*sums_)[place] = 0;
      }
      touched_[w] = 0;
    }
  }

  void order_parts(std::uint32_t begin, std::uint32_t end) {
    parts_.clear();
    for (ListCursor& cursor : cursors_) {
      const double bound = cursor.bound_in(begin, end);
      if (bound > 0) parts_.push_back({&cursor, bound, 0});
    }
    std::sort(parts_.begin(), parts_.end(), [](const Part& a, const Part& b) { return a.bound < b.bound; });
    double sum = 0;
    for (Part& part : parts_) part.bound_sum = sum += part.bound;
  }

  void finish_row(std::uint32_t row, double sum, std::size_t optional) {
    if (search_.deleted.contains(row)) return;
    for (std::size_t i = optional; i-- > 0;) {
      if (hopeless(sum + parts_[i].bound_sum)) return;
      sum += parts_[i].cursor->contribution_to(row);
    }
    const ScoredChunk candidate{search_.segment.ids().id(row), static_cast<float>(sum)};
    if (!best_.would_keep(candidate)) return;
    if (search_.filter != nullptr && search_.filter->accepts && !search_.filter->accepts(candidate.chunk))
      return;
    best_.offer(candidate);
  }

  const SegmentSearch& search_;
  TopK& best_;
  std::vector<ListCursor> cursors_;
  std::vector<Part> parts_;
  std::unique_ptr<std::array<double, window_rows>> sums_;
  std::array<std::uint64_t, window_rows / 64> touched_{};
};

}  // namespace

Status search_segment(const SegmentSearch& search, std::span<const WeightedList> lists,
                      const CallContext& context, TopK& best) {
  if (lists.empty() || search.segment.rows() == 0) return {};
  return Searcher(search, lists, best).run(context);
}

}  // namespace loadline

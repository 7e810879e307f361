#pragma once
// Which rows of a segment are deleted: a bitmap that is never changed once it is shared. Copy, mark, publish.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace loadline {

class Tombstones {
 public:
  explicit Tombstones(std::uint32_t rows) : rows_(rows), words_((rows + 63) / 64) {}

  bool contains(std::uint32_t row) const { return (words_[row / 64] >> (row % 64)) & 1; }
  /// False if it was marked already.
  bool mark(std::uint32_t row) {
    if (contains(row)) return false;
    words_[row / 64] |= std::uint64_t{1} << (row % 64);
    ++count_;
    return true;
  }
  std::uint32_t count() const { return count_; }
  std::uint32_t rows() const { return rows_; }
  bool all() const { return count_ == rows_; }

  /// Calls `visit(row)` for every deleted row, in order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t w = 0; w < words_.size(); ++w) {
      for (std::uint64_t word = words_[w]; word != 0; word &= word - 1) {
        visit(static_cast<std::uint32_t>(w * 64 + static_cast<unsigned>(__builtin_ctzll(word))));
      }
    }
  }

 private:
  std::uint32_t rows_;
  std::uint32_t count_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace loadline

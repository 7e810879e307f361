#pragma once
// Posting lists: for one term of one segment, the rows that contain it and how often, compressed.
//
// Blocks of 128 postings: row gaps and frequencies bit-packed. The last, shorter block is in varints. A list
// of more than one block starts with a directory, an entry per block: last row, place, bit widths, and up to
// three pairs (highest tf, least length) that together dominate every posting of the block, from which an
// upper bound of its scores follows for any statistics of the collection. A list of one short block has no
// directory.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "retrieval/keyword/bit_packing.h"
#include "retrieval/keyword/bm25.h"

namespace loadline {

struct Posting {
  std::uint32_t row = 0;
  std::uint32_t tf = 0;  // > 0
  bool operator==(const Posting&) const = default;
};

/// Appends the list. `postings` are sorted by row, not empty; `lengths` are those of all rows of the segment.
void encode_postings(std::span<const Posting> postings, std::span<const std::uint32_t> lengths,
                     std::vector<std::byte>& out);

/// A list as it lies in a file. Cheap to copy; the bytes must outlive it.
class PostingList {
 public:
  PostingList() = default;
  PostingList(std::span<const std::byte> bytes, std::uint32_t count) : bytes_(bytes), count_(count) {}

  std::uint32_t count() const { return count_; }
  std::size_t blocks() const { return (count_ + packed_block - 1) / packed_block; }
  std::size_t block_size(std::size_t block) const {
    return block + 1 < blocks() ? packed_block : count_ - block * packed_block;
  }
  /// False for the one short block that has to be decoded to know it.
  bool has_directory() const { return count_ >= packed_block; }
  std::uint32_t last_row(std::size_t block) const;
  /// Needs a directory.
  double block_bound(std::size_t block, const Bm25& bm25, double weight) const;
  /// Writes block_size(block) rows and frequencies; room for 128 of each.
  void decode(std::size_t block, std::uint32_t* rows, std::uint32_t* tfs) const;
  /// All of it.
  void decode_all(std::vector<Posting>& out) const;

 private:
  std::span<const std::byte> bytes_;
  std::uint32_t count_ = 0;
};

}  // namespace loadline

#include "retrieval/keyword/postings.h"

#include <algorithm>
#include <cstring>

#include "retrieval/segments/varint.h"

namespace loadline {
namespace {

// Values above the largest are capped: a tf there means "any", a length there "at least".
constexpr std::uint32_t impact_max = 65535;
constexpr std::size_t impacts_max = 3;

struct Impact {
  std::uint16_t tf = 0;
  std::uint16_t length = 0;
};

struct DirectoryEntry {
  std::uint32_t last_row = 0;
  std::uint32_t offset = 0;  // from the end of the directory
  std::uint8_t row_bits = 0;
  std::uint8_t tf_bits = 0;
  std::uint8_t impacts = 0;
  std::uint8_t unused = 0;
  std::array<Impact, impacts_max> impact;
};
static_assert(sizeof(DirectoryEntry) == 24);

DirectoryEntry entry_at(std::span<const std::byte> bytes, std::size_t block) {
  DirectoryEntry entry;
  std::memcpy(&entry, bytes.data() + block * sizeof entry, sizeof entry);
  return entry;
}

// The postings of a block that no other one dominates, at most three after uniting neighbours.
void set_impacts(std::span<const Posting> block, std::span<const std::uint32_t> lengths,
                 DirectoryEntry& entry) {
  std::vector<Impact> all;
  for (const Posting& posting : block) {
    all.push_back({static_cast<std::uint16_t>(std::min(posting.tf, impact_max)),
                   static_cast<std::uint16_t>(std::min(lengths[posting.row], impact_max))});
  }
  std::sort(all.begin(), all.end(),
            [](Impact a, Impact b) { return a.tf != b.tf ? a.tf > b.tf : a.length < b.length; });
  std::vector<Impact> front;  // falling tf, falling length
  for (const Impact impact : all) {
    if (front.empty() || impact.length < front.back().length) front.push_back(impact);
  }
  entry.impacts = static_cast<std::uint8_t>(std::min(front.size(), impacts_max));
  for (std::size_t i = 0; i < entry.impacts; ++i) {
    const std::size_t begin = i * front.size() / entry.impacts, end = (i + 1) * front.size() / entry.impacts;
    entry.impact[i] = {front[begin].tf, front[end - 1].length};
  }
}

void encode_short_block(std::span<const Posting> block, std::uint32_t next_row, std::vector<std::byte>& out) {
  for (const Posting& posting : block) {
    const std::uint64_t gap = posting.row - next_row;
    append_varint(out, gap << 1 | (posting.tf == 1 ? 1 : 0));
    if (posting.tf != 1) append_varint(out, posting.tf);
    next_row = posting.row + 1;
  }
}

void encode_full_block(std::span<const Posting> block, std::uint32_t next_row, DirectoryEntry& entry,
                       std::vector<std::byte>& out) {
  std::array<std::uint32_t, packed_block> gaps, tfs;
  for (std::size_t i = 0; i < packed_block; ++i) {
    gaps[i] = block[i].row - next_row;
    tfs[i] = block[i].tf - 1;
    next_row = block[i].row + 1;
  }
  entry.row_bits = static_cast<std::uint8_t>(bits_needed(gaps));
  entry.tf_bits = static_cast<std::uint8_t>(bits_needed(tfs));
  pack_block(gaps, entry.row_bits, out);
  pack_block(tfs, entry.tf_bits, out);
}

}  // namespace

void encode_postings(std::span<const Posting> postings, std::span<const std::uint32_t> lengths,
                     std::vector<std::byte>& out) {
  if (postings.size() < packed_block) return encode_short_block(postings, 0, out);
  std::vector<DirectoryEntry> directory;
  std::vector<std::byte> data;
  std::uint32_t next_row = 0;
  for (std::size_t at = 0; at < postings.size(); at += packed_block) {
    const auto block = postings.subspan(at, std::min(packed_block, postings.size() - at));
    DirectoryEntry& entry = directory.emplace_back();
    entry.last_row = block.back().row;
    entry.offset = static_cast<std::uint32_t>(data.size());
    set_impacts(block, lengths, entry);
    if (block.size() == packed_block) {
      encode_full_block(block, next_row, entry, data);
    } else {
      encode_short_block(block, next_row, data);
    }
    next_row = entry.last_row + 1;
  }
  const auto* from = reinterpret_cast<const std::byte*>(directory.data());
  out.insert(out.end(), from, from + directory.size() * sizeof(DirectoryEntry));
  out.insert(out.end(), data.begin(), data.end());
}

std::uint32_t PostingList::last_row(std::size_t block) const {
  std::uint32_t row;
  std::memcpy(&row, bytes_.data() + block * sizeof(DirectoryEntry), sizeof row);
  return row;
}

double PostingList::block_bound(std::size_t block, const Bm25& bm25, double weight) const {
  const DirectoryEntry entry = entry_at(bytes_, block);
  double bound = 0;
  for (std::size_t i = 0; i < entry.impacts; ++i) {
    const std::uint32_t tf = entry.impact[i].tf == impact_max ? ~0U : entry.impact[i].tf;
    bound = std::max(bound, bm25.bound(weight, tf, entry.impact[i].length));
  }
  return bound;
}

void PostingList::decode(std::size_t block, std::uint32_t* rows, std::uint32_t* tfs) const {
  const std::byte* at = bytes_.data();
  const std::byte* const end = at + bytes_.size();
  std::uint32_t next_row = 0;
  if (has_directory()) {
    const DirectoryEntry entry = entry_at(bytes_, block);
    if (block > 0) next_row = last_row(block - 1) + 1;
    at += blocks() * sizeof(DirectoryEntry) + entry.offset;
    if (block_size(block) == packed_block) {
      unpack_block(at, entry.row_bits, rows);
      unpack_block(at + packed_bytes(entry.row_bits), entry.tf_bits, tfs);
      for (std::size_t i = 0; i < packed_block; ++i) {
        rows[i] += next_row;
        next_row = rows[i] + 1;
        ++tfs[i];
      }
      return;
    }
  }
  for (std::size_t i = 0; i < block_size(block); ++i) {
    const std::uint64_t gap = read_varint(at, end);
    rows[i] = next_row + static_cast<std::uint32_t>(gap >> 1);
    tfs[i] = (gap & 1) != 0 ? 1 : static_cast<std::uint32_t>(read_varint(at, end));
    next_row = rows[i] + 1;
  }
}

void PostingList::decode_all(std::vector<Posting>& out) const {
  std::array<std::uint32_t, packed_block> rows, tfs;
  for (std::size_t block = 0; block < blocks(); ++block) {
    decode(block, rows.data(), tfs.data());
    for (std::size_t i = 0; i < block_size(block); ++i) out.push_back({rows[i], tfs[i]});
  }
}

}  // namespace loadline

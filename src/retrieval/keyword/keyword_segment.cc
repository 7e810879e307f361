#include "retrieval/keyword/keyword_segment.h"

#include <algorithm>
#include <numeric>

namespace loadline {

Result<std::shared_ptr<const KeywordSegment>> KeywordSegment::open(std::unique_ptr<FileView> file,
                                                                   std::string_view name) {
  LOADLINE_ASSIGN(SectionFile sections, SectionFile::parse(file->bytes(), keyword_segment_magic, name));
  std::shared_ptr<KeywordSegment> segment(new KeywordSegment());
  segment->file_ = std::move(file);
  segment->ids_ = RowIds(sections.array<std::uint64_t>(section_ids), {});
  segment->lengths_ = sections.array<std::uint32_t>(section_lengths);
  segment->dictionary_ = sections.section(section_dictionary);
  segment->blocks_ = sections.array<BlockPlace>(section_dictionary_index);
  segment->postings_ = sections.section(section_postings);
  segment->row_terms_ = sections.section(section_row_terms);
  segment->row_index_ = sections.array<std::uint64_t>(section_row_index);
  segment->sections_ = std::move(sections);
  const std::size_t rows = segment->ids_.rows();
  if (segment->lengths_.size() != rows || segment->row_index_.size() != rows + 2 ||
      segment->row_index_[rows] != segment->row_terms_.size() ||
      segment->blocks_.size() != (segment->row_index_[rows + 1] + dictionary_block - 1) / dictionary_block) {
    return Error(Code::data_loss,
                 "index file " + std::string(name) + " contradicts itself; the index has to be rebuilt");
  }
  segment->terms_ = static_cast<std::uint32_t>(segment->row_index_[rows + 1]);
  segment->total_length_ =
      std::accumulate(segment->lengths_.begin(), segment->lengths_.end(), std::uint64_t{0});
  return std::shared_ptr<const KeywordSegment>(std::move(segment));
}

std::string_view KeywordSegment::first_term(std::size_t block) const {
  const std::byte* at = dictionary_.data() + blocks_[block].dictionary_offset;
  const std::uint64_t size = read_varint(at, dictionary_end());
  return {reinterpret_cast<const char*>(at), size};
}

void KeywordSegment::read_entry(const std::byte*& at, bool is_first, std::string& term, std::uint32_t& count,
                                std::uint64_t& size) const {
  const std::uint64_t shared = is_first ? 0 : read_varint(at, dictionary_end());
  const std::uint64_t rest = read_varint(at, dictionary_end());
  term.resize(shared);
  term.append(reinterpret_cast<const char*>(at), rest);
  at += rest;
  count = static_cast<std::uint32_t>(read_varint(at, dictionary_end()));
  size = read_varint(at, dictionary_end());
}

std::optional<KeywordSegment::Term> KeywordSegment::find(std::string_view wanted) const {
  std::size_t low = 0, high = blocks_.size();  // the last block whose first term is not after `wanted`
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (first_term(middle) <= wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return std::nullopt;
  const std::size_t block = low - 1;
  const std::byte* at = dictionary_.data() + blocks_[block].dictionary_offset;
  std::uint64_t offset = blocks_[block].postings_offset;
  std::string term;
  const auto begin = static_cast<std::uint32_t>(block * dictionary_block);
  for (std::uint32_t number = begin; number < std::min(begin + dictionary_block, terms_); ++number) {
    std::uint32_t count;
    std::uint64_t size;
    read_entry(at, number == begin, term, count, size);
    if (term == wanted) return Term{number, PostingList(postings_.subspan(offset, size), count)};
    if (term > wanted) break;
    offset += size;
  }
  return std::nullopt;
}

void KeywordSegment::Cursor::load() {
  if (done()) return;
  const bool is_first = number_ % dictionary_block == 0;
  if (is_first) {
    const BlockPlace& place = segment_.blocks_[number_ / dictionary_block];
    at_ = segment_.dictionary_.data() + place.dictionary_offset;
    offset_ = place.postings_offset;
  }
  std::uint32_t count;
  std::uint64_t size;
  segment_.read_entry(at_, is_first, term_, count, size);
  postings_ = PostingList(segment_.postings_.subspan(offset_, size), count);
  offset_ += size;
}

}  // namespace loadline

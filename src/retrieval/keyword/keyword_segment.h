#pragma once
// One immutable segment of the keyword index, read in place from its mapped file.
//
// Sections: ids of the rows, sorted; lengths in terms; the dictionary (sorted terms in blocks of 16, the
// first whole, the others as "bytes shared with the one before" and the rest, each with its posting count and
// size) and an index of its blocks; posting lists; and for each row the numbers of its terms, which tell what
// a deletion takes out of the statistics.
//
// Thread-safe: nothing changes after opening.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/file_system.h"
#include "retrieval/keyword/postings.h"
#include "retrieval/segments/section_file.h"
#include "retrieval/segments/segment.h"

namespace loadline {

inline constexpr std::string_view keyword_segment_magic = "LLKWSEG1";

class KeywordSegment final : public Segment {
 public:
  /// data_loss.
  static Result<std::shared_ptr<const KeywordSegment>> open(std::unique_ptr<FileView> file,
                                                            std::string_view name);

  const RowIds& ids() const override { return ids_; }
  std::uint32_t identity() const override { return sections_.identity(); }

  std::uint32_t rows() const { return ids_.rows(); }
  std::uint32_t terms() const { return terms_; }
  std::span<const std::uint32_t> lengths() const { return lengths_; }
  std::uint64_t total_length() const { return total_length_; }

  struct Term {
    std::uint32_t number = 0;  // position in the dictionary
    PostingList postings;
  };
  std::optional<Term> find(std::string_view term) const;

  /// Calls `visit(number)` with the number of each distinct term of a row, in order.
  template <class Visit>
  void for_each_term_of(std::uint32_t row, Visit&& visit) const;

  /// Walks over the dictionary in order.
  class Cursor {
   public:
    explicit Cursor(const KeywordSegment& segment) : segment_(segment) { load(); }
    bool done() const { return number_ >= segment_.terms_; }
    const std::string& term() const { return term_; }
    const PostingList& postings() const { return postings_; }
    void next() {
      ++number_;
      load();
    }

   private:
    void load();
    const KeywordSegment& segment_;
    std::uint32_t number_ = 0;
    const std::byte* at_ = nullptr;
    std::uint64_t offset_ = 0;
    std::string term_;
    PostingList postings_;
  };

  // The layout, shared with the writer.
  enum Section : std::uint32_t {
    section_ids = 1,
    section_lengths,
    section_dictionary,
    section_dictionary_index,
    section_postings,
    section_row_terms,
    section_row_index
  };
  static constexpr std::uint32_t dictionary_block = 16;
  struct BlockPlace {
    std::uint64_t dictionary_offset = 0;
    std::uint64_t postings_offset = 0;
  };

 private:
  KeywordSegment() = default;
  std::string_view first_term(std::size_t block) const;
  /// Reads one dictionary entry; `term` holds the one before it and becomes this one.
  void read_entry(const std::byte*& at, bool is_first, std::string& term, std::uint32_t& count,
                  std::uint64_t& size) const;
  const std::byte* dictionary_end() const { return dictionary_.data() + dictionary_.size(); }

  std::unique_ptr<FileView> file_;
  SectionFile sections_;
  RowIds ids_;
  std::span<const std::uint32_t> lengths_;
  std::span<const std::byte> dictionary_;
  std::span<const BlockPlace> blocks_;
  std::span<const std::byte> postings_;
  std::span<const std::byte> row_terms_;
  std::span<const std::uint64_t> row_index_;  // rows + 1 offsets into row_terms_, then the number of terms
  std::uint32_t terms_ = 0;
  std::uint64_t total_length_ = 0;
};

}  // namespace loadline

#include "retrieval/segments/varint.h"

namespace loadline {

template <class Visit>
void KeywordSegment::for_each_term_of(std::uint32_t row, Visit&& visit) const {
  const std::byte* at = row_terms_.data() + row_index_[row];
  const std::byte* const end = row_terms_.data() + row_index_[row + 1];
  for (std::uint64_t number = 0; at != end; ++number) {
    number += read_varint(at, end);
    visit(static_cast<std::uint32_t>(number));
  }
}

}  // namespace loadline

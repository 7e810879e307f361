#pragma once
// Makes segment files of the keyword index: from texts, and from other segments (a merge).
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/search_index.h"
#include "retrieval/keyword/analyzer.h"
#include "retrieval/keyword/keyword_segment.h"

namespace loadline {

/// Takes terms in ascending order with their postings, gives the file. One use.
class KeywordSegmentWriter {
 public:
  /// `ids` ascending; `distinct_terms`: how many terms will name each row.
  KeywordSegmentWriter(std::vector<std::uint64_t> ids, std::vector<std::uint32_t> lengths,
                       std::span<const std::uint32_t> distinct_terms);
  void add_term(std::string_view term, std::span<const Posting> postings);
  std::vector<std::byte> finish() &&;

 private:
  std::vector<std::byte> encode_row_terms(std::vector<std::uint64_t>& offsets) const;

  const std::vector<std::uint64_t> ids_;
  const std::vector<std::uint32_t> lengths_;
  std::vector<std::size_t> row_begin_, row_end_;  // in row_terms_
  std::vector<std::uint32_t> row_terms_;
  std::vector<std::byte> dictionary_;
  std::vector<KeywordSegment::BlockPlace> blocks_;
  std::vector<std::byte> postings_;
  std::string previous_;
  std::uint32_t terms_ = 0;
};

/// The segment file of `entries`, whose ids are distinct and ascending; empty if there are none.
std::vector<std::byte> build_keyword_segment(std::span<const KeywordEntry> entries, Analyzer& analyzer);

/// The segment file of all rows of `inputs` that are not deleted; empty if there are none. `cancelled` when
/// `stop` says so.
Result<std::vector<std::byte>> merge_keyword_segments(std::span<const LiveSegment> inputs,
                                                      const StopFlag& stop);

}  // namespace loadline

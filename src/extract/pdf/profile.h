#pragma once
// What a document looks like in general: the size of its running text, the words that it uses.
//
// Taken from a few pages spread evenly over the document, so that every page is judged alike, also when
// reading begins in the middle.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "extract/pdf/words.h"

namespace loadline::pdf {

/// Pages that a profile is made from, at most.
inline constexpr int profile_pages_max = 12;
/// The pages to look at, from 0, in order.
std::vector<int> profile_pages(int page_count);

/// Which words were seen, by hash of their lower-case letters.
class Vocabulary {
 public:
  void add(std::string_view word);
  bool contains(std::string_view word) const;

 private:
  static constexpr std::size_t words_max = 200'000;
  std::unordered_set<std::uint64_t> words_;
};

class DocumentProfile {
 public:
  void add(const PageWords& page);
  void finish();

  /// The size that most letters have; 10 if there are none.
  float body_size() const { return body_size_; }
  /// Most letters are bold: weight then says nothing.
  bool bold_body() const { return bold_body_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }

 private:
  std::vector<std::size_t> letters_by_size_;  // in half points
  std::size_t letters_ = 0, bold_letters_ = 0;
  float body_size_ = 10;
  bool bold_body_ = false;
  Vocabulary vocabulary_;
};

}  // namespace loadline::pdf

#pragma once
// Sentences: where they end, in finished text and in text that is still arriving. Pure; one thread per
// object.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace loadline {

struct TextSpan {
  std::size_t begin = 0, end = 0;  // bytes
  std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
};

/// Sentences of `text`, without the blanks around them. A line break before a list item, a heading or after a
/// blank line ends one; points in numbers, initials and common abbreviations do not. Citation markers "[1]"
/// right after the end belong to the sentence before.
std::vector<TextSpan> split_sentences(std::string_view text);

/// Gives out sentences as soon as they are certainly complete. Equal to split_sentences on the whole text,
/// for every way of cutting it into pieces; the blanks between sentences come with the following one.
class SentenceStream {
 public:
  /// Sentences completed by this piece, each with the blanks before it.
  std::vector<std::string> feed(std::string_view piece);
  /// What is left at the end; "" if nothing.
  std::string finish();

 private:
  std::string pending_;
};

}  // namespace loadline

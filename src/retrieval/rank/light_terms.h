#pragma once
// Words as the ranking stages compare them: lower case, plural and verb endings off, as hashes. Much cheaper
// than the index's analyzer, because a page's worth of text is read for every candidate page of a query, and
// exact shapes (numbers, codes) have been dealt with by the index. Pure, thread-safe.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadline {

struct LightTerm {
  std::uint64_t hash = 0;            // of the stem; 0 for stop words
  std::uint32_t begin = 0, end = 0;  // bytes
  bool number = false;               // digits, with the points and commas among them
  bool capital = false;              // begins with an upper-case letter or digit
  bool stop = false;                 // a function word
};

/// Words and numbers of `text` in order, stop words included. Letters outside ASCII are parts of words and
/// kept as they are. "10-K" is one term, "10k"; other hyphens separate.
std::vector<LightTerm> light_terms(std::string_view text);
/// The same into `terms`, whose memory is used again.
void light_terms(std::string_view text, std::vector<LightTerm>& terms);

/// The stem that the hash is of: for keys that are put together from words.
std::string light_stem(std::string_view word);

}  // namespace loadline

#pragma once
// From text to index terms; the same for documents and queries.
//
// The text is folded (text_folding.h), cut into words, and English words are stemmed (Snowball English).
// Things that people look up by their exact shape get terms of their own beside those of their parts:
//
//   1,234.50      1234.50, and by value 1234.5         12.5%, 12.5 percent   12.5 and 12.5%
//   $45, € 45     45 and $45                           § 12.3, Section 12.3  12.3 and §12.3
//   long-term     long, term and longterm              10-K                  10, k and 10k
//   FY2022        fy2022, fy, 2022                     2022Q4                2022q4, 2022, q4
//   U.S.          us                                   BRK.B                 brk, b and brk.b
//   R&D, A/R      parts and r&d, a/r                   o'neill               oneill and neill
//   jo_d@x.org    parts and the whole                  2022-12-31            parts and the whole
//   Han, kana     overlapping pairs of characters
//
// A term either counts towards the length of the text (one for each word or number) or is extra.
// One thread per object: the stemmer and the buffers are not shared.
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace loadline {

/// Longer words are cut here, at a character boundary.
inline constexpr std::size_t term_bytes_max = 64;

class Analyzer {
 public:
  Analyzer();
  ~Analyzer();
  Analyzer(const Analyzer&) = delete;
  Analyzer& operator=(const Analyzer&) = delete;

  /// `counts` is false for extra terms. The term is valid during the call only: never empty, valid UTF-8, at
  /// most term_bytes_max long.
  using Sink = std::function<void(std::string_view term, bool counts)>;
  void analyze(std::string_view text, const Sink& sink);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Changes whenever the terms of some text change: an index made with another one cannot be searched.
inline constexpr int analyzer_version = 1;

}  // namespace loadline

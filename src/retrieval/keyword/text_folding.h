#pragma once
// Folding: the form of text in which differences that no searcher means are gone. Lower case by Unicode's
// case folding, compatibility forms unified (NFKC: ligatures, full width), accents and other combining marks
// of Latin, Greek and Cyrillic removed, letters such as ø, ł, æ spelled in ASCII, typographic hyphens and
// apostrophes made ASCII, invisible characters dropped. Symbols that carry meaning (§, currency, %) stay.
//
// One thread per object (it caches). The input may be any bytes; what is not UTF-8 separates words.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace loadline {

class TextFolding {
 public:
  TextFolding();
  /// Replaces `out` with the folded form of `text`, valid UTF-8.
  void fold(std::string_view text, std::string& out);

 private:
  struct Cached {
    char32_t code_point = 0xFFFFFFFF;
    std::uint8_t size = 0;
    std::array<char, 27> bytes;
  };
  const Cached& folded(char32_t code_point);
  void append_space_like(std::string_view text, std::size_t next, std::string& out) const;

  const void* case_folding_;  // UNormalizer2 of ICU, which owns them
  const void* decomposition_;
  std::array<Cached, 1024> cache_;
};

}  // namespace loadline

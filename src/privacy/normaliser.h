#pragma once
// Text as the detectors read it: what only looks different is made equal, and every position can be traced
// back.
//
// One code point becomes one byte, nothing, or stays as it is, whatever stands beside it:
//   - digits of every script, full-width, circled, superscript: 0-9; letters of Latin with marks, full-width
//   and
//     mathematical ones, and look-alikes of Cyrillic and Greek: a-z, A-Z
//   - zero-width and other ignorable characters and combining marks: nothing
//   - blanks of every width: ' '; dashes: '-'; middle dots: '.'; curly quotes: straight ones
// Because no neighbour matters, text may arrive in pieces. Text that is ASCII is not copied a second time.
//
// One object per text, one thread at a time.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadline {

/// What a code point becomes: 0: itself; 1: nothing; otherwise an ASCII character. Thread-safe; tables are
/// made on first use, a block of 256 code points at a time.
char fold_code_point(char32_t code_point);

class Normaliser {
 public:
  /// So many ignorable characters in a row vanish; those after them stay, so that held-back text is bounded.
  static constexpr std::size_t ignorable_run_max = 32;

  /// Takes a copy. Up to three bytes of an unfinished UTF-8 sequence wait for the next call.
  void append(std::string_view bytes);
  /// Takes an unfinished sequence for what it is.
  void finish();
  void clear();

  std::string_view original() const { return original_; }
  /// Valid until the next call that is not const.
  std::string_view text() const {
    return same_ ? std::string_view(original_).substr(0, read_) : std::string_view(text_);
  }
  /// Where in the original the byte at `at` of the text came from (at <= text().size()).
  std::size_t original_begin(std::size_t at) const;
  /// The end in the original of what became the byte before `end` (0 < end <= text().size()).
  std::size_t original_end(std::size_t end) const;
  /// Forgets the first `count` bytes of the text, and the original that they came from; what gave nothing at
  /// the border is forgotten too. Gives how many bytes of the original went.
  std::size_t forget(std::size_t count);

 private:
  struct Shift {  // from this byte of the text on, the original runs at this distance
    std::size_t text, original;
  };

  void read_until(std::size_t end);
  void put(char32_t code_point, std::size_t begin, std::size_t end);

  std::string original_;
  std::string text_;  // unused while same_
  std::vector<Shift> shifts_;
  std::size_t read_ = 0;  // of the original
  std::size_t ignorable_run_ = 0;
  bool same_ = true;
};

}  // namespace loadline

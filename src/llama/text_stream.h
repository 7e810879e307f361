#pragma once
// Turns the bytes of generated tokens into text that may be shown: whole UTF-8 sequences, and never a byte of
// a stop string. A tail that could still become a stop string, or that is the beginning of a multi-byte
// character, is held back until the next token decides. One thread.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace loadline::llama {

class TextStream {
 public:
  /// Empty stop strings are ignored.
  explicit TextStream(std::vector<std::string> stops);

  /// Adds a token's bytes. True once a stop string is complete; nothing may be added after that.
  bool push(std::string_view bytes);
  /// No more bytes will come: what was held back for a stop string is free now; an unfinished character at
  /// the end is dropped.
  void finish();
  /// The text released since the last call, as valid UTF-8 (bytes that are not become U+FFFD).
  std::string take();

  /// Bytes pushed so far, and how many of them are released or taken. With a stop string complete, everything
  /// from its first byte on is never released.
  std::size_t pushed() const { return bytes_.size(); }
  std::size_t released() const { return released_; }
  bool stopped() const { return stopped_; }

 private:
  std::size_t releasable() const;

  const std::vector<std::string> stops_;
  std::size_t longest_stop_ = 0;
  std::string bytes_;
  std::size_t released_ = 0;
  std::size_t taken_ = 0;
  bool stopped_ = false;
};

}  // namespace loadline::llama

#pragma once
// The inside of JSON strings: escapes to bytes and back. RFC 8259.
#include <string>
#include <string_view>

namespace loadline {

/// Unescapes byte by byte. One object per string, one thread at a time.
class JsonUnescaper {
 public:
  /// Appends what the byte completes. An unknown escape gives the bytes as they stand; half of a surrogate
  /// pair gives the three bytes that UTF-8 would have for it (escape_json writes it as \u again).
  void feed(char byte, std::string& out);
  /// What is left of an unfinished escape, as it stands.
  void finish(std::string& out);
  /// Inside an escape: a quote now would not end the string.
  bool in_escape() const { return !escape_.empty(); }
  /// Bytes taken and not given.
  std::size_t held_bytes() const { return escape_.size() + (high_ != 0 ? 6 : 0); }

 private:
  void put(char32_t unit, std::string& out);
  void flush_high(std::string& out);

  std::string escape_;  // of the current escape, from its backslash on
  char32_t high_ = 0;   // the first half of a pair
};

/// Appends `text` so that it may stand between quotes; only what must be escaped is.
void escape_json(std::string_view text, std::string& out);

}  // namespace loadline

#pragma once
// JSON strings between their raw and their decoded form, and edits of raw bytes. Pure functions.
//
// "Raw" is a string token as it stands in JSON text, quotes included, as JsonIndex accepted it.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/json_scan.h"

namespace loadline {

/// Appends the text of a raw string. Half of a surrogate pair becomes U+FFFD.
void append_decoded_json(std::string& out, std::string_view raw);

/// Appends `text` with what JSON demands escaped, without quotes. Bytes that are not UTF-8 become U+FFFD.
/// Other characters stay as they are.
void append_json_escaped(std::string& out, std::string_view text);
/// The same with quotes around it.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

/// A decoded string that knows where each of its bytes came from.
class DecodedJson {
 public:
  explicit DecodedJson(std::string_view raw);
  const std::string& text() const { return text_; }
  /// Offset into the raw token of the decoded byte at `offset` (<= text().size()). Inside a character that
  /// was written as one escape: where the escape begins.
  std::size_t raw_offset(std::size_t offset) const;
  /// The raw bytes of the decoded range; a character that is only partly in it is in it.
  ByteRange raw_range(ByteRange decoded) const;

 private:
  struct Escape {
    std::size_t decoded;  // offset of its first byte in text_
    std::size_t raw;      // offset of its backslash
    std::uint8_t decoded_size;
    std::uint8_t raw_size;
  };
  std::string text_;
  std::vector<Escape> escapes_;
};

/// Raw bytes that take the place of a range. `raw` is JSON already.
struct JsonEdit {
  ByteRange range;
  std::string raw;
};
/// `body` with the edits made; all other bytes unchanged. Ranges may come in any order, must lie in the body
/// and must not overlap; of several empty ranges at one place the earlier in the list comes first.
std::string edited(std::string_view body, std::vector<JsonEdit> edits);

}  // namespace loadline

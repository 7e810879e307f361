#pragma once
// One pass over raw JSON that builds no tree: it checks the text (grammar, UTF-8, depth) and leaves a flat
// index of values with their byte ranges, in document order. Because the bytes stay where they are, an edit
// replaces exactly one range and everything else passes unchanged: field order, unknown fields, number
// spelling, white space.
//
// A JsonIndex is meant to be reused: its memory is kept between scans. Views point into it and into the text,
// and are good until the next scan. Not for use by two threads at once.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace loadline {

/// Arrays and objects inside one another; deeper text is refused.
inline constexpr std::size_t json_scan_depth_max = 96;
/// Offsets are 32 bits wide.
inline constexpr std::size_t json_scan_bytes_max = std::numeric_limits<std::uint32_t>::max() - 64;

/// Bytes [begin, end) of the text that was scanned.
struct ByteRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
  std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
  bool operator==(const ByteRange&) const = default;
};

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

/// "null", "a boolean", "a string" ...: for messages.
std::string_view json_kind_name(JsonKind kind);

class JsonIndex;

/// One value of an index. Cheap to copy. An empty view (of a member that is not there) is false.
class JsonView {
 public:
  JsonView() = default;
  explicit operator bool() const { return index_ != nullptr; }

  JsonKind kind() const;
  bool is_null() const { return kind() == JsonKind::null; }
  bool is_string() const { return kind() == JsonKind::string; }
  bool is_object() const { return kind() == JsonKind::object; }
  bool is_array() const { return kind() == JsonKind::array; }

  /// The token with its quotes or brackets.
  ByteRange range() const;
  std::string_view raw() const;

  /// A string's text, decoded only if it has escapes (then into `scratch`, which must live as long as the
  /// result).
  /// "" for what is no string.
  std::string_view text(std::string& scratch) const;
  std::string text() const;
  bool text_is(std::string_view expected) const;
  /// Nothing if it is no boolean.
  std::optional<bool> boolean() const;
  /// Nothing if it is no whole number from 0 to 2^63-1 (1.0 and 1e3 count as whole).
  std::optional<std::uint64_t> unsigned_integer() const;

  /// The member of this name; an empty view if there is none, or this is no object. Of two with one name the
  /// last.
  JsonView operator[](std::string_view key) const;
  /// Members of an object or elements of an array; 0 for the rest.
  std::size_t size() const;

  /// Walking: `for (JsonView v = a.first(); v; v = v.next())`. In an object the views are of the values,
  /// key() gives the name's token.
  JsonView first() const;
  JsonView next() const;
  JsonView key() const;

  /// Where it stands, for messages: "messages[2].content[0].text". Keys that are not plain ASCII words are
  /// shown as "?", so that no content gets into a message. "" for the root.
  std::string path() const;

 private:
  friend class JsonIndex;
  JsonView(const JsonIndex& index, std::uint32_t at, std::uint32_t stop)
      : index_(&index), at_(at), stop_(stop) {}
  const JsonIndex* index_ = nullptr;
  std::uint32_t at_ = 0;    // of the value's entry
  std::uint32_t stop_ = 0;  // where the parent's entries end
};

class JsonIndex {
 public:
  /// Reads `text`, which must outlive the views. invalid_argument with the byte offset: no JSON, not UTF-8,
  /// too deep, too long, something after the value. What was there before is gone either way.
  Status scan(std::string_view text);
  /// The whole value of the last scan that succeeded; empty before.
  JsonView root() const;
  /// The first object member whose name stands twice in its object, if there is one. Two readers of such a
  /// text may see different values, so what guards read is refused if it has one.
  JsonView repeated_key() const;

 private:
  friend class JsonView;
  friend class JsonScanner;
  struct Entry {
    std::uint32_t begin;
    std::uint32_t end;
    std::uint32_t next;  // index of the entry after this value's
    JsonKind kind;
    bool is_key;
    bool has_escapes;
    bool in_object;
  };
  bool holds_text(std::uint32_t string, std::string_view expected) const;

  std::string_view text_;
  std::vector<Entry> entries_;
  mutable std::vector<std::string_view> names_;  // scratch of repeated_key
};

/// For tests: how many bytes from `at` are plain ASCII of a JSON string (no quote, backslash, control
/// character or byte over 0x7F), by the vector code of this processor and by the plain loop.
std::size_t plain_string_bytes(std::string_view text, std::size_t at);
std::size_t plain_string_bytes_scalar(std::string_view text, std::size_t at);

}  // namespace loadline

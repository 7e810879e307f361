#include "dialect/json_string.h"

#include <algorithm>

#include "base/assert.h"
#include "base/utf8.h"

namespace loadline {
namespace {

unsigned hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a') + 10;
}

char32_t unit_at(std::string_view raw, std::size_t at) {
  char32_t unit = 0;
  for (std::size_t i = 0; i < 4; ++i) unit = unit << 4U | hex_value(raw[at + 2 + i]);
  return unit;
}

bool is_unit(std::string_view raw, std::size_t at) { return raw.substr(at, 2) == "\\u"; }

// The character of the escape at `at`; returns its raw length.
std::size_t decode_escape(std::string_view raw, std::size_t at, char32_t& value) {
  switch (raw[at + 1]) {
    case 'b':
      return value = '\b', 2;
    case 'f':
      return value = '\f', 2;
    case 'n':
      return value = '\n', 2;
    case 'r':
      return value = '\r', 2;
    case 't':
      return value = '\t', 2;
    case 'u':
      break;
    default:
      return value = static_cast<unsigned char>(raw[at + 1]), 2;
  }
  value = unit_at(raw, at);
  if (value < 0xD800 || value > 0xDFFF) return 6;
  if (value < 0xDC00 && is_unit(raw, at + 6)) {
    const char32_t low = unit_at(raw, at + 6);
    if (low >= 0xDC00 && low <= 0xDFFF)
      return value = 0x10000 + ((value - 0xD800) << 10U) + (low - 0xDC00), 12;
  }
  return value = replacement_character, 6;
}

// Calls plain(piece) and escape(character, raw offset, raw length) in order.
template <class Plain, class Escape>
void walk(std::string_view raw, Plain plain, Escape escape) {
  LOADLINE_ASSERT(raw.size() >= 2);
  const std::size_t end = raw.size() - 1;
  for (std::size_t at = 1; at < end;) {
    const std::size_t stop = std::min(raw.find('\\', at), end);
    plain(raw.substr(at, stop - at));
    at = stop;
    if (at == end) return;
    char32_t value = 0;
    const std::size_t length = decode_escape(raw, at, value);
    escape(value, at, length);
    at += length;
  }
}

void append_control(std::string& out, unsigned char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out.append("\\u00").append(1, digits[c >> 4U]).append(1, digits[c & 15U]);
  }
}

}  // namespace

void append_decoded_json(std::string& out, std::string_view raw) {
  walk(
      raw, [&](std::string_view plain) { out += plain; },
      [&](char32_t value, std::size_t, std::size_t) { append_utf8(out, value); });
}

void append_json_escaped(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t plain = plain_string_bytes(text, at);
    out += text.substr(at, plain);
    at += plain;
    if (at == text.size()) return;
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x80) {
      append_control(out, c);
      ++at;
    } else {
      append_utf8(out, next_code_point(text, at));
    }
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_json_string(out, text);
  return out;
}

DecodedJson::DecodedJson(std::string_view raw) {
  text_.reserve(raw.size());
  walk(
      raw, [&](std::string_view plain) { text_ += plain; },
      [&](char32_t value, std::size_t at, std::size_t length) {
        const std::size_t begin = text_.size();
        append_utf8(text_, value);
        escapes_.push_back(
            {begin, at, static_cast<std::uint8_t>(text_.size() - begin), static_cast<std::uint8_t>(length)});
      });
}

std::size_t DecodedJson::raw_offset(std::size_t offset) const {
  LOADLINE_ASSERT(offset <= text_.size());
  const auto after =
      std::upper_bound(escapes_.begin(), escapes_.end(), offset,
                       [](std::size_t value, const Escape& escape) { return value < escape.decoded; });
  if (after == escapes_.begin()) return 1 + offset;
  const Escape& escape = *std::prev(after);
  if (offset < escape.decoded + escape.decoded_size) return escape.raw;
  return escape.raw + escape.raw_size + (offset - escape.decoded - escape.decoded_size);
}

ByteRange DecodedJson::raw_range(ByteRange decoded) const {
  // The end moves to the end of its character, unless it stands at a beginning already.
  std::size_t end = decoded.end;
  while (end > decoded.begin && end < text_.size() &&
         (static_cast<unsigned char>(text_[end]) & 0xC0U) == 0x80U)
    ++end;
  return {raw_offset(decoded.begin), raw_offset(end)};
}

std::string edited(std::string_view body, std::vector<JsonEdit> edits) {
  std::stable_sort(edits.begin(), edits.end(),
                   [](const JsonEdit& a, const JsonEdit& b) { return a.range.begin < b.range.begin; });
  std::size_t size = body.size();
  for (const JsonEdit& edit : edits) size += edit.raw.size();
  std::string out;
  out.reserve(size);
  std::size_t at = 0;
  for (const JsonEdit& edit : edits) {
    LOADLINE_ASSERT(edit.range.begin >= at && edit.range.end <= body.size());
    out.append(body.substr(at, edit.range.begin - at)).append(edit.raw);
    at = edit.range.end;
  }
  return out.append(body.substr(at));
}

}  // namespace loadline

#include "privacy/json_text.h"

#include <array>

#include "base/utf8.h"

namespace loadline {
namespace {

constexpr std::string_view short_escapes = "\"\\/bfnrt";
constexpr std::string_view short_values = "\"\\/\b\f\n\r\t";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_high(char32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(char32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

void append_three(char32_t unit, std::string& out) {
  out.push_back(static_cast<char>(0xE0 | (unit >> 12)));
  out.push_back(static_cast<char>(0x80 | ((unit >> 6) & 0x3F)));
  out.push_back(static_cast<char>(0x80 | (unit & 0x3F)));
}

void append_unit_escape(unsigned unit, std::string& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(digits[(unit >> shift) & 15U]);
}

}  // namespace

void JsonUnescaper::flush_high(std::string& out) {
  if (high_ == 0) return;
  append_three(high_, out);
  high_ = 0;
}

void JsonUnescaper::put(char32_t unit, std::string& out) {
  if (high_ != 0 && is_low(unit)) {
    append_utf8(out, 0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00));
    high_ = 0;
    return;
  }
  flush_high(out);
  if (is_high(unit))
    high_ = unit;
  else if (is_low(unit))
    append_three(unit, out);
  else
    append_utf8(out, unit);
}

void JsonUnescaper::feed(char byte, std::string& out) {
  if (escape_.empty()) {
    if (byte == '\\') {
      escape_.push_back(byte);
    } else {
      flush_high(out);
      out.push_back(byte);
    }
    return;
  }
  escape_.push_back(byte);
  if (escape_[1] != 'u') {
    const std::size_t which = short_escapes.find(byte);
    flush_high(out);
    if (which == std::string_view::npos)
      out += escape_;
    else
      out.push_back(short_values[which]);
    escape_.clear();
    return;
  }
  if (escape_.size() > 2 && hex_value(byte) < 0) return finish(out);
  if (escape_.size() < 6) return;
  char32_t unit = 0;
  for (std::size_t i = 2; i < 6; ++i) unit = unit * 16 + static_cast<char32_t>(hex_value(escape_[i]));
  escape_.clear();
  put(unit, out);
}

void JsonUnescaper::finish(std::string& out) {
  flush_high(out);
  out += escape_;
  escape_.clear();
}

void escape_json(std::string_view text, std::string& out) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool half = c == 0xED && i + 2 < text.size() &&
                      (static_cast<unsigned char>(text[i + 1]) & 0xE0U) == 0xA0 &&
                      (static_cast<unsigned char>(text[i + 2]) & 0xC0U) == 0x80;
    if (c >= 0x20 && c != '"' && c != '\\' && !half) continue;
    out.append(text.substr(plain, i - plain));
    if (half) {
      append_unit_escape(0xD000U | ((static_cast<unsigned char>(text[i + 1]) & 0x3FU) << 6) |
                             (static_cast<unsigned char>(text[i + 2]) & 0x3FU),
                         out);
      i += 2;
    } else if (const std::size_t which = short_values.find(text[i]); which != std::string_view::npos) {
      out.push_back('\\');
      out.push_back(short_escapes[which]);
    } else {
      append_unit_escape(c, out);
    }
    plain = i + 1;
  }
  out.append(text.substr(plain));
}

}  // namespace loadline

#include "base/printable.h"

#include <cstdio>

#include "base/utf8.h"

namespace loadline {
namespace {

void append_hex(std::string& out, const char* format, unsigned value) {
  char text[16];
  std::snprintf(text, sizeof text, format, value);
  out += text;
}

bool reorders_text(char32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F ||
         c == 0x061C;
}

void append_printable(std::string& out, std::string_view sequence, char32_t c) {
  if (c == '\n') {
    out += "\\n";
  } else if (c == '\t') {
    out += "\\t";
  } else if (c == '\r') {
    out += "\\r";
  } else if (c == '\\') {
    out += "\\\\";
  } else if (c == replacement_character && sequence.size() == 1) {
    append_hex(out, "\\x%02X", static_cast<unsigned char>(sequence[0]));
  } else if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
    append_hex(out, "\\x%02X", static_cast<unsigned>(c));
  } else if (reorders_text(c) || c == 0x2028 || c == 0x2029) {
    append_hex(out, "\\u{%X}", static_cast<unsigned>(c));
  } else {
    out += sequence;
  }
}

}  // namespace

std::string printable(std::string_view name, std::size_t bytes_max) {
  std::string out;
  for (std::size_t at = 0; at < name.size();) {
    if (out.size() >= bytes_max) return out + "…";
    const std::size_t begin = at;
    const char32_t c = next_code_point(name, at);
    append_printable(out, name.substr(begin, at - begin), c);
  }
  return out;
}

}  // namespace loadline

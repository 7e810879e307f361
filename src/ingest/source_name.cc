#include "ingest/source_name.h"

#include "base/utf8.h"

namespace loadline {
namespace {

bool is_shown(char32_t c) {
  if (c < 0x20 || c == '\\' || (c >= 0x7F && c <= 0x9F)) return false;
  if (c == 0x061C || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E)) return false;
  if (c >= 0x2060 && c <= 0x206F) return false;
  return c != 0xFEFF;
}

void append_escaped(std::string& out, std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += "\\x";
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string escaped_name(std::string_view raw) {
  std::string out;
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(raw, at);
    const std::string_view bytes = raw.substr(begin, at - begin);
    const bool invalid = c == replacement_character && bytes.size() == 1;
    if (invalid || !is_shown(c))
      append_escaped(out, bytes);
    else
      out += bytes;
  }
  return out;
}

std::string unescaped_name(std::string_view escaped) {
  std::string out;
  for (std::size_t at = 0; at < escaped.size(); ++at) {
    if (escaped.substr(at, 2) == "\\x" && at + 3 < escaped.size()) {
      const int high = hex_value(escaped[at + 2]), low = hex_value(escaped[at + 3]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(static_cast<unsigned char>(high * 16 + low));
        at += 3;
        continue;
      }
    }
    out += escaped[at];
  }
  return out;
}

}  // namespace loadline

#pragma once
// Letters of ASCII, whatever the locale. Pure functions.
#include <algorithm>
#include <string>
#include <string_view>

namespace loadline {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string ascii_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return ascii_lower(c); });
  return out;
}

}  // namespace loadline

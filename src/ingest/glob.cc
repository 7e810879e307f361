#include "ingest/glob.h"

#include <cstddef>
#include <vector>

namespace loadline {
namespace {

// Matches the set that begins at pattern[at] == '['; moves `at` behind it. A set that is not closed is a
// plain '['.
bool set_matches(std::string_view pattern, std::size_t& at, char c) {
  std::size_t i = at + 1;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (bool first = true; i < pattern.size() && (first || pattern[i] != ']'); first = false) {
    const char low = pattern[i];
    char high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      high = pattern[i + 2];
      i += 2;
    }
    ++i;
    const auto byte = static_cast<unsigned char>(c);
    found = found || (static_cast<unsigned char>(low) <= byte && byte <= static_cast<unsigned char>(high));
  }
  if (i >= pattern.size()) return ++at, c == '[';
  at = i + 1;
  return found != negated;
}

bool name_matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0, star = std::string_view::npos, star_n = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_n = n;
      continue;
    }
    std::size_t after = p + 1;
    bool same = false;
    if (p < pattern.size()) {
      if (pattern[p] == '[') {
        after = p;
        same = set_matches(pattern, after, name[n]);
      } else {
        same = pattern[p] == '?' || pattern[p] == name[n];
      }
    }
    if (same) {
      p = after;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_n;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") parts.push_back(part);
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

}  // namespace

bool has_wildcards(std::string_view path) { return path.find_first_of("*?[") != std::string_view::npos; }

bool glob_matches(std::string_view pattern, std::string_view path) {
  const std::vector<std::string_view> patterns = parts_of(pattern), names = parts_of(path);
  // reached[n]: the patterns so far match the first n names.
  std::vector<bool> reached(names.size() + 1, false);
  reached[0] = true;
  for (std::size_t p = 0; p < patterns.size(); ++p) {
    std::vector<bool> next(names.size() + 1, false);
    if (patterns[p] == "**") {
      bool any = false;
      for (std::size_t n = 0; n <= names.size(); ++n) next[n] = any = any || reached[n];
      // At the end it stands for the files below, not for the folder itself.
      if (p + 1 == patterns.size() && reached[names.size()] && !names.empty()) {
        bool before = false;
        for (std::size_t n = 0; n < names.size(); ++n) before = before || reached[n];
        next[names.size()] = before;
      }
    } else {
      for (std::size_t n = 0; n < names.size(); ++n)
        next[n + 1] = reached[n] && name_matches(patterns[p], names[n]);
    }
    reached = std::move(next);
  }
  return reached[names.size()];
}

}  // namespace loadline

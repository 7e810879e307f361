#include "encoder/unicode_tables.h"

#include <algorithm>
#include <iterator>

namespace loadline {
namespace {

struct KindRange {
  char32_t first, last;
  CodePointKind kind;
};
struct ClassRange {
  char32_t first, last;
  int combining_class;
};
struct Mapping {
  char32_t from;
  char32_t to[3];
};

#include "encoder/unicode_tables.inc"

/// The range that holds `code_point`, or null.
template <class Range>
const Range* find_range(std::span<const Range> ranges, char32_t code_point) {
  auto after = std::upper_bound(ranges.begin(), ranges.end(), code_point,
                                [](char32_t value, const Range& range) { return value < range.first; });
  if (after == ranges.begin()) return nullptr;
  const Range* range = &*std::prev(after);
  return code_point <= range->last ? range : nullptr;
}

CodePoints mapped(std::span<const Mapping> map, char32_t code_point) {
  auto found = std::lower_bound(map.begin(), map.end(), code_point,
                                [](const Mapping& entry, char32_t value) { return entry.from < value; });
  if (found == map.end() || found->from != code_point) return {{code_point, 0, 0, 0}};
  return {{found->to[0], found->to[1], found->to[2], 0}};
}

constexpr char32_t hangul_first = 0xAC00, hangul_last = 0xD7A3;

/// Unicode Standard, section 3.12, "Hangul Syllable Decomposition".
CodePoints hangul_letters(char32_t syllable) {
  const char32_t index = syllable - hangul_first;
  const char32_t tail = index % 28;
  return {{0x1100 + index / 588, 0x1161 + index % 588 / 28, tail == 0 ? 0 : 0x11A7 + tail, 0}};
}

}  // namespace

CodePointKind code_point_kind(char32_t code_point) {
  const KindRange* range = find_range<KindRange>(kind_ranges, code_point);
  return range ? range->kind : CodePointKind::word;
}

CodePoints without_accents(char32_t code_point) {
  if (code_point < 0x80) return {{code_point, 0, 0, 0}};
  if (code_point >= hangul_first && code_point <= hangul_last) return hangul_letters(code_point);
  return mapped(accent_map, code_point);
}

CodePoints to_lower(char32_t code_point) { return mapped(lower_map, code_point); }

int combining_class(char32_t code_point) {
  const ClassRange* range = find_range<ClassRange>(class_ranges, code_point);
  return range ? range->combining_class : 0;
}

}  // namespace loadline

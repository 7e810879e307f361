#pragma once
// What BERT text normalisation does to a code point: its kind, its form without accents, its lower case.
//
// The answers are those of the reference tokenizer, whose Unicode categories are old, because a vocabulary
// and the vectors trained on it belong to one way of splitting text. The tables are generated
// (tests/golden/encoder/make_unicode_tables.py). Pure functions.
#include <cstdint>
#include <span>

namespace loadline {

enum class CodePointKind : std::uint8_t {
  word,
  removed,  // controls, formats, private use, U+0000 and U+FFFD: as if never written
  space,
  ideograph,     // a word of its own
  punctuation,   // a word of its own
  mark,          // non-spacing: dropped together with accents
  mark_starter,  // the same, of combining class 0: marks are not reordered across it
};

CodePointKind code_point_kind(char32_t code_point);

/// At most three code points, ended by 0 if fewer. May be empty.
struct CodePoints {
  char32_t values[4] = {0, 0, 0, 0};
};

/// The canonical decomposition without its non-spacing marks.
CodePoints without_accents(char32_t code_point);
CodePoints to_lower(char32_t code_point);

/// Canonical combining class of what `without_accents` leaves; 0 for nearly everything.
int combining_class(char32_t code_point);

}  // namespace loadline

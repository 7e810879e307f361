#pragma once
// Words to rows: everything that stands on one line across the view, from left to right, whatever column or
// cell it belongs to. Footnote marks and exponents join the row of the word that they stand at.
#include <span>
#include <string>
#include <vector>

#include "extract/pdf/words.h"

namespace loadline::pdf {

struct Row {
  std::vector<const Word*> words;  // by x; never empty
  float baseline = 0;
  float size = 0;  // of most of its letters
  Box box;
  bool bold = false;    // all of it
  bool italic = false;  // all of it
};

/// Rows from top to bottom. The words must outlive them; the marks `raised` and `attached` are set in them.
std::vector<Row> build_rows(std::vector<Word>& words);

/// A row of some words of one line, in the order given.
Row row_of(std::vector<const Word*> words);

/// The words with single spaces between them, where there are any.
std::string joined_text(std::span<const Word* const> words);
Box united_box(std::span<const Word* const> words);

/// The gap between two neighbours of a row, in points.
inline float gap_between(const Word& left, const Word& right) { return right.box.x0 - left.box.x1; }

}  // namespace loadline::pdf

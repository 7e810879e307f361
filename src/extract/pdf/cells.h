#pragma once
// A row to cells: words that belong together, with figures whole. Statements print "$", "(", ")", "%" and
// footnote marks as pieces of their own, often far from the digits; leaders of dots stand between label and
// figure. Here every figure becomes one cell and leaders go.
#include <cstdint>
#include <string>
#include <vector>

#include "extract/pdf/rows.h"

namespace loadline::pdf {

enum class CellKind : std::uint8_t {
  text,
  value,  // an amount, share or count, also a dash or "n/a" in place of one
  year,   // a bare year: names a column or a row, or is an amount in disguise
};

struct Cell {
  std::vector<const Word*> words;  // by x; never empty
  Box box;
  CellKind kind = CellKind::text;
};

/// The cells of a row, from left to right; empty if it holds leaders only. Marks of list items stay with what
/// follows them.
std::vector<Cell> split_cells(const Row& row);

/// As one line: pieces of a figure without spaces ("$1,234", "(12)%"), trailing leaders cut off.
std::string cell_text(const Cell& cell);

/// True for one word that is (a piece of) a figure: "1,234", "(5.2)%", "$", "-".
bool is_figure_piece(std::string_view word);

}  // namespace loadline::pdf

#pragma once
// Builds a table grid row by row from cells that say only how far they span, as HTML, Word and PowerPoint do.
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/document.h"

namespace loadline {

inline constexpr std::uint32_t grid_columns_max = 16'384;
inline constexpr std::uint32_t grid_cells_max = 1'000'000;

class GridBuilder {
 public:
  void start_row();
  /// Leaves `columns` places of the row free.
  void skip(std::uint32_t columns);
  /// Puts a cell on the next free place of the row and everything it spans. Spans of 0 count as 1. Cells
  /// beyond the bounds above are left out, and `overflowed` says so.
  void add(std::string text, std::uint32_t column_span, std::uint32_t row_span, Box box = {});
  /// Makes the cell that covers this column in the row above one row taller; false if there is none (then the
  /// caller adds a cell).
  bool extend_down(std::uint32_t column_span);
  std::uint32_t rows() const { return table_.rows; }
  bool overflowed() const { return overflowed_; }
  /// Spans are cut at the last row; cells without text are left out.
  Table finish() &&;

 private:
  void occupy(std::uint32_t column, std::uint32_t columns, std::uint32_t rows, std::size_t cell);
  struct Place {
    std::uint32_t rows_left = 0;  // how many rows, this one included, are taken by the cell
    std::size_t cell = 0;         // its index
  };
  Table table_;
  std::vector<Place> places_;  // by column, of the row being built
  std::uint32_t column_ = 0;   // the next place that may be free
  bool overflowed_ = false;
};

/// Makes one column of what is one to a reader: a currency sign in a cell of its own joins the amount on its
/// right, a closing bracket or percent sign the amount on its left, and columns without any text go. Spans
/// follow.
void tidy_columns(Table& table);

}  // namespace loadline

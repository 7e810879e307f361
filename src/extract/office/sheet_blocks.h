#pragma once
// From the filled cells of a sheet to titles, notes and tables.
//
// Blank rows part one table from the next. A row with a single text above a table is its title, a long text
// below it a note. Columns without any text go. Plain functions, thread-safe.
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "extract/page_writer.h"

namespace loadline {

struct SheetCell {
  std::uint32_t row = 0, column = 0;  // from 0
  std::string text;                   // one line, not empty
};

/// Rows and columns, both ends included.
struct SheetRange {
  std::uint32_t first_row = 0, first_column = 0, last_row = 0, last_column = 0;
};

struct Sheet {
  std::vector<SheetCell> cells;    // sorted by row, then column
  std::vector<SheetRange> merged;  // as the sheet lists them
  std::vector<std::uint32_t>
      header_ends;  // rows that the workbook itself calls the last header row of a table
};

Status write_sheet(const Sheet& sheet, PageWriter& out);

}  // namespace loadline

#pragma once
// Which rows of a region are tables, without looking for ruling lines: rows of figures behind labels, or of
// short texts, whose places agree from row to row.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "extract/pdf/cells.h"
#include "extract/pdf/columns.h"

namespace loadline::pdf {

enum class RowKind : std::uint8_t {
  single,  // one text, or nothing
  multi,   // several cells, none of them a figure
  data,    // a figure behind a label or beside another figure, or alone where figures stand
};

struct GridRow {
  const Row* row = nullptr;
  std::vector<Cell> cells;
  RowKind kind = RowKind::single;
};

/// Rows [begin, end) of the region; the first `header_end - begin` come before the first row of the body.
struct TableRange {
  std::size_t begin = 0, header_end = 0, end = 0;
};

std::vector<GridRow> grid_rows(std::span<const Row> rows);

/// The tables from top to bottom; they do not overlap. Rules only tell whether a table has ended.
std::vector<TableRange> find_tables(std::span<const GridRow> rows, std::span<const Rule> rules);

}  // namespace loadline::pdf

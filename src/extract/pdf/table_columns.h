#pragma once
// The columns of a table: white strips that its cells have in common. A few cells may bridge a strip (long
// labels, spanning headers); they are told from the rest by how many rows say otherwise.
#include <cstddef>
#include <span>
#include <vector>

#include "extract/pdf/table_finder.h"

namespace loadline::pdf {

struct TableColumn {
  float x0 = 0, x1 = 0;
  float centre() const { return (x0 + x1) / 2; }
  float width() const { return x1 - x0; }
};

/// Columns [first, last] that a cell covers.
struct ColumnRange {
  std::size_t first = 0, last = 0;
  bool operator==(const ColumnRange&) const = default;
  bool touches(const ColumnRange& other) const { return first <= other.last && other.first <= last; }
};

/// From left to right, without overlaps.
std::vector<TableColumn> find_columns(std::span<const GridRow> body);

/// Where a cell of the body belongs.
ColumnRange range_of_cell(const Cell& cell, std::span<const TableColumn> columns);

/// Where the cells of a header row belong: over one column, or centred over several. A rule under a cell
/// shows how far it reaches; the header row below, if there is one, tells first lines from titles of groups.
std::vector<ColumnRange> ranges_of_header(const GridRow& header, const GridRow* below,
                                          std::span<const TableColumn> columns, std::span<const Rule> rules);

}  // namespace loadline::pdf

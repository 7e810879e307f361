#pragma once
// A range of rows to a table grid: cells in columns, headers of several lines made one cell per column,
// labels of several lines made one, section rows kept.
#include <optional>
#include <span>

#include "extract/pdf/table_columns.h"
#include "extract/pdf/table_finder.h"

namespace loadline::pdf {

/// The grid, without a caption. Nothing if the rows turn out not to have two columns.
std::optional<Table> build_table(std::span<const GridRow> rows, const TableRange& range,
                                 std::span<const Rule> rules);

}  // namespace loadline::pdf

#pragma once
// The text of a table read as rows under column names. Headers are the rows that ingest marked as such, and
// rows inside that name periods over the columns ("| 2025 | 2024"). Pure; the views point into the text.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace loadline {

struct TableRow {
  std::size_t begin = 0, end = 0;  // bytes of the table's text
  std::vector<std::string_view> cells;
  std::vector<std::string> names;  // of each cell's column; all "" where names and cells do not match
};

struct TableView {
  std::vector<TableRow> rows;  // without header rows
};

/// `text` is a table as ingest writes it: a row a line, cells between " | "; `table_header` its header rows.
/// Both must outlive the result.
TableView read_table(std::string_view text, std::string_view table_header);

/// "Net interest income: 2025 = 219,323; 2024 = 203,897"; cells without a column name stand alone. Small
/// models read this more surely than columns far below their names.
std::string row_in_words(const TableRow& row);

/// The cells of a line as ingest writes them, between " | ".
std::vector<std::string_view> table_cells(std::string_view line);

}  // namespace loadline

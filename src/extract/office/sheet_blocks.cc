#include "extract/office/sheet_blocks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>

#include "extract/table_shape.h"

namespace loadline {
namespace {

constexpr std::size_t title_bytes_max = 120;
constexpr std::size_t note_bytes_least = 60;  // a single cell longer than this below a table is no row of it

using Cells = std::span<const SheetCell>;

// The cells of one row at the beginning or the end of `cells`.
Cells first_row(Cells cells) {
  const auto end =
      std::find_if(cells.begin(), cells.end(), [&](const SheetCell& c) { return c.row != cells[0].row; });
  return cells.first(static_cast<std::size_t>(end - cells.begin()));
}
Cells last_row(Cells cells) {
  std::size_t size = 1;
  while (size < cells.size() && cells[cells.size() - size - 1].row == cells.back().row) ++size;
  return cells.last(size);
}

// Rows that follow one another.
std::vector<Cells> bands_of(const std::vector<SheetCell>& cells) {
  std::vector<Cells> bands;
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= cells.size(); ++i) {
    if (i < cells.size() && cells[i].row <= cells[i - 1].row + 1) continue;
    bands.push_back(Cells(cells).subspan(begin, i - begin));
    begin = i;
  }
  return bands;
}

bool has_row_of_two(Cells cells) {
  for (std::size_t i = 1; i < cells.size(); ++i)
    if (cells[i].row == cells[i - 1].row) return true;
  return false;
}

class SheetWriter {
 public:
  SheetWriter(const Sheet& sheet, PageWriter& out) : sheet_(sheet), out_(out) {
    for (const SheetRange& range : sheet.merged)
      merged_.emplace(std::pair(range.first_row, range.first_column), range);
  }

  Status write() {
    for (const Cells& band : bands_of(sheet_.cells)) LOADLINE_TRY(write_band(band));
    return {};
  }

 private:
  Status write_band(Cells band) {
    if (!has_row_of_two(band)) return write_texts(band);
    while (first_row(band).size() == 1 && !is_value_text(band[0].text) && has_row_of_two(band.subspan(1))) {
      LOADLINE_TRY(write_title(band[0].text));
      band = band.subspan(1);
    }
    Cells notes = band.last(0);
    while (last_row(band).size() == 1 && band.back().text.size() >= note_bytes_least &&
           has_row_of_two(band)) {
      notes = Cells(band.data() + band.size() - 1, notes.size() + 1);
      band = band.first(band.size() - 1);
    }
    LOADLINE_TRY(write_tables(band));
    return write_texts(notes);
  }

  // A band without columns: a title before a table, otherwise notes.
  Status write_texts(Cells band) {
    const bool before_table = !band.empty() && &band.back() != &sheet_.cells.back();
    if (band.size() <= 2 && before_table) {
      for (const SheetCell& cell : band) LOADLINE_TRY(write_title(cell.text));
      return {};
    }
    for (const SheetCell& cell : band) LOADLINE_TRY(out_.add(BlockKind::paragraph, 0, cell.text));
    return {};
  }

  Status write_title(const std::string& text) {
    const bool first = caption_.empty();
    caption_ += (first ? "" : "; ") + text;
    if (first && text.size() <= title_bytes_max && !is_value_text(text))
      return out_.add(BlockKind::heading, 2, text);
    return out_.add(BlockKind::paragraph, 0, text);
  }

  // Tables side by side, parted by an empty column, are written one after the other.
  Status write_tables(Cells cells) {
    const std::vector<std::uint32_t> starts = table_starts(cells);
    for (std::size_t i = 0; i < starts.size(); ++i) {
      const std::uint32_t end = i + 1 < starts.size() ? starts[i + 1] : static_cast<std::uint32_t>(-1);
      std::vector<SheetCell> part;
      for (const SheetCell& cell : cells)
        if (cell.column >= starts[i] && cell.column < end) part.push_back(cell);
      LOADLINE_TRY(write_table(part));
    }
    caption_.clear();
    return {};
  }

  // The first columns of the tables in a band. What follows an empty column is a table of its own only if it
  // begins with a column of names, as the one before does: statements have empty columns between their years.
  static std::vector<std::uint32_t> table_starts(Cells cells) {
    std::map<std::uint32_t, NameCount> columns;
    const std::uint32_t top = cells.front().row;
    for (const SheetCell& cell : cells) {
      NameCount& column = columns[cell.column];
      if (cell.row > top) ++(is_value_text(cell.text) ? column.values : column.names);
    }
    std::vector<std::uint32_t> starts{columns.begin()->first};
    std::size_t width = 0;
    bool named = is_named(columns.begin()->second);
    for (auto column = columns.begin(); column != columns.end(); ++column) {
      const bool after_gap = column != columns.begin() && std::prev(column)->first + 1 < column->first;
      const auto next = std::next(column);
      const bool has_more = next != columns.end() && next->first == column->first + 1;
      if (after_gap && width >= 2 && has_more && named && is_named(column->second)) {
        starts.push_back(column->first);
        width = 0;
      }
      ++width;
    }
    return starts;
  }

  struct NameCount {
    std::size_t names = 0, values = 0;  // below the first row
  };
  static bool is_named(const NameCount& column) {
    return column.names > 0 && column.names > column.values * 4;
  }

  Status write_table(Cells cells) {
    std::map<std::uint32_t, std::uint32_t> columns;  // of the sheet to of the table
    for (const SheetCell& cell : cells) columns.emplace(cell.column, 0);
    std::uint32_t next = 0;
    for (auto& [column, place] : columns) place = next++;
    Table table;
    const std::uint32_t top = cells.front().row;
    table.rows = cells.back().row - top + 1;
    table.columns = next;
    for (const SheetCell& cell : cells) {
      TableCell placed;
      placed.row = cell.row - top;
      placed.column = columns[cell.column];
      placed.text = cell.text;
      set_spans(cell, columns, cells.back().row, placed);
      table.cells.push_back(std::move(placed));
    }
    table.header_rows = stated_headers(top, table.rows).value_or(guess_header_rows(table));
    table.caption = caption_;
    return out_.add(std::move(table));
  }

  void set_spans(const SheetCell& cell, const std::map<std::uint32_t, std::uint32_t>& columns,
                 std::uint32_t last_row, TableCell& placed) const {
    const auto merged = merged_.find(std::pair(cell.row, cell.column));
    if (merged == merged_.end()) return;
    placed.row_span = std::min(merged->second.last_row, last_row) - cell.row + 1;
    const auto end = columns.upper_bound(merged->second.last_column);
    placed.column_span = static_cast<std::uint32_t>(std::distance(columns.find(cell.column), end));
  }

  std::optional<std::uint32_t> stated_headers(std::uint32_t top, std::uint32_t rows) const {
    constexpr std::uint32_t header_rows_max = 5;
    for (const std::uint32_t end : sheet_.header_ends)
      if (end >= top && end - top < header_rows_max && end - top + 1 < rows) return end - top + 1;
    return std::nullopt;
  }

  const Sheet& sheet_;
  PageWriter& out_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, SheetRange> merged_;
  std::string caption_;
};

}  // namespace

Status write_sheet(const Sheet& sheet, PageWriter& out) { return SheetWriter(sheet, out).write(); }

}  // namespace loadline

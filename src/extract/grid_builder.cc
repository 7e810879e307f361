#include "extract/grid_builder.h"

#include <algorithm>

#include "base/assert.h"
#include "extract/table_shape.h"

namespace loadline {
namespace {

bool is_currency_sign(std::string_view text) {
  return text == "$" || text == "€" || text == "£" || text == "¥" || text == "US$" || text == "$(" ||
         text == "€(";
}
bool closes_amount(std::string_view text) {
  return text == ")" || text == "%" || text == ")%" || text == "%)";
}
bool begins_amount(std::string_view text) {
  return is_value_text(text) || (!text.empty() && (text[0] == '(' || (text[0] >= '0' && text[0] <= '9')));
}

// Joins signs to amounts within each row, where at most one empty place lies between them.
void join_signs(Table& table) {
  constexpr std::uint32_t distance_max = 2;
  for (std::size_t i = 0; i + 1 < table.cells.size(); ++i) {
    TableCell& left = table.cells[i];
    TableCell& right = table.cells[i + 1];
    if (left.row != right.row || left.row_span != 1 || right.row_span != 1) continue;
    const std::uint32_t end = left.column + left.column_span;
    if (right.column < end || right.column - end >= distance_max) continue;
    if (is_currency_sign(left.text) && begins_amount(right.text)) {
      right.text.insert(0, left.text);
      right.box = united(left.box, right.box);
      left.text.clear();
    } else if (closes_amount(right.text) && begins_amount(left.text)) {
      // The right one survives an inner round, so that "5", ")" and "%" join in order.
      left.text += right.text;
      left.box = united(left.box, right.box);
      right.text.clear();
      std::swap(left.text, right.text);
      std::swap(left.box, right.box);
      std::swap(left.column, right.column);
      std::swap(left.column_span, right.column_span);
    }
  }
  std::erase_if(table.cells, [](const TableCell& cell) { return cell.text.empty(); });
}

void drop_empty_columns(Table& table) {
  // Cells that span columns do not keep those alive that hold nothing else, but for their first one.
  std::vector<char> used(table.columns, 0);
  for (const TableCell& cell : table.cells)
    if (cell.column_span == 1) used[cell.column] = 1;
  for (const TableCell& cell : table.cells) {
    const auto begin = used.begin() + cell.column;
    if (std::find(begin, begin + cell.column_span, 1) == begin + cell.column_span) *begin = 1;
  }
  std::vector<std::uint32_t> moved(table.columns + 1, 0);
  for (std::uint32_t c = 0; c < table.columns; ++c)
    moved[c + 1] = moved[c] + static_cast<std::uint32_t>(used[c]);
  for (TableCell& cell : table.cells) {
    const std::uint32_t end = moved[cell.column + cell.column_span];
    cell.column = moved[cell.column];
    cell.column_span = std::max<std::uint32_t>(1, end - cell.column);
  }
  table.columns = moved.back();
}

}  // namespace

void GridBuilder::start_row() {
  ++table_.rows;
  column_ = 0;
  for (Place& place : places_)
    if (place.rows_left > 0) --place.rows_left;
}

void GridBuilder::skip(std::uint32_t columns) { column_ += std::min(columns, grid_columns_max); }

void GridBuilder::add(std::string text, std::uint32_t column_span, std::uint32_t row_span, Box box) {
  LOADLINE_ASSERT(table_.rows > 0);
  while (column_ < places_.size() && places_[column_].rows_left > 0) ++column_;
  column_span = std::max<std::uint32_t>(column_span, 1);
  row_span = std::max<std::uint32_t>(row_span, 1);
  if (column_ >= grid_columns_max || table_.cells.size() >= grid_cells_max) {
    overflowed_ = true;
    return;
  }
  column_span = std::min(column_span, grid_columns_max - column_);
  // A cell from above in the way shortens it.
  for (std::uint32_t c = column_; c < column_ + column_span && c < places_.size(); ++c)
    if (places_[c].rows_left > 0) column_span = c - column_;
  occupy(column_, column_span, row_span, table_.cells.size());
  table_.cells.push_back({table_.rows - 1, column_, row_span, column_span, std::move(text), box});
  column_ += column_span;
}

bool GridBuilder::extend_down(std::uint32_t column_span) {
  if (column_ >= places_.size() || table_.rows < 2) return false;
  const std::size_t index = places_[column_].cell;
  if (index >= table_.cells.size()) return false;
  TableCell& above = table_.cells[index];
  if (above.column != column_ || above.row + above.row_span != table_.rows - 1) return false;
  ++above.row_span;
  occupy(column_, above.column_span, 1, index);
  column_ += std::max<std::uint32_t>(column_span, 1);
  return true;
}

void GridBuilder::occupy(std::uint32_t column, std::uint32_t columns, std::uint32_t rows, std::size_t cell) {
  if (places_.size() < column + columns) places_.resize(column + columns);
  for (std::uint32_t c = column; c < column + columns; ++c) places_[c] = {rows, cell};
}

Table GridBuilder::finish() && {
  for (TableCell& cell : table_.cells) {
    cell.row_span = std::min(cell.row_span, table_.rows - cell.row);
    table_.columns = std::max(table_.columns, cell.column + cell.column_span);
  }
  std::erase_if(table_.cells, [](const TableCell& cell) { return cell.text.empty(); });
  std::sort(table_.cells.begin(), table_.cells.end(), [](const TableCell& a, const TableCell& b) {
    return std::pair(a.row, a.column) < std::pair(b.row, b.column);
  });
  return std::move(table_);
}

void tidy_columns(Table& table) {
  join_signs(table);
  drop_empty_columns(table);
}

}  // namespace loadline

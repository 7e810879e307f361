#include "extract/table_shape.h"

#include <algorithm>
#include <set>

#include "base/utf8.h"

namespace loadline {
namespace {

constexpr std::uint32_t header_rows_max = 3;
constexpr std::size_t header_text_bytes_max = 60;

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }

bool is_year(std::string_view digits) {
  return digits.size() == 4 &&
         (digits.starts_with("19") || digits.starts_with("20") || digits.starts_with("21"));
}

bool is_currency_or_sign(char32_t c) {
  return c == '$' || c == 0x20AC || c == 0xA3 || c == 0xA5 || c == '-' || c == 0x2212 || c == 0x2013 ||
         c == 0x2014 || c == '+' || c == '(' || c == ')' || c == '%' || c == ',' || c == '.' || c == '\'' ||
         c == ' ' || c == 0xA0 || c == 0x202F || c == 0x2009;
}

struct RowShape {
  std::size_t filled = 0;
  std::size_t values = 0;
  std::size_t longest = 0;
  bool first_place_filled = false;
  bool distinct = true;
};

RowShape shape_of_row(const Table& table, std::uint32_t row) {
  RowShape shape;
  std::set<std::string_view> seen;
  auto cell = std::lower_bound(table.cells.begin(), table.cells.end(), row,
                               [](const TableCell& c, std::uint32_t r) { return c.row < r; });
  for (; cell != table.cells.end() && cell->row == row; ++cell) {
    if (cell->text.empty()) continue;
    ++shape.filled;
    if (is_value_text(cell->text)) ++shape.values;
    shape.longest = std::max(shape.longest, cell->text.size());
    if (cell->column == 0) shape.first_place_filled = true;
    if (!seen.insert(cell->text).second) shape.distinct = false;
  }
  return shape;
}

}  // namespace

bool is_value_text(std::string_view text) {
  if (text.empty()) return false;
  if (text == "-" || text == "–" || text == "—" || text == "n/a" || text == "N/A") return true;
  std::string digits;
  bool other_marks = false;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (is_digit(c)) {
      digits += static_cast<char>(c);
    } else if (is_currency_or_sign(c)) {
      other_marks = other_marks || c != ' ';
    } else {
      return false;
    }
  }
  return !digits.empty() && (other_marks || !is_year(digits));
}

std::uint32_t guess_header_rows(const Table& table) {
  if (table.rows < 2 || table.columns < 2) return 0;
  const RowShape top = shape_of_row(table, 0);
  if (top.filled == 0 || top.values > 0) return 0;
  std::uint32_t headers = 1;
  bool any_values = false;
  constexpr std::uint32_t rows_looked_at = 50;
  for (std::uint32_t row = 1; row < std::min(table.rows, rows_looked_at); ++row) {
    const RowShape shape = shape_of_row(table, row);
    any_values = any_values || shape.values > 0;
    // Units, periods: no amounts, and no label of their own.
    const bool goes_on = row == headers && headers < header_rows_max && shape.filled > 0 &&
                         shape.values == 0 && !shape.first_place_filled;
    if (goes_on) ++headers;
  }
  if (any_values) return top.filled >= 2 || headers > 1 ? headers : 0;
  const bool names_all = top.filled == table.columns && top.distinct && top.longest <= header_text_bytes_max;
  return names_all ? 1 : 0;
}

std::string one_line(std::string_view text) {
  std::string out;
  bool gap = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(text, at);
    if (c <= 0x20 || c == 0x7F || c == 0xA0 || c == 0x2028 || c == 0x2029 || c == 0xFEFF) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out += text.substr(begin, at - begin);
  }
  return out;
}

Table table_from_rows(const std::vector<std::vector<std::string>>& rows) {
  Table table;
  table.rows = static_cast<std::uint32_t>(rows.size());
  for (std::uint32_t row = 0; row < table.rows; ++row) {
    table.columns = std::max(table.columns, static_cast<std::uint32_t>(rows[row].size()));
    for (std::uint32_t column = 0; column < rows[row].size(); ++column)
      if (!rows[row][column].empty()) table.cells.push_back({row, column, 1, 1, rows[row][column], {}});
  }
  return table;
}

}  // namespace loadline

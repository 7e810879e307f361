#include "guard/table_view.h"

#include <algorithm>
#include <utility>

#include "text/period.h"
#include "text/quantity.h"

namespace loadline {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Nothing but periods and words over the columns, and at least half of them periods: names, not figures.
bool names_periods(const std::vector<std::string_view>& cells) {
  std::size_t filled = 0, periods = 0;
  for (std::size_t i = 1; i < cells.size(); ++i) {
    if (cells[i].empty()) continue;
    ++filled;
    const std::vector<Period> found = find_periods(cells[i]);
    if (!found.empty()) {
      ++periods;
    } else if (!find_quantities(cells[i]).empty()) {
      return false;
    }
  }
  return filled > 0 && 2 * periods >= filled;
}

bool has_figures(const std::vector<std::string_view>& cells) {
  std::size_t filled = 0, figures = 0;
  for (std::size_t i = 1; i < cells.size(); ++i) {
    filled += cells[i].empty() ? 0 : 1;
    figures += find_quantities(cells[i]).empty() ? 0 : 1;
  }
  return figures > 0 && 2 * figures >= filled;
}

// "EUR000 | Legal | Restructuring" over a row of figures: the corner holds nothing or the unit, or a line
// with a title stands above.
bool names_figures_below(const std::vector<std::string_view>& cells,
                         const std::vector<std::string_view>& below, bool below_title) {
  std::size_t filled = 0;
  for (std::size_t i = 1; i < cells.size(); ++i) {
    if (!find_quantities(cells[i]).empty()) return false;
    filled += cells[i].empty() ? 0 : 1;
  }
  return filled >= 2 && (below_title || cells.front().empty() || stated_scale(cells.front()) != 0) &&
         has_figures(below);
}

bool is_header_line(std::string_view line, std::string_view table_header) {
  if (line.empty()) return false;
  for (std::size_t at = table_header.find(line); at != std::string_view::npos;
       at = table_header.find(line, at + 1)) {
    const std::size_t end = at + line.size();
    if ((at == 0 || table_header[at - 1] == '\n') &&
        (end == table_header.size() || table_header[end] == '\n'))
      return true;
  }
  return false;
}

void add_names(std::vector<std::string>& columns, const std::vector<std::string_view>& cells) {
  if (columns.size() < cells.size()) columns.resize(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].empty()) continue;
    if (!columns[i].empty()) columns[i] += ' ';
    columns[i] += cells[i];
  }
}

template <class Take>
void each_line(std::string_view text, const Take& take) {
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) take(begin, text.substr(begin, end - begin));
    begin = end + 1;
  }
}

// The names of the columns of a row's cells. Extraction leaves gaps where a table has spacer columns, in
// headers and rows at different places: then the filled ones are matched in order, if there are as many of
// both.
std::vector<std::string> names_of(const std::vector<std::string_view>& cells,
                                  const std::vector<std::string>& columns) {
  std::vector<std::string> names(cells.size());
  if (cells.size() == columns.size()) {
    const std::vector<std::string> none = names;
    for (std::size_t i = 1; i < cells.size(); ++i)
      if (!cells[i].empty() && columns[i].empty()) return none;
    return columns;
  }
  std::vector<std::size_t> filled;
  for (std::size_t i = 1; i < cells.size(); ++i)
    if (!cells[i].empty()) filled.push_back(i);
  std::vector<std::string> named;
  for (std::size_t i = 1; i < columns.size(); ++i)
    if (!columns[i].empty()) named.push_back(columns[i]);
  if (filled.empty() || filled.size() != named.size()) return names;
  names.front() = columns.front();
  for (std::size_t i = 0; i < filled.size(); ++i) names[filled[i]] = named[i];
  return names;
}

}  // namespace

std::vector<std::string_view> table_cells(std::string_view line) {
  std::vector<std::string_view> cells;
  if (line.substr(0, 2) == "| ") line.remove_prefix(2), cells.emplace_back();
  for (;;) {
    const std::size_t at = line.find(" | ");
    cells.push_back(trimmed(line.substr(0, at)));
    if (at == std::string_view::npos) break;
    line.remove_prefix(at + 3);
  }
  if (cells.back() == "|") cells.back() = {};
  return cells;
}

TableView read_table(std::string_view text, std::string_view table_header) {
  TableView table;
  std::vector<std::string> columns;
  each_line(table_header, [&](std::size_t, std::string_view line) { add_names(columns, table_cells(line)); });
  bool in_header = false, below_title = false;
  each_line(text, [&](std::size_t begin, std::string_view line) {
    if (is_header_line(line, table_header)) return;
    std::vector<std::string_view> cells = table_cells(line);
    const std::string_view rest = text.substr(std::min(begin + line.size() + 1, text.size()));
    if (names_periods(cells) ||
        names_figures_below(cells, table_cells(rest.substr(0, rest.find('\n'))), below_title)) {
      below_title = false;
      if (!std::exchange(in_header, true)) columns.clear();
      return add_names(columns, cells);
    }
    in_header = false;
    below_title = cells.size() == 1;
    std::vector<std::string> names = names_of(cells, columns);
    table.rows.push_back({begin, begin + line.size(), std::move(cells), std::move(names)});
  });
  return table;
}

std::string row_in_words(const TableRow& row) {
  std::string text(row.cells.front());
  bool first = true;
  for (std::size_t i = 1; i < row.cells.size(); ++i) {
    if (row.cells[i].empty()) continue;
    text += std::exchange(first, false) ? (text.empty() ? "" : ": ") : "; ";
    if (!row.names[i].empty()) text += row.names[i] + " = ";
    text += row.cells[i];
  }
  return text;
}

}  // namespace loadline

#include "extract/text/aligned_table.h"

#include <algorithm>
#include <string>

#include "base/utf8.h"
#include "extract/table_shape.h"

namespace loadline {
namespace {

constexpr std::size_t gap_least = 2;          // blank places between two columns
constexpr std::size_t line_places_max = 400;  // wider lines are no table
constexpr std::size_t tab_stop = 8;

// One string per character, tabs as spaces, so that places are counted as a reader sees them.
std::vector<std::string> places_of(std::string_view line) {
  std::vector<std::string> places;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(line, at);
    if (c == '\t') {
      places.resize((places.size() / tab_stop + 1) * tab_stop, " ");
    } else if (c == 0xA0 || c < 0x20) {
      places.emplace_back(" ");
    } else {
      places.emplace_back(line.substr(begin, at - begin));
    }
  }
  return places;
}

bool is_rule(std::string_view line) { return line.find_first_not_of(" \t-=_|+") == std::string_view::npos; }

bool has_inner_gap(std::string_view line) {
  const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
  const std::string_view inner = line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
  return inner.find("  ") != std::string_view::npos || inner.find('\t') != std::string_view::npos;
}

struct Column {
  std::size_t begin = 0, end = 0;
};

// Marks the places of a line that hold text or a single blank between words.
void mark_words(const std::vector<std::string>& row, std::vector<char>& used) {
  for (std::size_t at = 0; at < row.size();) {
    const std::size_t begin = at;
    const bool blank = row[at] == " ";
    while (at < row.size() && (row[at] == " ") == blank) ++at;
    const bool is_gap = blank && (at - begin >= gap_least || begin == 0 || at == row.size());
    if (!is_gap)
      std::fill(used.begin() + static_cast<std::ptrdiff_t>(begin),
                used.begin() + static_cast<std::ptrdiff_t>(at), 1);
  }
}

// Runs of places that belong to words in some line, parted by places that are gaps in all.
std::vector<Column> columns_of(const std::vector<std::vector<std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.size());
  std::vector<char> used(width, 0);
  for (const auto& row : rows) mark_words(row, used);
  std::vector<Column> columns;
  for (std::size_t i = 0; i < width; ++i) {
    if (used[i] == 0) continue;
    if (columns.empty() || i > columns.back().end) columns.push_back({i, i});
    columns.back().end = i + 1;
  }
  return columns;
}

std::string cell_text(const std::vector<std::string>& row, const Column& column) {
  std::string text;
  for (std::size_t i = column.begin; i < std::min(column.end, row.size()); ++i) text += row[i];
  return one_line(text);
}

}  // namespace

std::optional<Table> aligned_table(const std::vector<std::string_view>& lines) {
  // Cheap, and true of nearly all paragraphs: they have no gaps.
  if (std::count_if(lines.begin(), lines.end(), has_inner_gap) < 2) return std::nullopt;
  std::vector<std::vector<std::string>> rows;
  for (const std::string_view line : lines) {
    if (is_rule(line)) continue;
    if (line.size() > line_places_max) return std::nullopt;
    rows.push_back(places_of(line));
  }
  if (rows.size() < 2) return std::nullopt;
  const std::vector<Column> columns = columns_of(rows);
  if (columns.size() < 2) return std::nullopt;
  std::vector<std::vector<std::string>> texts;
  std::size_t full_rows = 0;
  for (const auto& row : rows) {
    std::vector<std::string>& cells = texts.emplace_back();
    for (const Column& column : columns) cells.push_back(cell_text(row, column));
    if (std::count_if(cells.begin(), cells.end(), [](const std::string& cell) { return !cell.empty(); }) >= 2)
      ++full_rows;
  }
  if (full_rows < 2 || full_rows * 10 < rows.size() * 6) return std::nullopt;
  Table table = table_from_rows(texts);
  table.header_rows = guess_header_rows(table);
  return table;
}

}  // namespace loadline

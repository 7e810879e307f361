#include "extract/pdf/table_builder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "extract/pdf/characters.h"

namespace loadline::pdf {
namespace {

struct PlacedCell {
  ColumnRange range;
  std::string text;
  Box box;
  CellKind kind = CellKind::text;
};

// One row of the grid, made of one or more rows of the page.
struct LogicalRow {
  std::vector<PlacedCell> cells;  // by column
  float first_baseline = 0, last_baseline = 0;
  float size = 0;
  bool bold = false;

  bool has_values() const {
    return std::any_of(cells.begin(), cells.end(),
                       [](const PlacedCell& c) { return c.range.first > 0 && c.kind != CellKind::text; });
  }
  bool only_label() const { return cells.size() == 1 && cells[0].range.first == 0; }
  const PlacedCell* label() const {
    return !cells.empty() && cells[0].range.first == 0 ? &cells[0] : nullptr;
  }
};

void join_text(PlacedCell& cell, const PlacedCell& more) {
  const bool divided =
      cell.text.size() > 1 && cell.text.back() == '-' && cell.text[cell.text.size() - 2] != ' ';
  if (!cell.text.empty() && !divided) cell.text += ' ';
  cell.text += more.text;
  cell.box = united(cell.box, more.box);
  if (more.kind == CellKind::text) cell.kind = CellKind::text;
}

// Adds the cells of `more`; what falls onto a cell that is there is joined to it.
void absorb(LogicalRow& row, LogicalRow&& more) {
  for (PlacedCell& cell : more.cells) {
    const auto same = std::find_if(row.cells.begin(), row.cells.end(),
                                   [&](const PlacedCell& c) { return c.range.touches(cell.range); });
    if (same != row.cells.end())
      join_text(*same, cell);
    else
      row.cells.push_back(std::move(cell));
  }
  std::sort(row.cells.begin(), row.cells.end(),
            [](const PlacedCell& a, const PlacedCell& b) { return a.range.first < b.range.first; });
  row.last_baseline = more.last_baseline;
}

LogicalRow place_row(const GridRow& row, std::span<const ColumnRange> ranges) {
  LogicalRow placed;
  placed.first_baseline = placed.last_baseline = row.row->baseline;
  placed.size = row.row->size;
  placed.bold = row.row->bold;
  for (std::size_t at = 0; at < row.cells.size(); ++at) {
    PlacedCell cell{ranges[at], cell_text(row.cells[at]), row.cells[at].box, row.cells[at].kind};
    if (!placed.cells.empty() && placed.cells.back().range.touches(cell.range)) {
      PlacedCell& last = placed.cells.back();
      // A cell that only reaches over gives way; two in one column are one.
      if (last.range.first < cell.range.first) {
        last.range.last = cell.range.first - 1;
      } else if (cell.range.last > last.range.last) {
        cell.range.first = last.range.last + 1;
      } else {
        join_text(last, cell);
        continue;
      }
    }
    placed.cells.push_back(std::move(cell));
  }
  return placed;
}

// ---- Headers

// No cell of one lies over a part of, or over more than, a cell of the other.
bool same_structure(const LogicalRow& upper, const LogicalRow& lower) {
  for (const PlacedCell& a : upper.cells)
    for (const PlacedCell& b : lower.cells)
      if (a.range.touches(b.range) && !(a.range == b.range)) return false;
  return true;
}

// Beside the title of a group stand first lines of single columns: they join the lines below them.
void sink_lines(LogicalRow& upper, LogicalRow& lower) {
  std::erase_if(upper.cells, [&](PlacedCell& cell) {
    const auto below = std::find_if(lower.cells.begin(), lower.cells.end(),
                                    [&](const PlacedCell& c) { return c.range == cell.range; });
    if (below == lower.cells.end()) return false;
    join_text(cell, *below);
    *below = std::move(cell);
    return true;
  });
}

std::vector<LogicalRow> header_rows(std::span<const GridRow> rows, std::span<const TableColumn> columns,
                                    std::span<const Rule> rules) {
  std::vector<LogicalRow> headers;
  for (std::size_t at = 0; at < rows.size(); ++at) {
    if (rows[at].cells.empty()) continue;
    const GridRow* const below = at + 1 < rows.size() ? &rows[at + 1] : nullptr;
    LogicalRow placed = place_row(rows[at], ranges_of_header(rows[at], below, columns, rules));
    if (!headers.empty() && same_structure(headers.back(), placed))
      absorb(headers.back(), std::move(placed));
    else
      headers.push_back(std::move(placed));
  }
  for (std::size_t at = 1; at < headers.size(); ++at) sink_lines(headers[at - 1], headers[at]);
  std::erase_if(headers, [](const LogicalRow& row) { return row.cells.empty(); });
  return headers;
}

// ---- Body

// The last word wants more: the label goes on in the next line.
bool wants_more(std::string_view label) {
  static constexpr std::array<std::string_view, 22> words = {
      "and", "of", "the", "for", "to",  "in",   "by",   "with", "or",  "from", "on",
      "at",  "a",  "an",  "net", "per", "less", "than", "as",   "its", "&",    "before"};
  const char32_t last = last_character(label);
  if (last == ',' || last == '(' || (is_dash(last) && label.size() > 1)) return true;
  const std::size_t open = label.rfind('('), closed = label.rfind(')');
  if (open != std::string_view::npos && (closed == std::string_view::npos || closed < open)) return true;
  const std::string_view word = label.substr(label.rfind(' ') + 1);
  if (label.ends_with(", net")) return false;  // "Receivables, net" is whole
  return word.size() < label.size() && std::find(words.begin(), words.end(), word) != words.end();
}

float line_gap(const LogicalRow& upper, const LogicalRow& lower) {
  return lower.first_baseline - upper.last_baseline;
}

class BodyBuilder {
 public:
  BodyBuilder(std::span<const TableColumn> columns, std::span<const Rule> rules)
      : columns_(columns), rules_(rules) {}

  std::vector<LogicalRow> build(std::span<const GridRow> rows) {
    std::vector<LogicalRow> placed;
    for (const GridRow& row : rows)
      if (!row.cells.empty()) placed.push_back(place(row, &row == &rows.back() ? nullptr : &row + 1));
    pitch_ = usual_pitch(placed);
    by_rules_ = rules_separate_rows(placed);
    for (LogicalRow& row : placed) {
      if (!out_.empty() && belongs_together(out_.back(), row))
        absorb(out_.back(), std::move(row));
      else
        out_.push_back(std::move(row));
    }
    return std::move(out_);
  }

 private:
  LogicalRow place(const GridRow& row, const GridRow* below) const {
    // A row of headers among the rows: nothing before the figures, and no figure.
    const bool heads = row.kind != RowKind::data && row.cells[0].kind != CellKind::value &&
                       row.cells[0].box.x0 > columns_[0].x1;
    if (heads) return place_row(row, ranges_of_header(row, below, columns_, rules_));
    std::vector<ColumnRange> ranges;
    for (const Cell& cell : row.cells) ranges.push_back(range_of_cell(cell, columns_));
    return place_row(row, ranges);
  }

  // Median distance of rows that both have figures.
  static float usual_pitch(std::span<const LogicalRow> rows) {
    std::vector<float> gaps;
    for (std::size_t at = 1; at < rows.size(); ++at)
      if (rows[at].has_values() && rows[at - 1].has_values())
        gaps.push_back(line_gap(rows[at - 1], rows[at]));
    if (gaps.size() < 2) return 0;
    const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
    std::nth_element(gaps.begin(), middle, gaps.end());
    return *middle;
  }

  bool rule_between(float upper, float lower) const {
    const float width = columns_.back().x1 - columns_.front().x0;
    float ruled = 0;
    for (const Rule& rule : rules_)
      if (rule.horizontal() && rule.box.y0 > upper && rule.box.y0 < lower)
        ruled += std::min(rule.box.x1, columns_.back().x1) - std::max(rule.box.x0, columns_.front().x0);
    return ruled > 0.6F * width;
  }

  // Rules under (nearly) every row: then they alone say what a row is.
  bool rules_separate_rows(std::span<const LogicalRow> rows) const {
    if (rows.size() < 3) return false;
    std::size_t ruled = 0, values = 0;
    for (std::size_t at = 1; at < rows.size(); ++at) {
      ruled += rule_between(rows[at - 1].last_baseline, rows[at].first_baseline) ? 1 : 0;
      values += rows[at].has_values() ? 1 : 0;
    }
    return ruled >= 2 && ruled * 4 >= rows.size() && ruled + 1 >= values;
  }

  bool belongs_together(const LogicalRow& upper, const LogicalRow& lower) const {
    if (clashes(upper, lower)) return false;
    if (by_rules_) return !rule_between(upper.last_baseline, lower.first_baseline);
    if (line_gap(upper, lower) > 1.7F * std::max(upper.size, lower.size)) return false;
    return label_goes_on(upper, lower) || texts_go_on(upper, lower) || all_go_on(upper, lower);
  }

  // Every cell of the lower line goes on with one of the upper.
  static bool all_go_on(const LogicalRow& upper, const LogicalRow& lower) {
    if (upper.cells.size() < 2 || lower.cells.size() < 2 || upper.has_values() || lower.has_values())
      return false;
    return std::all_of(lower.cells.begin(), lower.cells.end(), [&](const PlacedCell& cell) {
      const auto above = std::find_if(upper.cells.begin(), upper.cells.end(),
                                      [&](const PlacedCell& c) { return c.range.touches(cell.range); });
      return above != upper.cells.end() && (is_lower(first_character(cell.text)) || wants_more(above->text));
    });
  }

  // Two figures in one column are two rows.
  static bool clashes(const LogicalRow& upper, const LogicalRow& lower) {
    for (const PlacedCell& a : upper.cells)
      for (const PlacedCell& b : lower.cells)
        if (a.range.first > 0 && a.range.touches(b.range) && a.kind != CellKind::text &&
            b.kind != CellKind::text)
          return true;
    return false;
  }

  bool label_goes_on(const LogicalRow& upper, const LogicalRow& lower) const {
    const PlacedCell* const a = upper.label();
    const PlacedCell* const b = lower.label();
    if (a == nullptr || b == nullptr || !(upper.only_label() || lower.only_label())) return false;
    if (upper.bold != lower.bold || last_character(a->text) == ':') return false;
    if (is_lower(first_character(b->text)) || wants_more(a->text)) return true;
    const bool tighter = pitch_ > 0 && line_gap(upper, lower) < 0.85F * pitch_;
    return tighter && !lower.only_label();
  }

  // A line that only goes on with texts of the columns behind the first.
  bool texts_go_on(const LogicalRow& upper, const LogicalRow& lower) const {
    if (lower.label() != nullptr || lower.cells.empty() || lower.cells[0].kind != CellKind::text)
      return false;
    if (line_gap(upper, lower) > 1.45F * lower.size) return false;
    // The figure may stand on the last line of a text of several lines.
    if (lower.has_values()) {
      const bool text_above = upper.label() != nullptr && upper.cells.size() == 2 && !upper.has_values();
      return text_above && upper.cells[1].range.touches(lower.cells[0].range);
    }
    return std::all_of(lower.cells.begin(), lower.cells.end(), [&](const PlacedCell& cell) {
      return std::any_of(upper.cells.begin(), upper.cells.end(), [&](const PlacedCell& above) {
        return above.range.touches(cell.range) && above.kind == CellKind::text;
      });
    });
  }

  const std::span<const TableColumn> columns_;
  const std::span<const Rule> rules_;
  std::vector<LogicalRow> out_;
  float pitch_ = 0;
  bool by_rules_ = false;
};

// Columns in which no cell begins go.
void drop_empty_columns(std::vector<LogicalRow>& rows, std::size_t& columns) {
  std::vector<std::size_t> place(columns + 1, 0);
  for (const LogicalRow& row : rows)
    for (const PlacedCell& cell : row.cells) place[cell.range.first] = 1;
  std::size_t kept = 0;
  for (std::size_t& mark : place) mark = mark != 0 ? kept++ : (kept > 0 ? kept - 1 : 0);
  for (LogicalRow& row : rows)
    for (PlacedCell& cell : row.cells) cell.range = {place[cell.range.first], place[cell.range.last]};
  columns = kept;
}

Table to_grid(std::vector<LogicalRow> rows, std::size_t columns, std::size_t headers) {
  Table table;
  table.rows = static_cast<std::uint32_t>(rows.size());
  table.columns = static_cast<std::uint32_t>(columns);
  table.header_rows = static_cast<std::uint32_t>(headers);
  for (std::uint32_t at = 0; at < table.rows; ++at) {
    for (PlacedCell& cell : rows[at].cells) {
      const auto first = static_cast<std::uint32_t>(cell.range.first);
      const auto last = static_cast<std::uint32_t>(cell.range.last);
      table.cells.push_back({at, first, 1, last - first + 1, std::move(cell.text), cell.box});
    }
  }
  return table;
}

// A table of texts has a header if its first row stands out.
bool first_row_is_header(std::span<const GridRow> rows, std::span<const Rule> rules) {
  if (rows.size() < 2 || rows[0].cells.size() < 2) return false;
  if (rows[0].row->bold && !rows[1].row->bold) return true;
  const float y0 = rows[0].row->baseline, y1 = rows[1].row->baseline - rows[1].row->size * 0.7F;
  float ruled = 0;
  for (const Rule& rule : rules)
    if (rule.horizontal() && rule.box.y0 > y0 && rule.box.y0 < y1) ruled += rule.box.x1 - rule.box.x0;
  const bool more_rules = rows.size() > 2 && std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) {
                            return rule.horizontal() && rule.box.y0 > rows[1].row->baseline &&
                                   rule.box.y0 < rows[rows.size() - 1].row->baseline;
                          });
  return ruled > 0.5F * (rows[0].row->box.x1 - rows[0].row->box.x0) && !more_rules;
}

// How many of the rows above the first figure are a header: rows that begin at the same place and stand as
// far apart as rows of their own are rows of text.
std::size_t header_size(std::span<const GridRow> rows) {
  constexpr float own_row_gap = 1.7F;
  for (std::size_t at = 1; at < rows.size(); ++at) {
    const GridRow &upper = rows[at - 1], &lower = rows[at];
    if (upper.cells.size() < 2 || lower.cells.size() < 2) continue;
    const float size = std::max(upper.row->size, lower.row->size);
    const bool same_start = std::abs(upper.cells[0].box.x0 - lower.cells[0].box.x0) < size;
    if (same_start && lower.row->baseline - upper.row->baseline > own_row_gap * size) return at;
  }
  return rows.size();
}

}  // namespace

std::optional<Table> build_table(std::span<const GridRow> rows, const TableRange& range,
                                 std::span<const Rule> rules) {
  const std::size_t above = header_size(rows.subspan(range.begin, range.header_end - range.begin));
  std::span<const GridRow> header = rows.subspan(range.begin, above);
  std::span<const GridRow> body = rows.subspan(range.begin + above, range.end - range.begin - above);
  if (header.empty() && first_row_is_header(body, rules)) {
    header = body.first(1);
    body = body.subspan(1);
  }
  const std::vector<TableColumn> columns = find_columns(body.empty() ? header : body);
  if (columns.size() < 2) return std::nullopt;
  std::vector<LogicalRow> all = header_rows(header, columns, rules);
  const std::size_t headers = all.size();
  std::vector<LogicalRow> rest = BodyBuilder(columns, rules).build(body);
  std::move(rest.begin(), rest.end(), std::back_inserter(all));
  std::size_t count = columns.size();
  drop_empty_columns(all, count);
  if (count < 2 || all.size() < 2) return std::nullopt;
  return to_grid(std::move(all), count, headers);
}

}  // namespace loadline::pdf

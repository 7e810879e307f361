#include "extract/pdf/table_finder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "extract/pdf/characters.h"
#include "extract/pdf/paragraphs.h"

namespace loadline::pdf {
namespace {

constexpr float aligned_within = 4;         // points
constexpr std::size_t alignment_reach = 3;  // rows looked at in both directions
constexpr float row_gap_max = 4.5F;         // of the size: a wider gap ends a table
constexpr float header_gap_max = 3.2F;
constexpr std::size_t inner_rows_max = 6;  // rows without figures between rows with some
constexpr std::size_t header_rows_max = 9;
constexpr std::size_t text_table_rows_min = 3;

bool is_figure_cell(const Cell& cell) { return cell.kind != CellKind::text; }

RowKind kind_of(const std::vector<Cell>& cells) {
  if (cells.size() < 2) return RowKind::single;
  const bool value_behind = std::any_of(cells.begin() + 1, cells.end(),
                                        [](const Cell& cell) { return cell.kind == CellKind::value; });
  return value_behind ? RowKind::data : RowKind::multi;
}

float distance(const GridRow& upper, const GridRow& lower) {
  return (lower.row->baseline - upper.row->baseline) / std::max(upper.row->size, lower.row->size);
}

bool same_place(const Cell& a, const Cell& b) {
  return std::abs(a.box.x0 - b.box.x0) < aligned_within || std::abs(a.box.x1 - b.box.x1) < aligned_within ||
         std::abs(a.box.x0 + a.box.x1 - b.box.x0 - b.box.x1) < aligned_within;
}

// How far the rows of a table reach, and where the columns behind the labels begin.
struct Extent {
  float left = std::numeric_limits<float>::max(), right = 0;
  float columns = std::numeric_limits<float>::max();

  void add(const GridRow& row) {
    left = std::min(left, row.row->box.x0);
    right = std::max(right, row.row->box.x1);
    if (row.kind == RowKind::single) return;
    for (std::size_t c = 1; c < row.cells.size(); ++c) {
      if (row.kind == RowKind::data && !is_figure_cell(row.cells[c])) continue;
      columns = std::min(columns, row.cells[c].box.x0);
      return;
    }
  }
};

class TableFinder {
 public:
  TableFinder(std::span<const GridRow> rows, std::span<const Rule> rules) : rows_(rows), rules_(rules) {}

  std::vector<TableRange> find() {
    std::vector<TableRange> tables;
    std::size_t from = 0;
    for (std::size_t at = 0; at < rows_.size();) {
      if (!is_tabular(at)) {
        ++at;
        continue;
      }
      TableRange table{at, at, end_of_body(at)};
      grow_up(table, from);
      if (is_table(table)) {
        tables.push_back(table);
        from = at = table.end;
      } else {
        ++at;
      }
    }
    return tables;
  }

 private:
  // A cell behind the first that stands where one of a row near by stands.
  bool is_aligned(std::size_t at) const {
    const std::vector<Cell>& cells = rows_[at].cells;
    const std::size_t first = at > alignment_reach ? at - alignment_reach : 0;
    const std::size_t last = std::min(rows_.size() - 1, at + alignment_reach);
    for (std::size_t other = first; other <= last; ++other) {
      if (other == at || rows_[other].cells.size() < 2) continue;
      for (std::size_t a = 1; a < cells.size(); ++a)
        for (std::size_t b = 1; b < rows_[other].cells.size(); ++b)
          if (same_place(cells[a], rows_[other].cells[b])) return true;
    }
    return false;
  }

  bool is_tabular(std::size_t at) const {
    const GridRow& row = rows_[at];
    if (row.kind == RowKind::single) return false;
    return is_aligned(at);
  }

  // A figure alone, below other figures: a total without a label.
  bool is_lone_total(std::size_t at, std::size_t begin) const {
    const std::vector<Cell>& cells = rows_[at].cells;
    if (cells.size() != 1 || cells[0].kind != CellKind::value) return false;
    const std::size_t first = at > begin + alignment_reach ? at - alignment_reach : begin;
    for (std::size_t other = first; other < at; ++other)
      for (const Cell& cell : rows_[other].cells)
        if (is_figure_cell(cell) && std::abs(cell.box.x1 - cells[0].box.x1) < 2 * aligned_within) return true;
    return false;
  }

  std::size_t end_of_body(std::size_t begin) const {
    std::size_t end = begin + 1, prose_rows = 0;
    Extent extent;
    extent.add(rows_[begin]);
    for (std::size_t at = begin + 1; at < rows_.size(); ++at) {
      if (distance(rows_[at - 1], rows_[at]) > row_gap_max || at - end > inner_rows_max) break;
      if (is_other_header(at, begin)) break;
      if (is_tabular(at) || rows_[at].kind == RowKind::data || is_lone_total(at, begin)) {
        for (; end <= at; ++end) extent.add(rows_[end]);
        prose_rows = 0;
        continue;
      }
      if (!rows_[at].cells.empty() && intrudes(*rows_[at].row, extent) && ++prose_rows > 1) break;
    }
    return with_wrapped_end(end, extent);
  }

  // The header of another table: behind rows with figures, and not over their columns. Years tell a header by
  // themselves; words do if they stand below a line of its own, e.g. a title, and over the figures that
  // follow.
  bool is_other_header(std::size_t at, std::size_t begin) const {
    if (rows_[at].kind != RowKind::multi) return false;
    const std::vector<Cell>& cells = rows_[at].cells;
    const bool years = std::all_of(cells.begin() + 1, cells.end(),
                                   [](const Cell& cell) { return cell.kind == CellKind::year; });
    if (rows_[at - 1].kind == RowKind::multi) return false;
    if (!years && (rows_[at - 1].kind != RowKind::single || !heads_next_figures(at))) return false;
    std::size_t data = 0, in_place = 0;
    for (std::size_t other = at; other > begin && data < alignment_reach;) {
      const GridRow& row = rows_[--other];
      if (row.kind != RowKind::data) continue;
      ++data;
      in_place += columns_in_common(rows_[at], row);
    }
    return data > 0 && in_place * 4 < data * (cells.size() - 1) * 3;
  }

  // Whether the cells of the row stand over those of the next row with figures.
  bool heads_next_figures(std::size_t at) const {
    const std::size_t last = std::min(rows_.size() - 1, at + alignment_reach);
    const std::vector<Cell>& cells = rows_[at].cells;
    for (std::size_t below = at + 1; below <= last; ++below) {
      const GridRow& row = rows_[below];
      if (row.kind != RowKind::data) continue;
      // Two cells alone may be a label and a text: a header's stand both over figures.
      const bool heads = cells.size() > 2 || stands_over_any(cells[0], row);
      return heads && columns_in_common(rows_[at], row) * 4 >= (cells.size() - 1) * 3;
    }
    return false;
  }

  // How many cells of the header behind its first stand over one of the row.
  static std::size_t columns_in_common(const GridRow& header, const GridRow& row) {
    return static_cast<std::size_t>(
        std::count_if(header.cells.begin() + 1, header.cells.end(),
                      [&](const Cell& name) { return stands_over_any(name, row); }));
  }

  // Over a cell of the row behind its first.
  static bool stands_over_any(const Cell& name, const GridRow& row) {
    return std::any_of(row.cells.begin() + 1, row.cells.end(),
                       [&](const Cell& cell) { return overlaps(cell, name); });
  }

  static bool overlaps(const Cell& a, const Cell& b) { return a.box.x0 < b.box.x1 && b.box.x0 < a.box.x1; }

  // A text that runs far into the columns of the figures is no label of a row.
  static bool intrudes(const Row& row, const Extent& extent) {
    if (row.box.x1 <= extent.columns + row.size) return false;
    const bool begins_left = row.box.x0 < extent.columns - 2 * row.size;
    return begins_left && row.box.x1 - row.box.x0 > 0.6F * (extent.right - extent.left);
  }

  // The last row's label or text may go on below it.
  std::size_t with_wrapped_end(std::size_t end, const Extent& extent) const {
    while (end < rows_.size() && rows_[end].cells.size() == 1) {
      const GridRow& row = rows_[end];
      const bool goes_on =
          is_lower(first_character(row.cells[0].words[0]->text)) || rule_closes(rows_[end - 1], row, extent);
      const bool in_place =
          row.row->box.x1 < extent.columns || row.row->box.x0 > extent.columns - aligned_within;
      if (!goes_on || !in_place || distance(rows_[end - 1], row) >= 1.5F) break;
      ++end;
    }
    return end;
  }

  // Above `row` there is no rule over the width of the table, and right below it there is.
  bool rule_closes(const GridRow& above, const GridRow& row, const Extent& extent) const {
    const auto ruled = [&](float y0, float y1) {
      float width = 0;
      for (const Rule& rule : rules_)
        if (rule.horizontal() && rule.box.y0 > y0 && rule.box.y0 < y1)
          width += std::min(rule.box.x1, extent.right) - std::max(rule.box.x0, extent.left);
      return width > 0.8F * (extent.right - extent.left);
    };
    const float baseline = row.row->baseline;
    return ruled(baseline, baseline + row.row->size) && !ruled(above.row->baseline, baseline);
  }

  // Header rows stand over the columns, or have several cells themselves.
  void grow_up(TableRange& table, std::size_t from) const {
    Extent extent;
    for (std::size_t at = table.begin; at < table.end; ++at) extent.add(rows_[at]);
    const std::size_t data = first_data(table);
    std::size_t begin = table.begin;
    for (std::size_t at = table.begin; at > from && table.begin - at < header_rows_max;) {
      --at;
      if (distance(rows_[at], rows_[at + 1]) > header_gap_max) break;
      if (heads_columns(rows_[at], extent)) {
        begin = at;
      } else if (!may_stand_in_header(rows_[at], extent)) {
        break;
      }
    }
    table.begin = table.header_end = begin;
    for (std::size_t at = begin; at < data; ++at)
      if (heads_columns(rows_[at], extent)) table.header_end = at + 1;
  }

  std::size_t first_data(const TableRange& table) const {
    for (std::size_t at = table.begin; at < table.end; ++at)
      if (rows_[at].kind == RowKind::data) return at;
    return table.begin;
  }

  static bool heads_columns(const GridRow& row, const Extent& extent) {
    if (row.cells.empty()) return false;
    const float size = row.row->size;
    if (row.cells.size() >= 2) {
      // Not a line of prose with a wide gap in it.
      return std::all_of(row.cells.begin() + 1, row.cells.end(), [&](const Cell& cell) {
        return cell.box.x0 > extent.columns - 6 * size || cell.words.size() <= 6;
      });
    }
    const Box& box = row.row->box;
    if (box.x0 < extent.columns - 8 * size || box.x1 > extent.right + 4 * size) return false;
    if (box.x0 >= extent.columns - size) return true;
    const float middle = (box.x0 + box.x1) / 2;
    return std::abs(middle - (extent.columns + extent.right) / 2) <
           std::abs(middle - (extent.left + extent.right) / 2);
  }

  // "(in millions)", "Assets": between the header and the figures, or in the header's first column.
  static bool may_stand_in_header(const GridRow& row, const Extent& extent) {
    return row.cells.size() == 1 && row.row->box.x1 < extent.columns + row.row->size &&
           row.cells[0].words.size() <= 9;
  }

  bool is_table(const TableRange& table) const {
    std::size_t data = 0, multi = 0, listed = 0;
    for (std::size_t at = table.begin; at < table.end; ++at) {
      data += rows_[at].kind == RowKind::data ? 1 : 0;
      multi += rows_[at].kind == RowKind::multi ? 1 : 0;
      listed += begins_list_item(*rows_[at].row) ? 1 : 0;
    }
    if (data >= 2 || (data == 1 && multi >= 1)) return true;
    return data + multi >= text_table_rows_min && data + multi > listed;
  }

  const std::span<const GridRow> rows_;
  const std::span<const Rule> rules_;
};

}  // namespace

std::vector<GridRow> grid_rows(std::span<const Row> rows) {
  std::vector<GridRow> grid;
  grid.reserve(rows.size());
  for (const Row& row : rows) {
    GridRow& added = grid.emplace_back();
    added.row = &row;
    added.cells = split_cells(row);
    added.kind = kind_of(added.cells);
  }
  return grid;
}

std::vector<TableRange> find_tables(std::span<const GridRow> rows, std::span<const Rule> rules) {
  if (rows.empty()) return {};
  return TableFinder(rows, rules).find();
}

}  // namespace loadline::pdf

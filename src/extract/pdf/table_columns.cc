#include "extract/pdf/table_columns.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string_view>

namespace loadline::pdf {
namespace {

constexpr int bridge_rounds_max = 8;
constexpr std::size_t gaps_compared_max = 48;
constexpr float touching = 0.5F;  // points that neighbouring columns may overlap

struct Item {
  std::size_t row = 0;
  float x0 = 0, x1 = 0;
  bool spanning = false;
  bool nothing = false;  // a dash where a figure would stand
};

bool stands_for_nothing(const Cell& cell) {
  return cell.kind == CellKind::value &&
         std::none_of(cell.words.begin(), cell.words.end(), [](const Word* word) {
           return std::any_of(word->text.begin(), word->text.end(),
                              [](char c) { return c >= '0' && c <= '9'; });
         });
}

class ColumnFinder {
 public:
  explicit ColumnFinder(std::span<const GridRow> body) {
    for (std::size_t row = 0; row < body.size(); ++row) {
      const bool counts = body[row].kind != RowKind::single ||
                          (body[row].cells.size() == 1 && body[row].cells[0].kind == CellKind::value);
      if (!counts) continue;
      for (const Cell& cell : body[row].cells)
        items_.push_back({row, cell.box.x0, cell.box.x1, false, stands_for_nothing(cell)});
    }
  }

  std::vector<TableColumn> find() {
    for (int round = 0; round < bridge_rounds_max; ++round) {
      columns_ = components();
      if (!free_bridged_gap()) break;
    }
    for (std::size_t at = 2; at < columns_.size();)
      if (completes(columns_[at], columns_[at - 1])) {
        columns_[at - 1].x1 = columns_[at].x1;
        columns_.erase(columns_.begin() + static_cast<std::ptrdiff_t>(at));
      } else {
        ++at;
      }
    return columns_;
  }

 private:
  // Dashes are often set further right than the figures of their column: nothing but dashes, close by, and
  // only in rows without a figure.
  bool completes(const TableColumn& dashes, const TableColumn& figures) const {
    constexpr float apart_max = 12;
    if (dashes.x0 - figures.x1 > apart_max) return false;
    std::set<std::size_t> rows;
    for (const Item& item : items_) {
      if (item.spanning || !inside(item, dashes)) continue;
      if (!item.nothing) return false;
      rows.insert(item.row);
    }
    return std::none_of(items_.begin(), items_.end(), [&](const Item& item) {
      return !item.spanning && inside(item, figures) && rows.contains(item.row);
    });
  }

  std::vector<TableColumn> components() const {
    std::vector<TableColumn> spans;
    for (const Item& item : items_)
      if (!item.spanning) spans.push_back({item.x0, item.x1});
    std::sort(spans.begin(), spans.end(),
              [](const TableColumn& a, const TableColumn& b) { return a.x0 < b.x0; });
    std::vector<TableColumn> columns;
    for (const TableColumn& span : spans) {
      if (columns.empty() || span.x0 >= columns.back().x1 - touching)
        columns.push_back(span);
      else
        columns.back().x1 = std::max(columns.back().x1, span.x1);
    }
    return columns;
  }

  // Finds a gap inside a column that enough rows have, and takes out the cells that cover it.
  bool free_bridged_gap() {
    for (const TableColumn& column : columns_) {
      const std::vector<float> gaps = gaps_in(column);
      std::optional<float> best;
      std::ptrdiff_t best_lead = std::numeric_limits<std::ptrdiff_t>::min();
      for (const float x : gaps) {
        const auto [clear, bridging] = votes(column, x);
        const bool wins = clear >= 2 && clear * 3 >= bridging && bridging > 0;
        if (const auto lead = static_cast<std::ptrdiff_t>(clear) - static_cast<std::ptrdiff_t>(bridging);
            wins && lead > best_lead) {
          best = x;
          best_lead = lead;
        }
      }
      if (!best) continue;
      for (Item& item : items_)
        if (!item.spanning && item.x0 < *best - touching && item.x1 > *best + touching) item.spanning = true;
      return true;
    }
    return false;
  }

  // Middles of the gaps between cells of one row that fell into one column.
  std::vector<float> gaps_in(const TableColumn& column) const {
    std::vector<float> gaps;
    for (std::size_t at = 1; at < items_.size() && gaps.size() < gaps_compared_max; ++at) {
      const Item& a = items_[at - 1];
      const Item& b = items_[at];
      if (a.row == b.row && !a.spanning && !b.spanning && inside(a, column) && inside(b, column))
        gaps.push_back((a.x1 + b.x0) / 2);
    }
    return gaps;
  }

  struct Votes {
    std::size_t clear = 0, bridging = 0;
  };
  // Rows with cells on both sides of x, and rows with a cell across it.
  Votes votes(const TableColumn& column, float x) const {
    Votes votes;
    for (std::size_t at = 0; at < items_.size();) {
      const std::size_t row = items_[at].row;
      bool left = false, right = false, across = false;
      for (; at < items_.size() && items_[at].row == row; ++at) {
        const Item& item = items_[at];
        if (item.spanning || !inside(item, column)) continue;
        across = across || (item.x0 < x - touching && item.x1 > x + touching);
        left = left || item.x1 <= x + touching;
        right = right || item.x0 >= x - touching;
      }
      votes.bridging += across ? 1 : 0;
      votes.clear += !across && left && right ? 1 : 0;
    }
    return votes;
  }

  static bool inside(const Item& item, const TableColumn& column) {
    return item.x0 >= column.x0 - touching && item.x1 <= column.x1 + touching;
  }

  std::vector<Item> items_;
  std::vector<TableColumn> columns_;
};

float overlap(float a0, float a1, float b0, float b1) { return std::min(a1, b1) - std::max(a0, b0); }

std::size_t nearest_column(float x0, float x1, std::span<const TableColumn> columns) {
  std::size_t best = 0;
  float best_overlap = std::numeric_limits<float>::lowest();
  for (std::size_t at = 0; at < columns.size(); ++at) {
    const float shared = overlap(x0, x1, columns[at].x0, columns[at].x1);
    if (shared > best_overlap) best = at, best_overlap = shared;
  }
  return best;
}

bool speaks_of_period(const Cell& cell) {
  static constexpr std::string_view words[] = {
      "ended",  "Ended",     "ENDED",    "year",     "Year",    "YEAR",     "Years",    "years",
      "months", "Months",    "MONTHS",   "quarter",  "Quarter", "quarters", "Quarters", "fiscal",
      "Fiscal", "period",    "Period",   "weeks",    "Weeks",   "As",       "as",       "At",
      "at",     "January",   "February", "March",    "April",   "May",      "June",     "July",
      "August", "September", "October",  "November", "December"};
  return std::any_of(cell.words.begin(), cell.words.end(), [](const Word* word) {
    return std::find(std::begin(words), std::end(words), word->text) != std::end(words);
  });
}

// How far the rule directly under the cell reaches.
std::optional<TableColumn> rule_under(const Cell& cell, float size, std::span<const Rule> rules) {
  std::optional<TableColumn> reach;
  for (const Rule& rule : rules) {
    if (!rule.horizontal() || rule.box.y0 < cell.box.y1 - 0.3F * size ||
        rule.box.y0 > cell.box.y1 + 0.8F * size)
      continue;
    const bool under =
        rule.box.x0 < (cell.box.x0 + cell.box.x1) / 2 && rule.box.x1 > (cell.box.x0 + cell.box.x1) / 2;
    if (!under) continue;
    if (!reach || rule.box.x1 - rule.box.x0 < reach->width()) reach = TableColumn{rule.box.x0, rule.box.x1};
  }
  return reach;
}

class HeaderPlacer {
 public:
  HeaderPlacer(const GridRow& header, const GridRow* below, std::span<const TableColumn> columns,
               std::span<const Rule> rules)
      : header_(header), below_(below), columns_(columns), rules_(rules) {}

  std::vector<ColumnRange> place() {
    for (const Cell& cell : header_.cells) ranges_.push_back(covered(cell));
    for (std::size_t at = 0; at < ranges_.size(); ++at) widen(at);
    return ranges_;
  }

 private:
  // The columns that lie under the cell itself.
  ColumnRange covered(const Cell& cell) const {
    const std::size_t nearest = nearest_column(cell.box.x0, cell.box.x1, columns_);
    ColumnRange range{nearest, nearest};
    const auto lies_under = [&](const TableColumn& column) {
      return overlap(cell.box.x0, cell.box.x1, column.x0, column.x1) > 0.5F * column.width();
    };
    while (range.first > 0 && lies_under(columns_[range.first - 1])) --range.first;
    while (range.last + 1 < columns_.size() && lies_under(columns_[range.last + 1])) ++range.last;
    return range;
  }

  bool taken(std::size_t column, std::size_t own) const {
    for (std::size_t at = 0; at < ranges_.size(); ++at)
      if (at != own && ranges_[at].first <= column && column <= ranges_[at].last) return true;
    return false;
  }

  void widen(std::size_t own) {
    const Cell& cell = header_.cells[own];
    if (ranges_[own].first == 0 && ranges_[own].last == 0) return;
    if (const auto reach = rule_under(cell, header_.row->size, rules_)) {
      widen_to(own, *reach);
      return;
    }
    const ColumnRange best = best_centred(own);
    if (best == ranges_[own] || goes_on_below(cell, best)) return;
    ranges_[own] = best;
  }

  // The first line of a header of several lines has the next one right under it. A period that is centred
  // over periods is a title of them all the same.
  bool goes_on_below(const Cell& cell, const ColumnRange& range) const {
    if (below_ == nullptr) return true;
    bool continued = false, periods = speaks_of_period(cell);
    for (const Cell& lower : below_->cells) {
      const std::size_t column = nearest_column(lower.box.x0, lower.box.x1, columns_);
      if (column < range.first || column > range.last) continue;
      constexpr float same_centre = 3;
      continued =
          continued || std::abs(lower.box.x0 + lower.box.x1 - cell.box.x0 - cell.box.x1) < 2 * same_centre;
      periods = periods && (lower.kind == CellKind::year || speaks_of_period(lower));
    }
    return continued && !periods;
  }

  void widen_to(std::size_t own, const TableColumn& reach) {
    ColumnRange& range = ranges_[own];
    const auto reached = [&](std::size_t column) {
      return overlap(reach.x0, reach.x1, columns_[column].x0, columns_[column].x1) >
                 0.5F * columns_[column].width() &&
             !taken(column, own);
    };
    while (range.first > 1 && reached(range.first - 1)) --range.first;
    while (range.last + 1 < columns_.size() && reached(range.last + 1)) ++range.last;
  }

  // The widest free range, at least what is covered, that the cell stands in the middle of.
  ColumnRange best_centred(std::size_t own) const {
    const Cell& cell = header_.cells[own];
    const ColumnRange covered = ranges_[own];
    ColumnRange best = covered;
    float best_error = error_of(cell, covered);
    for (std::size_t first = covered.first;; --first) {
      for (std::size_t last = covered.last; last < columns_.size(); ++last) {
        if (last > covered.last && taken(last, own)) break;
        const float error = error_of(cell, {first, last});
        const float width = columns_[last].x1 - columns_[first].x0;
        const bool centred = error < std::max(4.0F, 0.06F * width);
        const bool wider = last - first > best.last - best.first;
        if (centred && (wider || error < best_error)) best = {first, last}, best_error = error;
      }
      if (first <= 1 || taken(first - 1, own)) break;  // the labels are no part of it
    }
    return best;
  }

  float error_of(const Cell& cell, const ColumnRange& range) const {
    return std::abs((cell.box.x0 + cell.box.x1) / 2 -
                    (columns_[range.first].x0 + columns_[range.last].x1) / 2);
  }

  const GridRow& header_;
  const GridRow* const below_;
  const std::span<const TableColumn> columns_;
  const std::span<const Rule> rules_;
  std::vector<ColumnRange> ranges_;
};

}  // namespace

std::vector<TableColumn> find_columns(std::span<const GridRow> body) { return ColumnFinder(body).find(); }

ColumnRange range_of_cell(const Cell& cell, std::span<const TableColumn> columns) {
  const std::size_t nearest = nearest_column(cell.box.x0, cell.box.x1, columns);
  ColumnRange range{nearest, nearest};
  if (cell.kind != CellKind::text) return range;
  const auto covers = [&](const TableColumn& column) {
    return overlap(cell.box.x0, cell.box.x1, column.x0, column.x1) > 0.4F * column.width();
  };
  while (range.first > 0 && covers(columns[range.first - 1])) --range.first;
  while (range.last + 1 < columns.size() && covers(columns[range.last + 1])) ++range.last;
  return range;
}

std::vector<ColumnRange> ranges_of_header(const GridRow& header, const GridRow* below,
                                          std::span<const TableColumn> columns, std::span<const Rule> rules) {
  return HeaderPlacer(header, below, columns, rules).place();
}

}  // namespace loadline::pdf

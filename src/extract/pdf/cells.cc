#include "extract/pdf/cells.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "extract/pdf/characters.h"
#include "extract/pdf/paragraphs.h"

namespace loadline::pdf {
namespace {

// Gaps, in multiples of the size, that end a cell: between words, before a figure, between figures.
constexpr float text_gap = 1.0F, figure_gap = 0.7F, figures_gap = 0.5F;
constexpr float closing_gap_max = 3.0F;   // from a figure to its ")" or "%"
constexpr float mark_gap_max = 1.5F;      // from a figure to its footnote mark
constexpr float opening_gap_max = 14.0F;  // from "$" or "(" to its figure

bool is_currency(std::string_view word) {
  return word == "$" || word == "US$" || word == "C$" || word == "A$" || word == "R$" || word == "HK$" ||
         word == "€" || word == "£" || word == "¥" || word == "USD" || word == "EUR" || word == "GBP" ||
         word == "CHF";
}

bool opens_figure(std::string_view word) {
  return is_currency(word) || word == "(" || word == "$(" || word == "($" || word == "-$" || word == "+" ||
         word == "€(" || word == "£(";
}

bool closes_figure(std::string_view word) {
  return word == ")" || word == "%" || word == ")%" || word == "%)" || word == "pp" || word == "bps" ||
         word == "bp" || word == "pts" || word == "pts." || word == "ppts" || word == "x" || word == "X";
}

bool is_leader(std::string_view word) {
  if (word == "…" || word == "·") return true;
  return word.find_first_not_of('.') == std::string_view::npos ||
         (word.size() >= 3 && word.find_first_not_of('_') == std::string_view::npos);
}

bool stands_for_nothing(std::string_view word) {
  if (word == "n/a" || word == "N/A" || word == "NM" || word == "nm" || word == "N.M." || word == "n.m." ||
      word == "NA" || word == "N/M" || word == "n/m" || word == "*" || word == "**")
    return true;
  std::size_t dashes = 0;
  for (std::size_t at = 0; at < word.size();) {
    const char32_t c = next_code_point(word, at);
    if (!is_dash(c) && c != '(' && c != ')' && c != '%' && c != '$') return false;
    dashes += is_dash(c) ? 1 : 0;
  }
  return dashes > 0 && dashes <= 3;
}

bool is_number(std::string_view word) {
  bool digits = false, digit_before = false;
  for (std::size_t at = 0; at < word.size();) {
    const char32_t c = next_code_point(word, at);
    if (is_dash(c) && digit_before) return false;  // a range, a date, a telephone number
    digit_before = is_digit(c);
    if (digit_before)
      digits = true;
    else if (c != '.' && c != ',' && c != '(' && c != ')' && c != '%' && c != '$' && c != '+' && c != '\'' &&
             c != '*' && c != 0x20AC && c != 0xA3 && c != 0xA5 && c != 0x2019 && c != 0x2020 && !is_dash(c))
      return false;
  }
  // "12." numbers an item, "31," belongs to a date.
  return digits && word.back() != '.' && word.back() != ',';
}

// "5.2x", "150bps", "3.1pp"
bool is_number_with_unit(std::string_view word) {
  for (const std::string_view unit : {"x", "X", "bps", "bp", "pp", "pts", "M", "B", "K", "bn", "m", "mn"}) {
    if (word.size() > unit.size() && word.ends_with(unit) &&
        is_number(word.substr(0, word.size() - unit.size())))
      return true;
  }
  return false;
}

bool is_year(std::string_view word) {
  return word.size() == 4 && word.find_first_not_of("0123456789") == std::string_view::npos &&
         (word.starts_with("19") || word.starts_with("20"));
}

// "2022-2021", "2021/20": a comparison of years in a header.
bool is_year_range(std::string_view word) {
  constexpr std::size_t year_digits = 4;
  if (word.size() < 7 || !is_year(word.substr(0, year_digits))) return false;
  std::size_t at = year_digits;
  const char32_t mark = next_code_point(word, at);
  const std::string_view rest = word.substr(at);
  return (is_dash(mark) || mark == '/') && (is_year(rest) || (rest.size() == 2 && is_number(rest)));
}

bool is_figure(std::string_view word) {
  return is_number(word) || stands_for_nothing(word) || is_number_with_unit(word);
}

CellKind kind_of(const std::vector<const Word*>& words) {
  std::size_t figures = 0, years = 0, others = 0;
  for (const Word* word : words) {
    if (word->raised && figures > 0) continue;
    if (is_year(word->text) || is_year_range(word->text))
      ++years;
    else if (is_figure(word->text))
      ++figures;
    else if (!opens_figure(word->text) && !closes_figure(word->text))
      ++others;
  }
  if (others > 0 || figures + years == 0) return CellKind::text;
  return figures > 0 ? CellKind::value : CellKind::year;
}

class CellSplitter {
 public:
  explicit CellSplitter(const Row& row) : row_(row) {}

  std::vector<Cell> split() {
    for (const Word* word : row_.words) {
      if (is_leader(word->text)) {
        if (!cells_.empty()) behind_leader_ = true;
        continue;
      }
      if (cells_.empty() || begins_cell(*word)) cells_.push_back({});
      cells_.back().words.push_back(word);
      behind_leader_ = false;
    }
    join_list_mark();
    join_openings();
    join_closings();
    for (Cell& cell : cells_) finish(cell);
    return std::move(cells_);
  }

 private:
  bool begins_cell(const Word& word) const {
    if (behind_leader_) return true;
    const Word& left = *cells_.back().words.back();
    const float gap = gap_between(left, word), size = row_.size;
    if (gap > text_gap * size) return true;
    if (gap <= figures_gap * size) return false;
    const bool figure = is_figure_piece(word.text);
    if (!figure) return false;
    if (is_figure_piece(left.text) && !opens_figure(left.text) && !closes_figure(word.text)) return true;
    return gap > figure_gap * size;
  }

  // A mark alone is no cell: "• text", "(a) text", "1. text".
  void join_list_mark() {
    if (cells_.size() < 2 || !begins_list_item(row_) || cells_[0].words.size() != 1) return;
    if (is_figure_piece(cells_[0].words[0]->text)) return;  // a dash in place of an amount
    join_with_next(0);
  }

  void join_openings() {
    for (std::size_t at = 0; at + 1 < cells_.size();) {
      const Word& last = *cells_[at].words.back();
      const Word& next = *cells_[at + 1].words.front();
      const bool opening = opens_figure(last.text) && !opens_figure(next.text) &&
                           is_figure_piece(next.text) &&
                           gap_between(last, next) < opening_gap_max * row_.size;
      if (!opening) {
        ++at;
      } else if (cells_[at].words.size() == 1) {
        join_with_next(at);
      } else {  // "Net income $": the sign goes over to its figure
        cells_[at].words.pop_back();
        cells_[at + 1].words.insert(cells_[at + 1].words.begin(), &last);
        ++at;
      }
    }
  }

  void join_closings() {
    for (std::size_t at = 0; at + 1 < cells_.size();) {
      const Word& last = *cells_[at].words.back();
      const Cell& next = cells_[at + 1];
      const Word& mark = *next.words.front();
      const float gap = gap_between(last, mark) / row_.size;
      const bool one = next.words.size() == 1;
      const bool closing =
          one && closes_figure(mark.text) && is_figure_piece(last.text) && gap < closing_gap_max;
      const bool footnote = one && mark.raised && gap < mark_gap_max;
      if (closing || footnote)
        join_with_next(at);
      else
        ++at;
    }
  }

  void join_with_next(std::size_t at) {
    Cell& cell = cells_[at];
    const Cell& next = cells_[at + 1];
    cell.words.insert(cell.words.end(), next.words.begin(), next.words.end());
    cells_.erase(cells_.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }

  static void finish(Cell& cell) {
    cell.box = united_box(cell.words);
    cell.kind = kind_of(cell.words);
  }

  const Row& row_;
  std::vector<Cell> cells_;
  bool behind_leader_ = false;
};

void cut_leaders(std::string& text) {
  constexpr std::size_t leader_dots = 3;
  const std::size_t end = text.find_last_not_of(". ");
  const std::size_t kept = end == std::string::npos ? 0 : end + 1;
  const auto dots = std::count(text.begin() + static_cast<std::ptrdiff_t>(kept), text.end(), '.');
  if (dots >= static_cast<std::ptrdiff_t>(leader_dots)) text.resize(kept);
}

}  // namespace

bool is_figure_piece(std::string_view word) {
  return is_figure(word) || is_year(word) || is_year_range(word) || opens_figure(word) || closes_figure(word);
}

std::vector<Cell> split_cells(const Row& row) { return CellSplitter(row).split(); }

std::string cell_text(const Cell& cell) {
  std::string text;
  if (cell.kind != CellKind::value) {
    text = joined_text(cell.words);
    cut_leaders(text);
    return text;
  }
  for (std::size_t at = 0; at < cell.words.size(); ++at) {
    const std::string& piece = cell.words[at]->text;
    const bool joins = at == 0 || opens_figure(cell.words[at - 1]->text) ||
                       (closes_figure(piece) && !is_letter(first_character(piece)));
    if (!joins) text += ' ';
    text += piece;
  }
  return text;
}

}  // namespace loadline::pdf

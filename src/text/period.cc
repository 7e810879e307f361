#include "text/period.h"

#include <array>
#include <cstdio>
#include <optional>

namespace loadline {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// A cursor over the text that reads one item and moves, or stays.
class Cursor {
 public:
  Cursor(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  std::size_t at() const { return at_; }
  bool at_word_start() const { return at_ == 0 || (!is_alpha(text_[at_ - 1]) && !is_digit(text_[at_ - 1])); }
  bool at_word_end() const { return at_ >= text_.size() || (!is_alpha(text_[at_]) && !is_digit(text_[at_])); }

  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == ',')) ++at_;
  }
  bool character(char c) {
    if (at_ >= text_.size() || lower(text_[at_]) != c) return false;
    return ++at_, true;
  }
  bool word(std::string_view word) {
    if (text_.size() - at_ < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i)
      if (lower(text_[at_ + i]) != word[i]) return false;
    const std::size_t after = at_ + word.size();
    if (after < text_.size() && is_alpha(text_[after])) return false;
    return at_ = after, true;
  }
  /// A number of exactly `digits` digits, not part of a longer one.
  std::optional<int> number(std::size_t digits) {
    if (text_.size() - at_ < digits) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!is_digit(text_[at_ + i])) return std::nullopt;
      value = value * 10 + (text_[at_ + i] - '0');
    }
    if (at_ + digits < text_.size() && is_digit(text_[at_ + digits])) return std::nullopt;
    return at_ += digits, value;
  }
  std::optional<int> year() {
    Cursor copy = *this;
    const auto value = copy.number(4);
    if (!value || *value < 1900 || *value > 2099) return std::nullopt;
    *this = copy;
    return value;
  }
  std::optional<int> short_year() {
    character('\'');
    const auto value = number(2);
    return value ? std::optional(*value < 70 ? 2000 + *value : 1900 + *value) : std::nullopt;
  }
  std::optional<int> day() {
    Cursor copy = *this;
    auto value = copy.number(2);
    if (!value) value = copy.number(1);
    if (!value || *value < 1 || *value > 31) return std::nullopt;
    for (const char* suffix : {"st", "nd", "rd", "th"})
      if (copy.word(suffix)) break;
    *this = copy;
    return value;
  }
  std::optional<int> month() {
    constexpr std::array<std::string_view, 12> names = {"january",   "february", "march",    "april",
                                                        "may",       "june",     "july",     "august",
                                                        "september", "october",  "november", "december"};
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (word(names[i])) return static_cast<int>(i) + 1;
      if (word(names[i].substr(0, 3))) return character('.'), static_cast<int>(i) + 1;
    }
    if (word("sept")) return character('.'), 9;
    return std::nullopt;
  }

 private:
  std::string_view text_;
  std::size_t at_;
};

std::optional<int> fiscal_year(Cursor& c) {
  const Cursor start = c;
  if (c.character('f') && c.character('y')) {
    c.blanks();
    Cursor after = c;
    if (const auto year = after.year()) return c = after, year;
    if (const auto year = c.short_year()) return year;
  }
  c = start;
  if (c.word("fiscal") || c.word("financial")) {
    c.blanks();
    if (c.word("year")) c.blanks();
    if (c.word("ended") || c.word("ending")) c.blanks();
    if (const auto year = c.year()) return year;
  }
  c = start;
  if (const auto year = c.year()) return year;
  return c = start, std::nullopt;
}

std::optional<int> quarter_number(Cursor& c) {
  const Cursor start = c;
  if (c.character('q'))
    if (const auto n = c.number(1); n && *n >= 1 && *n <= 4) return n;
  c = start;
  if (const auto n = c.number(1); n && *n >= 1 && *n <= 4 && c.character('q')) return n;
  c = start;
  constexpr std::array<std::string_view, 8> ordinals = {"first", "second", "third", "fourth",
                                                        "1st",   "2nd",    "3rd",   "4th"};
  for (std::size_t i = 0; i < ordinals.size(); ++i) {
    if (!c.word(ordinals[i])) continue;
    if (c.character(' '), c.character('-'), c.word("fiscal")) c.blanks();
    if (c.word("quarter")) return static_cast<int>(i % 4) + 1;
    c = start;
  }
  return std::nullopt;
}

// The year of a part that was just read: "2022", "of the fiscal year 2022".
std::optional<int> year_behind(Cursor& c) {
  Cursor after = c;
  after.blanks();
  if (after.word("of")) after.blanks();
  if (after.word("the")) after.blanks();
  const auto year = fiscal_year(after);
  if (year) c = after;
  return year;
}

std::optional<Period> quarter_first(Cursor& c) {
  const auto quarter = quarter_number(c);
  if (!quarter) return std::nullopt;
  Period period;
  period.quarter = *quarter;
  if (const auto year = year_behind(c)) {
    period.year = *year;
  } else if (Cursor close = c; close.character('-'), close.short_year() && close.at_word_end()) {
    Cursor again = c;
    again.character('-');
    period.year = *again.short_year();
    c = again;
  }
  return period;
}

// "H1", "1H", "first half", "second half-year", "first six months".
std::optional<int> half_number(Cursor& c) {
  const Cursor start = c;
  if (c.character('h'))
    if (const auto n = c.number(1); n && (*n == 1 || *n == 2)) return n;
  c = start;
  if (const auto n = c.number(1); n && (*n == 1 || *n == 2) && c.character('h')) return n;
  c = start;
  constexpr std::array<std::string_view, 4> ordinals = {"first", "second", "1st", "2nd"};
  for (std::size_t i = 0; i < ordinals.size(); ++i) {
    if (!c.word(ordinals[i])) continue;
    c.blanks();
    if (c.word("half")) {
      Cursor after = c;
      if ((after.character('-') || after.character(' ')) && after.word("year")) c = after;
      return static_cast<int>(i % 2) + 1;
    }
    if (c.word("six") && (c.blanks(), c.word("months"))) return static_cast<int>(i % 2) + 1;
    c = start;
  }
  return std::nullopt;
}

std::optional<Period> half_first(Cursor& c) {
  const auto half = half_number(c);
  if (!half) return std::nullopt;
  Period period;
  period.half = *half;
  if (const auto year = year_behind(c)) {
    period.year = *year;
  } else if (Cursor close = c; close.short_year() && close.at_word_end()) {  // 1H22
    period.year = *c.short_year();
  }
  return period;
}

std::optional<Period> date(Cursor& c) {
  const Cursor start = c;
  Period period;
  if (const auto month = c.month()) {  // December 31, 2022 | December 2022
    period.month = *month;
    c.blanks();
    Cursor after = c;
    if (const auto day = after.day(); day && after.at_word_end()) {
      after.blanks();
      if (const auto year = after.year()) return period.day = *day, period.year = *year, c = after, period;
    }
    if (const auto year = c.year()) return period.year = *year, period;
    return c = start, std::nullopt;
  }
  if (const auto day = c.day()) {  // 31 December 2022
    c.blanks();
    if (const auto month = c.month()) {
      c.blanks();
      if (const auto year = c.year())
        return period.day = *day, period.month = *month, period.year = *year, period;
    }
  }
  return c = start, std::nullopt;
}

std::optional<Period> numeric_date(Cursor& c) {
  const Cursor start = c;
  Period period;
  if (const auto year = c.year(); year && c.character('-')) {  // 2022-12-31
    const auto month = c.number(2);
    if (month && *month >= 1 && *month <= 12 && c.character('-'))
      if (const auto day = c.day())
        return period.year = *year, period.month = *month, period.day = *day, period;
  }
  c = start;
  auto month = c.number(2);
  if (!month) month = c.number(1);
  if (month && *month >= 1 && *month <= 12 && c.character('/'))  // 12/31/2022
    if (const auto day = c.day(); day && c.character('/'))
      if (const auto year = c.year())
        return period.year = *year, period.month = *month, period.day = *day, period;
  return c = start, std::nullopt;
}

std::optional<Period> read_period(Cursor& c) {
  if (auto period = date(c)) return period;
  if (auto period = numeric_date(c)) return period;
  if (auto period = quarter_first(c)) return period;
  if (auto period = half_first(c)) return period;
  const auto year = fiscal_year(c);
  if (!year) return std::nullopt;
  Period period;
  period.year = *year;
  Cursor after = c;
  after.character('-'), after.blanks();
  if (const auto quarter = quarter_number(after); quarter && after.at_word_end())
    period.quarter = *quarter, c = after;
  return period;
}

}  // namespace

std::string Period::name() const {
  char buffer[32];
  if (quarter > 0)
    std::snprintf(buffer, sizeof buffer, "%04d-Q%d", year, quarter);
  else if (half > 0)
    std::snprintf(buffer, sizeof buffer, "%04d-H%d", year, half);
  else if (day > 0)
    std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02d", year, month, day);
  else if (month > 0)
    std::snprintf(buffer, sizeof buffer, "%04d-%02d", year, month);
  else
    std::snprintf(buffer, sizeof buffer, "%04d", year);
  return buffer;
}

bool Period::covers(const Period& asked) const {
  if (asked.year != 0 && asked.year != year) return false;
  if (asked.quarter != 0 && asked.quarter != quarter) return false;
  if (asked.half != 0 && asked.half != half) return false;
  if (asked.month != 0 && asked.month != month) return false;
  return asked.day == 0 || day == 0 || asked.day == day;
}

bool Period::stands_for(const Period& asked) const {
  return covers(asked) && (quarter == 0 || asked.quarter != 0) && (half == 0 || asked.half != 0);
}

bool covered_by(const Period& asked, const std::vector<Period>& known) {
  bool part = false, year = false;
  for (const Period& period : known) {
    if (period.covers(asked)) return true;
    Period without_year = asked;
    without_year.year = 0;
    part |= period.year == 0 && period.covers(without_year);
    year |= period.year == asked.year;
  }
  return part && year && (asked.quarter != 0 || asked.half != 0);
}

std::vector<Period> find_periods(std::string_view text) {
  std::vector<Period> found;
  for (std::size_t at = 0; at < text.size();) {
    Cursor cursor(text, at);
    if (!cursor.at_word_start() || (!is_alpha(text[at]) && !is_digit(text[at]))) {
      ++at;
      continue;
    }
    auto period = read_period(cursor);
    if (!period || !cursor.at_word_end()) {
      ++at;
      continue;
    }
    period->begin = at;
    period->end = cursor.at();
    found.push_back(*period);
    at = cursor.at();
  }
  return found;
}

}  // namespace loadline

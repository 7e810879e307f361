#include "text/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "base/utf8.h"

namespace loadline {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool matches_word(std::string_view text, std::size_t at, std::string_view word) {
  if (text.size() - at < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (lower(text[at + i]) != word[i]) return false;
  const std::size_t after = at + word.size();
  return after == text.size() || (!is_alpha(text[after]) && !is_digit(text[after]));
}

struct NamedValue {
  std::string_view word;
  double value;
};

constexpr std::array<NamedValue, 17> scale_words = {{{"thousands", 1e3},
                                                     {"thousand", 1e3},
                                                     {"millions", 1e6},
                                                     {"million", 1e6},
                                                     {"billions", 1e9},
                                                     {"billion", 1e9},
                                                     {"trillions", 1e12},
                                                     {"trillion", 1e12},
                                                     {"mn", 1e6},
                                                     {"mm", 1e6},
                                                     {"mio", 1e6},
                                                     {"bn", 1e9},
                                                     {"tn", 1e12},
                                                     {"k", 1e3},
                                                     {"m", 1e6},
                                                     {"b", 1e9},
                                                     {"t", 1e12}}};

constexpr std::array<NamedValue, 26> number_words = {
    {{"two", 2},        {"three", 3},     {"four", 4},      {"five", 5},     {"six", 6},
     {"seven", 7},      {"eight", 8},     {"nine", 9},      {"ten", 10},     {"eleven", 11},
     {"twelve", 12},    {"thirteen", 13}, {"fourteen", 14}, {"fifteen", 15}, {"sixteen", 16},
     {"seventeen", 17}, {"eighteen", 18}, {"nineteen", 19}, {"twenty", 20},  {"thirty", 30},
     {"forty", 40},     {"fifty", 50},    {"sixty", 60},    {"seventy", 70}, {"eighty", 80},
     {"ninety", 90}}};

std::optional<char32_t> currency_sign(char32_t c) {
  switch (c) {
    case U'$':
    case U'\u20AC':
    case U'\u00A3':
    case U'\u00A5':
    case U'\u20B9':
      return c;
    default:
      return std::nullopt;
  }
}

constexpr std::array<std::pair<std::string_view, char32_t>, 8> currency_words = {{{"usd", U'$'},
                                                                                  {"dollars", U'$'},
                                                                                  {"dollar", U'$'},
                                                                                  {"eur", U'\u20AC'},
                                                                                  {"euros", U'\u20AC'},
                                                                                  {"euro", U'\u20AC'},
                                                                                  {"gbp", U'\u00A3'},
                                                                                  {"pounds", U'\u00A3'}}};

class Finder {
 public:
  explicit Finder(std::string_view text) : text_(text) {}

  std::vector<Quantity> run() {
    for (std::size_t at = 0; at < text_.size();) {
      if (is_digit(text_[at]) && !inside_identifier(at))
        at = read_number(at);
      else if (is_digit(text_[at]))
        while (at < text_.size() && is_digit(text_[at])) ++at;
      else if (is_alpha(text_[at]))
        at = read_word(at);
      else
        ++at;
    }
    return std::move(found_);
  }

 private:
  bool inside_identifier(std::size_t at) const {
    if (at == 0) return false;
    const char before = text_[at - 1];
    if (is_alpha(before) && !(at >= 2 && lower(before) == 'y' && lower(text_[at - 2]) == 'f')) return true;
    return before == '_';
  }

  // Digits with thousands separators ("1,234", "1 234" with a no-break space) and one decimal point.
  std::size_t read_number(std::size_t begin) {
    std::string digits;
    std::size_t at = begin;
    int decimals = 0;
    bool in_decimals = false;
    while (at < text_.size()) {
      if (is_digit(text_[at])) {
        digits += text_[at++];
        decimals += in_decimals ? 1 : 0;
      } else if (!in_decimals && text_[at] == ',' && three_digits(at + 1)) {
        ++at;
      } else if (!in_decimals && text_.substr(at, 2) == "\xC2\xA0" && three_digits(at + 2)) {
        at += 2;
      } else if (!in_decimals && text_[at] == '.' && at + 1 < text_.size() && is_digit(text_[at + 1])) {
        digits += '.';
        in_decimals = true;
        ++at;
      } else {
        break;
      }
    }
    Quantity quantity;
    quantity.begin = begin;
    quantity.decimals = decimals;
    std::from_chars(digits.data(), digits.data() + digits.size(), quantity.value);
    return finish(quantity, at);
  }

  bool three_digits(std::size_t at) const {
    if (at + 3 > text_.size()) return false;
    if (!is_digit(text_[at]) || !is_digit(text_[at + 1]) || !is_digit(text_[at + 2])) return false;
    return at + 3 == text_.size() || !is_digit(text_[at + 3]);
  }

  std::size_t finish(Quantity quantity, std::size_t at) {
    if (at < text_.size() && is_alpha(text_[at]) && !unit_letters(at)) {
      found_.push_back(with_end(quantity, at));
      std::size_t end = at;
      while (end < text_.size() && (is_alpha(text_[end]) || is_digit(text_[end]))) ++end;
      const bool ordinal = end - at == 2;  // "1st", "15th"
      if (!ordinal) found_.pop_back();
      return end;
    }
    at = read_suffix(quantity, at);
    read_prefix(quantity);
    found_.push_back(with_end(quantity, at));
    return at;
  }

  static Quantity with_end(Quantity quantity, std::size_t end) {
    quantity.end = end;
    return quantity;
  }

  bool unit_letters(std::size_t at) const {
    for (const NamedValue& scale : scale_words)
      if (matches_word(text_, at, scale.word)) return true;
    for (const auto& [word, sign] : currency_words)
      if (matches_word(text_, at, word)) return true;
    return matches_word(text_, at, "bps") || matches_word(text_, at, "pct");
  }

  std::size_t skip_blank(std::size_t at) const {
    while (at < text_.size() && (text_[at] == ' ' || text_.substr(at, 2) == "\xC2\xA0"))
      at += text_[at] == ' ' ? 1 : 2;
    return at;
  }

  std::size_t read_suffix(Quantity& quantity, std::size_t at) const {
    std::size_t next = skip_blank(at);
    for (const NamedValue& scale : scale_words) {
      const bool letter = scale.word.size() == 1;
      if (next < text_.size() && matches_word(text_, next, scale.word) && (!letter || next == at)) {
        quantity.scale = scale.value;
        at = next + scale.word.size();
        next = skip_blank(at);
        break;
      }
    }
    return read_unit(quantity, at, next);
  }

  std::size_t read_unit(Quantity& quantity, std::size_t at, std::size_t next) const {
    if (next >= text_.size()) return at;
    if (text_[next] == '%') return quantity.unit = QuantityUnit::percent, next + 1;
    for (const std::string_view word : {"percent", "pct", "percentage points"})
      if (matches_word(text_, next, word)) return quantity.unit = QuantityUnit::percent, next + word.size();
    if (matches_word(text_, next, "per") && matches_word(text_, skip_blank(next + 3), "cent"))
      return quantity.unit = QuantityUnit::percent, skip_blank(next + 3) + 4;
    for (const std::string_view word : {"basis points", "bps"})
      if (matches_word(text_, next, word))
        return quantity.unit = QuantityUnit::basis_points, next + word.size();
    for (const auto& [word, sign] : currency_words)
      if (matches_word(text_, next, word)) {
        quantity.unit = QuantityUnit::currency;
        quantity.currency = sign;
        return next + word.size();
      }
    std::size_t after = next;
    if (const auto sign = currency_sign(next_code_point(text_, after)); sign && *sign != U'$') {
      quantity.unit = QuantityUnit::currency;
      quantity.currency = *sign;
      return after;
    }
    return at;
  }

  // Sign, parenthesis and currency in front: "$(12", "-$12", "(12", "USD 12".
  void read_prefix(Quantity& quantity) const {
    std::size_t at = quantity.begin;
    for (int steps = 0; steps < 4 && at > 0; ++steps) {
      const std::size_t begin = utf8_boundary(text_, at - 1);
      std::size_t after = begin;
      const char32_t c = next_code_point(text_, after);
      if (const auto sign = currency_sign(c)) {
        quantity.unit = quantity.unit == QuantityUnit::none ? QuantityUnit::currency : quantity.unit;
        quantity.currency = *sign;
      } else if (c == U'(' && closes_after(quantity.begin)) {
        quantity.value = -std::abs(quantity.value);
      } else if ((c == U'-' || c == U'\u2212') && (begin == 0 || !is_word_end(begin))) {
        quantity.value = -std::abs(quantity.value);
      } else if (c != U' ' || steps > 1 || !currency_before(begin)) {
        break;
      }
      at = begin;
    }
    if (quantity.unit == QuantityUnit::none) read_currency_word(quantity, at);
    quantity.begin = at;
  }

  bool currency_before(std::size_t space) const {
    return space > 0 && currency_sign(static_cast<unsigned char>(text_[space - 1])).has_value();
  }

  static bool is_word(char c) { return is_alpha(c) || is_digit(c) || c == ')'; }
  bool is_word_end(std::size_t at) const { return at > 0 && is_word(text_[at - 1]); }

  // "(12)" is negative, "(12 items)" is not: only figure characters up to the bracket.
  bool closes_after(std::size_t at) const {
    while (at < text_.size() && (is_digit(text_[at]) || text_[at] == ',' || text_[at] == '.' ||
                                 text_[at] == ' ' || text_[at] == '%' || text_[at] == '$'))
      ++at;
    return at < text_.size() && text_[at] == ')';
  }

  void read_currency_word(Quantity& quantity, std::size_t& begin) const {
    if (begin < 4 || text_[begin - 1] != ' ') return;
    const std::size_t word_at = begin - 4;
    if (is_word_end(word_at)) return;
    for (const auto& [word, sign] : currency_words)
      if (word.size() == 3 && matches_word(text_, word_at, word)) {
        quantity.unit = QuantityUnit::currency;
        quantity.currency = sign;
        begin = word_at;
      }
  }

  std::size_t read_word(std::size_t begin) {
    std::size_t end = begin;
    while (end < text_.size() && (is_alpha(text_[end]) || is_digit(text_[end]))) {
      if (is_digit(text_[end]) && end - begin == 2 && matches_prefix(begin, "fy")) return end;  // "FY2022"
      ++end;
    }
    for (const NamedValue& number : number_words) {
      if (number.word.size() != end - begin || !matches_word(text_, begin, number.word)) continue;
      Quantity quantity;
      quantity.value = number.value;
      quantity.from_word = true;
      quantity.begin = begin;
      end = read_suffix(quantity, end);
      found_.push_back(with_end(quantity, end));
      break;
    }
    return end;
  }

  bool matches_prefix(std::size_t at, std::string_view word) const {
    for (std::size_t i = 0; i < word.size(); ++i)
      if (lower(text_[at + i]) != word[i]) return false;
    return true;
  }

  std::string_view text_;
  std::vector<Quantity> found_;
};

// |a - b| below half a unit of the last digit that is kept.
bool equal_rounded(double claim, double source, int claim_decimals, int source_decimals) {
  if (std::abs(claim - source) <= 1e-9 * std::max(1.0, std::abs(source))) return true;
  if (claim_decimals >= source_decimals) return false;
  return std::abs(claim - source) <= 0.5 * std::pow(10.0, -claim_decimals) + 1e-9;
}

}  // namespace

bool is_currency_code(std::string_view word) {
  constexpr std::array<std::string_view, 12> codes = {"USD", "EUR", "GBP", "CHF", "JPY", "CNY",
                                                      "CAD", "AUD", "SEK", "NOK", "DKK", "INR"};
  return std::find(codes.begin(), codes.end(), word) != codes.end();
}

std::vector<Quantity> find_quantities(std::string_view text) { return Finder(text).run(); }

namespace {

// "EUR", "in", a currency sign: what stands before a scale word in the singular ("EUR thousand", "in
// million").
bool after_currency_or_in(std::string_view before) {
  while (!before.empty() && before.back() == ' ') before.remove_suffix(1);
  if (before.empty()) return false;
  if (static_cast<unsigned char>(before.back()) >= 0x80 || before.back() == '$') return true;
  if (before.size() >= 2 && lower(before[before.size() - 2]) == 'i' && lower(before.back()) == 'n')
    return before.size() == 2 || !is_alpha(before[before.size() - 3]);
  std::size_t capitals = 0;
  while (capitals < before.size() && before[before.size() - 1 - capitals] >= 'A' &&
         before[before.size() - 1 - capitals] <= 'Z')
    ++capitals;
  return capitals == 3;  // a currency's code
}

}  // namespace

double stated_scale(std::string_view caption) {
  for (std::size_t at = 0; at < caption.size(); ++at) {
    if (matches_word(caption, at, "000") && after_currency_or_in(caption.substr(0, at))) return 1e3;
    if (at > 0 && is_alpha(caption[at - 1])) continue;
    for (const NamedValue& scale : scale_words)
      if (scale.word.size() > 3 && scale.word.back() != 's' && matches_word(caption, at, scale.word) &&
          after_currency_or_in(caption.substr(0, at)))
        return scale.value;
    for (const NamedValue& scale : scale_words)
      if (scale.word.size() > 2 && scale.word.back() == 's' && matches_word(caption, at, scale.word))
        return scale.value;
    if (matches_word(caption, at, "000s") || matches_word(caption, at, "000")) {
      const bool after_quote = at > 0 && (caption[at - 1] == '\'' || caption[at - 1] == '$');
      if (after_quote) return 1e3;
    }
  }
  return 0;
}

bool same_quantity(const Quantity& claim, const Quantity& source, double source_scale) {
  const bool claim_percent = claim.unit == QuantityUnit::percent;
  const bool source_percent = source.unit == QuantityUnit::percent;
  if (claim_percent != source_percent && claim.unit != QuantityUnit::none &&
      source.unit != QuantityUnit::none)
    return false;
  if (claim.currency != 0 && source.currency != 0 && claim.currency != source.currency) return false;
  const double claim_value = claim.value < 0 ? claim.value : std::abs(claim.value);
  const double source_value = claim.value < 0 ? source.value : std::abs(source.value);
  const double known_scale = source.scale != 0 ? source.scale : source_percent ? 0 : source_scale;
  if (claim.scale != 0 && known_scale != 0 && claim.scale != known_scale) {
    const double in_claim_scale = source_value * known_scale / claim.scale;
    return equal_rounded(claim_value, in_claim_scale, claim.decimals, 12);
  }
  if (claim.scale == 0 && known_scale != 0 && equal_rounded(claim_value, source_value * known_scale, 0, 0))
    return true;
  if (claim.scale != 0 && known_scale == 0 && equal_rounded(claim_value * claim.scale, source_value, 0, 0))
    return true;
  return equal_rounded(claim_value, source_value, claim.decimals, source.decimals);
}

}  // namespace loadline

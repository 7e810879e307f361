#include "extract/office/number_format.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <vector>

namespace loadline {
namespace {

constexpr int decimals_max = 30;
// Excel knows 15 digits: a half that binary numbers miss by less than this is a half.
constexpr double tie_nudge = 1 + 4e-16;

enum class Kind : std::uint8_t {
  literal,
  digit,
  point,
  group,
  percent,
  exponent,
  slash,
  general,
  text,
  date,
  elapsed
};

struct Token {
  Kind kind = Kind::literal;
  std::string text;  // literal: as shown; digit: "0", "#" or "?"; date: the letters, lower case; exponent:
                     // "E+" or "E-"
};

struct Condition {
  std::string relation;
  double limit = 0;
  bool holds(double value) const {
    if (relation == "<") return value < limit;
    if (relation == "<=") return value <= limit;
    if (relation == ">") return value > limit;
    if (relation == ">=") return value >= limit;
    if (relation == "=") return value == limit;
    return value != limit;
  }
};

struct Section {
  std::vector<Token> tokens;
  std::optional<Condition> condition;
  bool has(Kind kind) const {
    return std::any_of(tokens.begin(), tokens.end(), [&](const Token& token) { return token.kind == kind; });
  }
  bool is_date() const { return has(Kind::date) || has(Kind::elapsed); }
};

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool starts_with_ignoring_case(std::string_view text, std::string_view what) {
  return text.size() >= what.size() && std::equal(what.begin(), what.end(), text.begin(),
                                                  [](char a, char b) { return lower(a) == lower(b); });
}

// Cuts a code into its sections and each into tokens.
class CodeParser {
 public:
  explicit CodeParser(std::string_view code) : rest_(code) {}

  std::vector<Section> parse() {
    std::vector<Section> sections(1);
    constexpr std::size_t sections_max = 4;
    while (!rest_.empty()) {
      if (rest_[0] == ';') {
        rest_.remove_prefix(1);
        if (sections.size() == sections_max) break;
        sections.emplace_back();
        continue;
      }
      next(sections.back());
    }
    return sections;
  }

 private:
  void next(Section& section) {
    const char c = rest_[0];
    if (starts_with_ignoring_case(rest_, "general")) return take(section, Kind::general, 7, "");
    if (c == '"') return quoted(section);
    if (c == '[') return bracket(section);
    if (c == '\\' && rest_.size() > 1) return take_literal(section, 1);
    if (c == '_' && rest_.size() > 1)
      return take(section, Kind::literal, 2, " ");  // as wide as the next character
    if (c == '*' && rest_.size() > 1)
      return take(section, Kind::literal, 2, "");  // filled to the column's width
    if (c == '0' || c == '#' || c == '?') return take(section, Kind::digit, 1, std::string(1, c));
    if (c == '.') return take(section, Kind::point, 1, ".");
    if (c == ',') return take(section, Kind::group, 1, ",");
    if (c == '%') return take(section, Kind::percent, 1, "%");
    if (c == '/') return take(section, Kind::slash, 1, "/");
    if (c == '@') return take(section, Kind::text, 1, "");
    if ((c == 'E' || c == 'e') && rest_.size() > 1 && (rest_[1] == '+' || rest_[1] == '-'))
      return take(section, Kind::exponent, 2, std::string("E") + rest_[1]);
    if (starts_with_ignoring_case(rest_, "am/pm")) return take(section, Kind::date, 5, "am/pm");
    if (starts_with_ignoring_case(rest_, "a/p")) return take(section, Kind::date, 3, "a/p");
    if (std::string_view("ymdhs").find(lower(c)) != std::string_view::npos) return date_letters(section);
    take_literal(section, 0);
  }

  void take(Section& section, Kind kind, std::size_t size, std::string text) {
    section.tokens.push_back({kind, std::move(text)});
    rest_.remove_prefix(std::min(size, rest_.size()));
  }

  // One character, of any number of bytes, behind `skipped` bytes.
  void take_literal(Section& section, std::size_t skipped) {
    rest_.remove_prefix(skipped);
    std::size_t size = 1;
    while (size < rest_.size() && (static_cast<unsigned char>(rest_[size]) & 0xC0U) == 0x80U) ++size;
    take(section, Kind::literal, size, std::string(rest_.substr(0, size)));
  }

  void quoted(Section& section) {
    const std::size_t end = std::min(rest_.find('"', 1), rest_.size());
    const std::string text(rest_.substr(1, end - 1));
    take(section, Kind::literal, end + 1, text);
  }

  void date_letters(Section& section) {
    std::size_t size = 1;
    while (size < rest_.size() && lower(rest_[size]) == lower(rest_[0])) ++size;
    take(section, Kind::date, size, std::string(size, lower(rest_[0])));
  }

  // [Red], [$€-407], [>100], [h]
  void bracket(Section& section) {
    const std::size_t end = std::min(rest_.find(']'), rest_.size());
    const std::string inside(rest_.substr(1, end - 1));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (inside.empty()) return;
    if (inside[0] == '$') {
      section.tokens.push_back({Kind::literal, inside.substr(1, inside.find('-') - 1)});
    } else if (const std::size_t digits = inside.find_first_not_of("<>=");
               digits > 0 && digits != std::string::npos) {
      section.condition = Condition{inside.substr(0, digits), std::strtod(inside.c_str() + digits, nullptr)};
    } else if (inside.size() <= 9 && inside.find_first_not_of(inside[0]) == std::string::npos &&
               std::string_view("hms").find(lower(inside[0])) != std::string_view::npos) {
      section.tokens.push_back({Kind::elapsed, std::string(inside.size(), lower(inside[0]))});
    }
  }

  std::string_view rest_;
};

std::string printed(const char* format, int precision, double value) {
  std::array<char, 400> text{};
  const int size = std::snprintf(text.data(), text.size(), format, precision, value);
  return std::string(text.data(), static_cast<std::size_t>(std::clamp(size, 0, 399)));
}

std::string general(double value) {
  if (value == std::floor(value) && std::fabs(value) < 1e15)
    return printed("%.*f", 0, value == 0 ? 0 : value);
  constexpr int shown_digits = 10;
  std::string text = printed("%.*g", shown_digits, value);
  if (text.find('e') == std::string::npos) return text;
  if (std::fabs(value) >= 1e-4 && std::fabs(value) < 1e15) return printed("%.*f", 0, value);
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c == 'e' ? 'E' : c; });
  return text;
}

// --- numbers
// -------------------------------------------------------------------------------------------------------

// Puts digits over placeholders, from the right; what is left over goes before the first one.
std::string place_integer(const std::vector<Token>& tokens, std::string_view digits, bool grouped) {
  std::size_t first = tokens.size();
  for (std::size_t i = 0; i < tokens.size() && first == tokens.size(); ++i)
    if (tokens[i].kind == Kind::digit) first = i;
  std::string reversed;
  std::size_t placed = 0;
  std::size_t left = digits.size();
  const auto put = [&](char c) {
    if (grouped && placed > 0 && placed % 3 == 0 && c != ' ') reversed += ',';
    reversed += c;
    ++placed;
  };
  for (std::size_t i = tokens.size(); i-- > 0;) {
    const Token& token = tokens[i];
    if (token.kind == Kind::literal || token.kind == Kind::percent)
      reversed.append(token.text.rbegin(), token.text.rend());
    if (token.kind != Kind::digit) continue;
    if (left > 0) {
      put(digits[--left]);
    } else if (token.text == "0") {
      put('0');
    } else if (token.text == "?") {
      reversed += ' ';
    }
    while (i == first && left > 0) put(digits[--left]);
  }
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

std::string place_decimals(const std::vector<Token>& tokens, std::string_view digits) {
  // From the right, "#" and "?" hide zeros until a digit counts.
  std::size_t shown = digits.size();
  std::size_t index = digits.size();
  for (std::size_t i = tokens.size(); i-- > 0;) {
    if (tokens[i].kind != Kind::digit) continue;
    --index;
    if (tokens[i].text == "0" || digits[index] != '0') break;
    shown = index;
  }
  std::string out;
  index = 0;
  for (const Token& token : tokens) {
    if (token.kind == Kind::literal || token.kind == Kind::percent) out += token.text;
    if (token.kind == Kind::digit && index++ < shown) out += digits[index - 1];
  }
  return out;
}

struct NumberShape {
  std::vector<Token> integer, decimals, exponent;
  bool has_point = false;
  std::string exponent_mark;  // "E+", "E-"
  bool grouped = false;
  int scale_thousands = 0;  // commas behind the last digit
  int percents = 0;
  int decimal_digits = 0;
  int integer_digits = 0;
};

NumberShape shape_of(const Section& section) {
  NumberShape shape;
  std::vector<Token>* part = &shape.integer;
  int commas = 0;  // since the last digit
  for (const Token& token : section.tokens) {
    if (token.kind == Kind::point && part == &shape.integer) {
      shape.has_point = true;
      part = &shape.decimals;
      continue;
    }
    if (token.kind == Kind::exponent) {
      shape.exponent_mark = token.text;
      part = &shape.exponent;
      continue;
    }
    if (token.kind == Kind::group) {
      if (shape.integer_digits + shape.decimal_digits > 0) ++commas;
      continue;
    }
    if (token.kind == Kind::digit) {
      if (commas > 0 && part == &shape.integer) shape.grouped = true;
      commas = 0;
      if (part == &shape.integer) ++shape.integer_digits;
      if (part == &shape.decimals) ++shape.decimal_digits;
    }
    if (token.kind == Kind::percent) ++shape.percents;
    part->push_back(token);
  }
  shape.scale_thousands = commas;
  shape.decimal_digits = std::min(shape.decimal_digits, decimals_max);
  return shape;
}

std::string fixed_number(const NumberShape& shape, double value) {
  const std::string text = printed("%.*f", shape.decimal_digits, value * tie_nudge);
  const std::size_t point = text.find('.');
  std::string integer = text.substr(0, point);
  if (integer == "0") integer.clear();  // only a "0" placeholder shows it
  const std::string decimals = point == std::string::npos ? "" : text.substr(point + 1);
  std::string out = place_integer(shape.integer, integer, shape.grouped);
  if (!shape.has_point) return out;
  const std::string shown = place_decimals(shape.decimals, decimals);
  return out + "." + shown;
}

std::string scientific_number(const NumberShape& shape, double value) {
  const int step = std::max(shape.integer_digits, 1);
  int exponent = value == 0 ? 0 : static_cast<int>(std::floor(std::log10(value)));
  exponent = static_cast<int>(std::floor(static_cast<double>(exponent) / step)) * step;
  double mantissa = value / std::pow(10.0, exponent);
  if (mantissa * tie_nudge + 0.5 * std::pow(10.0, -shape.decimal_digits) >= std::pow(10.0, step))
    exponent += step, mantissa = value / std::pow(10.0, exponent);
  const std::string sign = exponent < 0 ? "-" : shape.exponent_mark == "E+" ? "+" : "";
  return fixed_number(shape, mantissa) + "E" + sign +
         place_integer(shape.exponent, std::to_string(std::abs(exponent)), false);
}

// "# ?/?", "# ??/??", "?/8"
std::string fraction(const Section& section, double value) {
  std::string denominator_digits;
  bool behind = false;
  std::size_t places = 0;
  std::size_t integer_places = 0;
  for (const Token& token : section.tokens) {
    if (token.kind == Kind::slash) behind = true;
    if (token.kind == Kind::digit && behind) ++places;
    if (token.kind == Kind::literal && behind && !token.text.empty() &&
        std::isdigit(static_cast<unsigned char>(token.text[0])))
      denominator_digits += token.text;
    if (token.kind == Kind::literal && token.text == " " && !behind) ++integer_places;
  }
  const double whole = integer_places > 0 ? std::floor(value) : 0;
  const double rest = value - whole;
  int best_numerator = 0;
  int best_denominator = 1;
  if (!denominator_digits.empty()) {
    best_denominator = std::clamp(std::atoi(denominator_digits.c_str()), 1, 1'000'000);
    best_numerator = static_cast<int>(std::lround(std::min(rest * best_denominator, 1e9)));
  } else {
    double best_error = 2;
    const int denominator_max = places >= 3 ? 999 : places == 2 ? 99 : 9;
    for (int denominator = 1; denominator <= denominator_max; ++denominator) {
      const double numerator = std::min(std::round(rest * denominator), 1e9);
      const double error = std::fabs(rest - numerator / denominator);
      if (error < best_error - 1e-12)
        best_error = error, best_numerator = static_cast<int>(numerator), best_denominator = denominator;
    }
  }
  double shown_whole = whole;
  if (integer_places > 0 && best_numerator == best_denominator) shown_whole += 1, best_numerator = 0;
  const std::string part = std::to_string(best_numerator) + "/" + std::to_string(best_denominator);
  if (integer_places == 0) return part;
  if (best_numerator == 0) return printed("%.*f", 0, shown_whole);
  return (shown_whole > 0 ? printed("%.*f", 0, shown_whole) + " " : "") + part;
}

// --- dates
// ---------------------------------------------------------------------------------------------------------

struct Moment {
  int year = 0, month = 0, day = 0, weekday = 0;  // weekday from Sunday
  int hour = 0, minute = 0, second = 0;
  int millisecond = 0;
  double days = 0;  // the value itself
};

constexpr std::array<const char*, 12> months{"January",   "February", "March",    "April",
                                             "May",       "June",     "July",     "August",
                                             "September", "October",  "November", "December"};
constexpr std::array<const char*, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                              "Thursday", "Friday", "Saturday"};

// Days since 1970-01-01 to a date of the Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date
// Algorithms").
void set_date(std::int64_t days, Moment& moment) {
  moment.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t of_era = days - era * 146097;
  const std::int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * of_year + 2) / 153;
  moment.day = static_cast<int>(of_year - (153 * shifted + 2) / 5 + 1);
  moment.month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  moment.year = static_cast<int>(year_of_era + era * 400 + (moment.month <= 2 ? 1 : 0));
}

Moment moment_of(double value, bool date1904, bool shows_fractions) {
  Moment moment;
  moment.days = value;
  constexpr double day_milliseconds = 86'400'000;
  double rounded = std::round(value * day_milliseconds);
  if (!shows_fractions) rounded = std::round(rounded / 1000) * 1000;
  const auto total = static_cast<std::int64_t>(rounded);
  std::int64_t days = total / 86'400'000;
  const std::int64_t in_day = total % 86'400'000;
  moment.hour = static_cast<int>(in_day / 3'600'000);
  moment.minute = static_cast<int>(in_day / 60'000 % 60);
  moment.second = static_cast<int>(in_day / 1000 % 60);
  moment.millisecond = static_cast<int>(in_day % 1000);
  if (date1904) {
    days += 1462;
  } else if (days < 60) {
    ++days;  // Excel believes that 1900-02-29 existed
  }
  constexpr std::int64_t epoch_1899_12_30 = -25569;
  set_date(days + epoch_1899_12_30, moment);
  return moment;
}

std::string padded(int number, std::size_t width) {
  std::string text = std::to_string(number);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

// "m" is a minute behind an hour or before a second, else a month.
bool is_minute(const std::vector<Token>& tokens, std::size_t at) {
  const auto is_time = [](const Token& token, char letter) {
    return (token.kind == Kind::date || token.kind == Kind::elapsed) && token.text[0] == letter;
  };
  for (std::size_t i = at; i-- > 0;) {
    if (tokens[i].kind != Kind::date && tokens[i].kind != Kind::elapsed) continue;
    if (is_time(tokens[i], 'h')) return true;
    break;
  }
  for (std::size_t i = at + 1; i < tokens.size(); ++i) {
    if (tokens[i].kind != Kind::date && tokens[i].kind != Kind::elapsed) continue;
    return is_time(tokens[i], 's');
  }
  return false;
}

std::string date_piece(const std::string& letters, bool minute, bool twelve_hours, const Moment& at) {
  const std::size_t width = letters.size();
  switch (letters[0]) {
    case 'y':
      return width <= 2 ? padded(at.year % 100, 2) : padded(at.year, 4);
    case 'd':
      if (width <= 2) return padded(at.day, width);
      return std::string(weekdays[static_cast<std::size_t>(at.weekday)]).substr(0, width == 3 ? 3 : 20);
    case 'h':
      return padded(twelve_hours ? (at.hour + 11) % 12 + 1 : at.hour, std::min<std::size_t>(width, 2));
    case 's':
      return padded(at.second, std::min<std::size_t>(width, 2));
    case 'a':
      return letters == "a/p" ? (at.hour < 12 ? "A" : "P") : (at.hour < 12 ? "AM" : "PM");
    default:
      break;
  }
  if (minute) return padded(at.minute, std::min<std::size_t>(width, 2));
  if (width <= 2) return padded(at.month, width);
  const std::string name = months[static_cast<std::size_t>(at.month - 1)];
  return width == 3 ? name.substr(0, 3) : width == 5 ? name.substr(0, 1) : name;
}

std::string elapsed(const Token& token, double days) {
  const double seconds = std::round(days * 86400);
  const double amount = token.text[0] == 'h'   ? std::floor(seconds / 3600)
                        : token.text[0] == 'm' ? std::floor(seconds / 60)
                                               : seconds;
  std::string text = printed("%.*f", 0, amount);
  if (text.size() < token.text.size()) text.insert(0, token.text.size() - text.size(), '0');
  return text;
}

std::string date(const Section& section, double value, bool date1904) {
  // 2958466 is the first day after 9999-12-31; Excel shows "####" outside.
  if (value < 0 || value >= 2958466) return general(value);
  std::size_t fraction_digits = 0;
  bool twelve_hours = false;
  for (const Token& token : section.tokens) {
    if (token.kind == Kind::digit) ++fraction_digits;
    if (token.kind == Kind::date && token.text[0] == 'a') twelve_hours = true;
  }
  const Moment moment = moment_of(value, date1904, fraction_digits > 0);
  std::string out;
  std::size_t fraction_at = 0;
  for (std::size_t i = 0; i < section.tokens.size(); ++i) {
    const Token& token = section.tokens[i];
    if (token.kind == Kind::date) {
      out +=
          date_piece(token.text, token.text[0] == 'm' && is_minute(section.tokens, i), twelve_hours, moment);
    } else if (token.kind == Kind::elapsed) {
      out += elapsed(token, value);
    } else if (token.kind == Kind::digit) {
      if (fraction_at < 3) out += padded(moment.millisecond, 3)[fraction_at++];
    } else {
      out += token.text;
    }
  }
  return out;
}

// --- choice of the section
// -----------------------------------------------------------------------------------------

struct Choice {
  const Section* section = nullptr;
  bool show_minus = false;  // the section does not show by itself that the value is negative
};

Choice choose(const std::vector<Section>& sections, double value) {
  const bool conditional =
      std::any_of(sections.begin(), sections.end(), [](const Section& s) { return s.condition; });
  if (conditional) {
    for (const Section& section : sections)
      if (!section.condition || section.condition->holds(value))
        return {&section, value < 0 && sections.size() == 1};
    return {&sections.back(), value < 0};
  }
  if (sections.size() >= 2 && value < 0) return {&sections[1], false};
  if (sections.size() >= 3 && value == 0) return {&sections[2], false};
  return {&sections[0], value < 0};
}

std::string trimmed(std::string text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::string format_section(const Section& section, double value, bool date1904) {
  if (section.has(Kind::general)) {
    std::string out;
    for (const Token& token : section.tokens)
      out += token.kind == Kind::general ? general(value) : token.text;
    return out;
  }
  if (section.is_date()) return date(section, value, date1904);
  if (section.has(Kind::slash) && section.has(Kind::digit)) return fraction(section, value);
  const NumberShape shape = shape_of(section);
  if (!shape.exponent_mark.empty()) return scientific_number(shape, value);
  const double scaled = value * std::pow(100.0, shape.percents) / std::pow(1000.0, shape.scale_thousands);
  return fixed_number(shape, scaled);
}

bool rounds_to_zero(std::string_view text) {
  return text.find_first_of("123456789") == std::string_view::npos &&
         text.find('0') != std::string_view::npos;
}

}  // namespace

std::string_view builtin_number_format(int id) {
  switch (id) {
    case 1:
      return "0";
    case 2:
      return "0.00";
    case 3:
      return "#,##0";
    case 4:
      return "#,##0.00";
    case 5:
    case 6:
      return "$#,##0;-$#,##0";
    case 7:
    case 8:
      return "$#,##0.00;-$#,##0.00";
    case 9:
      return "0%";
    case 10:
      return "0.00%";
    case 11:
      return "0.00E+00";
    case 12:
      return "# ?/?";
    case 13:
      return "# ?\?/?\?";
    case 14:
      return "yyyy-mm-dd";
    case 15:
      return "d-mmm-yy";
    case 16:
      return "d-mmm";
    case 17:
      return "mmm-yy";
    case 18:
      return "h:mm AM/PM";
    case 19:
      return "h:mm:ss AM/PM";
    case 20:
      return "h:mm";
    case 21:
      return "h:mm:ss";
    case 22:
      return "yyyy-mm-dd h:mm";
    case 37:
    case 38:
      return "#,##0;(#,##0)";
    case 39:
    case 40:
      return "#,##0.00;(#,##0.00)";
    case 41:
      return "#,##0;(#,##0);\"-\"";
    case 42:
      return "$#,##0;$(#,##0);\"-\"";
    case 43:
      return "#,##0.00;(#,##0.00);\"-\"";
    case 44:
      return "$#,##0.00;$(#,##0.00);\"-\"";
    case 45:
      return "mm:ss";
    case 46:
      return "[h]:mm:ss";
    case 47:
      return "mm:ss.0";
    case 48:
      return "##0.0E+0";
    case 49:
      return "@";
    default:
      return "General";
  }
}

std::string format_number(double value, std::string_view code, bool date1904) {
  if (!std::isfinite(value)) return "";
  if (code.empty() || code == "General" || code == "@") return general(value);
  constexpr std::size_t code_bytes_max = 255;  // Excel's own bound
  const std::vector<Section> sections = CodeParser(code.substr(0, code_bytes_max)).parse();
  const Choice choice = choose(sections, value);
  const bool plain_text = choice.section->has(Kind::text) && !choice.section->has(Kind::digit);
  if (plain_text) return general(value);
  if (choice.section->tokens.empty()) return sections.size() > 1 ? "" : general(value);
  std::string text = trimmed(format_section(*choice.section, std::fabs(value), date1904));
  if (choice.show_minus && !rounds_to_zero(text)) text.insert(0, "-");
  return text;
}

std::string format_text(std::string_view text, std::string_view code) {
  const std::vector<Section> sections = CodeParser(code.substr(0, 255)).parse();
  const Section* section = nullptr;
  if (sections.size() == 4) section = &sections[3];
  if (sections.size() < 4 && sections.back().has(Kind::text)) section = &sections.back();
  if (section == nullptr) return std::string(text);
  std::string out;
  for (const Token& token : section->tokens) out += token.kind == Kind::text ? std::string(text) : token.text;
  return trimmed(out);
}

}  // namespace loadline

// Street addresses and dates of birth.
#include <algorithm>
#include <array>
#include <string_view>

#include "privacy/context.h"
#include "privacy/matchers.h"

namespace loadline {
namespace {

constexpr std::size_t word_max = 32;
constexpr std::size_t name_words_max = 6;
constexpr std::size_t address_max = 160;

// Words that end a street's name ("Quarry Lane"), those that begin one ("Rue des Lilas"), and ends of
// compound words
// ("Birkenweg"). In lower case without marks.
constexpr std::array<std::string_view, 46> closing_words = {
    "street",  "st",     "avenue", "ave",       "av",     "road",     "rd",    "lane",
    "ln",      "drive",  "dr",     "boulevard", "blvd",   "court",    "ct",    "place",
    "pl",      "square", "sq",     "terrace",   "ter",    "parkway",  "pkwy",  "highway",
    "hwy",     "way",    "circle", "cir",       "trail",  "crescent", "close", "grove",
    "mews",    "alley",  "plaza",  "esplanade", "parade", "quay",     "row",   "hill",
    "gardens", "gate",   "str",    "utca",      "cliffs", "union"};
constexpr std::array<std::string_view, 40> opening_words = {
    "rue",      "avenue",  "boulevard", "allee", "chemin", "impasse", "quai",    "cours",
    "via",      "viale",   "piazza",    "corso", "largo",  "vicolo",  "strada",  "piazzetta",
    "calle",    "avenida", "avda",      "paseo", "plaza",  "carrera", "camino",  "rua",
    "travessa", "praca",   "ul",        "ulica", "aleja",  "os",      "via",     "strasse",
    "am",       "route",   "place",     "ronda", "rambla", "alameda", "estrada", "carretera"};
constexpr std::array<std::string_view, 27> compound_ends = {"strasse",
                                                            "stra\xC3\x9F"
                                                            "e",
                                                            "str",
                                                            "weg",
                                                            "gasse",
                                                            "allee",
                                                            "platz",
                                                            "damm",
                                                            "ufer",
                                                            "straat",
                                                            "laan",
                                                            "plein",
                                                            "gracht",
                                                            "kade",
                                                            "gade",
                                                            "vej",
                                                            "all\xC3\xA9",
                                                            "gatan",
                                                            "vagen",
                                                            "gata",
                                                            "veien",
                                                            "vegen",
                                                            "katu",
                                                            "kuja",
                                                            "tie",
                                                            "polku",
                                                            "utca"};

bool word_byte(unsigned char c) { return is_letter_byte(c) || c >= 0x80; }

struct Word {
  std::size_t begin = 0, end = 0;  // with its point, if one follows
  std::array<char, word_max> lower{};
  std::size_t size = 0;
  bool capital = false;
  bool point = false;

  std::string_view text() const { return {lower.data(), size}; }
};

// Letters with apostrophes and dashes inside; empty if no word begins here.
Word word_at(const Window& w, std::size_t at) {
  Word word{at, at, {}, 0, false, false};
  const unsigned char first = w.at(at);
  word.capital = is_upper_byte(first) || first >= 0x80;
  std::size_t i = at;
  while (word.size < word_max) {
    const unsigned char c = w.at(i);
    if (!word_byte(c) && !((c == '\'' || c == '-') && i > at && word_byte(w.at(i + 1)))) break;
    word.lower[word.size++] = static_cast<char>(to_lower_byte(c));
    ++i;
  }
  if (word.size == word_max || is_digit_byte(w.at(i))) word.size = 0;
  word.end = i;
  if (word.size > 0 && w.at(i) == '.') word.point = true;
  return word;
}

template <class List>
bool in_list(const List& list, std::string_view word) {
  for (const std::string_view entry : list)
    if (entry[0] == word[0] && entry == word) return true;
  return false;
}

bool compound(std::string_view word) {
  return word.size() >= 6 && std::any_of(compound_ends.begin(), compound_ends.end(),
                                         [&](std::string_view e) { return word.ends_with(e); });
}

// Digits, perhaps one letter: "12", "12b", "12-14". The end, or `at` if there is no house number.
std::size_t house_number(const Window& w, std::size_t at) {
  std::size_t i = w.skip(at, ByteClass::digit, at + 6);
  if (i == at || i - at > 5) return at;
  if (is_letter_byte(w.at(i)))
    ++i;
  else if (w.at(i) == '-' && is_digit_byte(w.at(i + 1)))
    i = w.skip(i + 1, ByteClass::digit, i + 6);
  return is_alnum_byte(w.at(i)) ? at : i;
}

std::size_t skip_blanks(const Window& w, std::size_t at, bool lines) {
  std::size_t i = at;
  while (i < at + 4 && (w.at(i) == ' ' || w.at(i) == ',' || (lines && (w.at(i) == '\n' || w.at(i) == '\r'))))
    ++i;
  return i;
}

// "Apt. 12", "Suite 3B", "#4"
std::size_t unit_end(const Window& w, std::size_t at) {
  std::size_t i = skip_blanks(w, at, true);
  if (w.at(i) == '#') {
    const std::size_t end = w.skip(i + 1, ByteClass::alnum, i + 7);
    return end > i + 1 ? end : at;
  }
  const Word word = word_at(w, i);
  if (word.size == 0) return at;
  constexpr std::array<std::string_view, 8> units = {"apt",       "suite", "ste",   "unit",
                                                     "apartment", "flat",  "floor", "room"};
  if (!in_list(units, word.text())) return at;
  i = word.end + (word.point ? 1 : 0);
  i = skip_blanks(w, i, false);
  const std::size_t end = w.skip(i, ByteClass::alnum, i + 8);
  return end > i && is_digit_byte(w.at(i)) ? end : at;
}

// ", Marlow, OH 43210": up to three capitalised words, two capitals, five digits.
std::size_t city_end(const Window& w, std::size_t at) {
  std::size_t i = skip_blanks(w, at, true);
  for (int words = 0; words < 3; ++words) {
    const Word word = word_at(w, i);
    if (word.size == 0 || !word.capital) return at;
    i = skip_blanks(w, word.end, true);
    const bool state = is_upper_byte(w.at(i)) && is_upper_byte(w.at(i + 1)) && !is_alnum_byte(w.at(i + 2));
    if (!state) continue;
    const std::size_t zip = skip_blanks(w, i + 2, false);
    std::size_t end = w.skip(zip, ByteClass::digit, zip + 6);
    if (end - zip != 5) return at;
    if (w.at(end) == '-' && w.skip(end + 1, ByteClass::digit, end + 6) == end + 5) end += 5;
    return end;
  }
  return at;
}

void finish_address(const Window& w, std::size_t end, float confidence, Match& best) {
  const std::size_t unit = unit_end(w, end);
  const std::size_t city = city_end(w, unit);
  best.offer(DataType::street_address, city, city != unit ? 0.9F : confidence);
}

// "12 Quarry Lane", "12 rue des Lilas", "12 Birkenweg 3"
void match_number_first(const Window& w, const Token& token, Match& best) {
  std::size_t i = house_number(w, token.begin);
  if (i == token.begin) return;
  bool opened = false;
  std::size_t capitals = 0;
  for (std::size_t words = 0; words < name_words_max && i < token.begin + address_max; ++words) {
    if (w.at(i) != ' ') return;
    ++i;
    if (words == 0 && is_digit_byte(w.at(i))) {  // "846 31 Rue ...", "9 5th Avenue"
      i = w.skip(i, ByteClass::digit, i + 6);
      const unsigned char c = w.at(i);
      if (is_letter_byte(c)) i = w.skip(i, ByteClass::letter, i + 3);
      continue;
    }
    const Word word = word_at(w, i);
    if (word.size == 0) return;
    i = word.end;
    const bool closing = words > 0 && word.capital && capitals > 0 && in_list(closing_words, word.text());
    if (word.point && (closing || in_list(opening_words, word.text()) || word.size == 1)) ++i;
    if (closing) return finish_address(w, i, 0.75F, best);
    if (word.capital && compound(word.text())) {
      if (w.at(i) == ' ') {
        const std::size_t number = house_number(w, i + 1);
        if (number != i + 1) i = number;
      }
      return finish_address(w, i, 0.7F, best);
    }
    if (words <= 1 && in_list(opening_words, word.text()) &&
        (word.capital || word.text() == "rue" || word.text() == "ul"))
      opened = true;
    else if (word.capital) {
      ++capitals;
      if (opened) {  // the name: as many capitalised words as follow, perhaps a number
        std::size_t end = i;
        for (int more = 0; more < 3 && w.at(end) == ' '; ++more) {
          const Word next = word_at(w, end + 1);
          if (next.size == 0 || !next.capital) break;
          end = next.end;
        }
        if (w.at(end) == ' ') {
          const std::size_t number = house_number(w, end + 1);
          if (number != end + 1) end = number;
        }
        return finish_address(w, end, 0.75F, best);
      }
    } else if (!opened) {
      return;
    }
  }
}

// "Rua do Arenque 16", "Birkenweg 3"
void match_name_first(const Window& w, const Token& token, Match& best) {
  const Word first = word_at(w, token.begin);
  if (first.size == 0 || !first.capital) {
    if (first.size == 0 || first.text() != "ul") return;
  }
  std::size_t i = first.end;
  const bool opening = in_list(opening_words, first.text());
  if (first.point && (opening || compound(first.text()))) ++i;
  if (w.at(i) != ' ') return;
  if (!opening) {
    if (!compound(first.text()) || !is_digit_byte(w.at(i + 1))) return;
    const std::size_t number = house_number(w, i + 1);
    if (number != i + 1) finish_address(w, number, 0.75F, best);
    return;
  }
  for (std::size_t words = 0; words < name_words_max; ++words) {
    if (w.at(i) != ' ') return;
    if (words > 0 && is_digit_byte(w.at(i + 1))) {
      const std::size_t number = house_number(w, i + 1);
      if (number != i + 1) finish_address(w, number, 0.7F, best);
      return;
    }
    const Word word = word_at(w, i + 1);
    if (word.size == 0 || (!word.capital && word.size > 4)) return;
    i = word.end;
    if (word.size == 1 && word.point) ++i;
  }
}

// "P.O. Box 12", "PO Box 12", "Unit 12 Box 34"
void match_box(const Window& w, const Token& token, Match& best) {
  std::size_t i = token.begin;
  const unsigned char first = w.at(i);
  if (first == 'P' || first == 'p') {
    ++i;
    if (w.at(i) == '.') ++i;
    if (to_upper_byte(w.at(i)) != 'O') return;
    ++i;
    if (w.at(i) == '.') ++i;
    if (w.at(i) == ' ') ++i;
  } else if (w.has(i, "Unit ")) {
    const std::size_t digits = w.skip(i + 5, ByteClass::digit, i + 11);
    if (digits == i + 5 || w.at(digits) != ' ') return;
    i = digits + 1;
  } else {
    return;
  }
  const Word box = word_at(w, i);
  if (box.text() != "box" || w.at(box.end) != ' ') return;
  const std::size_t end = w.skip(box.end + 1, ByteClass::digit, box.end + 8);
  if (end > box.end + 1) finish_address(w, end, 0.85F, best);
}

constexpr std::array<std::string_view, 22> months = {
    "jan",  "feb",  "mar",    "apr",       "may",     "jun",      "jul",   "aug",
    "sep",  "oct",  "nov",    "dec",       "january", "february", "march", "april",
    "june", "july", "august", "september", "october", "november"};
constexpr std::array<std::string_view, 14> more_months = {
    "december", "sept",    "januar",   "februar", "marz", "mai",     "juni",
    "juli",     "oktober", "dezember", "janvier", "juin", "juillet", "decembre"};

bool is_month(std::string_view word) { return in_list(months, word) || in_list(more_months, word); }

int read_number(const Window& w, std::size_t begin, std::size_t end) {
  int n = 0;
  for (std::size_t i = begin; i < end; ++i) n = n * 10 + (w.at(i) - '0');
  return n;
}

// A year of two or four digits at `at`; its end, or `at`.
std::size_t year_end(const Window& w, std::size_t at) {
  const std::size_t end = w.skip(at, ByteClass::digit, at + 5);
  if (is_alnum_byte(w.at(end))) return at;
  if (end - at == 2) return end;
  if (end - at != 4) return at;
  const int year = read_number(w, at, end);
  return year >= 1880 && year <= 2099 ? end : at;
}

// "3/23/1940", "23.03.1940", "1940-03-23"
std::size_t numeric_date(const Window& w, std::size_t at) {
  const std::size_t a = w.skip(at, ByteClass::digit, at + 5);
  const unsigned char sign = w.at(a);
  if ((sign != '/' && sign != '.' && sign != '-') || a - at == 3) return at;
  const std::size_t b = w.skip(a + 1, ByteClass::digit, a + 4);
  if (b == a + 1 || b - a > 3 || w.at(b) != sign) return at;
  const int first = read_number(w, at, a), second = read_number(w, a + 1, b);
  if (a - at == 4) {
    const std::size_t c = w.skip(b + 1, ByteClass::digit, b + 4);
    if (first < 1880 || first > 2099 || second < 1 || second > 12 || c == b + 1 || c - b > 3) return at;
    const int day = read_number(w, b + 1, c);
    return day >= 1 && day <= 31 && !is_alnum_byte(w.at(c)) ? c : at;
  }
  if (a - at > 2 || first < 1 || second < 1 || std::max(first, second) > 31 || std::min(first, second) > 12)
    return at;
  const std::size_t end = year_end(w, b + 1);
  return end == b + 1 ? at : end;
}

// "23 March 1940", "23rd of March, 1940", "23. Maerz 1940"
std::size_t day_month_year(const Window& w, std::size_t at) {
  std::size_t i = w.skip(at, ByteClass::digit, at + 3);
  if (i - at > 2) return at;
  for (const std::string_view ending : {"st", "nd", "rd", "th", "."})
    if (w.has(i, ending)) {
      i += ending.size();
      break;
    }
  if (w.at(i) != ' ') return at;
  if (w.has(i, " of ")) i += 3;
  const Word month = word_at(w, i + 1);
  if (month.size == 0 || !is_month(month.text())) return at;
  i = skip_blanks(w, month.end + (month.point ? 1 : 0), false);
  const std::size_t end = year_end(w, i);
  return end == i ? at : end;
}

// "March 23, 1940", "Mar. 23rd 1940"
std::size_t month_day_year(const Window& w, std::size_t at) {
  const Word month = word_at(w, at);
  if (month.size == 0 || !is_month(month.text())) return at;
  std::size_t i = skip_blanks(w, month.end + (month.point ? 1 : 0), false);
  const std::size_t day = w.skip(i, ByteClass::digit, i + 3);
  if (day == i || day - i > 2) return at;
  i = day;
  for (const std::string_view ending : {"st", "nd", "rd", "th"})
    if (w.has(i, ending)) {
      i += 2;
      break;
    }
  const std::size_t blank = skip_blanks(w, i, false);
  const std::size_t end = blank == i ? blank : year_end(w, blank);
  return end == blank ? at : end;
}

// Two looks that spare most words the rest.
bool may_open(unsigned char first) {
  static constexpr std::array<bool, 26> letters = [] {
    std::array<bool, 26> made{};
    for (const std::string_view word : opening_words) made[static_cast<std::size_t>(word[0] - 'a')] = true;
    return made;
  }();
  return is_letter_byte(first) && letters[to_lower_byte(first) - std::size_t{'a'}];
}

bool may_be_compound(const Token& token) {
  if (token.next >= 0x80 || token.next == '-' || token.next == '.') return true;
  return token.next == ' ' && token.size() >= 6;
}

// A name of a month is followed by a day.
bool may_be_month(const Window& w, const Token& token) {
  if (token.size() < 3 || token.size() > 9 || (token.next != ' ' && token.next != '.')) return false;
  if (!starts_month(w.at(token.begin))) return false;
  const std::size_t i = token.end + 1;
  return is_digit_byte(w.at(i)) || (token.next == '.' && w.at(i) == ' ' && is_digit_byte(w.at(i + 1)));
}

}  // namespace

void match_address(const Window& w, const Token& token, Match& best) {
  if (is_digit_byte(w.at(token.begin))) {
    const unsigned char left = w.before(token.begin);
    if (token.size() <= 6 && left != '.' && left != '-' && left != '/') match_number_first(w, token, best);
    return;
  }
  const unsigned char first = w.at(token.begin);
  if (first == 'P' || first == 'p' || first == 'U') match_box(w, token, best);
  if (may_open(first) || may_be_compound(token)) match_name_first(w, token, best);
}

void match_birth_date(const Window& w, const Token& token, Match& best) {
  std::size_t end = token.begin;
  if (is_digit_byte(w.at(token.begin))) {
    end = numeric_date(w, token.begin);
    if (end == token.begin) end = day_month_year(w, token.begin);
  } else if (may_be_month(w, token)) {
    end = month_day_year(w, token.begin);
  }
  if (end == token.begin) return;
  const Context context = Context::before(w, token.begin);
  if (context.has(Hint::birth, 64) || context.has(Hint::born, 40))
    best.offer(DataType::birth_date, end, 0.85F);
}

}  // namespace loadline

#include "privacy/name_words.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "base/utf8.h"
#include "privacy/normaliser.h"
#include "privacy/scanner.h"
#include "privacy/window.h"

namespace loadline {
namespace {

#include "privacy/name_lists.inc"

constexpr std::size_t chunk_bytes_max = 128;  // of an address of the web or of mail
constexpr std::size_t ending_bytes_max = 8;

using F = NameFeature;

void set(NameFeatures& features, NameFeature feature, bool value = true) {
  if (value) features.set(static_cast<std::size_t>(feature));
}
bool has(const NameFeatures& features, NameFeature feature) {
  return features.test(static_cast<std::size_t>(feature));
}

/// Words to the lists that they stand in.
class NameLists {
 public:
  NameLists() {
    const std::pair<std::string_view, NameFeature> lists[] = {{given_names, F::given_name},
                                                              {family_names, F::family_name},
                                                              {countries, F::country},
                                                              {nationalities, F::nationality},
                                                              {cities, F::city},
                                                              {regions, F::region},
                                                              {region_codes, F::region_code},
                                                              {company_ends, F::company_end},
                                                              {company_words, F::company_word},
                                                              {street_words, F::street_word},
                                                              {unit_words, F::unit_word},
                                                              {titles, F::title},
                                                              {particles, F::particle},
                                                              {months, F::month},
                                                              {weekdays, F::weekday},
                                                              {date_words, F::date_word},
                                                              {age_words, F::age_word},
                                                              {name_cues, F::name_cue},
                                                              {person_cues, F::person_cue},
                                                              {company_cues, F::company_cue},
                                                              {place_cues, F::place_cue},
                                                              {address_cues, F::address_cue},
                                                              {phone_cues, F::phone_cue},
                                                              {function_words, F::function_word},
                                                              {common_words, F::common_word}};
    for (const auto& [words, feature] : lists)
      each(words, [&, f = feature](std::string_view word) { set(words_[word], f); });
    each(family_endings, [&](std::string_view end) { set(endings_[end], F::family_ending); });
    each(street_endings, [&](std::string_view end) { set(endings_[end], F::street_ending); });
  }

  NameFeatures of(std::string_view word) const {
    NameFeatures features;
    if (const auto found = words_.find(word); found != words_.end()) features = found->second;
    for (std::size_t size = 2; size <= ending_bytes_max && size + 2 <= word.size(); ++size)
      if (const auto found = endings_.find(word.substr(word.size() - size)); found != endings_.end())
        features |= found->second;
    return features;
  }

 private:
  template <class Act>
  static void each(std::string_view words, Act&& act) {
    while (!words.empty()) {
      const std::size_t end = std::min(words.find(' '), words.size());
      act(words.substr(0, end));
      words.remove_prefix(std::min(end + 1, words.size()));
    }
  }
  std::unordered_map<std::string_view, NameFeatures> words_, endings_;
};

const NameLists& name_lists() {
  static const NameLists lists;
  return lists;
}

enum class Sort : std::uint8_t { blank, sign, digit, letter };

struct Character {
  Sort sort = Sort::blank;
  char folded = 0;  // small ASCII where it has one
  bool capital = false, marked = false;
};

bool is_blank_point(char32_t point) {
  return point <= ' ' || point == 0x7F || point == 0x85 || point == 0xA0 ||
         (point >= 0x2000 && point <= 0x200A) || point == 0x2028 || point == 0x2029 || point == 0x202F ||
         point == 0x3000;
}
bool is_sign_point(char32_t point) {
  return (point >= 0xA1 && point <= 0xBF) || point == 0xD7 || point == 0xF7 ||
         (point >= 0x2010 && point <= 0x206F) || (point >= 0x20A0 && point <= 0x20CF) ||
         (point >= 0x2190 && point <= 0x2BFF) || (point >= 0x3001 && point <= 0x3003) ||
         (point >= 0x3008 && point <= 0x3011) || point >= 0x1F000 || point == replacement_character;
}

Character read_character(std::string_view text, std::size_t& at) {
  const char32_t point = next_code_point(text, at);
  Character out;
  if (is_blank_point(point)) return out;
  const bool ascii = point < 0x80;
  const char plain = ascii ? static_cast<char>(point) : fold_code_point(point);
  const auto byte = static_cast<unsigned char>(plain);
  out.marked = !ascii;
  if (is_digit_byte(byte)) {
    out.sort = Sort::digit;
  } else if (is_letter_byte(byte) || (!ascii && byte <= 1 && !is_sign_point(point))) {
    out.sort = Sort::letter;
    out.capital = is_upper_byte(byte);
  } else {
    out.sort = Sort::sign;
  }
  out.folded = byte > 1 ? static_cast<char>(to_lower_byte(byte)) : '\0';
  return out;
}

struct Spelling {
  std::string folded;
  std::size_t letters = 0, capitals = 0, digits = 0;
  bool first_capital = false, inner_capital = false, marked = false;
};

bool is_mail_or_web(unsigned char c) {
  return is_alnum_byte(c) ||
         (c > ' ' && c != '"' && c != '<' && c != '>' && c != '(' && c != ')' && c != ',' && c != ';');
}

bool ends_like_domain(std::string_view host) {
  const std::size_t point = host.rfind('.');
  if (point == std::string_view::npos || point == 0 || host.size() - point < 3 || host.size() - point > 8)
    return false;
  return std::all_of(host.begin() + static_cast<std::ptrdiff_t>(point) + 1, host.end(),
                     [](char c) { return c >= 'a' && c <= 'z'; });
}

/// An address of the web or of mail that begins at `at`: its end and what it is; `at` if there is none.
std::size_t address_end(std::string_view text, std::size_t at, NameFeatures& features) {
  std::size_t end = at;
  while (end < text.size() && end - at < chunk_bytes_max &&
         is_mail_or_web(static_cast<unsigned char>(text[end])))
    ++end;
  while (end > at && !is_alnum_byte(static_cast<unsigned char>(text[end - 1])) && text[end - 1] != '/') --end;
  const std::string_view chunk = text.substr(at, end - at);
  if (chunk.find('.') == std::string_view::npos) return at;
  if (chunk.find('@') != std::string_view::npos && chunk.find("://") == std::string_view::npos) {
    set(features, F::mail);
    return end;
  }
  std::string_view host = chunk;
  const bool schemed = chunk.find("://") != std::string_view::npos;
  if (schemed) host.remove_prefix(chunk.find("://") + 3);
  host = host.substr(0, host.find_first_of("/?#:"));
  const bool named = schemed || chunk.starts_with("www.");
  const bool plain = std::all_of(host.begin(), host.end(), [](char c) {
    return is_alnum_byte(static_cast<unsigned char>(c)) || c == '.' || c == '-';
  });
  // "end.The" is no address: the last label is small, and what stands before it is longer than an initial.
  if (!named && (!plain || !ends_like_domain(host) || host.find('.') < 3)) return at;
  set(features, F::web);
  return end;
}

void describe_number(const Spelling& spelling, NameFeatures& features) {
  const std::size_t size = spelling.digits;
  const NameFeature sizes[] = {F::digits_1, F::digits_2, F::digits_3, F::digits_4, F::digits_5};
  set(features, size <= 5 ? sizes[size - 1] : F::digits_more);
  if (size > 4) return;
  int value = 0;
  for (const char c : spelling.folded) value = 10 * value + (c >= '0' && c <= '9' ? c - '0' : 0);
  set(features, F::up_to_12, value >= 1 && value <= 12);
  set(features, F::up_to_31, value >= 1 && value <= 31);
  set(features, F::up_to_120, value >= 1 && value <= 120);
  set(features, F::year, value >= 1900 && value <= 2100);
}

void describe_word(const Spelling& spelling, NameFeatures& features) {
  if (spelling.letters == 0) return describe_number(spelling, features);
  if (spelling.digits > 0) {
    set(features, F::mixed);
    const std::string_view word = spelling.folded;
    set(features, F::ordinal,
        spelling.digits <= 2 &&
            (word.ends_with("st") || word.ends_with("nd") || word.ends_with("rd") || word.ends_with("th")));
    return;
  }
  if (spelling.capitals == 0)
    set(features, F::small);
  else if (spelling.capitals == spelling.letters)
    set(features, spelling.letters == 1 ? F::one_capital : F::all_capitals);
  else
    set(features, spelling.inner_capital ? F::inner_capital : F::capital);
  set(features, F::marked, spelling.marked);
  set(features, F::short_word, spelling.letters <= 3);
  set(features, F::long_word, spelling.letters >= 9);
  NameFeatures lists = name_lists().of(spelling.folded);
  if (spelling.capitals != spelling.letters) lists.reset(static_cast<std::size_t>(F::region_code));
  features |= lists;
}

NameFeature sign_of(char c) {
  switch (c) {
    case '.':
      return F::point;
    case ',':
      return F::comma;
    case ':':
    case ';':
      return F::colon;
    case '-':
      return F::dash;
    case '/':
      return F::slash;
    case '"':
    case '\'':
      return F::quote;
    case '(':
    case ')':
    case '[':
    case ']':
      return F::bracket;
    default:
      return F::other_sign;
  }
}

/// A run of letters and digits from `at` on.
std::size_t read_word(std::string_view text, std::size_t at, Spelling& spelling) {
  std::size_t end = at;
  while (end < text.size()) {
    std::size_t next = end;
    const Character c = read_character(text, next);
    if (c.sort != Sort::letter && c.sort != Sort::digit) break;
    const bool letter = c.sort == Sort::letter;
    if (letter) {
      if (c.capital && spelling.letters > 0) spelling.inner_capital = true;
      if (spelling.letters + spelling.digits == 0) spelling.first_capital = c.capital;
      ++spelling.letters;
      spelling.capitals += c.capital ? 1 : 0;
    } else {
      ++spelling.digits;
    }
    spelling.marked = spelling.marked || c.marked;
    if (c.folded != 0) spelling.folded.push_back(c.folded);
    end = next;
  }
  return end;
}

void describe_places(std::string_view text, std::vector<NameWord>& words) {
  bool any_small = false, any_capital = false, starts = true;
  for (std::size_t i = 0; i < words.size(); ++i) {
    NameWord& word = words[i];
    const std::size_t before = i == 0 ? 0 : words[i - 1].end;
    const std::string_view gap = text.substr(before, word.begin - before);
    const bool line = i == 0 || gap.find('\n') != std::string_view::npos;
    set(word.features, F::after_line, line);
    set(word.features, F::joined, i > 0 && gap.empty());
    if (i > 0) set(words[i - 1].features, F::line_end, line);
    const bool is_sign =
        has(word.features, F::point) || has(word.features, F::other_sign) || has(word.features, F::quote);
    set(word.features, F::sentence_start, starts || line);
    starts = (starts || line) && is_sign;
    starts = starts || has(word.features, F::point) ||
             (has(word.features, F::other_sign) && text[word.begin] != '&');
    any_small = any_small || has(word.features, F::small) || has(word.features, F::capital);
    any_capital = any_capital || has(word.features, F::capital) || has(word.features, F::all_capitals) ||
                  has(word.features, F::one_capital) || has(word.features, F::inner_capital);
  }
  if (!words.empty()) set(words.back().features, F::text_end);
  for (NameWord& word : words) {
    set(word.features, F::small_text, !any_capital);
    set(word.features, F::capital_text, !any_small);
  }
}

bool is_abbreviation(std::string_view text, std::size_t point) {
  std::size_t begin = point;
  while (begin > 0 && is_letter_byte(static_cast<unsigned char>(text[begin - 1])) && point - begin < 5)
    --begin;
  const std::size_t size = point - begin;
  if (size == 0 || size > 4) return false;
  if (size == 1) return true;
  std::string word(text.substr(begin, size));
  for (char& c : word) c = static_cast<char>(to_lower_byte(static_cast<unsigned char>(c)));
  const NameFeatures lists = name_lists().of(word);
  for (const NameFeature f : {F::title, F::street_word, F::unit_word, F::company_end, F::month})
    if (has(lists, f)) return true;
  return false;
}

bool is_blank_byte(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

}  // namespace

std::vector<NameWord> name_words(std::string_view text, std::size_t words_max) {
  std::vector<NameWord> words;
  for (std::size_t at = 0; at < text.size() && words.size() < words_max;) {
    std::size_t next = at;
    const Character first = read_character(text, next);
    if (first.sort == Sort::blank) {
      at = next;
      continue;
    }
    NameWord word;
    word.begin = static_cast<std::uint32_t>(at);
    const bool inside = at > 0 && is_alnum_byte(static_cast<unsigned char>(text[at - 1]));
    const std::size_t token = inside ? at : vault_token_end(Window{text}, at);
    std::size_t end = at;
    if (token != at) {
      set(word.features, F::token);
      end = token;
    } else if (first.sort != Sort::sign && !inside) {
      end = address_end(text, at, word.features);
    }
    if (end == at && first.sort == Sort::sign) {
      set(word.features, sign_of(first.folded));
      end = next;
    } else if (end == at) {
      Spelling spelling;
      end = read_word(text, at, spelling);
      describe_word(spelling, word.features);
    }
    word.end = static_cast<std::uint32_t>(end);
    words.push_back(word);
    at = end;
  }
  describe_places(text, words);
  return words;
}

std::size_t name_unit_end(std::string_view text, bool final) {
  const std::size_t size = std::min(text.size(), NameUnits::bytes_max);
  for (std::size_t i = NameUnits::bytes_least; i < size; ++i) {
    const char c = text[i];
    if (c == '\n' && i >= NameUnits::bytes_soft) return i + 1;
    if (c != '.' && c != '!' && c != '?') continue;
    if (i + 1 >= text.size()) break;  // what follows decides
    if (is_blank_byte(text[i + 1]) && (c != '.' || !is_abbreviation(text, i))) return i + 1;
  }
  if (text.size() < NameUnits::bytes_max + NameUnits::look_ahead) return final ? text.size() : 0;
  for (std::size_t i = NameUnits::bytes_max; i > NameUnits::bytes_max / 2; --i)
    if (is_blank_byte(text[i - 1])) return i;
  const std::size_t cut = utf8_boundary(text, NameUnits::bytes_max);
  return cut + 4 > NameUnits::bytes_max ? cut : NameUnits::bytes_max;  // bytes that are no UTF-8
}

}  // namespace loadline

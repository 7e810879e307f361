#pragma once
// What the tagger of names sees of a text: its words, and what is known of each without a model: its form,
// and whether it stands in a list of names, places, companies' words or words that announce them
// (name_lists.inc).
//
// Pure functions, linear in the text.
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace loadline {

/// One yes-or-no property of a word. New ones go to the end: the weights are in this order.
enum class NameFeature : std::uint8_t {
  // form
  capital,        // begins with a capital, goes on small
  all_capitals,   // two or more
  one_capital,    // a single one
  small,          // small letters only
  inner_capital,  // "McKay", "iPhone"
  marked,         // a letter beyond ASCII
  mixed,          // letters and digits
  digits_1,
  digits_2,
  digits_3,
  digits_4,
  digits_5,
  digits_more,
  up_to_12,
  up_to_31,
  up_to_120,
  year,        // 1900 to 2100
  ordinal,     // "3rd"
  web,         // "www.brackwater.example/help"
  mail,        // has an '@'
  token,       // a pseudonym of the vault
  short_word,  // one to three letters
  long_word,   // nine or more
  // signs
  point,
  comma,
  colon,
  dash,
  slash,
  quote,
  bracket,
  other_sign,
  // place
  after_line,  // the first of its line
  joined,      // nothing between it and the word before
  sentence_start,
  line_end,
  text_end,
  small_text,    // the whole text has no capital
  capital_text,  // or no small letter
  // lists
  given_name,
  family_name,
  family_ending,
  country,
  nationality,
  city,
  region,
  region_code,   // "TX", in capitals
  company_end,   // "Ltd"
  company_word,  // "Holdings", "Bank"
  street_word,
  street_ending,
  unit_word,  // "Suite"
  title,      // "Mr"
  particle,   // "van", "de"
  month,
  weekday,
  date_word,
  age_word,
  name_cue,     // "named", "Dear"
  person_cue,   // "wife", "customer"
  company_cue,  // "works", "supplier"
  place_cue,    // "lives", "in"
  address_cue,
  phone_cue,
  function_word,  // "the", "and"
  common_word,    // begins sentences, is no name
};
inline constexpr std::size_t name_feature_count = static_cast<std::size_t>(NameFeature::common_word) + 1;
using NameFeatures = std::bitset<name_feature_count>;

struct NameWord {
  std::uint32_t begin = 0, end = 0;  // bytes of the text
  NameFeatures features;
};

/// Words (letters and digits), addresses of the web and of mail, tokens of a vault, and every other sign for
/// itself; blanks are none. Stops after `words_max`.
std::vector<NameWord> name_words(std::string_view text, std::size_t words_max);

/// How many bytes of a text are looked at as one, and where one ends.
struct NameUnits {
  static constexpr std::size_t bytes_least = 48;  // a shorter sentence takes the next one along
  static constexpr std::size_t bytes_soft = 320;  // from here on the end of a line ends it
  static constexpr std::size_t bytes_max = 512;
  static constexpr std::size_t look_ahead = 2;
};
/// Where the unit that begins at the start of `text` ends; 0: more text is needed to know. `final`: nothing
/// follows. Depends on nothing but the bytes up to the end it gives and `look_ahead` more.
std::size_t name_unit_end(std::string_view text, bool final);

}  // namespace loadline

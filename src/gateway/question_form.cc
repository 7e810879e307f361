#include "gateway/question_form.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace loadline {
namespace {

using Words = std::vector<std::string>;

// Ways of beginning and ending that say nothing, longest first where one begins another. Words as they are
// after contractions were taken apart.
constexpr std::array<std::string_view, 31> beginnings = {"hello",
                                                         "hi",
                                                         "hey",
                                                         "please",
                                                         "ok",
                                                         "okay",
                                                         "so",
                                                         "thanks",
                                                         "kindly",
                                                         "can you please",
                                                         "could you please",
                                                         "would you please",
                                                         "will you please",
                                                         "can you",
                                                         "could you",
                                                         "would you",
                                                         "i would like to know",
                                                         "i would like to ask",
                                                         "i want to know",
                                                         "i need to know",
                                                         "i wonder",
                                                         "i am wondering",
                                                         "i was wondering",
                                                         "do you know",
                                                         "may i ask",
                                                         "can i ask",
                                                         "tell me",
                                                         "tell us",
                                                         "let me know",
                                                         "show me",
                                                         "give me"};
// Orders that begin alike but ask for an action stay: more than one word is only taken off before one of
// these.
constexpr std::array<std::string_view, 21> question_starts = {
    "what", "which", "who", "whom", "whose",   "when",   "where", "why",  "how",  "the", "a",
    "an",   "if",    "my",  "our",  "whether", "please", "about", "tell", "show", "give"};
constexpr std::array<std::string_view, 5> endings = {"please", "thanks", "thank you", "thank you very much",
                                                     "many thanks"};

// Whole phrases that ask the same.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> phrases = {{
    {"how can i", "how"},
    {"how could i", "how"},
    {"how do i", "how"},
    {"how do we", "how"},
    {"how can we", "how"},
    {"how to", "how"},
    {"how much is", ""},
    {"how much are", ""},
    {"what is", ""},
    {"what are", ""},
    {"which is", ""},
    {"which are", ""},
    {"at what time", "when"},
    {"at which time", "when"},
    {"what time", "when"},
    {"in order to", "to"},
}};

constexpr std::array<std::string_view, 15> left_out = {"a",    "an", "the", "is",   "are", "am", "be",   "do",
                                                       "does", "my", "our", "mine", "of",  "to", "there"};
// What follows one of these is its number, be it "A" or "I".
constexpr std::array<std::string_view, 16> numbered = {
    "part", "annex", "article", "section",  "chapter",  "title",    "phase",  "class",
    "type", "level", "tier",    "appendix", "schedule", "category", "series", "grade"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 30> same_words = {{
    {"price", "cost"},   {"prices", "cost"},     {"costs", "cost"},       {"purchase", "buy"},
    {"begin", "start"},  {"begins", "start"},    {"commence", "start"},   {"starts", "start"},
    {"big", "large"},    {"telephone", "phone"}, {"vacation", "holiday"}, {"automobile", "car"},
    {"max", "maximum"},  {"min", "minimum"},     {"could", "can"},        {"which", "what"},
    {"display", "show"}, {"obtain", "get"},      {"receive", "get"},      {"employee", "staff"},
    {"quick", "fast"},   {"assist", "help"},     {"till", "until"},       {"pct", "percent"},
    {"whom", "who"},     {"utilise", "use"},     {"staffs", "staff"},     {"employees", "staff"},
    {"charge", "fee"},   {"amend", "change"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 27> number_words = {{
    {"two", "2"},        {"three", "3"},     {"four", "4"},      {"five", "5"},     {"six", "6"},
    {"seven", "7"},      {"eight", "8"},     {"nine", "9"},      {"ten", "10"},     {"eleven", "11"},
    {"twelve", "12"},    {"thirteen", "13"}, {"fourteen", "14"}, {"fifteen", "15"}, {"sixteen", "16"},
    {"seventeen", "17"}, {"eighteen", "18"}, {"nineteen", "19"}, {"twenty", "20"},  {"thirty", "30"},
    {"forty", "40"},     {"fifty", "50"},    {"sixty", "60"},    {"seventy", "70"}, {"eighty", "80"},
    {"ninety", "90"},    {"dozen", "12"},
}};

// What is done to a text depends on each of its words.
constexpr std::array<std::string_view, 30> text_orders = {
    "translate", "translation", "rewrite",  "rephrase", "paraphrase", "summarise", "summarize", "proofread",
    "correct",   "grammar",     "spell",    "spelling", "synonym",    "synonyms",  "antonym",   "antonyms",
    "sentence",  "sentences",   "word",     "words",    "letter",     "letters",   "write",     "draft",
    "poem",      "repeat",      "classify", "extract",  "convert",    "previous"};

template <class List>
bool is_one_of(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || is_upper(c) || is_digit(c) || (static_cast<unsigned char>(c) & 0x80) != 0;
}

std::string lower(std::string_view word) {
  std::string out(word);
  for (char& c : out)
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// "US" is not "us": capitals throughout stay where other words have small letters.
std::string in_small_letters(std::string_view word) {
  const auto capitals = std::count_if(word.begin(), word.end(), is_upper);
  return capitals >= 2 && static_cast<std::size_t>(capitals) == word.size() ? std::string(word) : lower(word);
}

// The end of a number with single points and commas between its digits.
std::size_t number_end(std::string_view text, std::size_t at) {
  while (at < text.size() && (is_digit(text[at]) || ((text[at] == '.' || text[at] == ',') &&
                                                     at + 1 < text.size() && is_digit(text[at + 1]))))
    ++at;
  return at;
}

// "1,500" is "1500", but "1,5" is not "15".
std::string without_thousands_commas(std::string_view number) {
  const std::size_t first = number.find(',');
  std::string out(number.substr(0, first));
  for (std::size_t at = first; at != std::string_view::npos && at < number.size();) {
    const std::string_view rest = number.substr(at + 1);
    const std::size_t group = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (number[at] == ',' && group != 3) return std::string(number);
    if (number[at] != ',') return out + std::string(number.substr(at));
    out += rest.substr(0, group);
    at += 1 + group;
  }
  return out;
}

// "can't": can not. "what's": what is, or somebody's: the "s" goes with the forms of "to be".
void add_contracted(std::string word, std::string_view tail, Words& words) {
  if (tail == "t" && word.size() > 1 && word.back() == 'n') {
    word.pop_back();
    if (word == "ca") word = "can";
    if (word == "wo") word = "will";
    words.push_back(std::move(word));
    words.emplace_back("not");
    return;
  }
  words.push_back(std::move(word));
  if (tail == "s")
    words.emplace_back("is");
  else if (tail == "m" || tail == "re")
    words.emplace_back(tail == "m" ? "am" : "are");
  else if (tail == "d")
    words.emplace_back("would");
  else if (tail == "ll")
    words.emplace_back("will");
  else if (tail == "ve")
    words.emplace_back("have");
  else if (!tail.empty())
    words.emplace_back(tail);
}

// Nothing: a byte that questions in plain words do not have.
std::optional<Words> words_of(std::string_view text) {
  Words words;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (is_word_byte(c)) {
      const std::size_t number = is_digit(c) ? number_end(text, at) : at;
      std::size_t end = std::max(at + 1, number);
      if (number == at || (end < text.size() && is_word_byte(text[end])))
        while (end < text.size() && is_word_byte(text[end])) ++end;
      std::string word = in_small_letters(text.substr(at, end - at));
      if (is_digit(c)) word = without_thousands_commas(word);
      at = end;
      const bool curly = text.substr(at).starts_with("\xE2\x80\x99");
      if (at < text.size() && text[at] == '\'' && at + 1 < text.size() && is_word_byte(text[at + 1])) {
        std::size_t tail = at + 1;
        while (tail < text.size() && is_word_byte(text[tail])) ++tail;
        add_contracted(std::move(word), lower(text.substr(at + 1, tail - at - 1)), words);
        at = tail;
      } else if (curly) {
        return std::nullopt;
      } else {
        words.push_back(std::move(word));
      }
      continue;
    }
    ++at;
    const bool before_number = at < text.size() && is_digit(text[at]);
    const bool between_numbers = before_number && at > 1 && is_digit(text[at - 2]);
    if (between_numbers && c != ' ' && c != '$') {  // 10:30, 2020-2021, 1/2
      words.emplace_back(1, c);
      continue;
    }
    if (c == ' ' || c == '?' || c == '!' || c == ',' || c == '.' || c == ':' || c == ';') continue;
    if (c == '-') {
      const bool sign = before_number && (at == 1 || text[at - 2] == ' ');
      if (sign) words.emplace_back("-");
    } else if (c == '\'') {
      if (at < text.size() && text[at] != ' ') return std::nullopt;  // quoted; at a word's end: "banks'"
    } else if (c == '$' || c == '%' || c == '&' || c == '+' || c == '/' || c == '#') {
      words.emplace_back(c == '%' ? std::string("percent") : std::string(1, c));
    } else if (c != '(' && c != ')') {
      return std::nullopt;
    }
  }
  return words;
}

// How many words of `words` from `at` on the phrase takes; 0: it does not stand there.
std::size_t phrase_at(const Words& words, std::size_t at, std::string_view phrase) {
  std::size_t taken = 0;
  while (!phrase.empty()) {
    const std::size_t blank = std::min(phrase.find(' '), phrase.size());
    if (at + taken >= words.size() || words[at + taken] != phrase.substr(0, blank)) return 0;
    ++taken;
    phrase.remove_prefix(std::min(phrase.size(), blank + 1));
  }
  return taken;
}

void take_off_ends(Words& words) {
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view phrase : endings) {
      const auto size = static_cast<std::size_t>(std::count(phrase.begin(), phrase.end(), ' ') + 1);
      if (words.size() > size && phrase_at(words, words.size() - size, phrase) == size) {
        words.resize(words.size() - size);
        again = true;
      }
    }
    std::size_t most = 0;
    for (const std::string_view phrase : beginnings) {
      const std::size_t taken = phrase_at(words, 0, phrase);
      if (taken > most && taken < words.size() && (taken == 1 || is_one_of(question_starts, words[taken])))
        most = taken;
    }
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(most));
    again = again || most > 0;
  }
}

// "Is it so?" and "It is so." differ by the place of a word that is left out elsewhere.
bool asks_whether(const Words& words) {
  constexpr std::array<std::string_view, 6> starts = {"is", "are", "am", "do", "does", "be"};
  return !words.empty() && is_one_of(starts, words.front());
}

template <class Pairs>
std::string_view exchanged(const Pairs& pairs, std::string_view word) {
  const auto found =
      std::find_if(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == word; });
  return found == pairs.end() ? word : found->second;
}

std::string one_of_many(std::string_view word) {
  const bool plural = word.size() >= 4 && word.back() == 's' && !word.ends_with("ss") &&
                      !word.ends_with("us") && !word.ends_with("is") && !is_upper(word.front()) &&
                      !is_digit(word.front());
  if (plural && word.ends_with("ies") && word.size() > 4)
    return std::string(word.substr(0, word.size() - 3)) + "y";
  return std::string(plural ? word.substr(0, word.size() - 1) : word);
}

}  // namespace

std::optional<std::string> question_form(std::string_view question) {
  if (question.size() > question_form_bytes_max) return std::nullopt;
  std::optional<Words> read = words_of(question);
  if (!read) return std::nullopt;
  Words& words = *read;
  for (const std::string& word : words)
    if (is_one_of(text_orders, word)) return std::nullopt;
  take_off_ends(words);
  std::string form;
  const auto add = [&form](std::string_view word) {
    if (!form.empty()) form += ' ';
    form += word;
  };
  if (asks_whether(words)) add("whether");
  for (std::size_t at = 0; at < words.size();) {
    std::size_t taken = 0;
    for (const auto& [phrase, meaning] : phrases) {
      taken = phrase_at(words, at, phrase);
      if (taken == 0) continue;
      if (!meaning.empty()) add(meaning);
      break;
    }
    at += std::max<std::size_t>(taken, 1);
    if (taken > 0) continue;
    const std::string& word = words[at - 1];
    if (at > 1 && is_one_of(numbered, words[at - 2])) {
      add(word);
      continue;
    }
    if (is_one_of(left_out, word)) continue;
    const std::string_view known = exchanged(same_words, exchanged(number_words, word));
    const std::string single = one_of_many(known);
    add(exchanged(same_words, single));
  }
  if (form.empty()) return std::nullopt;
  return form;
}

}  // namespace loadline

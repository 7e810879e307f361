#include "retrieval/rank/light_terms.h"

#include "base/hash.h"
#include "text/word.h"

namespace loadline {
namespace {

constexpr std::size_t term_length_max = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_upper(c) || (c >= 'a' && c <= 'z') || (c & 0x80) != 0; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

bool ends_with(const std::string& word, std::string_view tail, std::size_t stem_min) {
  if (word.size() < tail.size() + stem_min) return false;
  for (std::size_t i = 1; i <= tail.size(); ++i)  // seldom beyond the first letter
    if (word[word.size() - i] != tail[tail.size() - i]) return false;
  return true;
}

void strip_plural(std::string& word) {
  if (ends_with(word, "ies", 2)) {
    word.resize(word.size() - 3);
    word += 'y';
  } else if (ends_with(word, "sses", 1) || ends_with(word, "xes", 1) || ends_with(word, "ches", 2)) {
    word.resize(word.size() - 2);
  } else if (ends_with(word, "s", 3) && !ends_with(word, "ss", 0) && !ends_with(word, "us", 0) &&
             !ends_with(word, "is", 0)) {
    word.pop_back();
  }
}

void strip_verb_ending(std::string& word) {
  if (ends_with(word, "ing", 4))
    word.resize(word.size() - 3);
  else if (ends_with(word, "ed", 4))
    word.resize(word.size() - 2);
  if (word.size() > 4 && word.back() == 'e') word.pop_back();
}

// The end of the number that begins at `at`: digits with single points and commas between them.
std::size_t number_end(std::string_view text, std::size_t at) {
  while (at < text.size() && (is_digit(text[at]) || ((text[at] == '.' || text[at] == ',') &&
                                                     at + 1 < text.size() && is_digit(text[at + 1]))))
    ++at;
  return at;
}

std::size_t word_end(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const char c = text[at];
    const bool inside = is_letter(c) || is_digit(c);
    const bool joins = (c == '\'' || c == '&') && at + 1 < text.size() && is_letter(text[at + 1]);
    const bool code = c == '-' && is_digit(text[at - 1]) && at + 1 < text.size() && is_upper(text[at + 1]);
    if (!inside && !joins && !code) break;
    ++at;
  }
  return at;
}

void stem_into(std::string_view word, std::string& stem) {
  stem.clear();
  const std::size_t apostrophe = word.find('\'');
  if (apostrophe != std::string_view::npos && apostrophe + 2 >= word.size())
    word = word.substr(0, apostrophe);
  bool letters_only = true;
  for (const char c : word.substr(0, term_length_max)) {
    if (c == '\'' || c == '-') continue;
    letters_only = letters_only && is_letter(c);
    stem += lower(c);
  }
  if (!letters_only) return;
  strip_plural(stem);
  strip_verb_ending(stem);
}

// `scratch` is only memory. 0: a stop word.
std::uint64_t word_hash(std::string_view word, std::string& scratch) {
  scratch.clear();
  for (const char letter : word.substr(0, term_length_max)) scratch += lower(letter);
  if (is_stop_word(scratch)) return 0;
  stem_into(word, scratch);
  return hash64(scratch);
}

std::uint64_t number_hash(std::string_view number, std::string& scratch) {
  if (number.find(',') == std::string_view::npos) return hash64(number);
  scratch.assign(number);
  std::erase(scratch, ',');
  return hash64(scratch);
}

}  // namespace

std::string light_stem(std::string_view word) {
  std::string stem;
  stem_into(word, stem);
  return stem;
}

std::vector<LightTerm> light_terms(std::string_view text) {
  std::vector<LightTerm> terms;
  terms.reserve(text.size() / 6);
  light_terms(text, terms);
  return terms;
}

void light_terms(std::string_view text, std::vector<LightTerm>& terms) {
  terms.clear();
  std::string scratch;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (!is_letter(c) && !is_digit(c)) {
      ++at;
      continue;
    }
    LightTerm term;
    std::size_t end = is_digit(c) ? number_end(text, at) : at;
    term.number = end > at && (end == text.size() || !(is_letter(text[end]) || text[end] == '-'));
    if (!term.number) end = word_end(text, at + 1);
    term.begin = static_cast<std::uint32_t>(at);
    term.end = static_cast<std::uint32_t>(end);
    term.capital = is_upper(c) || is_digit(c);
    const std::string_view word = text.substr(at, end - at);
    term.hash = term.number ? number_hash(word, scratch) : word_hash(word, scratch);
    term.stop = term.hash == 0;
    terms.push_back(term);
    at = end;
  }
}

}  // namespace loadline

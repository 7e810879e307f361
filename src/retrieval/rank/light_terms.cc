#include "retrieval/rank/light_terms.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/hash.h"
#include "text/word.h"

namespace loadline {
namespace {

constexpr std::size_t term_length_max = 64;

// Every byte of every page that is ranked goes through here: what a byte is stands in a table.
enum Kind : std::uint8_t { other_byte = 0, letter_byte = 1, upper_byte = 2, digit_byte = 4 };
constexpr std::array<std::uint8_t, 256> kinds = [] {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t c = 0; c < 256; ++c) {
    if (c >= 'A' && c <= 'Z') table[c] = letter_byte | upper_byte;
    if ((c >= 'a' && c <= 'z') || c >= 0x80) table[c] = letter_byte;
    if (c >= '0' && c <= '9') table[c] = digit_byte;
  }
  return table;
}();
std::uint8_t kind_of(char c) { return kinds[static_cast<unsigned char>(c)]; }
bool is_digit(char c) { return (kind_of(c) & digit_byte) != 0; }
bool is_upper(char c) { return (kind_of(c) & upper_byte) != 0; }
bool is_letter(char c) { return (kind_of(c) & letter_byte) != 0; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

// A word on its way to its stem; longer ones are cut.
struct Word {
  alignas(8) std::array<char, term_length_max> bytes;
  std::size_t size = 0;
  bool letters_only = true;

  std::string_view view() const { return {bytes.data(), size}; }
  char last() const { return bytes[size - 1]; }
  void add(char c) {
    letters_only = letters_only && is_letter(c);
    bytes[size++] = lower(c);
  }
};

bool ends_with(const Word& word, std::string_view tail, std::size_t stem_min) {
  if (word.size < tail.size() + stem_min) return false;
  for (std::size_t i = 1; i <= tail.size(); ++i)  // seldom beyond the first letter
    if (word.bytes[word.size - i] != tail[tail.size() - i]) return false;
  return true;
}

void strip_plural(Word& word) {
  if (word.size == 0 || word.last() != 's') return;
  if (ends_with(word, "ies", 2)) {
    word.size -= 2;
    word.bytes[word.size - 1] = 'y';
  } else if (ends_with(word, "sses", 1) || ends_with(word, "xes", 1) || ends_with(word, "ches", 2)) {
    word.size -= 2;
  } else if (ends_with(word, "s", 3) && !ends_with(word, "ss", 0) && !ends_with(word, "us", 0) &&
             !ends_with(word, "is", 0)) {
    --word.size;
  }
}

void strip_verb_ending(Word& word) {
  if (ends_with(word, "ing", 4))
    word.size -= 3;
  else if (ends_with(word, "ed", 4))
    word.size -= 2;
  if (word.size > 4 && word.last() == 'e') --word.size;
}

void strip_endings(Word& word) {
  if (!word.letters_only) return;
  strip_plural(word);
  strip_verb_ending(word);
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

Word stem_of(std::string_view word) {
  const std::size_t apostrophe = word.find('\'');
  if (apostrophe != std::string_view::npos && apostrophe + 2 >= word.size())
    word = word.substr(0, apostrophe);
  Word stem;
  for (const char c : word.substr(0, term_length_max))
    if (c != '\'' && c != '-') stem.add(c);
  strip_endings(stem);
  return stem;
}

// Eight bytes at a time; what lies behind the word in `bytes` does not count.
std::uint64_t stem_hash(const Word& word) {
  std::uint64_t hash = word.size;
  for (std::size_t at = 0; at < word.size; at += 8) {
    std::uint64_t part = 0;
    std::memcpy(&part, word.bytes.data() + at, 8);
    if (word.size - at < 8) part &= ~std::uint64_t{0} >> (64 - 8 * (word.size - at));
    hash = (hash ^ part) * 0xFF51AFD7ED558CCDULL;
    hash ^= hash >> 33;
  }
  hash *= 0xC4CEB9FE1A85EC53ULL;
  hash ^= hash >> 29;
  return hash == 0 ? 1 : hash;  // 0 is no term
}

// 0: a stop word.
std::uint64_t word_hash(std::string_view word, Word& folded) {
  bool plain = true;
  for (const char c : word.substr(folded.size, term_length_max - folded.size)) {
    folded.add(c);
    plain = plain && c != '\'' && c != '-';
  }
  if (is_stop_word(folded.view())) return 0;
  if (!plain) return stem_hash(stem_of(word));
  strip_endings(folded);
  return stem_hash(folded);
}

// Folds the letters from `at` on, which are the whole word mostly.
std::size_t fold_letters(std::string_view text, std::size_t at, Word& folded) {
  for (; at < text.size() && is_letter(text[at]) && folded.size < term_length_max; ++at)
    folded.bytes[folded.size++] = lower(text[at]);
  return at;
}

std::uint64_t number_hash(std::string_view number, std::string& scratch) {
  if (number.find(',') == std::string_view::npos) return hash64(number);
  scratch.assign(number);
  std::erase(scratch, ',');
  return hash64(scratch);
}

}  // namespace

std::string light_stem(std::string_view word) { return std::string(stem_of(word).view()); }

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
    Word folded;
    std::size_t end = is_digit(c) ? number_end(text, at) : at;
    term.number = end > at && (end == text.size() || !(is_letter(text[end]) || text[end] == '-'));
    if (!term.number) end = word_end(text, std::max(at + 1, fold_letters(text, at, folded)));
    term.begin = static_cast<std::uint32_t>(at);
    term.end = static_cast<std::uint32_t>(end);
    term.capital = is_upper(c) || is_digit(c);
    const std::string_view word = text.substr(at, end - at);
    term.hash = term.number ? number_hash(word, scratch) : word_hash(word, folded);
    term.stop = term.hash == 0;
    terms.push_back(term);
    at = end;
  }
}

}  // namespace loadline

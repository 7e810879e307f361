#include "text/word.h"

#include <libstemmer.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "base/assert.h"
#include "base/utf8.h"

namespace loadline {
namespace {

// Sorted for binary search.
constexpr std::array<std::string_view, 133> stop_words = {
    "a",       "about",  "above",   "after",  "again",  "all",     "also",   "am",      "an",     "and",
    "any",     "are",    "as",      "at",     "be",     "because", "been",   "before",  "being",  "below",
    "between", "both",   "but",     "by",     "can",    "cannot",  "could",  "did",     "do",     "does",
    "doing",   "down",   "during",  "each",   "either", "etc",     "few",    "for",     "from",   "further",
    "had",     "has",    "have",    "having", "he",     "her",     "here",   "hers",    "him",    "his",
    "how",     "i",      "if",      "in",     "into",   "is",      "it",     "its",     "itself", "just",
    "may",     "me",     "might",   "more",   "most",   "much",    "must",   "my",      "of",     "off",
    "on",      "once",   "only",    "or",     "other",  "our",     "ours",   "out",     "over",   "own",
    "per",     "please", "same",    "shall",  "she",    "should",  "so",     "some",    "such",   "tell",
    "than",    "that",   "the",     "their",  "theirs", "them",    "then",   "there",   "these",  "they",
    "this",    "those",  "through", "to",     "too",    "under",   "until",  "up",      "upon",   "us",
    "very",    "was",    "we",      "were",   "what",   "when",    "where",  "whether", "which",  "while",
    "who",     "whom",   "whose",   "why",    "will",   "with",    "within", "would",   "yes",    "you",
    "your",    "yours",  "yourself"};

// Asked for every word of every page that is ranked, so most words are told apart by length and first letter.
constexpr std::size_t stop_word_bytes_max = [] {
  std::size_t most = 0;
  for (const std::string_view word : stop_words) most = std::max(most, word.size());
  return most;
}();
constexpr std::array<std::uint8_t, 27> stop_words_from = [] {
  std::array<std::uint8_t, 27> from{};
  for (std::size_t letter = 0; letter < 27; ++letter)
    for (const std::string_view word : stop_words)
      from[letter] += static_cast<std::size_t>(word[0] - 'a') < letter ? 1 : 0;
  return from;
}();

// The letter without its accent, in lower case: the first code point of the canonical decomposition.
char32_t folded(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2* normalizer = unorm2_getNFDInstance(&status);
  UChar buffer[8];
  const int32_t length = unorm2_getDecomposition(normalizer, static_cast<UChar32>(c), buffer, 8, &status);
  if (U_SUCCESS(status) && length > 0) {
    UChar32 first = 0;
    int32_t at = 0;
    U16_NEXT(buffer, at, length, first);
    c = static_cast<char32_t>(first);
  }
  return static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
}

bool is_apostrophe(char32_t c) { return c == U'\'' || c == U'\u2019'; }

}  // namespace

bool is_stop_word(std::string_view word) {
  if (word.empty() || word.size() > stop_word_bytes_max || word[0] < 'a' || word[0] > 'z') return false;
  const auto letter = static_cast<std::size_t>(word[0] - 'a');
  for (std::size_t i = stop_words_from[letter]; i < stop_words_from[letter + 1]; ++i)
    if (stop_words[i] == word) return true;
  return false;
}

bool is_honorific(std::string_view stem) {
  constexpr std::array<std::string_view, 9> honorifics = {"mr", "mrs",  "ms",  "miss", "mx",
                                                          "dr", "prof", "sir", "madam"};
  return std::find(honorifics.begin(), honorifics.end(), stem) != honorifics.end();
}

struct WordReader::Stemmer {
  sb_stemmer* handle = sb_stemmer_new("english", nullptr);
  ~Stemmer() { sb_stemmer_delete(handle); }

  std::string stem(const std::string& word) const {
    const auto* text = sb_stemmer_stem(handle, reinterpret_cast<const sb_symbol*>(word.data()),
                                       static_cast<int>(word.size()));
    return std::string(reinterpret_cast<const char*>(text),
                       static_cast<std::size_t>(sb_stemmer_length(handle)));
  }
};

WordReader::WordReader() : stemmer_(std::make_unique<Stemmer>()) {
  LOADLINE_ASSERT(stemmer_->handle != nullptr);
}
WordReader::~WordReader() = default;

std::vector<ContentWord> WordReader::read(std::string_view text) {
  std::vector<ContentWord> words;
  bool sentence_start = true;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    char32_t c = next_code_point(text, at);
    if (!u_isalpha(static_cast<UChar32>(c))) {
      if (c == U'.' || c == U'!' || c == U'?' || c == U':' || c == U'\n') sentence_start = true;
      continue;
    }
    ContentWord word;
    word.begin = begin;
    word.capitalised = u_isupper(static_cast<UChar32>(c)) != 0;
    word.sentence_start = std::exchange(sentence_start, false);
    std::string lower;
    append_utf8(lower, folded(c));
    word.end = at;
    while (at < text.size()) {
      std::size_t next = at;
      c = next_code_point(text, next);
      if (is_apostrophe(c)) {  // the rest ("'s", "n't") is not part of the word
        while (next < text.size()) {
          std::size_t after = next;
          if (!u_isalpha(static_cast<UChar32>(next_code_point(text, after)))) break;
          next = after;
        }
        at = next;
        break;
      }
      if (!u_isalnum(static_cast<UChar32>(c))) break;
      append_utf8(lower, folded(c));
      word.end = at = next;
    }
    if (is_stop_word(lower)) continue;
    word.stem = stemmer_->stem(lower);
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace loadline

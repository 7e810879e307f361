#pragma once
// Content words: the words that say what a sentence is about, stemmed, without function words. For agreement
// between a claim and a passage, not for the keyword index, which has an analyzer of its own.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loadline {

struct ContentWord {
  std::string stem;  // lower case, without accents for Latin letters, Snowball English
  std::size_t begin = 0, end = 0;
  bool capitalised = false;     // first letter upper case
  bool sentence_start = false;  // first word of a sentence: capitalised says nothing
};

/// English stemmer and stop-word list. Not thread-safe: one per thread.
class WordReader {
 public:
  WordReader();
  ~WordReader();
  WordReader(const WordReader&) = delete;
  WordReader& operator=(const WordReader&) = delete;

  /// Words of letters (apostrophes inside are kept out: "bank's" is "bank"); numbers are not words.
  /// Hyphenated words give their parts.
  std::vector<ContentWord> read(std::string_view text);

 private:
  struct Stemmer;
  std::unique_ptr<Stemmer> stemmer_;
};

/// "Mr", "Dr": capitalised, but no name. By stem.
bool is_honorific(std::string_view stem);

bool is_stop_word(std::string_view lower_case_word);

}  // namespace loadline

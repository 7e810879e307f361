#pragma once
// WordPiece, the tokenizer of BERT models, with the bytes of the text that each token stands for.
//
// Text is cleaned (controls dropped), ideographs are set apart, accents and case are removed, words are split
// at white space and punctuation, and each word is cut into the longest pieces that the vocabulary has, from
// the left. Token ids equal those of the `tokenizers` library, including its old Unicode categories (see
// unicode_tables.h) and the special tokens that it recognises in plain text. Bytes that are not UTF-8 are
// dropped. Offsets always refer to the text as given, not to its normal form.
//
// Immutable after construction, so thread-safe. About 1 µs per hundred bytes of ASCII.
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "encoder/piece_trie.h"
#include "model/embedder.h"

namespace loadline {

struct WordpieceOptions {
  bool lowercase = true;
  std::optional<bool> strip_accents;  // unset: as `lowercase`
  bool split_ideographs = true;
  std::size_t word_chars_max = 100;  // longer words become the unknown token
  std::string unknown = "[UNK]";
  /// Recognised in plain text as one token. Only those that the vocabulary has.
  std::vector<std::string> special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
};

class Wordpiece {
 public:
  static constexpr std::size_t file_bytes_max = 64u << 20;
  static constexpr std::size_t vocabulary_max = 1u << 22;
  static constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

  /// `file` is the content of vocab.txt: one token a line, the line number is its id.
  /// invalid_argument if [CLS], [SEP] or the unknown token is missing or a bound is passed.
  static Result<Wordpiece> from_vocabulary(std::string_view file, WordpieceOptions options);
  /// `file` is the content of tokenizer.json. invalid_argument if it is damaged or asks for what this class
  /// does not do; the message names the part.
  static Result<Wordpiece> from_tokenizer_json(std::string_view file);

  /// Appends the tokens of `text`, without [CLS] and [SEP], and stops after `limit` of them.
  void encode(std::string_view text, std::vector<TokenSpan>& out, std::size_t limit = no_limit) const;

  std::int32_t start_id() const { return start_id_; }
  std::int32_t separator_id() const { return separator_id_; }
  std::int32_t unknown_id() const { return unknown_id_; }
  /// One more than the largest id.
  std::size_t vocabulary_size() const { return size_; }

 private:
  class Run;
  enum class ByteClass : std::uint8_t { word, space, punctuation, other };
  using Entry = std::pair<std::string_view, std::int32_t>;

  Wordpiece() = default;
  static Result<Wordpiece> build(std::span<const Entry> entries, WordpieceOptions options);
  Status add_special_tokens(std::span<const Entry> entries);
  void classify_bytes();

  WordpieceOptions options_;
  PieceTrie pieces_;
  std::vector<std::pair<std::string, std::int32_t>> special_;  // longest first
  std::array<ByteClass, 256> byte_class_{};
  std::array<bool, 256> starts_special_{};
  std::int32_t start_id_ = 0, separator_id_ = 0, unknown_id_ = 0;
  std::size_t size_ = 0;
};

}  // namespace loadline

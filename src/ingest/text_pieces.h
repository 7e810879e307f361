#pragma once
// Cutting a long text into pieces of a bounded number of tokens, at the best places there are: ends of
// sentences, then cells, clauses, words, characters. Pure apart from the tokenizer; thread-safe.
#include <cstddef>
#include <string_view>
#include <vector>

#include "model/embedder.h"

namespace loadline {

/// Bytes of the text that was cut, without blanks at its ends.
struct TextPiece {
  std::size_t begin = 0, end = 0;
  std::size_t tokens = 0;
};

struct PieceLimits {
  std::size_t tokens_max = 0;
  std::size_t bytes_max = 0;  // a tokenizer may count a huge word as one token
};

inline bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// The sentences of `text`, in order; every byte that is not blank is in exactly one piece. A sentence over
/// the limits is cut further. Empty for a blank text.
std::vector<TextPiece> sentence_pieces(std::string_view text, const Embedder& embedder,
                                       const PieceLimits& limits);

/// The same for a part of `text` that is to stay together if it fits (a table row, a list item).
std::vector<TextPiece> whole_pieces(std::string_view text, std::size_t begin, std::size_t end,
                                    const Embedder& embedder, const PieceLimits& limits);

/// The longest front of `text` of at most `tokens_max` tokens, cut between words where that is possible.
std::string_view front_tokens(std::string_view text, std::size_t tokens_max, const Embedder& embedder);

}  // namespace loadline

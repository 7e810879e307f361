#pragma once
// The numbered passages that an answer may be taken from: search hits cut to a token budget, best first.
// Plain values after `choose_passages`.
#include <cstdint>
#include <string>
#include <vector>

#include "guard/support.h"
#include "model/embedder.h"
#include "retrieval/retriever.h"

namespace loadline {

inline constexpr std::size_t passage_context_bytes_max = 600;

struct NumberedPassage {
  int marker = 0;  // from 1
  SearchHit hit;
  std::uint32_t tokens = 0;  // of `prompt_text`
  std::string prompt_text;   // context line, table header, text

  Passage as_passage() const;
};

/// The first hits that fit `tokens_max` together, at most `count`. The best one always comes, cut to the
/// budget at a sentence or row end if it must be. Texts already contained in a better passage are left out.
std::vector<NumberedPassage> choose_passages(const std::vector<SearchHit>& hits, std::size_t count,
                                             std::uint32_t tokens_max, const Embedder& embedder);

}  // namespace loadline

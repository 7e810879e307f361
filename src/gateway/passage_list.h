#pragma once
// The numbered passages that an answer may be taken from: what the model reads of the retrieved chunks, cut
// to a token budget. Plain values after `choose_passages`.
#include <cstdint>
#include <string>
#include <vector>

#include "gateway/snippets.h"
#include "guard/support.h"
#include "model/embedder.h"
#include "retrieval/retriever.h"

namespace loadline {

inline constexpr std::size_t passage_context_bytes_max = 300;

struct NumberedPassage {
  int marker = 0;  // from 1
  SearchHit hit;
  std::size_t hit_index = 0;  // of the hits it was chosen from
  std::uint32_t tokens = 0;   // of `prompt_text`
  std::string prompt_text;    // document, context line, the chosen sentences and rows
  std::string named;          // names of the question that stand in the document
  bool may_answer = true;     // what the question names stands there; otherwise it supports nothing

  Passage as_passage() const;
};

/// The best snippets that fit `tokens_max` together, from at most `count` chunks, with their neighbours where
/// there is room; grouped by chunk, the chunk of the best snippet first. The best one always comes. A chunk
/// whose text is contained in a better one is left out. `may_answer`: by hit, see hits_that_may_answer.
std::vector<NumberedPassage> choose_passages(const Question& question, const SnippetSet& set,
                                             const std::vector<bool>& may_answer, std::size_t count,
                                             std::uint32_t tokens_max, const Embedder& embedder);

/// One passage: the whole chunk of a hit, as number 1.
NumberedPassage whole_passage(const SearchHit& hit);

}  // namespace loadline

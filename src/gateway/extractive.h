#pragma once
// The extractive fast path: a sentence or a table cell that answers by itself, without a model.
//
// A sentence answers if it covers the question's words nearly whole and states the kind of thing that is
// asked for; a cell, if its row and its column's name together do. Either must lead clearly over whatever
// says something else. Pure.
#include <cstddef>
#include <optional>
#include <string>

#include "gateway/snippets.h"

namespace loadline {

struct ExtractiveAnswer {
  std::string text;     // the sentence in its own words, or "row, column: cell"; without a marker
  std::size_t hit = 0;  // index of the chunk
  QuoteUnit quote;      // bytes of the chunk's text
  double coverage = 0;  // share of the question's weight
};

/// `may_answer`: by hit, see hits_that_may_answer.
std::optional<ExtractiveAnswer> literal_answer(const Question& question, const SnippetSet& set,
                                               const std::vector<bool>& may_answer, SnippetReader& reader);

/// The cell of one row (of chunk `hit`) that is asked for: for a row that is known to be meant, so less has
/// to agree.
std::optional<ExtractiveAnswer> cell_of_row(const Question& question, const SnippetSet& set, std::size_t hit,
                                            const QuoteUnit& row, SnippetReader& reader);

}  // namespace loadline

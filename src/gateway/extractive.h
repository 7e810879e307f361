#pragma once
// The extractive fast path, and how well passages cover a question: both without a model.
//
// Each sentence or table row of each passage is scored by the share of the question's words that stand in it
// or in its headings, each word weighted by how rare it is among the passages' words (a word that stands
// nowhere weighs most). One object per thread.
#include <optional>
#include <string>
#include <vector>

#include "gateway/passage_list.h"
#include "gateway/question.h"

namespace loadline {

struct ExtractiveAnswer {
  std::string text;  // the sentence or row in the passage's own words, without a marker
  int marker = 0;
  std::size_t quote_begin = 0, quote_end = 0;  // bytes of the passage's text
  double coverage = 0;
};

struct Evidence {
  double coverage =
      0;  // best share of the question's weight in one sentence or row with its headings, 0 to 1
  double passage_coverage = 0;              // the same in one whole passage with its headings
  std::vector<std::string> missing;         // stems of question words that stand in none of the passages
  std::optional<ExtractiveAnswer> literal;  // if one sentence or row answers by itself, and no other competes
};

class EvidenceReader {
 public:
  Evidence read(const Question& question, const std::vector<NumberedPassage>& passages);

 private:
  WordReader words_;
};

}  // namespace loadline

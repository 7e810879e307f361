#pragma once
// What a question asks for, read from its words: the kind of answer and the words that must be covered.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/period.h"
#include "text/quantity.h"
#include "text/word.h"

namespace loadline {

enum class AnswerKind : std::uint8_t { open, quantity, date, person, yes_no };
/// What a superlative asks for: the row of the largest (latest) or smallest (earliest) value.
enum class Extreme : std::uint8_t { none, most, least };

struct Question {
  std::string text;
  AnswerKind kind = AnswerKind::open;
  std::vector<ContentWord>
      words;  // outside periods, without those that only shape the question ("much", "name")
  std::vector<Period> periods;
  std::vector<Quantity> quantities;   // outside periods
  std::vector<std::string> compares;  // stems of words that choose by comparing: "lowest", "next"
  Extreme extreme = Extreme::none;
};

Question read_question(std::string_view text, WordReader& words);

}  // namespace loadline

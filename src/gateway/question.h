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

struct Question {
  std::string text;
  AnswerKind kind = AnswerKind::open;
  std::vector<ContentWord>
      words;  // outside periods, without those that only shape the question ("much", "name")
  std::vector<Period> periods;
  std::vector<Quantity> quantities;  // outside periods
};

Question read_question(std::string_view text, WordReader& words);

}  // namespace loadline

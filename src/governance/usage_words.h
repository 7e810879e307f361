#pragma once
// A question to the ledger as people write it.
#include <string>
#include <string_view>
#include <vector>

#include "governance/ledger.h"

namespace loadline {

struct UsageWords {
  std::vector<std::string> by{};                // "day", "key", "team", "route", "model"; none: day and route
  std::string from{}, to{};                     // days, both included; "": the first, the last
  std::string key{}, team{}, route{}, model{};  // only this one; "": whichever
};

/// invalid_argument: not a day, or `by` has another word.
Result<UsageQuery> usage_query(const UsageWords& words);

/// "a,b": without blanks around, empty words left out.
std::vector<std::string> words_between_commas(std::string_view text);

}  // namespace loadline

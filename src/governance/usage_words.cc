#include "governance/usage_words.h"

#include <algorithm>

#include "base/printable.h"

namespace loadline {

Result<UsageQuery> usage_query(const UsageWords& words) {
  UsageQuery query;
  if (!words.from.empty()) {
    LOADLINE_ASSIGN(query.first_day, parse_day(words.from));
  }
  if (!words.to.empty()) {
    LOADLINE_ASSIGN(query.last_day, parse_day(words.to));
  }
  const auto wanted = [](const std::string& name) {
    return name.empty() ? std::nullopt : std::optional(name);
  };
  query.key = wanted(words.key), query.team = wanted(words.team);
  query.route = wanted(words.route), query.model = wanted(words.model);
  query.by_day = query.by_route = words.by.empty();
  for (const std::string& word : words.by) {
    if (word == "day")
      query.by_day = true;
    else if (word == "key")
      query.by_key = true;
    else if (word == "team")
      query.by_team = true;
    else if (word == "route")
      query.by_route = true;
    else if (word == "model")
      query.by_model = true;
    else
      return Error(Code::invalid_argument,
                   "by: '" + printable(word) + "' is not one of day, key, team, route, model");
  }
  return query;
}

std::vector<std::string> words_between_commas(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, comma);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    if (!word.empty()) words.emplace_back(word);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return words;
}

}  // namespace loadline

#include "gateway/question.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/ascii.h"

namespace loadline {
namespace {

bool contains_any(const std::string& text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return text.find(part) != std::string::npos; });
}

bool starts_with_any(const std::string& text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return text.rfind(part, 0) == 0; });
}

AnswerKind kind_of(const std::string& lower) {
  if (contains_any(lower, {"how much", "how many", "how long", "how often", "how old", "how far",
                           "what percentage", "what share", "what proportion", "how high", "how large"}))
    return AnswerKind::quantity;
  if (contains_any(lower, {"what date", "which date", "what year", "which year", "what day", "which day",
                           "what time", "which time"}) ||
      starts_with_any(lower, {"when ", "when?", "by when", "since when", "until when"}))
    return AnswerKind::date;
  if (starts_with_any(lower, {"who ", "whom ", "whose "})) return AnswerKind::person;
  if (starts_with_any(lower, {"is ", "are ", "was ", "were ", "do ", "does ", "did ", "can ", "could ",
                              "may ", "must ", "should ", "will ", "has ", "have ", "am "}))
    return AnswerKind::yes_no;
  if (contains_any(lower,
                   {" fee", "fee ", " rate", " amount", " limit", " price", " cost", " ratio", " total",
                    " charge", "minimum", "maximum", " balance", " income", " profit", " number of"}) &&
      starts_with_any(lower, {"what ", "which ", "state ", "give "}))
    return AnswerKind::quantity;
  return AnswerKind::open;
}

// What a question that follows another one asks for: "And when?" of "What does it cost?\nAnd when?".
std::string_view asked_last(std::string_view text) {
  std::string_view last = text.substr(text.rfind('\n') + 1);
  for (const std::string_view joint : {"And ", "and ", "But ", "but ", "So ", "so ", "Or ", "or "})
    if (last.substr(0, joint.size()) == joint) last.remove_prefix(joint.size());
  return last;
}

// Words that shape a question and that an answer need not repeat. Stems.
bool shapes_question(const std::string& stem) {
  constexpr std::array<std::string_view, 25> stems = {
      "full", "whole", "entir", "mani", "long",    "often", "high",  "larg", "name",
      "give", "list",  "state", "find", "explain", "show",  "much",  "old",  "know",
      "want", "need",  "like",  "get",  "someon",  "mean",  "happen"};
  return std::find(stems.begin(), stems.end(), stem) != stems.end();
}

struct Comparing {
  std::string_view word;
  Extreme extreme;
};
constexpr std::array comparing_words = {
    Comparing{"highest", Extreme::most},   Comparing{"largest", Extreme::most},
    Comparing{"biggest", Extreme::most},   Comparing{"greatest", Extreme::most},
    Comparing{"most", Extreme::most},      Comparing{"longest", Extreme::most},
    Comparing{"latest", Extreme::most},    Comparing{"strongest", Extreme::most},
    Comparing{"lowest", Extreme::least},   Comparing{"smallest", Extreme::least},
    Comparing{"least", Extreme::least},    Comparing{"fewest", Extreme::least},
    Comparing{"shortest", Extreme::least}, Comparing{"earliest", Extreme::least},
    Comparing{"cheapest", Extreme::least}, Comparing{"last", Extreme::most},
    Comparing{"first", Extreme::least},    Comparing{"next", Extreme::none},
    Comparing{"previous", Extreme::none},  Comparing{"former", Extreme::none}};

// "at most", "at the latest" are limits; "the last year", "the first week" are times. "matures last"
// compares.
void read_comparing(Question& question, const std::string& lower, WordReader& words) {
  for (const auto& [word, extreme] : comparing_words) {
    const std::size_t at = lower.find(" " + std::string(word));
    if (at == std::string::npos) continue;
    const std::size_t end = at + 1 + word.size();
    if (end < lower.size() && std::isalpha(static_cast<unsigned char>(lower[end])) != 0) continue;
    const std::string_view before = std::string_view(lower).substr(0, at);
    if (before.ends_with(" at") || before.ends_with(" at the")) continue;
    const bool is_order = word == "last" || word == "first";
    if (is_order && lower.find_first_not_of(" ?.!", end) != std::string::npos) continue;
    for (const ContentWord& stemmed : words.read(word)) question.compares.push_back(stemmed.stem);
    question.extreme = extreme;
  }
}

}  // namespace

Question read_question(std::string_view text, WordReader& words) {
  Question question;
  question.text = text;
  question.kind = kind_of(ascii_lower(asked_last(text)));
  read_comparing(question, ascii_lower(text), words);
  question.words = words.read(text);
  std::erase_if(question.words, [](const ContentWord& word) {
    return shapes_question(word.stem) || is_honorific(word.stem);
  });
  question.periods = find_periods(text);
  std::erase_if(question.words, [&](const ContentWord& word) {
    return std::any_of(question.periods.begin(), question.periods.end(), [&](const Period& period) {
      return word.begin >= period.begin && word.end <= period.end;
    });
  });
  question.quantities = find_quantities(text);
  std::erase_if(question.quantities, [&](const Quantity& quantity) {
    return std::any_of(question.periods.begin(), question.periods.end(), [&](const Period& period) {
      return quantity.begin >= period.begin && quantity.end <= period.end;
    });
  });
  std::erase_if(question.words, [&](const ContentWord& word) {
    return std::any_of(question.quantities.begin(), question.quantities.end(), [&](const Quantity& quantity) {
      return word.begin >= quantity.begin && word.end <= quantity.end;
    });
  });
  return question;
}

}  // namespace loadline

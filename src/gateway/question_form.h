#pragma once
// What a question asks, as a sequence of words in which only those were left out or exchanged that cannot
// change its answer: two questions with the same form may be answered alike. Used by the semantic cache,
// which would rather ask a model once too often.
//
// Everything stays that tells questions apart: numbers with their signs and units, names, dates, negations,
// comparisons, quantifiers, question words, prepositions that give a direction, and the order of all of them,
// so that "A owes B" is not "B owes A". Out go articles, forms of "to be" and "do" inside, politeness, and
// the ways of beginning a question. Unknown words, and those of other languages, stay as they are. Pure;
// thread-safe.
#include <optional>
#include <string>
#include <string_view>

namespace loadline {

inline constexpr std::size_t question_form_bytes_max = 400;  // of a question; longer ones have no form

/// Lower-case words with one blank between them. Nothing for texts that are no plain question: several lines,
/// quoted text, code, addresses, an order to work on a text (translate, rewrite ...), or nothing left.
std::optional<std::string> question_form(std::string_view question);

}  // namespace loadline

#include "retrieval/rank/query_view.h"

#include <algorithm>
#include <array>

#include "retrieval/rank/light_terms.h"
#include "retrieval/rank/page_digest.h"
#include "text/period.h"

namespace loadline {
namespace {

// Words with which people ask for an amount, a count, a rate or a comparison of them.
constexpr std::array<std::string_view, 44> figure_words = {
    "amount",   "number",     "total",     "sum",     "average",    "mean",     "ratio",    "rate",
    "percent",  "percentage", "share",     "margin",  "growth",     "change",   "increase", "decrease",
    "decline",  "rise",       "drop",      "fall",    "difference", "value",    "cost",     "price",
    "many",     "much",       "highest",   "lowest",  "largest",    "smallest", "most",     "least",
    "more",     "less",       "calculate", "compute", "round",      "decimal",  "million",  "billion",
    "thousand", "usd",        "eur",       "times"};
constexpr double figure_words_enough = 2;

bool is_figure_word(std::string_view word) {
  static const std::vector<std::string> stems = [] {
    std::vector<std::string> list;
    for (const std::string_view each : figure_words) list.push_back(light_stem(each));
    std::sort(list.begin(), list.end());
    return list;
  }();
  return std::binary_search(stems.begin(), stems.end(), light_stem(word));
}

std::string without_spans(std::string_view question, const DocumentMatches& matches) {
  std::string text(question);
  for (const auto& [begin, end] : matches.spans)
    for (std::uint32_t at = begin; at < end && at < text.size(); ++at) text[at] = ' ';
  std::string packed;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!blank)
      packed += c;
    else if (!packed.empty() && packed.back() != ' ')
      packed += ' ';
  }
  while (!packed.empty() && packed.back() == ' ') packed.pop_back();
  return packed;
}

bool joins_phrase(std::string_view word) { return word == "of" || word == "and"; }

void add_part(std::vector<std::string>& parts, std::string_view text, std::size_t begin, std::size_t end) {
  constexpr std::size_t letters_min = 4;
  const std::string_view part = text.substr(begin, std::min(end - begin, query_part_bytes_max));
  const auto letters = std::count_if(part.begin(), part.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
  });
  if (static_cast<std::size_t>(letters) < letters_min || parts.size() >= query_parts_max) return;
  if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.emplace_back(part);
}

// Runs of content words; "of" and "and" may stand inside, punctuation may not.
std::vector<std::string> phrases_of(std::string_view text) {
  std::vector<std::string> parts;
  const std::vector<LightTerm> terms = light_terms(text);
  std::size_t begin = 0, end = 0;  // of the run, end 0: none
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const LightTerm& term = terms[i];
    const std::string_view gap = i == 0 ? "" : text.substr(terms[i - 1].end, term.begin - terms[i - 1].end);
    const bool apart = gap.find_first_not_of(" -&'") != std::string_view::npos;
    const bool joiner = joins_phrase(text.substr(term.begin, term.end - term.begin));
    if (end > 0 && (apart || (term.stop && !joiner))) {
      add_part(parts, text, begin, end);
      end = 0;
    }
    if (term.stop || (term.number && end == 0)) continue;
    if (end == 0) begin = term.begin;
    end = term.end;
  }
  if (end > 0) add_part(parts, text, begin, end);
  return parts;
}

template <class T>
void add_once(std::vector<T>& list, T value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

}  // namespace

QueryView view_query(std::string_view question, const DocumentMatches& matches) {
  QueryView view;
  view.asked = without_spans(question, matches);
  view.parts = phrases_of(view.asked);
  double figures = 0;
  std::uint64_t before = 0;
  for (const LightTerm& term : light_terms(view.asked)) {
    const std::string_view word = std::string_view(view.asked).substr(term.begin, term.end - term.begin);
    if (is_figure_word(word)) ++figures;
    if (term.hash == 0 || view.terms.size() >= query_terms_max) continue;
    add_once(term.number ? view.numbers : view.terms, term.hash);
    if (term.number) continue;
    if (before != 0) add_once(view.pairs, pair_key(before, term.hash));
    before = term.hash;
  }
  if (question.find('%') != std::string_view::npos || question.find('$') != std::string_view::npos) ++figures;
  view.wants_figure = std::min(1.0, figures / figure_words_enough);
  for (const Period& period : find_periods(question))
    if (period.year != 0) add_once(view.years, period.year);
  std::sort(view.years.rbegin(), view.years.rend());
  return view;
}

}  // namespace loadline

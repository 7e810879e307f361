#include "gateway/evidence.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/ascii.h"

namespace loadline {
namespace {

constexpr double rival_lead = 0.15;        // of the question's weight; see docs/design/0005-answers.md
constexpr std::size_t compared_least = 3;  // values that a column must have to have a highest one

bool states_figure(const Question& question, std::string_view text) {
  Question figure = question;
  figure.kind = AnswerKind::quantity;
  return states_kind(figure, text);
}

bool has_better_rival(const SupportedClaim& claim, const Question& question, const SnippetSet& set,
                      const std::vector<bool>& may_answer) {
  if (!states_figure(question, claim.text)) return false;
  // Most words of a question that follows another one are the other one's, and so are the places they meet.
  if (question.text.find('\n') != std::string::npos) return false;
  const auto own = std::find_if(set.snippets.begin(), set.snippets.end(), [&](const Snippet& snippet) {
    return snippet.hit == claim.hit && set.text(snippet) == claim.quote;
  });
  if (own == set.snippets.end()) return false;
  return std::any_of(set.snippets.begin(), set.snippets.end(), [&](const Snippet& other) {
    return may_answer[other.hit] && other.fits_period && other.coverage > own->coverage + rival_lead &&
           states_figure(question, set.text(other));
  });
}

// What a cell counts for in a comparison: a date or a single figure.
std::optional<double> rank_of(std::string_view cell) {
  const std::vector<Period> periods = find_periods(cell);
  if (periods.size() == 1 && periods[0].year != 0)
    return 10000.0 * periods[0].year + 100.0 * periods[0].month + periods[0].day;
  const std::vector<Quantity> quantities = find_quantities(cell);
  if (quantities.size() != 1) return std::nullopt;
  return quantities[0].value * (quantities[0].scale == 0 ? 1 : quantities[0].scale);
}

bool is_total(const TableRow& row) {
  return row.cells.empty() || ascii_lower(row.cells.front()).rfind("total", 0) == 0;
}

// The rows of the whole table as far as it was retrieved: a long one is in several chunks.
std::vector<const TableRow*> rows_with(const SnippetSet& set, std::size_t hit) {
  std::vector<const TableRow*> rows;
  for (std::size_t other = 0; other < set.tables.size(); ++other) {
    const SearchHit &a = (*set.hits)[hit], &b = (*set.hits)[other];
    if (a.document != b.document || a.chunk.table_header != b.chunk.table_header) continue;
    for (const TableRow& row : set.tables[other].rows)
      if (!is_total(row)) rows.push_back(&row);
  }
  return rows;
}

bool is_extreme(const TableRow& row, std::size_t column, Extreme extreme,
                const std::vector<const TableRow*>& rows) {
  const std::optional<double> own = rank_of(row.cells[column]);
  std::size_t compared = 0;
  for (const TableRow* other : rows) {
    if (!own || column >= other->cells.size()) continue;
    const std::optional<double> rank = rank_of(other->cells[column]);
    if (!rank) continue;
    ++compared;
    if (extreme == Extreme::most ? *rank > *own : *rank < *own) return false;
  }
  return own && compared >= compared_least;
}

// Whether the claim is about the row: it has its label or one of its figures.
bool speaks_of(const std::string& claim, const TableRow& row) {
  return std::any_of(row.cells.begin(), row.cells.end(), [&](std::string_view cell) {
    const bool says_something =
        std::any_of(cell.begin(), cell.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
    return says_something && cell.size() > 1 && claim.find(ascii_lower(cell)) != std::string::npos;
  });
}

bool compares_rightly(const SupportedClaim& claim, const Question& question, const SnippetSet& set,
                      SnippetReader& reader) {
  if (question.compares.empty() || set.tables[claim.hit].rows.empty()) return true;
  const Terms quoted = reader.terms_of(claim.quote);
  if (std::any_of(question.compares.begin(), question.compares.end(),
                  [&](const std::string& stem) { return quoted.count(stem) != 0; }))
    return true;
  if (question.extreme == Extreme::none) return false;
  const std::vector<const TableRow*> rows = rows_with(set, claim.hit);
  const std::string text = ascii_lower(claim.text);
  const auto is_asked = [&](const std::string& name) {
    const Terms terms = reader.terms_of(name);
    return std::any_of(terms.begin(), terms.end(),
                       [&](const std::string& term) { return set.weights.count(term) != 0; });
  };
  return std::any_of(rows.begin(), rows.end(), [&](const TableRow* row) {
    if (!speaks_of(text, *row)) return false;
    const bool any_asked = std::any_of(row->names.begin() + 1, row->names.end(), is_asked);
    for (std::size_t column = 1; column < row->cells.size(); ++column)
      if ((!any_asked || is_asked(row->names[column])) && is_extreme(*row, column, question.extreme, rows))
        return true;
    return false;
  });
}

}  // namespace

bool rests_on_the_right_place(const SupportedClaim& claim, const Question& question, const SnippetSet& set,
                              const std::vector<bool>& may_answer, SnippetReader& reader) {
  return !has_better_rival(claim, question, set, may_answer) &&
         compares_rightly(claim, question, set, reader);
}

}  // namespace loadline

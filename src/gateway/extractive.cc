#include "gateway/extractive.h"

#include <algorithm>
#include <cctype>

namespace loadline {
namespace {

// Set with bench/answers, see docs/design/0005-answers.md.
constexpr double sentence_coverage = 0.92, sentence_own = 0.6, sentence_lead = 0.12;
constexpr double cell_coverage = 0.8, cell_own = 0.55, cell_lead = 0.08;
// A row and column that are named only in part answer if nothing else comes near.
constexpr double lone_cell_coverage = 0.58, lone_cell_own = 0.45, lone_cell_lead = 0.17;
constexpr double only_cell_coverage = 0.5, only_cell_lead = 0.5;
constexpr double given_row_coverage = 0.6, given_row_own = 0.3, given_row_lead = 0.03;
constexpr std::size_t literal_bytes_max = 400;

struct Candidate {
  ExtractiveAnswer answer;
  std::string says;  // what competes: two candidates that say the same do not
  double own = 0;
  double score = 0;
};

void add_sentence(const Question& question, const SnippetSet& set, const Snippet& snippet,
                  std::vector<Candidate>& candidates) {
  const std::string_view text = set.text(snippet);
  if (question.kind == AnswerKind::person || question.kind == AnswerKind::yes_no ||
      question.kind == AnswerKind::open)
    return;  // a literal sentence seldom settles these
  if (!snippet.has_kind || !snippet.fits_period || text.size() > literal_bytes_max) return;
  Candidate candidate;
  candidate.answer = {std::string(text), snippet.hit, snippet.range, snippet.coverage};
  candidate.says = text;
  candidate.own = snippet.own;
  candidate.score = snippet.coverage + 0.2 * snippet.own;
  candidates.push_back(std::move(candidate));
}

// Of a column's name, the share of words that the question has too: of two columns that match as well, the
// one that says nothing else is meant.
double share_asked(const Terms& column, const SnippetSet& set) {
  if (column.empty()) return 0;
  double asked = 0;
  for (const std::string& term : column) asked += static_cast<double>(set.weights.count(term));
  return asked / static_cast<double>(column.size());
}

// Whether row or column themselves name the period that is asked for, not only the headings above them.
bool names_period(const Question& question, const TableRow& row, std::size_t column) {
  if (question.periods.empty()) return false;
  std::vector<Period> known = find_periods(row.names[column]);
  for (std::size_t i = 0; i < row.cells.size(); ++i)
    if (i != column)
      for (const Period& period : find_periods(row.cells[i])) known.push_back(period);
  return covers_periods(question.periods, known);
}

// Where the columns stand for periods, the right one must be asked for; elsewhere the row or its headings say
// it.
bool cell_fits_period(const Question& question, const SnippetSet& set, const Snippet& snippet,
                      std::size_t column) {
  const TableView& table = set.tables[snippet.hit];
  const TableRow& row = table.rows[snippet.row];
  const std::vector<std::string>& names = row.names;
  std::vector<Period> known = find_periods(names[column]);
  std::size_t periods_of_columns = 0;
  const bool part_of_what_is_asked = std::any_of(known.begin(), known.end(), [&](const Period& period) {
    return std::any_of(question.periods.begin(), question.periods.end(), [&](const Period& asked) {
      return period.covers(asked) && !period.stands_for(asked);
    });
  });
  if (part_of_what_is_asked) return false;
  for (std::size_t i = 1; i < names.size(); ++i)
    for (const Period& period : find_periods(names[i]))
      periods_of_columns += period.year != 0 || period.quarter != 0;
  if (periods_of_columns > 1 && question.periods.empty()) return false;
  for (std::size_t i = 0; i < row.cells.size(); ++i)
    if (i != column)
      for (const Period& period : find_periods(row.cells[i])) known.push_back(period);
  if (std::none_of(known.begin(), known.end(), [](const Period& period) { return period.year != 0; })) {
    const Chunk& chunk = (*set.hits)[snippet.hit].chunk;
    for (const Period& period : find_periods(chunk.context + "\n" + chunk.table_caption))
      known.push_back(period);
  }
  return covers_periods(question.periods, known);
}

// The caption's unit, where the corner of the table holds it ("EUR000", "in millions").
std::string unit_of(const std::vector<std::string>& names) {
  return !names.empty() && stated_scale(names.front()) != 0 ? " (" + names.front() + ")" : "";
}

// What a row is about: its first cell with letters (the very first may only count the rows).
std::string_view label_of(const TableRow& row, std::size_t column) {
  for (std::size_t i = 0; i < row.cells.size(); ++i)
    if (i != column && std::any_of(row.cells[i].begin(), row.cells[i].end(),
                                   [](unsigned char c) { return c >= 0x80 || std::isalpha(c) != 0; }))
      return row.cells[i];
  return row.cells.front();
}

std::string cell_in_words(const TableRow& row, std::size_t column) {
  std::string text(label_of(row, column));
  if (!row.names[column].empty()) text += (text.empty() ? "" : ", ") + row.names[column];
  return text + ": " + std::string(row.cells[column]) + unit_of(row.names);
}

// "The next chief executive": a row that only says who is one is no answer.
bool leaves_out_comparison(const Question& question, const Snippet& snippet) {
  return std::any_of(question.compares.begin(), question.compares.end(), [&](const std::string& stem) {
    return snippet.terms.count(stem) == 0 && snippet.names.count(stem) == 0;
  });
}

void add_cells(const Question& question, const SnippetSet& set, const Snippet& snippet, SnippetReader& reader,
               std::vector<Candidate>& candidates) {
  const TableView& table = set.tables[snippet.hit];
  const TableRow& row = table.rows[snippet.row];
  if (question.kind == AnswerKind::yes_no || leaves_out_comparison(question, snippet)) return;
  for (std::size_t column = 1; column < row.cells.size(); ++column) {
    const std::string_view cell = row.cells[column];
    if (cell.empty() || !states_kind(question, cell) || !cell_fits_period(question, set, snippet, column))
      continue;
    const Terms column_terms = reader.terms_of(row.names[column]);
    Terms own = snippet.terms;
    own.insert(column_terms.begin(), column_terms.end());
    Candidate candidate;
    candidate.own = set.share({&own});
    candidate.answer = {cell_in_words(row, column), snippet.hit, snippet.range,
                        set.share({&own, &set.contexts[snippet.hit]})};
    candidate.says = cell;
    candidate.score = candidate.answer.coverage + 0.3 * candidate.own + 0.3 * snippet.meaning +
                      0.15 * snippet.of_period + 0.1 * share_asked(column_terms, set) +
                      (names_period(question, row, column) ? 0.1 : 0);
    candidates.push_back(std::move(candidate));
  }
}

bool label_is_asked(const SnippetSet& set, const Snippet& snippet, SnippetReader& reader) {
  const Terms label = reader.terms_of(set.tables[snippet.hit].rows[snippet.row].cells.front());
  return std::any_of(label.begin(), label.end(),
                     [&](const std::string& term) { return set.weights.count(term) != 0; });
}

bool says_the_same(const Candidate& a, const Candidate& b) {
  if (a.says == b.says) return true;
  const std::vector<Quantity> of_a = find_quantities(a.says), of_b = find_quantities(b.says);
  return of_a.size() == 1 && of_b.size() == 1 && same_quantity(of_a[0], of_b[0], 0);
}

std::optional<ExtractiveAnswer> clear_winner(const std::vector<Candidate>& candidates, double coverage,
                                             double own, double lead) {
  const auto best =
      std::max_element(candidates.begin(), candidates.end(),
                       [](const Candidate& a, const Candidate& b) { return a.score < b.score; });
  if (best == candidates.end() || best->answer.coverage < coverage || best->own < own) return std::nullopt;
  for (const Candidate& other : candidates)
    if (!says_the_same(other, *best) && other.score > best->score - lead) return std::nullopt;
  return best->answer;
}

}  // namespace

std::optional<ExtractiveAnswer> cell_of_row(const Question& question, const SnippetSet& set, std::size_t hit,
                                            const QuoteUnit& row, SnippetReader& reader) {
  std::vector<Candidate> cells;
  for (const Snippet& snippet : set.snippets)
    if (snippet.hit == hit && snippet.range.begin == row.begin && !set.tables[hit].rows.empty() &&
        label_is_asked(set, snippet, reader))
      add_cells(question, set, snippet, reader, cells);
  return clear_winner(cells, given_row_coverage, given_row_own, given_row_lead);
}

std::optional<ExtractiveAnswer> literal_answer(const Question& question, const SnippetSet& set,
                                               const std::vector<bool>& may_answer, SnippetReader& reader) {
  std::vector<Candidate> sentences, cells;
  for (const Snippet& snippet : set.snippets) {
    if (!may_answer[snippet.hit]) continue;
    if (set.tables[snippet.hit].rows.empty())
      add_sentence(question, set, snippet, sentences);
    else
      add_cells(question, set, snippet, reader, cells);
  }
  if (auto cell = clear_winner(cells, cell_coverage, cell_own, cell_lead)) return cell;
  if (auto cell = clear_winner(cells, lone_cell_coverage, lone_cell_own, lone_cell_lead)) return cell;
  if (auto cell = clear_winner(cells, only_cell_coverage, lone_cell_own, only_cell_lead)) return cell;
  return clear_winner(sentences, sentence_coverage, sentence_own, sentence_lead);
}

}  // namespace loadline

#include "gateway/snippets.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace loadline {
namespace {

// How the parts of a score weigh against each other; set with bench/answers, see docs/design/0005-answers.md.
constexpr double weight_coverage = 1.0, weight_own = 0.4, weight_meaning = 1.2, weight_kind = 0.15,
                 weight_period = 0.25, weight_hit = 0.4;
constexpr double weight_document_period = 0.15;
constexpr double weight_of_number = 1.5;
constexpr double weight_of_unseen =
    0.6;  // most words of a question that stand nowhere are said in other words

std::string number_term(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "#%.8g", std::abs(value));
  return text;
}

void add_number_terms(Terms& terms, const std::vector<Quantity>& quantities) {
  for (const Quantity& quantity : quantities) {
    terms.insert(number_term(quantity.value));
    if (quantity.scale != 0) terms.insert(number_term(quantity.value * quantity.scale));
  }
}

bool inside_period(const Quantity& quantity, const std::vector<Period>& periods) {
  return std::any_of(periods.begin(), periods.end(), [&](const Period& period) {
    return quantity.begin >= period.begin && quantity.end <= period.end;
  });
}

std::string around_of(const SearchHit& hit) {
  return hit.chunk.context + "\n" + hit.chunk.table_caption + "\n" + hit.document_title + "\n" + hit.document;
}

std::string_view head_of(const Chunk& chunk) { return std::string_view(chunk.context).substr(0, 200); }

// What the embedder is given for a snippet: where it stands, and what it says.
std::string meaning_text(const SnippetSet& set, const Snippet& snippet) {
  const SearchHit& hit = (*set.hits)[snippet.hit];
  std::string text(head_of(hit.chunk));
  text += '\n';
  const TableView& table = set.tables[snippet.hit];
  text += table.rows.empty() ? std::string(set.text(snippet)) : row_in_words(table.rows[snippet.row]);
  return text;
}

// A file's name as words: "fee_schedule_2025.xlsx".
std::string spaced(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

// What the document's name and title say of the periods that are asked for.
int document_period(const Question& question, const SearchHit& hit) {
  const std::vector<Period> named = find_periods(hit.document_title + "\n" + spaced(hit.document));
  if (named.empty() || question.periods.empty()) return 0;
  const bool any = std::any_of(question.periods.begin(), question.periods.end(), [&](const Period& asked) {
    return std::any_of(named.begin(), named.end(), [&](const Period& period) {
      return asked.year == 0 || period.year == 0 || asked.year == period.year;
    });
  });
  return any ? 1 : -1;
}

// Whether a period asked for is there only in parts: quarters under a question about the year.
bool only_parts_of(const std::vector<Period>& asked, const std::vector<Period>& known) {
  return std::any_of(asked.begin(), asked.end(), [&](const Period& wanted) {
    bool part = false, whole = false;
    for (const Period& period : known) (period.stands_for(wanted) ? whole : part) |= period.covers(wanted);
    return part && !whole;
  });
}

// "14 January", "January 14": a date, though no year makes it a period.
bool is_day_of_month(std::string_view text, const Quantity& quantity) {
  std::string_view before = text.substr(0, quantity.begin), after = text.substr(quantity.end);
  while (!before.empty() && before.back() == ' ') before.remove_suffix(1);
  while (!after.empty() && after.front() == ' ') after.remove_prefix(1);
  for (const std::string_view month : {"January", "February", "March", "April", "May", "June", "July",
                                       "August", "September", "October", "November", "December"})
    if (after.substr(0, month.size()) == month ||
        (before.size() >= month.size() && before.substr(before.size() - month.size()) == month))
      return true;
  return false;
}

// "Wednesday", "14:00": when, without a date.
bool states_day_or_time(std::string_view text) {
  for (const std::string_view day :
       {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"})
    if (text.find(day) != std::string_view::npos) return true;
  for (std::size_t at = text.find(':'); at != std::string_view::npos; at = text.find(':', at + 1))
    if (at > 0 && at + 2 < text.size() && std::isdigit(static_cast<unsigned char>(text[at - 1])) != 0 &&
        std::isdigit(static_cast<unsigned char>(text[at + 1])) != 0 &&
        std::isdigit(static_cast<unsigned char>(text[at + 2])) != 0)
      return true;
  return false;
}

double dot(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

double SnippetSet::share(std::initializer_list<const Terms*> places) const {
  double total = 0, found = 0;
  for (const auto& weighted : weights) {
    total += weighted.second;
    if (std::any_of(places.begin(), places.end(),
                    [&](const Terms* terms) { return terms->count(weighted.first) != 0; }))
      found += weighted.second;
  }
  return total == 0 ? 0 : found / total;
}

Terms question_terms(const Question& question) {
  Terms terms;
  for (const ContentWord& word : question.words) terms.insert(word.stem);
  for (const Quantity& quantity : question.quantities) terms.insert(number_term(quantity.value));
  return terms;
}

bool has_unknown_pair(const Question& question, const SnippetSet& set) {
  const auto unmet = [&](const ContentWord& word) {
    return std::none_of(set.wholes.begin(), set.wholes.end(),
                        [&](const Terms& terms) { return terms.count(word.stem) != 0; });
  };
  for (std::size_t i = 1; i < question.words.size(); ++i) {
    const ContentWord &first = question.words[i - 1], &second = question.words[i];
    if (second.begin == first.end + 1 && question.text[first.end] == ' ' && unmet(first) && unmet(second))
      return true;
  }
  return false;
}

std::vector<std::string> names_of_question(const Question& question) {
  std::vector<std::string> names;
  for (const ContentWord& word : question.words)
    if (word.capitalised && !word.sentence_start && !is_honorific(word.stem) &&
        !is_currency_code(std::string_view(question.text).substr(word.begin, word.end - word.begin)))
      names.push_back(question.text.substr(word.begin, word.end - word.begin));
  return names;
}

std::vector<bool> hits_that_may_answer(const Question& question, const SnippetSet& set) {
  std::vector<std::string> names, numbers;
  WordReader reader;
  for (const std::string& name : names_of_question(question))
    for (const ContentWord& word : reader.read(name)) names.push_back(word.stem);
  for (const std::string& term : question_terms(question))
    if (term.front() == '#') numbers.push_back(term);
  const std::vector<SearchHit>& hits = *set.hits;
  const auto all_stand = [&](const std::vector<std::string>& terms, const auto& counts) {
    return std::all_of(terms.begin(), terms.end(), [&](const std::string& term) {
      for (std::size_t other = 0; other < hits.size(); ++other)
        if (counts(hits[other]) && set.wholes[other].count(term) != 0) return true;
      return false;
    });
  };
  std::vector<bool> may(hits.size());
  for (std::size_t index = 0; index < hits.size(); ++index) {
    const SearchHit& hit = hits[index];
    const Chunk& chunk = hit.chunk;
    const auto same_document = [&](const SearchHit& other) { return other.document == hit.document; };
    const auto same_page = [&](const SearchHit& other) {
      return same_document(other) && other.page == hit.page;
    };
    may[index] = all_stand(names, same_document) && all_stand(numbers, same_page) &&
                 covers_periods(question.periods,
                                find_periods(chunk.text + "\n" + chunk.table_header + "\n" + around_of(hit)));
  }
  return may;
}

bool covers_periods(const std::vector<Period>& asked, const std::vector<Period>& known) {
  return std::all_of(asked.begin(), asked.end(),
                     [&](const Period& wanted) { return covered_by(wanted, known); });
}

bool states_kind(const Question& question, std::string_view text) {
  if (question.kind == AnswerKind::open || question.kind == AnswerKind::yes_no) return true;
  const std::vector<Period> periods = find_periods(text);
  if (question.kind == AnswerKind::date)
    return states_day_or_time(text) || std::any_of(periods.begin(), periods.end(), [&](const Period& period) {
             return std::none_of(question.periods.begin(), question.periods.end(),
                                 [&](const Period& asked) { return asked.name() == period.name(); });
           });
  if (question.kind == AnswerKind::person) {
    int run = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool starts = i == 0 || text[i - 1] == ' ' || text[i - 1] == '\n';
      if (!starts) continue;
      run = std::isupper(static_cast<unsigned char>(text[i])) != 0 ? run + 1 : 0;
      if (run >= 2) return true;
    }
    return false;
  }
  for (const Quantity& quantity : find_quantities(text)) {
    const bool asked = std::any_of(question.quantities.begin(), question.quantities.end(),
                                   [&](const Quantity& q) { return same_quantity(quantity, q, 0); });
    if (!asked && !inside_period(quantity, periods) && !is_day_of_month(text, quantity)) return true;
  }
  return false;
}

Terms SnippetReader::terms_of(std::string_view text) {
  Terms terms;
  for (ContentWord& word : words_.read(text)) terms.insert(std::move(word.stem));
  add_number_terms(terms, find_quantities(text));
  return terms;
}

void SnippetReader::split(const Question& question, SnippetSet& set) {
  for (std::size_t index = 0; index < set.hits->size(); ++index) {
    const SearchHit& hit = (*set.hits)[index];
    const Chunk& chunk = hit.chunk;
    const std::string around = around_of(hit);
    const std::vector<Period> around_periods = find_periods(around);
    const int of_period = document_period(question, hit);
    set.contexts.push_back(terms_of(around));
    set.tables.push_back(chunk.is_table ? read_table(chunk.text, chunk.table_header) : TableView{});
    const TableView& table = set.tables.back();
    Terms whole = set.contexts.back();
    const auto add = [&](QuoteUnit range, std::size_t row, const std::string& names) {
      Snippet snippet;
      snippet.hit = index;
      snippet.range = range;
      snippet.row = row;
      const std::string_view text = std::string_view(chunk.text).substr(range.begin, range.end - range.begin);
      snippet.terms = terms_of(text);
      snippet.names = terms_of(names);
      whole.insert(snippet.terms.begin(), snippet.terms.end());
      whole.insert(snippet.names.begin(), snippet.names.end());
      std::vector<Period> known = find_periods(std::string(text) + "\n" + names);
      const bool only_parts = only_parts_of(question.periods, known);
      known.insert(known.end(), around_periods.begin(), around_periods.end());
      snippet.fits_period = !only_parts && covers_periods(question.periods, known);
      snippet.has_kind = states_kind(question, text);
      snippet.of_period = of_period;
      set.snippets.push_back(std::move(snippet));
    };
    if (!table.rows.empty()) {
      for (std::size_t row = 0; row < table.rows.size(); ++row) {
        std::string names;
        for (const std::string& name : table.rows[row].names) names += name + "\n";
        add({table.rows[row].begin, table.rows[row].end}, row, names);
      }
    } else {
      for (const QuoteUnit& unit :
           quote_units({chunk.text, chunk.context, chunk.table_header, chunk.is_table}))
        add(unit, 0, "");
    }
    set.wholes.push_back(std::move(whole));
  }
}

Status SnippetReader::compare_meaning(const Question& question, SnippetSet& set, const Embedder& embedder,
                                      const CallContext& context) {
  std::vector<Snippet*> order;
  for (Snippet& snippet : set.snippets) order.push_back(&snippet);
  std::stable_sort(order.begin(), order.end(),
                   [](const Snippet* a, const Snippet* b) { return a->score > b->score; });
  if (order.size() > embedded_max) order.resize(embedded_max);
  std::vector<std::string> texts{question.text};
  for (const Snippet* snippet : order) texts.push_back(meaning_text(set, *snippet));
  LOADLINE_ASSIGN(const Matrix vectors,
                  embedder.embed(std::vector<std::string_view>(texts.begin(), texts.end()), context));
  if (vectors.rows != texts.size()) return {};
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i]->meaning = dot(vectors.row(0), vectors.row(i + 1));
    order[i]->score += weight_meaning * order[i]->meaning;
  }
  return {};
}

Result<SnippetSet> SnippetReader::read(const Question& question, const std::vector<SearchHit>& hits,
                                       const Embedder& embedder, const CallContext& context) {
  SnippetSet set;
  set.hits = &hits;
  split(question, set);
  const double count = static_cast<double>(set.snippets.size());
  for (const std::string& term : question_terms(question)) {
    double seen = 0;
    for (const Snippet& snippet : set.snippets) seen += snippet.terms.count(term) != 0 ? 1 : 0;
    const double weight = std::log(1 + (count + 1) / (seen + 1));
    if (term.front() == '#') {
      set.weights[term] = weight_of_number * weight;
      continue;
    }
    set.weights[term] = seen == 0 ? weight_of_unseen * weight : weight;
  }
  for (Snippet& snippet : set.snippets) {
    snippet.own = set.share({&snippet.terms});
    snippet.coverage = set.share({&snippet.terms, &snippet.names, &set.contexts[snippet.hit]});
    snippet.score = weight_coverage * snippet.coverage + weight_own * snippet.own +
                    weight_hit * hits[snippet.hit].score + (snippet.has_kind ? weight_kind : 0) +
                    (snippet.fits_period ? weight_period : 0) + weight_document_period * snippet.of_period;
  }
  LOADLINE_TRY(compare_meaning(question, set, embedder, context));
  return set;
}

}  // namespace loadline

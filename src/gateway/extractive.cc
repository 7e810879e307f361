#include "gateway/extractive.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

namespace loadline {
namespace {

// A unit answers literally only from this share of the question's weight on, with this lead over the next
// that says something else; measured with bench/answers, see docs/design/0005-answers.md.
constexpr double literal_coverage = 0.92;
constexpr double literal_own_share = 0.6;  // in the unit itself, not in its headings
constexpr double literal_lead = 0.12;
constexpr std::size_t literal_bytes_max = 400;

using Stems = std::unordered_set<std::string>;

struct Unit {
  const NumberedPassage* passage = nullptr;
  QuoteUnit range;
  Stems stems;
  double coverage = 0, own = 0;

  std::string_view text() const {
    return std::string_view(passage->hit.chunk.text).substr(range.begin, range.end - range.begin);
  }
};

Stems stems_of(std::string_view text, WordReader& words) {
  Stems stems;
  for (ContentWord& word : words.read(text)) stems.insert(std::move(word.stem));
  return stems;
}

struct Read {
  std::vector<Unit> units;
  std::vector<Stems> passages;  // text and headings
  std::vector<Stems> headings;
};

Read read_all(const std::vector<NumberedPassage>& passages, WordReader& words) {
  Read read;
  for (const NumberedPassage& passage : passages) {
    const Chunk& chunk = passage.hit.chunk;
    Stems headings =
        stems_of(chunk.context + "\n" + chunk.table_header + "\n" + passage.hit.document_title, words);
    Stems all = headings;
    for (const QuoteUnit& range : quote_units(passage.as_passage())) {
      Unit unit;
      unit.passage = &passage;
      unit.range = range;
      unit.stems = stems_of(unit.text(), words);
      all.insert(unit.stems.begin(), unit.stems.end());
      read.units.push_back(std::move(unit));
    }
    read.passages.push_back(std::move(all));
    read.headings.push_back(std::move(headings));
  }
  return read;
}

// Inverse frequency among the units; unseen words weigh most.
std::unordered_map<std::string, double> weights_of(const Question& question, const Read& read) {
  std::unordered_map<std::string, double> weights;
  const double count = static_cast<double>(read.units.size());
  for (const ContentWord& word : question.words) {
    double seen = 0;
    for (const Unit& unit : read.units) seen += unit.stems.count(word.stem) != 0 ? 1 : 0;
    weights[word.stem] = std::log(1 + (count + 1) / (seen + 1));
  }
  return weights;
}

bool has_answer_kind(const Question& question, std::string_view text) {
  const std::vector<Period> periods = find_periods(text);
  switch (question.kind) {
    case AnswerKind::quantity: {
      for (const Quantity& quantity : find_quantities(text)) {
        const bool in_period = std::any_of(periods.begin(), periods.end(), [&](const Period& period) {
          return quantity.begin >= period.begin && quantity.end <= period.end;
        });
        const bool asked = std::any_of(question.quantities.begin(), question.quantities.end(),
                                       [&](const Quantity& q) { return same_quantity(quantity, q, 0); });
        if (!in_period && !asked) return true;
      }
      return false;
    }
    case AnswerKind::date:
      return std::any_of(periods.begin(), periods.end(), [&](const Period& period) {
        return std::none_of(question.periods.begin(), question.periods.end(),
                            [&](const Period& asked) { return asked.name() == period.name(); });
      });
    case AnswerKind::person:
    case AnswerKind::yes_no:
    case AnswerKind::open:
      return false;  // a literal sentence seldom settles these
  }
  return false;
}

bool covers_periods(const Question& question, const Unit& unit) {
  const Chunk& chunk = unit.passage->hit.chunk;
  std::vector<Period> known = find_periods(unit.text());
  for (const std::string* text : {&chunk.context, &chunk.table_header})
    for (const Period& period : find_periods(*text)) known.push_back(period);
  return std::all_of(question.periods.begin(), question.periods.end(), [&](const Period& asked) {
    return std::any_of(known.begin(), known.end(), [&](const Period& period) {
      return (asked.year == 0 || asked.year == period.year) &&
             (asked.quarter == 0 || asked.quarter == period.quarter) &&
             (asked.month == 0 || asked.month == period.month);
    });
  });
}

// A row with several figures answers only if the question's year picks one column; sentences always may.
bool is_unambiguous(const Question& question, const Unit& unit) {
  if (!unit.passage->hit.chunk.is_table) return true;
  const std::vector<Quantity> figures = find_quantities(unit.text());
  return figures.size() == 1 || (figures.size() > 1 && figures.size() <= 3 && !question.periods.empty());
}

std::optional<ExtractiveAnswer> literal_answer(const Question& question, const std::vector<Unit>& units) {
  const Unit* best = nullptr;
  for (const Unit& unit : units)
    if (has_answer_kind(question, unit.text()) && covers_periods(question, unit) &&
        (best == nullptr || unit.coverage + 0.2 * unit.own > best->coverage + 0.2 * best->own))
      best = &unit;
  if (best == nullptr || best->coverage < literal_coverage || best->own < literal_own_share)
    return std::nullopt;
  if (best->text().size() > literal_bytes_max || !is_unambiguous(question, *best)) return std::nullopt;
  for (const Unit& unit : units)
    if (&unit != best && unit.text() != best->text() && has_answer_kind(question, unit.text()) &&
        unit.coverage + 0.2 * unit.own > best->coverage + 0.2 * best->own - literal_lead)
      return std::nullopt;
  ExtractiveAnswer answer;
  answer.text = best->text();
  answer.marker = best->passage->marker;
  answer.quote_begin = best->range.begin;
  answer.quote_end = best->range.end;
  answer.coverage = best->coverage;
  return answer;
}

}  // namespace

Evidence EvidenceReader::read(const Question& question, const std::vector<NumberedPassage>& passages) {
  Evidence evidence;
  if (passages.empty() || question.words.empty()) return evidence;
  Read read = read_all(passages, words_);
  const auto weights = weights_of(question, read);
  double total = 0;
  for (const auto& [stem, weight] : weights) total += weight;
  const auto share = [&](const auto& contains) {
    double found = 0;
    for (const auto& [stem, weight] : weights) found += contains(stem) ? weight : 0;
    return found / total;
  };
  for (Unit& unit : read.units) {
    const Stems& headings = read.headings[static_cast<std::size_t>(unit.passage->marker - 1)];
    unit.own = share([&](const std::string& stem) { return unit.stems.count(stem) != 0; });
    unit.coverage = share(
        [&](const std::string& stem) { return unit.stems.count(stem) != 0 || headings.count(stem) != 0; });
    evidence.coverage = std::max(evidence.coverage, unit.coverage);
  }
  for (const Stems& stems : read.passages)
    evidence.passage_coverage = std::max(
        evidence.passage_coverage, share([&](const std::string& stem) { return stems.count(stem) != 0; }));
  for (const auto& [stem, weight] : weights)
    if (std::none_of(read.passages.begin(), read.passages.end(),
                     [&](const Stems& stems) { return stems.count(stem) != 0; }))
      evidence.missing.push_back(stem);
  evidence.literal = literal_answer(question, read.units);
  return evidence;
}

}  // namespace loadline

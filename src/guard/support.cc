#include "guard/support.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/utf8.h"
#include "guard/table_view.h"
#include "text/period.h"
#include "text/quantity.h"
#include "text/sentence.h"

namespace loadline {
namespace {

// Shares of the claim's content words; see the rule in the header. Set on questions over texts of our own,
// see docs/design/0005-answers.md.
constexpr double novel_words_share = 0.7;
constexpr double all_words_share = 0.75;
constexpr double table_words_share = 0.45;
constexpr double unit_question_share =
    1.0 / 3;                                 // of the question's words, in the sentence that states a figure
constexpr std::size_t unit_letters_max = 3;  // "EUR", "LTV": capitals that are no name
constexpr std::size_t words_of_a_name_max = 32;
constexpr std::size_t other_row_lead = 2;  // words by which another row must be nearer to the claim

// Lower case, one blank between words, typographic quotes and dashes as plain ones.
std::string normalised(std::string_view text) {
  std::string out;
  bool blank = true;
  for (std::size_t at = 0; at < text.size();) {
    char32_t c = next_code_point(text, at);
    if (c == U'\u2018' || c == U'\u2019') c = U'\'';
    if (c == U'\u201C' || c == U'\u201D') c = U'"';
    if (c == U'\u2013' || c == U'\u2014' || c == U'\u2011' || c == U'\u2212') c = U'-';
    if (c == U'\u00A0') c = U' ';
    if (c < 0x80 && std::isspace(static_cast<int>(c)) != 0) {
      if (!std::exchange(blank, true)) out += ' ';
      continue;
    }
    blank = false;
    append_utf8(out, c < 0x80 ? static_cast<char32_t>(std::tolower(static_cast<int>(c))) : c);
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '.')) out.pop_back();
  return out;
}

bool is_negation(std::string_view lower) {
  constexpr std::array<std::string_view, 9> words = {"not",  "no",     "never",   "neither", "nor",
                                                     "none", "cannot", "without", "nothing"};
  return std::find(words.begin(), words.end(), lower) != words.end();
}

bool has_negation(std::string_view text) {
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      continue;
    }
    if (is_negation(word)) return true;
    if (c == '\'' && word.size() > 2 && word.back() == 'n' && i + 1 < text.size() && text[i + 1] == 't')
      return true;
    word.clear();
  }
  return false;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t at = text.find('\n');
    lines.push_back(text.substr(0, at));
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  }
  return lines;
}

bool begins_with_pronoun(std::string_view sentence) {
  constexpr std::array<std::string_view, 9> pronouns = {"it",    "its",  "this", "that", "these",
                                                        "those", "they", "he",   "she"};
  const std::string first = normalised(sentence.substr(0, sentence.find(' ')));
  return std::find(pronouns.begin(), pronouns.end(), first) != pronouns.end();
}

using Stems = std::unordered_set<std::string>;

void add_stems(Stems& stems, const std::vector<ContentWord>& words) {
  for (const ContentWord& word : words) stems.insert(word.stem);
}

struct Claim {
  std::string text;
  std::vector<ContentWord> words;
  std::vector<Quantity> quantities;  // those inside periods left out
  std::vector<Period> periods;
};

std::vector<Quantity> quantities_outside(std::string_view text, const std::vector<Period>& periods) {
  std::vector<Quantity> quantities = find_quantities(text);
  std::erase_if(quantities, [&](const Quantity& quantity) {
    return std::any_of(periods.begin(), periods.end(), [&](const Period& period) {
      return quantity.begin >= period.begin && quantity.end <= period.end;
    });
  });
  return quantities;
}

Claim read_claim(std::string_view text, WordReader& words) {
  Claim claim;
  claim.text = without_markers(text);
  claim.words = words.read(claim.text);
  claim.periods = find_periods(claim.text);
  claim.quantities = quantities_outside(claim.text, claim.periods);
  std::erase_if(claim.words, [&](const ContentWord& word) {  // units and scales belong to the figures
    return is_currency_code(std::string_view(claim.text).substr(word.begin, word.end - word.begin)) ||
           std::any_of(claim.quantities.begin(), claim.quantities.end(), [&](const Quantity& quantity) {
             return word.begin >= quantity.begin && word.end <= quantity.end;
           });
  });
  return claim;
}

class PassageCheck {
 public:
  PassageCheck(const Claim& claim, const Passage& passage, std::string_view question, WordReader& words)
      : claim_(claim), passage_(passage), question_(question), words_(words), units_(quote_units(passage)) {
    if (passage.is_table) table_ = read_table(passage.text, passage.table_header);
    add_stems(passage_stems_, words.read(passage.text));
    add_stems(context_stems_, words.read(passage.context));
    add_stems(context_stems_, words.read(passage.table_header));
    add_stems(question_stems_, words.read(question));
    const std::size_t line = passage.context.rfind('\n'), step = passage.context.rfind(" > ");
    const std::size_t heading =
        std::max(line == std::string_view::npos ? 0 : line, step == std::string_view::npos ? 0 : step);
    add_stems(heading_stems_, words.read(passage.context.substr(heading)));
    add_stems(named_stems_, words.read(passage.named_in_document));
    wanted_stems_ = question_stems_;
    add_stems(wanted_stems_, claim.words);
    asked_ = quantities_outside(question, find_periods(question));
    for (const QuoteUnit& unit : units_) {
      Stems stems;
      add_stems(stems, words.read(unit_text(unit)));
      unit_stems_.push_back(std::move(stems));
    }
    scale_ = stated_scale(passage.context);
    if (scale_ == 0) scale_ = stated_scale(passage.table_header);
    if (scale_ == 0) scale_ = stated_scale(passage.text.substr(0, 200));
  }

  SupportVerdict run() {
    SupportVerdict verdict;
    const std::size_t best = best_unit(nullptr);
    set_quote(verdict, best);
    if (claim_.words.empty() && claim_.quantities.empty()) return verdict;
    if (find_verbatim(verdict)) return verdict;
    if (!check_names(verdict) || !check_periods(verdict) || !check_words(verdict)) return verdict;
    if (!check_quantities(verdict)) return verdict;
    if (is_about_another_name(verdict)) return verdict.reason = SupportReason::name_not_in_passage, verdict;
    if (contradicts(verdict)) return verdict.reason = SupportReason::contradicts, verdict;
    verdict.supported = true;
    verdict.reason = SupportReason::agreement;
    return verdict;
  }

 private:
  std::string_view unit_text(const QuoteUnit& unit) const {
    return passage_.text.substr(unit.begin, unit.end - unit.begin);
  }

  void set_quote(SupportVerdict& verdict, std::size_t unit) const {
    if (unit >= units_.size()) return;
    verdict.quote_begin = units_[unit].begin;
    verdict.quote_end = units_[unit].end;
  }

  // The unit that shares most words with the claim, among those that state `quantity` if one is given.
  std::size_t best_unit(const Quantity* quantity) const {
    std::size_t best = units_.size();
    double most = -1;
    for (std::size_t i = 0; i < units_.size(); ++i) {
      if (quantity != nullptr && !states(unit_text(units_[i]), *quantity)) continue;
      double shared = 0;
      for (const ContentWord& word : claim_.words)
        if (unit_stems_[i].count(word.stem) != 0) shared += question_stems_.count(word.stem) != 0 ? 0.8 : 1;
      shared -= 1e-3 * static_cast<double>(unit_stems_[i].size());  // the shorter of two equal ones
      if (shared > most) most = shared, best = i;
    }
    return best;
  }

  bool states(std::string_view text, const Quantity& quantity) const {
    const std::vector<Quantity> all = find_quantities(text);
    return std::any_of(all.begin(), all.end(),
                       [&](const Quantity& source) { return same_quantity(quantity, source, scale_); });
  }

  bool find_verbatim(SupportVerdict& verdict) const {
    const std::string claim = normalised(claim_.text);
    const std::string text = normalised(passage_.text);
    if (claim.size() < 12 || text.find(claim) == std::string::npos) return false;
    for (std::size_t i = 0; i < units_.size(); ++i)
      if (normalised(unit_text(units_[i])).find(claim.substr(0, std::min<std::size_t>(claim.size(), 40))) !=
          std::string::npos) {
        set_quote(verdict, i);
        break;
      }
    verdict.supported = true;
    verdict.reason = SupportReason::verbatim;
    verdict.coverage = 1;
    return true;
  }

  bool in_passage_or_context(const std::string& stem) const {
    return passage_stems_.count(stem) != 0 || context_stems_.count(stem) != 0;
  }

  bool check_words(SupportVerdict& verdict) const {
    double all = 0, found = 0, novel = 0, novel_found = 0, from_passage = 0;
    for (const ContentWord& word : claim_.words) {
      if (is_honorific(word.stem)) continue;
      const bool asked = question_stems_.count(word.stem) != 0;
      const bool here = in_passage_or_context(word.stem) || named_stems_.count(word.stem) != 0;
      all += 1;
      found += here ? 1 : asked ? 0.5 : 0;
      novel += asked ? 0 : 1;
      novel_found += !asked && here ? 1 : 0;
      from_passage += passage_stems_.count(word.stem) != 0 ? 1 : 0;
    }
    verdict.coverage = all == 0 ? 1 : found / all;
    verdict.reason = SupportReason::words_not_in_passage;
    if (all > 0 && from_passage == 0 && claim_.quantities.empty()) return false;
    // A figure in a table is tied down by its row and column; the words around it may be the writer's own.
    if (passage_.is_table && !claim_.quantities.empty())
      return novel - novel_found <= 1 && (all == 0 || found / all >= table_words_share);
    if (novel > 0 && novel_found / novel < novel_words_share) return false;
    return all == 0 || found / all >= all_words_share || (novel == 0 && !claim_.quantities.empty());
  }

  bool check_names(SupportVerdict& verdict) {
    for (const ContentWord& word : claim_.words) {
      if (!word.capitalised || word.sentence_start || is_honorific(word.stem)) continue;
      if (in_passage_or_context(word.stem)) continue;
      if (named_stems_.count(word.stem) == 0)
        return verdict.reason = SupportReason::name_not_in_passage, false;
      named_elsewhere_ = true;
    }
    return true;
  }

  // Where the name that is asked for stands elsewhere in the document, the sentence must not be about another
  // one.
  bool is_about_another_name(const SupportVerdict& verdict) const {
    if (!named_elsewhere_) return false;
    const std::string_view quote =
        passage_.text.substr(verdict.quote_begin, verdict.quote_end - verdict.quote_begin);
    const std::vector<ContentWord> words = words_.read(quote);
    return std::any_of(words.begin(), words.end(), [&](const ContentWord& word) {
      return word.capitalised && !word.sentence_start && word.end - word.begin > unit_letters_max &&
             question_stems_.count(word.stem) == 0 && !is_honorific(word.stem);
    });
  }

  bool check_periods(SupportVerdict& verdict) const {
    std::vector<Period> known = find_periods(passage_.text);
    for (const std::string_view text : {passage_.context, passage_.table_header, question_})
      for (const Period& period : find_periods(text)) known.push_back(period);
    for (const Period& claimed : claim_.periods) {
      const bool found = covered_by(claimed, known);
      if (!found) return verdict.reason = SupportReason::period_not_in_passage, false;
    }
    return true;
  }

  bool check_quantities(SupportVerdict& verdict) const {
    bool quoted = false;
    for (const Quantity& quantity : claim_.quantities) {
      const std::size_t unit = best_unit(&quantity);
      if (unit == units_.size()) {
        if (states(passage_.context, quantity) || states(passage_.table_header, quantity)) continue;
        return verdict.reason = SupportReason::quantity_not_in_passage, false;
      }
      if (passage_.is_table && !fits_row(unit))
        return verdict.reason = SupportReason::quantity_of_other_row_or_period, false;
      if (passage_.is_table && !fits_column(unit, quantity)) {
        set_quote(verdict, unit);
        return verdict.reason = SupportReason::quantity_of_other_column, false;
      }
      if (!passage_.is_table && (!speaks_of_the_question(unit) || is_of_neighbour(unit, quantity)))
        return verdict.reason = SupportReason::words_not_in_passage, false;
      if (!std::exchange(quoted, true)) set_quote(verdict, unit);
    }
    return true;
  }

  // A sentence that states a figure must be about what was asked, itself, by its heading, or, if it begins
  // with a pronoun, with the one before: a figure that stands beside something else on the page is no answer.
  bool speaks_of_the_question(std::size_t unit) const {
    if (question_stems_.empty()) return true;
    const Stems* before =
        unit > 0 && begins_with_pronoun(unit_text(units_[unit])) ? &unit_stems_[unit - 1] : nullptr;
    std::size_t asked = 0, found = 0;
    for (const std::string& stem : question_stems_) {
      if (is_honorific(stem) || named_stems_.count(stem) != 0) continue;  // what the whole document is about
      ++asked;
      found += unit_stems_[unit].count(stem) != 0 || heading_stems_.count(stem) != 0 ||
                       (before != nullptr && before->count(stem) != 0)
                   ? 1
                   : 0;
    }
    return static_cast<double>(found) >= unit_question_share * static_cast<double>(asked);
  }

  // "EUR 1,180 for one adult and EUR 345 for each child": where the sentence states a second figure of the
  // same unit, the claim keeps all words of the question that the sentence has, or it may be of the other
  // one.
  bool is_of_neighbour(std::size_t unit, const Quantity& quantity) const {
    const std::vector<Quantity> stated =
        quantities_outside(unit_text(units_[unit]), find_periods(unit_text(units_[unit])));
    const bool has_second = std::any_of(stated.begin(), stated.end(), [&](const Quantity& other) {
      return other.unit == quantity.unit && !same_quantity(quantity, other, scale_);
    });
    if (!has_second) return false;
    Stems said;
    add_stems(said, claim_.words);
    return std::any_of(question_stems_.begin(), question_stems_.end(), [&](const std::string& stem) {
      return unit_stems_[unit].count(stem) != 0 && said.count(stem) == 0;
    });
  }

  // The figure's row shares a word with the claim (if it has a label), and no other row is clearly meant
  // instead.
  bool fits_row(std::size_t unit) const {
    const std::string_view text = unit_text(units_[unit]);
    if (!claim_.words.empty() && likeness(unit_stems_[unit], text) == 0 && !has_period_of_question(text))
      return false;
    return !other_row_is_meant(unit);
  }

  bool has_period_of_question(std::string_view text) const {
    const std::vector<Period> known = find_periods(text);
    const std::vector<Period> asked = find_periods(question_);
    return std::any_of(asked.begin(), asked.end(),
                       [&](const Period& period) { return covered_by(period, known); });
  }

  // How many of the words of claim and question stand in the unit, and numbers asked for (twice).
  std::size_t likeness(const Stems& stems, std::string_view text) const {
    std::size_t count = 0;
    for (const std::string& stem : wanted_stems_) count += stems.count(stem);
    const std::vector<Period> periods = find_periods(text);
    for (const Quantity& quantity : quantities_outside(text, periods))
      count += std::any_of(asked_.begin(), asked_.end(),
                           [&](const Quantity& asked) { return same_quantity(asked, quantity, 0); })
                   ? 2
                   : 0;
    return count;
  }

  bool other_row_is_meant(std::size_t unit) const {
    const std::size_t own = likeness(unit_stems_[unit], unit_text(units_[unit]));
    for (std::size_t other = 0; other < units_.size(); ++other)
      if (other != unit && likeness(unit_stems_[other], unit_text(units_[other])) >= own + other_row_lead &&
          !find_quantities(unit_text(units_[other])).empty())
        return true;
    return false;
  }

  // The figure's column is of a year that the claim or, if it names none, the question speaks of, and no
  // other column is meant.
  bool fits_column(std::size_t unit, const Quantity& quantity) const {
    const auto found = std::find_if(table_.rows.begin(), table_.rows.end(),
                                    [&](const TableRow& r) { return r.begin == units_[unit].begin; });
    if (found == table_.rows.end()) return true;  // a header
    const TableRow& row = *found;
    std::vector<Period> wanted = claim_.periods.empty() ? find_periods(question_) : claim_.periods;
    std::erase_if(wanted, [](const Period& period) { return period.year == 0; });
    std::size_t most = 0, own = 0;
    std::pair<std::size_t, std::size_t> said,
        rival;  // likeness, then plain words: of this figure, of another
    bool other_year = false, fits_year = false;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const Stems names = column_stems(row.names[i]);
      const std::size_t matched = likeness(names, row.names[i]);
      // Of two columns with as many words of the question, the one with fewer others is meant.
      const std::size_t like =
          matched == 0 ? 0 : matched * words_of_a_name_max - std::min(names.size(), words_of_a_name_max - 1);
      const bool is_label = i == 0 || !find_periods(row.names[i]).empty();
      if (!find_quantities(row.cells[i]).empty()) most = std::max(most, like);
      if (!states(row.cells[i], quantity)) {
        if (!is_label && !find_quantities(row.cells[i]).empty())
          rival = std::max(rival, {like + 1, plain_words_asked(row.names[i])});
        continue;
      }
      said = std::max(said, {like + 1, plain_words_asked(row.names[i])});
      own = std::max(own, like);
      int year = 0;
      for (const Period& period : find_periods(row.names[i]))
        if (period.year != 0) year = period.year;
      const bool this_year = year == 0 || wanted.empty() ||
                             std::any_of(wanted.begin(), wanted.end(),
                                         [&](const Period& period) { return period.year == year; });
      (this_year ? fits_year : other_year) = true;
    }
    // Where two columns are as near, either figure would do: neither is known to be meant.
    return (fits_year || !other_year) && own >= most && said > rival;
  }

  // How many words of the name stand in the question, the small ones too: "in" tells "time in" from "time
  // out".
  std::size_t plain_words_asked(std::string_view name) const {
    const std::string asked = " " + normalised(question_) + " ", words = normalised(name) + " ";
    std::size_t count = 0;
    for (std::size_t at = 0, end = 0; (end = words.find(' ', at)) != std::string::npos; at = end + 1)
      count += end > at && asked.find(" " + words.substr(at, end - at) + " ") != std::string::npos ? 1 : 0;
    return count;
  }

  Stems column_stems(const std::string& name) const {
    Stems stems;
    add_stems(stems, words_.read(name));
    return stems;
  }

  // Nearly the same words, but only one of the two is negated.
  bool contradicts(const SupportVerdict& verdict) const {
    if (passage_.is_table || verdict.coverage < 0.8) return false;
    const std::string_view quote =
        passage_.text.substr(verdict.quote_begin, verdict.quote_end - verdict.quote_begin);
    if (has_negation(claim_.text) == has_negation(quote)) return false;
    std::size_t shared = 0;
    const auto unit = std::find_if(units_.begin(), units_.end(),
                                   [&](const QuoteUnit& u) { return u.begin == verdict.quote_begin; });
    if (unit == units_.end()) return false;
    const Stems& stems = unit_stems_[static_cast<std::size_t>(unit - units_.begin())];
    for (const ContentWord& word : claim_.words) shared += stems.count(word.stem);
    return shared * 10 >= claim_.words.size() * 8;
  }

  const Claim& claim_;
  const Passage& passage_;
  const std::string_view question_;
  WordReader& words_;
  TableView table_;
  std::vector<QuoteUnit> units_;
  std::vector<Stems> unit_stems_;
  bool named_elsewhere_ = false;  // a name of the claim stands only elsewhere in the document
  Stems passage_stems_, context_stems_, heading_stems_, named_stems_, question_stems_, wanted_stems_;
  std::vector<Quantity> asked_;  // numbers of the question
  double scale_ = 0;
};

// The end of a marker that starts at `at` ("[1]", "[2, 3]", "[1][2]" one at a time), or nothing.
std::optional<std::size_t> marker_end(std::string_view text, std::size_t at) {
  if (text[at] != '[') return std::nullopt;
  std::size_t end = at + 1;
  bool digits = false;
  while (end < text.size() &&
         (std::isdigit(static_cast<unsigned char>(text[end])) != 0 || text[end] == ',' || text[end] == ' '))
    digits |= std::isdigit(static_cast<unsigned char>(text[end++])) != 0;
  if (!digits || end >= text.size() || text[end] != ']') return std::nullopt;
  return end + 1;
}

}  // namespace

std::string without_markers(std::string_view claim) {
  std::string out;
  for (std::size_t at = 0; at < claim.size();) {
    if (const auto end = marker_end(claim, at)) {
      while (!out.empty() && out.back() == ' ') out.pop_back();
      at = *end;
    } else {
      out += claim[at++];
    }
  }
  return out;
}

std::vector<int> markers_of(std::string_view claim) {
  std::vector<int> markers;
  for (std::size_t at = 0; at < claim.size(); ++at) {
    const auto end = marker_end(claim, at);
    if (!end) continue;
    int number = 0;
    for (std::size_t i = at + 1; i < *end; ++i) {
      if (std::isdigit(static_cast<unsigned char>(claim[i])) != 0) {
        number = std::min(number * 10 + (claim[i] - '0'), 1'000'000);
      } else {
        if (number > 0 && std::find(markers.begin(), markers.end(), number) == markers.end())
          markers.push_back(number);
        number = 0;
      }
    }
    at = *end - 1;
  }
  return markers;
}

std::vector<QuoteUnit> quote_units(const Passage& passage) {
  std::vector<QuoteUnit> units;
  if (!passage.is_table) {
    for (const TextSpan span : split_sentences(passage.text)) units.push_back({span.begin, span.end});
    return units;
  }
  std::size_t begin = 0;
  for (const std::string_view line : lines_of(passage.text)) {
    if (!line.empty()) units.push_back({begin, begin + line.size()});
    begin += line.size() + 1;
  }
  return units;
}

SupportVerdict SupportChecker::check(std::string_view claim, const Passage& passage,
                                     std::string_view question) {
  const Claim read = read_claim(claim, words_);
  if (!read.words.empty() || question.empty()) return PassageCheck(read, passage, question, words_).run();
  // A bare figure says what the question asks, with the figure filled in.
  const Claim filled = read_claim(std::string(question) + " " + std::string(claim), words_);
  return PassageCheck(filled, passage, "", words_).run();
}

}  // namespace loadline

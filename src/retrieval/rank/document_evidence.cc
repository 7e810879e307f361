#include "retrieval/rank/document_evidence.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "retrieval/rank/light_terms.h"

namespace loadline {
namespace {

// How strongly a word from each source names its document. A file name is what a person chose to tell
// documents apart; a title has many words that name nothing.
constexpr double name_strength = 1.0;
constexpr double code_strength = 0.6;  // "10K", "v2"
constexpr double entity_strength = 1.0;
constexpr double entity_word_strength = 0.7;
constexpr double entity_rank_decay = 0.35;
constexpr double metadata_strength = 0.8;
constexpr double title_strength = 0.4;
constexpr double front_strength = 0.7;

constexpr double plain_word_emphasis = 0.45;  // of a word that is not capitalised, or begins a sentence
constexpr std::size_t joined_words_max = 4;
constexpr std::size_t front_letters_min = 3;
constexpr std::size_t initials_min = 2;
constexpr std::size_t mentions_max = 512;

constexpr double naming_span_min = 0.5;  // strength x emphasis from which words count as a name

std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z')
      letters += static_cast<char>(c - 'A' + 'a');
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80) != 0)
      letters += c;
  }
  return letters;
}

bool has_letter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; });
}

bool has_digit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "reports/ACME_2022.pdf" is "ACME 2022".
std::string base_name(std::string_view name) {
  if (const std::size_t slash = name.rfind('/'); slash != std::string_view::npos)
    name.remove_prefix(slash + 1);
  if (const std::size_t dot = name.rfind('.'); dot != std::string_view::npos && dot > 0)
    name = name.substr(0, dot);
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::vector<std::string> pieces_of(std::string_view text) {
  std::vector<std::string> pieces(1);
  for (const char c : text) {
    const bool inside = !letters_of({&c, 1}).empty() || c == '\'' || c == '&';
    if (inside)
      pieces.back() += c;
    else if (!pieces.back().empty())
      pieces.emplace_back();
  }
  if (pieces.back().empty()) pieces.pop_back();
  return pieces;
}

std::string joined_letters(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += letters_of(word);
  return joined;
}

std::string initials_of(const std::vector<std::string>& words, std::string_view joiner) {
  std::string initials;
  for (const std::string& word : words) {
    if (!has_letter(word)) continue;
    if (!initials.empty()) initials += joiner;
    initials += letters_of(word).substr(0, 1);
  }
  return initials;
}

int quarter_of(const Period& period) { return period.quarter != 0 ? period.quarter : 0; }

std::int64_t day_number(const Period& period) {
  using namespace std::chrono;
  const year_month_day date{year(period.year), month(static_cast<unsigned>(std::max(1, period.month))),
                            day(static_cast<unsigned>(std::max(1, period.day)))};
  return sys_days(date).time_since_epoch().count();
}

// Agreement of a question's period with one period of a document, 0 to 1.
double agreement(const Period& asked, const Period& of) {
  if (asked.year == 0 || of.year == 0) return asked.quarter != 0 && asked.quarter == of.quarter ? 0.5 : 0;
  if (asked.month != 0 && of.month != 0) {
    const std::int64_t days = day_number(of) - day_number(asked);
    if (days >= 0) return std::max(0.3, 1.0 - static_cast<double>(days) / 120.0);  // written after the event
    return std::max(0.1, 0.6 + static_cast<double>(days) / 120.0);
  }
  const int later = of.year - asked.year;
  if (later == 1) return quarter_of(of) == 0 ? 0.35 : 0.2;  // the year before stands there for comparison
  if (later == 2) return 0.15;
  if (later != 0) return 0;
  if (asked.quarter != 0 && of.quarter != 0) return asked.quarter == of.quarter ? 1.0 : 0.25;
  if (asked.quarter != 0) return of.month != 0 ? 0.6 : 0.45;
  if (of.quarter == 4) return 0.8;  // the last quarter's report tells the whole year
  if (of.quarter != 0) return 0.4;
  if (asked.month == 0 && of.month != 0) return 0.7;
  if (asked.month != 0 && of.month == 0) return 0.55;
  return 1.0;
}

double best_agreement(const Period& asked, const std::vector<Period>& periods) {
  double best = 0;
  for (const Period& period : periods) best = std::max(best, agreement(asked, period));
  return best;
}

bool later_than(const Period& a, const Period& b) {
  const auto rank = [](const Period& p) {
    const int month = p.month != 0 ? p.month : p.quarter * 3;
    return p.year * 100 + (month == 0 ? 12 : month);
  };
  return rank(a) != rank(b) ? rank(a) > rank(b)
                            : (a.quarter != 0 || a.month != 0) && b.quarter == 0 && b.month == 0;
}

}  // namespace

DocumentEvidence::DocumentEvidence(const std::vector<DocumentRecord>& documents) : count_(documents.size()) {
  for (std::uint32_t number = 0; number < documents.size(); ++number) {
    const DocumentRecord& document = documents[number];
    chunks_.push_back(document.chunk_count);
    add_names(number, document);
    DocumentPeriods periods{find_periods(base_name(document.name)), {}};
    for (const std::string& stated : document.periods)
      for (const Period& period : find_periods(stated)) periods.other.push_back(period);
    if (periods.main.empty() && !periods.other.empty()) periods.main.push_back(periods.other.front());
    periods_.push_back(std::move(periods));
  }
  std::sort(sorted_keys_.begin(), sorted_keys_.end());
  sorted_keys_.erase(std::unique(sorted_keys_.begin(), sorted_keys_.end()), sorted_keys_.end());
}

void DocumentEvidence::add_key(std::uint32_t document, const std::string& key, double strength) {
  if (key.empty()) return;
  std::vector<Naming>& namings = keys_[key];
  if (!namings.empty() && namings.back().document == document)
    namings.back().strength = std::max(namings.back().strength, static_cast<float>(strength));
  else
    namings.push_back({document, static_cast<float>(strength)});
}

// "Rowan & Rowan" as rowanrowan, rr, r&r and rnr.
void DocumentEvidence::add_joined(std::uint32_t document, const std::vector<std::string>& words,
                                  double strength) {
  const std::string joined = joined_letters(words);
  if (joined.size() > front_letters_min) add_key(document, joined, strength);
  if (static_cast<std::size_t>(std::count_if(words.begin(), words.end(), has_letter)) < initials_min) return;
  for (const std::string_view joiner : {"", "&", "n"})
    add_key(document, initials_of(words, joiner), strength);
}

void DocumentEvidence::add_names(std::uint32_t number, const DocumentRecord& document) {
  std::vector<std::string> front;  // the words that the file's name begins with: often who it is about
  const std::vector<std::string> pieces = pieces_of(base_name(document.name));
  for (const std::string& piece : pieces) {
    if (has_digit(piece)) break;
    front.push_back(piece);
    if (front.size() >= initials_min) add_joined(number, front, name_strength);
  }
  for (const std::string& piece : pieces) {
    if (!has_letter(piece)) continue;
    const std::string key = letters_of(piece);
    add_key(number, key, has_digit(piece) ? code_strength : name_strength);
    add_key(number, light_stem(piece), has_digit(piece) ? code_strength : name_strength);
    if (key.size() > front_letters_min) sorted_keys_.push_back(key);
  }
  double rank = 0;
  for (const std::string& entity : document.entities) {
    const double strength = entity_strength / (1.0 + entity_rank_decay * rank++);
    const std::vector<std::string> words = pieces_of(entity);
    std::vector<std::string> first_words;
    for (const std::string& word : words) {
      add_key(number, light_stem(word), entity_word_strength * strength);
      first_words.push_back(word);
      add_joined(number, first_words, strength);
    }
    const std::string joined = joined_letters(words);
    if (joined.size() > front_letters_min) sorted_keys_.push_back(joined);
  }
  for (const auto& [name, value] : document.metadata)
    for (const std::string& word : pieces_of(value)) add_key(number, light_stem(word), metadata_strength);
  for (const std::string& text : {document.title, document.kind})
    for (const std::string& word : pieces_of(text)) add_key(number, light_stem(word), title_strength);
}

std::vector<DocumentEvidence::Mention> DocumentEvidence::mentions(std::string_view question) const {
  const std::vector<LightTerm> terms = light_terms(question);
  std::vector<Mention> found;
  for (std::size_t i = 0; i < terms.size() && found.size() < mentions_max; ++i) {
    const LightTerm& term = terms[i];
    const std::string_view word = question.substr(term.begin, term.end - term.begin);
    const bool starts =
        i == 0 || question.substr(terms[i - 1].end, term.begin - terms[i - 1].end).find_first_of(".?!") !=
                      std::string_view::npos;
    const bool upper = word.front() >= 'A' && word.front() <= 'Z';
    const double emphasis = upper && !starts                      ? 1.0
                            : has_digit(word) && has_letter(word) ? 1.0
                                                                  : plain_word_emphasis;
    if (!term.stop && has_letter(word))
      found.push_back({light_stem(word), term.begin, term.end, emphasis, {}});
    std::string joined = letters_of(word);
    bool capitals = upper;
    for (std::size_t more = 1; more < joined_words_max && i + more < terms.size(); ++more) {
      const LightTerm& next = terms[i + more];
      const std::string_view gap =
          question.substr(terms[i + more - 1].end, next.begin - terms[i + more - 1].end);
      if (gap.find_first_not_of(" &-_") != std::string_view::npos) break;
      joined += letters_of(question.substr(next.begin, next.end - next.begin));
      capitals = capitals && next.capital;
      found.push_back({joined, term.begin, next.end, capitals ? 1.0 : plain_word_emphasis, {}});
    }
  }
  return found;
}

std::vector<DocumentEvidence::Naming> DocumentEvidence::find(const Mention& mention) const {
  if (const auto exact = keys_.find(mention.key); exact != keys_.end()) return exact->second;
  std::vector<Naming> found;
  if (mention.key.size() < front_letters_min || mention.emphasis < 1.0) return found;
  // Documents whose joined name begins with the word.
  std::unordered_map<std::uint32_t, float> strengths;
  for (auto at = std::lower_bound(sorted_keys_.begin(), sorted_keys_.end(), mention.key);
       at != sorted_keys_.end() && at->starts_with(mention.key) && strengths.size() < count_; ++at)
    for (const Naming& naming : keys_.at(*at))
      strengths[naming.document] =
          std::max(strengths[naming.document], naming.strength * static_cast<float>(front_strength));
  for (const auto& [document, strength] : strengths) found.push_back({document, strength});
  return found;
}

std::vector<DocumentEvidence::Mention> DocumentEvidence::naming_mentions(std::string_view question) const {
  std::vector<Mention> naming;
  for (Mention& mention : mentions(question)) {
    mention.namings = find(mention);
    if (!mention.namings.empty()) naming.push_back(std::move(mention));
  }
  return naming;
}

// For each mention the share of the chunks with its rarest word that are of documents that it names.
std::vector<double> DocumentEvidence::keeping(std::string_view question, const std::vector<Mention>& mentions,
                                              const WordFrequencies& frequencies) const {
  std::vector<double> shares(mentions.size(), 1.0);
  if (!frequencies) return shares;
  std::vector<std::string_view> words;
  for (const Mention& mention : mentions)
    words.push_back(question.substr(mention.begin, mention.end - mention.begin));
  const std::vector<std::uint64_t> counts = frequencies(words);
  for (std::size_t i = 0; i < mentions.size() && i < counts.size(); ++i) {
    double own = 0;
    for (const Naming& naming : mentions[i].namings) own += chunks_[naming.document];
    if (counts[i] > 0) shares[i] = std::min(1.0, own / static_cast<double>(counts[i]));
  }
  return shares;
}

void DocumentEvidence::match_names(std::string_view question, const WordFrequencies& frequencies,
                                   DocumentMatches& matches) const {
  double total = 0;
  std::vector<double> sums(count_, 0.0);
  const std::vector<Mention> found = naming_mentions(question);
  const std::vector<double> shares = keeping(question, found, frequencies);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Mention& mention = found[i];
    double frequency = 0, strongest = 0;
    for (const Naming& naming : mention.namings)
      frequency += naming.strength, strongest = std::max<double>(strongest, naming.strength);
    const double rarity = std::log(1.0 + (static_cast<double>(count_) - frequency + 0.5) / (frequency + 0.5));
    const double weight = mention.emphasis * shares[i] * std::max(rarity, 0.0);
    total += weight * strongest;
    for (const Naming& naming : mention.namings) sums[naming.document] += weight * naming.strength;
    if (strongest * mention.emphasis * shares[i] >= naming_span_min)
      matches.spans.emplace_back(mention.begin, mention.end);
  }
  if (total <= 0) return;
  // A single weak word should not decide: the share counts in full only when there is something to share.
  const double trust = 1.0 - std::exp(-total);
  matches.has_names = true;
  for (std::size_t i = 0; i < count_; ++i) matches.documents[i].name = trust * sums[i] / total;
}

void DocumentEvidence::match_periods(std::string_view question, DocumentMatches& matches) const {
  constexpr double other_weight = 0.25;  // of periods before the latest one
  constexpr double inside_share = 0.6;   // of what stands in a document, against what it is of
  std::vector<Period> asked = find_periods(question);
  for (const Period& period : asked)
    matches.spans.emplace_back(static_cast<std::uint32_t>(period.begin),
                               static_cast<std::uint32_t>(period.end));
  if (asked.empty()) return;
  matches.has_periods = true;
  std::sort(asked.begin(), asked.end(), later_than);
  for (std::size_t i = 0; i < count_; ++i) {
    double sum = 0, weights = 0;
    for (std::size_t p = 0; p < asked.size(); ++p) {
      const double weight = p == 0 ? 1.0 : other_weight / static_cast<double>(asked.size());
      sum += weight * std::max(best_agreement(asked[p], periods_[i].main),
                               inside_share * best_agreement(asked[p], periods_[i].other));
      weights += weight;
    }
    matches.documents[i].period = sum / weights;
  }
}

DocumentMatches DocumentEvidence::match(std::string_view question, const WordFrequencies& frequencies) const {
  constexpr double period_share = 0.5, period_alone = 0.35;
  DocumentMatches matches;
  matches.documents.resize(count_);
  match_names(question, frequencies, matches);
  match_periods(question, matches);
  for (DocumentMatch& match : matches.documents) {
    match.score = match.name;
    if (matches.has_periods)
      match.score = match.name * (1.0 - period_share + period_share * match.period) +
                    (1.0 - match.name) * period_alone * match.period * (matches.has_names ? 0.3 : 1.0);
    matches.best = std::max(matches.best, match.score);
  }
  std::sort(matches.spans.begin(), matches.spans.end());
  return matches;
}

}  // namespace loadline

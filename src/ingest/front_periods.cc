// The period that a document covers and what it calls itself, by the words around dates and by the words for
// kinds of documents.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "ingest/front_matter.h"
#include "text/period.h"

namespace loadline {
namespace {

constexpr std::size_t periods_max = 6;
constexpr std::size_t cue_bytes = 56;

struct Cue {
  std::string_view words;
  double weight;
};

// What is said right in front of a period, strongest first.
constexpr std::array<Cue, 17> cues = {{{"year ended", 12},
                                       {"period ended", 12},
                                       {"quarter ended", 12},
                                       {"months ended", 8},
                                       {"weeks ended", 8},
                                       {"year ending", 8},
                                       {"date of report", 10},
                                       {"earliest event reported", 8},
                                       {"annual report", 8},
                                       {"results for", 6},
                                       {"fiscal", 5},
                                       {"effective", 4},
                                       {"valid from", 4},
                                       {"dated", 4},
                                       {"from", 3},
                                       {"as of", 2},
                                       {"date", 2}}};

// Periods of other documents, and ends that are far away.
constexpr std::array<std::string_view, 12> other_cues = {
    "replace",  "supersede", "until",   "previous", "prior",           "compared",
    "maturing", "due",       "founded", "since",    "incorporated by", "act of"};

constexpr double other_weight = 0.3;

// `before` is what stands before the period in its own line, `around` that and the line before, if near.
double cue_weight(std::string_view before, std::string_view around) {
  const std::string own = lower_ascii(before), lower = lower_ascii(around);
  for (const std::string_view cue : other_cues)
    if (own.find(cue) != std::string::npos) return other_weight;
  double best = 1;
  for (const Cue& cue : cues)
    if (lower.find(cue.words) != std::string::npos) best = std::max(best, cue.weight);
  return best;
}

bool is_quarter_cue(std::string_view before) {
  const std::string lower = lower_ascii(before);
  return lower.find("quarter") != std::string::npos ||
         lower.find("three months ended") != std::string::npos ||
         lower.find("twelve weeks ended") != std::string::npos ||
         lower.find("thirteen weeks ended") != std::string::npos;
}

class PeriodFinder {
 public:
  void read(std::string_view text, std::string_view previous, double weight) {
    for (const Period& period : find_periods(text)) {
      if (period.year == 0) continue;
      const std::size_t from = period.begin > cue_bytes ? period.begin - cue_bytes : 0;
      const std::string_view own = text.substr(from, period.end - from);
      std::string around(own);
      if (period.begin < cue_bytes / 2)
        around = std::string(previous.substr(previous.size() - std::min(previous.size(), cue_bytes))) + " " +
                 around;
      const double cue = cue_weight(own, around) * weight;
      add(period.name(), cue);
      if (period.quarter != 0 || period.month != 0) add(std::to_string(period.year), cue * 0.5);
      if (period.day != 0 && cue > 4 && is_quarter_cue(around))
        add(std::to_string(period.year) + "-Q" + std::to_string((period.month + 2) / 3), cue * 0.25);
    }
  }

  // Specific statements first among those that are about as strong; weak ones are left out.
  std::vector<std::string> best() const {
    double strongest = 0;
    for (const auto& [name, score] : scores_) strongest = std::max(strongest, score);
    std::vector<std::pair<double, std::string>> ranked;
    for (const auto& [name, score] : scores_)
      if (score * 10 >= strongest && score >= 3)
        ranked.emplace_back(score * (name.size() > 4 ? 1.5 : 1.0), name);
    std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second > b.second;
    });
    if (ranked.size() > periods_max) ranked.resize(periods_max);
    std::vector<std::string> names;
    for (auto& [score, name] : ranked) names.push_back(std::move(name));
    return names;
  }

 private:
  void add(const std::string& name, double weight) {
    double& score = scores_[name];
    score += weight / (1.0 + counts_[name]++ * 0.5);
  }

  std::map<std::string, double> scores_;
  std::map<std::string, int> counts_;
};

// What documents are called, longest first.
constexpr std::string_view kinds =
    "frequently asked questions|registration statement|questions and answers|sustainability report|"
    "terms and conditions|capital disclosures|quarterly report|half-year report|application form|"
    "earnings release|proxy statement|code of conduct|job description|meeting minutes|current report|"
    "interim report|privacy policy|privacy notice|press release|media release|annual report|"
    "general terms|questionnaire|specification|news release|presentation|audit report|fee schedule|"
    "risk report|white paper|certificate|disclosures|memorandum|newsletter|prospectus|term sheet|"
    "price list|fact sheet|user guide|procedures|minutes of|guideline|procedure|agreement|statement|"
    "handbook|contract|schedule|earnings|invoice|minutes|policy|manual|tariff|letter|notice|report|"
    "guide|memo|faq|";

bool at_word(std::string_view text, std::size_t begin, std::size_t end) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return (begin == 0 || !letter(text[begin - 1])) &&
         (end >= text.size() || !letter(text[end]) || text[end] == 's');
}

// "form 10-k" of "FORM 10-K": the word and a short code with a digit.
std::string form_code(std::string_view lower) {
  const std::size_t at = lower.find("form ");
  if (at == std::string_view::npos || !at_word(lower, at, at + 4)) return "";
  std::size_t end = at + 5;
  bool digit = false;
  while (end < lower.size() && end - at < 14 &&
         ((lower[end] >= '0' && lower[end] <= '9') || (lower[end] >= 'a' && lower[end] <= 'z') ||
          lower[end] == '-')) {
    digit = digit || (lower[end] >= '0' && lower[end] <= '9');
    ++end;
  }
  if (!digit || end == at + 5 || end - at - 5 > 8) return "";
  return std::string(lower.substr(at, end - at));
}

}  // namespace

std::vector<std::string> find_document_periods(const std::vector<FrontLine>& lines,
                                               std::string_view name_text) {
  PeriodFinder finder;
  finder.read(name_text, "", 4);
  for (std::size_t i = 0; i < lines.size(); ++i)
    finder.read(lines[i].text, i > 0 ? std::string_view(lines[i - 1].text) : std::string_view(),
                lines[i].weight);
  return finder.best();
}

std::string find_kind(const std::vector<FrontLine>& lines, std::string_view title,
                      std::string_view name_text) {
  constexpr double alone_factor = 3;
  std::map<std::string, double> scores;
  std::string form;
  const auto read = [&](std::string_view text, double weight) {
    std::string lower = lower_ascii(text);
    if (form.empty()) form = form_code(lower);
    for (std::size_t begin = 0; begin < kinds.size();) {
      const std::string_view kind = kinds.substr(begin, kinds.find('|', begin) - begin);
      begin += kind.size() + 1;
      for (std::size_t at = lower.find(kind); at != std::string::npos; at = lower.find(kind, at + 1)) {
        if (!at_word(lower, at, at + kind.size())) continue;
        // A kind of two words says more than one, most where it stands alone; what is part of it does not
        // count once more.
        const double words = kind.find_first_of(" -") != std::string_view::npos ? 2 : 1;
        scores[std::string(kind)] += weight * words * (text.size() <= kind.size() + 1 ? alone_factor : 1);
        std::fill(lower.begin() + static_cast<std::ptrdiff_t>(at),
                  lower.begin() + static_cast<std::ptrdiff_t>(at + kind.size()), '#');
      }
    }
  };
  // Only where documents name themselves: title, file name, headings, short lines and beginnings of lines at
  // the front.
  read(title, 6);
  read(name_text, 3);
  constexpr std::size_t front_lines_max = 40, short_line = 70, line_front = 30;
  for (std::size_t i = 0; i < lines.size() && i < front_lines_max; ++i) {
    const bool whole = lines[i].heading || lines[i].text.size() <= short_line;
    read(std::string_view(lines[i].text).substr(0, whole ? std::string::npos : line_front),
         lines[i].weight / (1.0 + static_cast<double>(i) / 8));
  }
  std::string best;
  double best_score = 1.0;
  for (const auto& [kind, score] : scores)
    if (score > best_score) best = kind, best_score = score;
  if (!form.empty()) best += (best.empty() ? "" : ", ") + form;
  return best;
}

}  // namespace loadline

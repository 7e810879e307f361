// Organisations on the first pages: runs of capitalised words, scored by where they stand and what stands
// around them.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>

#include "base/utf8.h"
#include "ingest/front_matter.h"
#include "text/word.h"

namespace loadline {
namespace {

constexpr std::size_t entities_max = 6;
constexpr std::size_t entity_words_max = 8;

struct Word {
  std::string_view text;  // without the punctuation around it
  std::size_t begin = 0, end = 0;
  bool capital = false;
  bool ends_run = false;    // punctuation after it
  bool begins_run = false;  // an opening bracket or quote before it
};

std::string letters_of(std::string_view word) {
  std::string letters;
  for (const char c : word)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0)
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return letters;
}

// `words` has a blank around each.
bool is_one_of(std::string_view word, std::string_view words) {
  const std::string letters = letters_of(word);
  return !letters.empty() && words.find(" " + letters + " ") != std::string_view::npos;
}

// Legal forms of companies, as letters only.
bool is_legal_form(std::string_view word) {
  static constexpr std::string_view words =
      " inc incorporated corp corporation co company ltd limited llc llp lp plc ag gmbh sa se nv bv"
      " spa sarl kg oy ab as pty pte kk ev eg cooperative ";
  return is_one_of(word, words);
}

// Words that name what organisations are: weaker than a legal form.
bool is_organisation_word(std::string_view word) {
  static constexpr std::string_view words =
      " bank group holdings holding partners trust insurance university hospital foundation"
      " institute society union authority ministry agency council association industries systems"
      " resorts international brothers sons technologies laboratories ";
  return is_one_of(word, words);
}

// Words of forms, addresses, calendars and headings: a run with one of them names no organisation.
bool is_form_word(std::string_view word) {
  static constexpr std::string_view words =
      " form section item part note notes page table contents report annual quarterly statement"
      " statements act rule commission securities exchange stock street avenue road suite state"
      " states united washington january february march april may june july august september"
      " october november december monday tuesday wednesday thursday friday saturday sunday fiscal"
      " year quarter months ended yes no title name registrant employer identification telephone"
      " address zip code date signature signatures officer director chief president executive"
      " financial file number pursuant results consolidated balance sheet sheets income cash common"
      " class series senior due risk factors exhibit index overview introduction summary appendix"
      " chapter figure total million thousands the this these large accelerated filer press release"
      " policy agreement contract manual guide handbook terms conditions fees schedule tariff"
      " minutes memo invoice reports announces reported questions answers welcome dear subject immediate "
      "release ";
  return is_one_of(word, words);
}

bool is_joiner(std::string_view word) {
  return word == "&" || word == "and" || word == "of" || word == "de" || word == "der" || word == "von" ||
         word == "for" || word == "the";
}

// Upper case, or a letter of a script without cases, or "3M".
bool is_capital(std::string_view word) {
  if (word.empty()) return false;
  std::size_t at = 0;
  const char32_t first = next_code_point(word, at);
  if (first >= 0x80)
    return first >= 0xC0 && !(first >= 0xDF && first <= 0xF7) && !(first >= 0x2000 && first <= 0x2FFF);
  if (std::isupper(static_cast<int>(first)) != 0) return true;
  return std::isdigit(static_cast<int>(first)) != 0 && word.size() > 1 &&
         std::isupper(static_cast<unsigned char>(word.back())) != 0;
}

std::vector<Word> words_of(std::string_view line) {
  std::vector<Word> words;
  for (std::size_t at = 0; at < line.size();) {
    while (at < line.size() && line[at] == ' ') ++at;
    std::size_t end = std::min(line.find(' ', at), line.size());
    if (end <= at) break;
    Word word;
    word.begin = at;
    word.end = end;
    const auto open = [](char c) { return c == '(' || c == '"' || c == '\'' || c == '[' || c == '*'; };
    const auto close = [](char c) {
      return c == ')' || c == '"' || c == '\'' || c == ']' || c == ',' || c == ';' || c == ':' || c == '*';
    };
    while (word.begin < word.end && open(line[word.begin])) word.begin += 1, word.begins_run = true;
    while (word.end > word.begin && close(line[word.end - 1])) word.end -= 1, word.ends_run = true;
    if (word.end > word.begin && line[word.end - 1] == '.') {
      // A point belongs to initials and legal forms; elsewhere it ends the sentence.
      const std::string_view bare = line.substr(word.begin, word.end - 1 - word.begin);
      if (bare.size() > 1 && bare.find('.') == std::string_view::npos && !is_legal_form(bare))
        word.end -= 1, word.ends_run = true;
    }
    word.text = line.substr(word.begin, word.end - word.begin);
    word.capital = is_capital(word.text);
    if (!word.text.empty()) words.push_back(word);
    at = end;
  }
  return words;
}

struct Candidate {
  double score = 0;
  int mentions = 0;
  bool legal = false;
  std::map<std::string, int> spellings;
};

std::string key_of(const std::vector<Word>& run) {
  std::string key;
  for (const Word& word : run)
    if (!is_legal_form(word.text) && word.text != "&" && word.text != "and" && word.text != "the")
      key += letters_of(word.text);
  return key;
}

bool has_digit(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_number(std::string_view word) {
  return has_digit(word) && std::none_of(word.begin(), word.end(), [](char c) {
           return std::isalpha(static_cast<unsigned char>(c)) != 0;
         });
}

class EntityFinder {
 public:
  EntityFinder(std::string_view name_text, const std::vector<FrontLine>& lines)
      : name_(letters_of(name_text)) {
    for (const FrontLine& line : lines)
      for (const Word& word : words_of(line.text))
        if (!word.capital) ordinary_.insert(letters_of(word.text));
  }

  void read(const FrontLine& line, std::string_view next_line) {
    if (names_itself(line.text)) return;  // the words below or behind a name
    const Line text{line, next_line, words_of(line.text)};
    std::size_t first = 0, last = 0;  // the run, the end not included
    for (std::size_t i = 0; i < text.words.size(); ++i) {
      const Word& word = text.words[i];
      const bool open = last > first;
      // ", Inc." belongs to the name in front of it.
      const bool legal_tail = open && is_legal_form(word.text) && word.capital;
      const bool breaks = open && (word.begins_run || (text.words[last - 1].ends_run && !legal_tail));
      if (breaks) close(text, first, last);
      if (!word.capital && !(open && !breaks && is_joiner(word.text))) {
        if (!breaks) close(text, first, last);
        first = last = i + 1;
        continue;
      }
      if (breaks || !open) first = i;
      last = i + 1;
    }
    close(text, first, last);
  }

  std::vector<std::string> best() {
    merge_parts();
    std::vector<std::pair<double, std::string>> ranked;
    for (auto& [key, candidate] : candidates_) {
      if (!name_.empty() && key.size() >= 4 && name_.find(key) != std::string::npos)
        candidate.score = candidate.score * 1.5 + 6;
      if (candidate.score >= 4) ranked.emplace_back(candidate.score, spelling(candidate));
    }
    std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::vector<std::string> names;
    for (auto& [score, name] : ranked)
      if (names.size() < entities_max && score * 12 >= ranked.front().first) names.push_back(std::move(name));
    return names;
  }

 private:
  struct Line {
    const FrontLine& line;
    std::string_view next;
    std::vector<Word> words;
  };

  void close(const Line& text, std::size_t first, std::size_t last) {
    const std::string_view next = last < text.words.size() ? text.words[last].text : std::string_view();
    // "documents incorporated by reference" is no company.
    const bool verb = next == "by" || next == "in" || next == "herein" || next == "under";
    if (last > first + 1 && is_legal_form(text.words[last - 1].text) && !verb) {
      weigh(text, behind_form(text, first, last), last, true);
      return;
    }
    // Without a legal form, words of forms and headings part the run: "Larkmoor Bank Annual Report".
    std::size_t begin = first;
    for (std::size_t i = first; i <= last; ++i)
      if (i == last || is_form_word(text.words[i].text)) {
        weigh(text, begin, i, false);
        begin = i + 1;
      }
  }

  // "Form 10-K for Larkmoor Inc." is a form for Larkmoor Inc.
  static std::size_t behind_form(const Line& text, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      if (text.words[i].text == "for") return i + 1;
      if (!is_form_word(text.words[i].text) && !has_digit(text.words[i].text)) break;
    }
    return first;
  }

  void weigh(const Line& text, std::size_t first, std::size_t last, bool legal) {
    const auto trims = [&](std::size_t i) {
      return is_joiner(text.words[i].text) || letters_of(text.words[i].text) == "the";
    };
    while (first < last && trims(first)) ++first;
    while (first < last && trims(last - 1)) --last;
    if (first == last || last - first > entity_words_max) return;
    const std::vector<Word> run(text.words.begin() + static_cast<std::ptrdiff_t>(first),
                                text.words.begin() + static_cast<std::ptrdiff_t>(last));
    const std::string key = key_of(run);
    if (key.size() < 3 || is_number(key)) return;
    if (!legal && says_nothing(text, run, first, last)) return;
    if (names_itself(std::string_view(text.line.text).substr(run.front().begin))) return;
    const std::string_view after = std::string_view(text.line.text).substr(run.back().end);
    double score = legal ? 5 : 1;
    for (const Word& word : run)
      if (is_organisation_word(word.text)) score += 1;
    if (run.size() == 1 && !legal && run.front().begin == 0) score = 0.3;  // it may just begin the sentence
    if (names_itself(after) || names_itself(text.next)) score += 24;
    if (defines_itself(after)) score += 8;
    if (run.size() > 1 && run.front().begin == 0 && run.back().end == text.line.text.size()) score += 1;
    Candidate& candidate = candidates_[key];
    // The tenth mention says less than the first.
    candidate.score += score * text.line.weight / std::sqrt(1.0 + candidate.mentions++);
    candidate.legal = candidate.legal || legal;
    candidate.spellings[text.line.text.substr(run.front().begin, run.back().end - run.front().begin)] +=
        legal ? 2 : 1;
  }

  // Common words that stand capitalised here and not elsewhere, codes ("10-K"), units beside numbers.
  bool says_nothing(const Line& text, const std::vector<Word>& run, std::size_t first,
                    std::size_t last) const {
    const bool ordinary = std::all_of(run.begin(), run.end(), [&](const Word& word) {
      return is_joiner(word.text) || is_stop_word(letters_of(word.text)) ||
             ordinary_.contains(letters_of(word.text));
    });
    if (ordinary) return true;
    if (run.size() > 1) return false;
    if (has_digit(run.front().text) && run.front().text.find('-') != std::string_view::npos) return true;
    const bool number_before = first > 0 && is_number(text.words[first - 1].text);
    const bool number_after = last < text.words.size() && is_number(text.words[last].text);
    return number_before || number_after;
  }

  // "(Exact name of registrant as specified in its charter)" stands below or behind the name.
  static bool names_itself(std::string_view text) {
    const std::string lower = lower_ascii(text.substr(0, 60));
    return lower.find("exact name of") < 6 || lower.find("name of registrant") < 6 ||
           lower.find("name of issuer") < 6 || lower.find("name of company") < 6;
  }

  // `Acme Corp. ("Acme", "we" or the "Company")`.
  static bool defines_itself(std::string_view after) {
    const std::string lower = lower_ascii(after.substr(0, 100));
    const std::size_t open = lower.find('(');
    if (open == std::string::npos || open > 3) return false;
    const std::string inside = lower.substr(open, lower.find(')', open) - open);
    return inside.find("company") != std::string::npos || inside.find("we") != std::string::npos ||
           inside.find("\"") != std::string::npos || inside.find("\xE2\x80\x9C") != std::string::npos;
  }

  // A short name that is the front of a long one speaks for the long one.
  void merge_parts() {
    for (auto& [key, candidate] : candidates_)
      for (auto& [longer, other] : candidates_)
        if (key.size() >= 4 && longer.size() > key.size() && longer.starts_with(key) && other.legal &&
            !candidate.legal) {
          other.score += candidate.score / 2;
          candidate.score /= 2;
          break;
        }
  }

  static std::string spelling(const Candidate& candidate) {
    const auto shouts = [](const std::string& text) {
      return std::none_of(text.begin(), text.end(),
                          [](char c) { return std::islower(static_cast<unsigned char>(c)) != 0; });
    };
    const std::pair<const std::string, int>* best = nullptr;
    for (const auto& spelled : candidate.spellings) {
      const auto rank = [&](const auto& s) { return s.second * (shouts(s.first) ? 1 : 4); };
      if (best == nullptr || rank(spelled) > rank(*best)) best = &spelled;
    }
    return best == nullptr ? "" : best->first;
  }

  const std::string name_;
  std::set<std::string> ordinary_;  // words that stand in lower case somewhere
  std::map<std::string, Candidate> candidates_;
};

}  // namespace

bool says_something_specific(std::string_view line) {
  for (const Word& word : words_of(line)) {
    const std::string letters = letters_of(word.text);
    const bool has_letters = std::any_of(letters.begin(), letters.end(), [](char c) {
      return (c & 0x80) != 0 || std::isalpha(static_cast<unsigned char>(c)) != 0;
    });
    if (letters.size() > 2 && has_letters && !is_form_word(word.text) && !is_stop_word(letters) &&
        !is_joiner(word.text))
      return true;
  }
  return false;
}

std::vector<std::string> find_entities(const std::vector<FrontLine>& lines, std::string_view name_text) {
  EntityFinder finder(name_text, lines);
  for (std::size_t i = 0; i < lines.size(); ++i)
    finder.read(lines[i], i + 1 < lines.size() ? std::string_view(lines[i + 1].text) : std::string_view());
  return finder.best();
}

}  // namespace loadline

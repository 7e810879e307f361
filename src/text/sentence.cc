#include "text/sentence.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

namespace loadline {
namespace {

// How far past a point the decision may look: a sentence end is certain only when this much is known.
constexpr std::size_t look_ahead_bytes = 16;

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr std::array<std::string_view, 36> abbreviations = {
    "mr",  "mrs", "ms",  "dr",  "prof", "st",     "no",   "nos", "vs",  "etc", "inc",  "corp",
    "ltd", "co",  "fig", "art", "sec",  "approx", "e.g",  "i.e", "u.s", "u.k", "jan",  "feb",
    "mar", "apr", "jun", "jul", "aug",  "sep",    "sept", "oct", "nov", "dec", "para", "cf"};

// The word that ends at the point at `point`, lower-cased, dots inside kept.
std::string word_before(std::string_view text, std::size_t point) {
  std::size_t begin = point;
  while (begin > 0 &&
         (std::isalpha(static_cast<unsigned char>(text[begin - 1])) != 0 || text[begin - 1] == '.') &&
         point - begin < 12)
    --begin;
  std::string word(text.substr(begin, point - begin));
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  return word;
}

bool is_abbreviation(std::string_view text, std::size_t point, bool capital_follows) {
  const std::string word = word_before(text, point);
  if (word.size() == 1 && is_upper(text[point - 1])) return true;  // an initial
  if (std::find(abbreviations.begin(), abbreviations.end(), word) == abbreviations.end()) return false;
  constexpr std::array<std::string_view, 8> may_end = {"inc", "corp", "ltd", "co", "etc", "u.s", "u.k", "no"};
  return !(capital_follows && std::find(may_end.begin(), may_end.end(), word) != may_end.end());
}

// Skips closing quotes, brackets and citation markers after an end mark.
std::size_t skip_closers(std::string_view text, std::size_t at) {
  for (;;) {
    while (at < text.size() && (text[at] == '"' || text[at] == '\'' || text[at] == ')')) ++at;
    if (text.substr(at, 3) == "\xE2\x80\x9D" || text.substr(at, 3) == "\xE2\x80\x99") {
      at += 3;
      continue;
    }
    std::size_t marker = at;
    while (marker < text.size() && text[marker] == ' ') ++marker;
    if (marker >= text.size() || text[marker] != '[') return at;
    std::size_t end = marker + 1;
    while (end < text.size() && (is_digit(text[end]) || text[end] == ',' || text[end] == ' ')) ++end;
    if (end >= text.size() || text[end] != ']' || end == marker + 1) return at;
    at = end + 1;
  }
}

bool starts_list_item(std::string_view rest) {
  if (rest.size() >= 2 && (rest[0] == '-' || rest[0] == '*' || rest[0] == '#') &&
      (rest[1] == ' ' || rest[0] == '#'))
    return true;
  if (rest.substr(0, 3) == "\xE2\x80\xA2") return true;
  std::size_t at = 0;
  while (at < rest.size() && at < 3 && is_digit(rest[at])) ++at;
  return at > 0 && at + 1 < rest.size() && (rest[at] == '.' || rest[at] == ')') && rest[at + 1] == ' ';
}

struct Boundary {
  std::size_t end = 0;   // of the sentence
  std::size_t next = 0;  // where the next may start (before its blanks)
};

// The first sentence end at or after `from`, or nothing.
std::optional<Boundary> next_boundary(std::string_view text, std::size_t from) {
  for (std::size_t at = from; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') {
      const bool blank_line = at + 1 < text.size() && text[at + 1] == '\n';
      if (blank_line || starts_list_item(text.substr(at + 1))) return Boundary{at, at};
      continue;
    }
    if (c != '.' && c != '!' && c != '?') continue;
    const std::size_t end = skip_closers(text, at + 1);
    if (end >= text.size()) return Boundary{text.size(), text.size()};
    if (!is_blank(text[end])) continue;
    std::size_t next = end;
    while (next < text.size() && is_blank(text[next])) ++next;
    if (next >= text.size()) return Boundary{end, end};
    if (is_lower(text[next])) continue;
    if (c == '.' && at > 0 && is_abbreviation(text, at, is_upper(text[next]))) continue;
    return Boundary{end, end};
  }
  return std::nullopt;
}

TextSpan trimmed(std::string_view text, std::size_t begin, std::size_t end) {
  while (begin < end && is_blank(text[begin])) ++begin;
  while (end > begin && is_blank(text[end - 1])) --end;
  return {begin, end};
}

}  // namespace

std::vector<TextSpan> split_sentences(std::string_view text) {
  std::vector<TextSpan> spans;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t from = begin;
    while (from < text.size() && is_blank(text[from])) ++from;
    const auto boundary = next_boundary(text, from);
    const std::size_t end = boundary ? boundary->end : text.size();
    if (const TextSpan span = trimmed(text, begin, end); span.end > span.begin) spans.push_back(span);
    begin = boundary ? std::max(boundary->next, from) : text.size();
  }
  return spans;
}

std::vector<std::string> SentenceStream::feed(std::string_view piece) {
  pending_ += piece;
  std::vector<std::string> complete;
  std::size_t begin = 0;
  for (;;) {
    std::size_t from = begin;
    while (from < pending_.size() && is_blank(pending_[from])) ++from;
    if (from >= pending_.size()) break;
    const auto boundary = next_boundary(pending_, from);
    if (!boundary) break;
    std::size_t known = boundary->end;
    while (known < pending_.size() && is_blank(pending_[known])) ++known;
    if (known + look_ahead_bytes > pending_.size()) break;
    complete.push_back(pending_.substr(begin, boundary->end - begin));
    begin = boundary->end;
  }
  pending_.erase(0, begin);
  return complete;
}

std::string SentenceStream::finish() { return std::exchange(pending_, {}); }

}  // namespace loadline

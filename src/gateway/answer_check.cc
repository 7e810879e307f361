#include "gateway/answer_check.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace loadline {
namespace {

constexpr std::size_t refusal_bytes_max = 400;

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

// The sentence with `markers` before its closing point, all other markers removed.
std::string with_markers(const std::string& sentence, const std::vector<int>& markers) {
  std::string plain = without_markers(sentence);
  std::size_t end = plain.size();
  while (end > 0 && is_space(plain[end - 1])) --end;
  const std::string tail = plain.substr(end);
  plain.resize(end);
  std::string marks;
  for (const int marker : markers) marks += " [" + std::to_string(marker) + "]";
  if (!plain.empty() && (plain.back() == '.' || plain.back() == '!' || plain.back() == '?'))
    return plain.substr(0, plain.size() - 1) + marks + plain.back() + tail;
  return plain + marks + tail;
}

}  // namespace

CheckedSentence AnswerCheck::check(const std::string& sentence) {
  CheckedSentence checked;
  std::vector<int> own = markers_of(sentence);
  std::erase_if(own, [&](int marker) { return marker > static_cast<int>(passages_.size()); });
  std::vector<std::pair<const NumberedPassage*, SupportVerdict>> verdicts;
  for (const NumberedPassage& passage : passages_) {
    SupportVerdict verdict = checker_.check(sentence, passage.as_passage(), question_);
    verdict.supported = verdict.supported && passage.may_answer;
    verdicts.emplace_back(&passage, verdict);
  }
  checked.says_nothing = std::all_of(verdicts.begin(), verdicts.end(), [](const auto& pair) {
    return pair.second.reason == SupportReason::no_claim;
  });
  const auto supports = [&](int marker) {
    return verdicts[static_cast<std::size_t>(marker - 1)].second.supported;
  };
  std::vector<int> good;
  for (const int marker : own)
    if (supports(marker)) good.push_back(marker);
  if (good.empty()) {
    const auto best = std::max_element(verdicts.begin(), verdicts.end(), [](const auto& a, const auto& b) {
      const auto rank = [](const SupportVerdict& v) {
        return (v.supported ? 2.0 : 0.0) + (v.reason == SupportReason::verbatim ? 1.0 : 0.0) +
               0.5 * v.coverage;
      };
      return rank(a.second) < rank(b.second);
    });
    if (best != verdicts.end() && best->second.supported) good.push_back(best->first->marker);
  }
  checked.supported = !good.empty();
  if (!checked.supported) {
    for (const auto& [passage, verdict] : verdicts)
      if (checked.row_marker == 0 && passage->may_answer &&
          verdict.reason == SupportReason::quantity_of_other_column) {
        checked.row_marker = passage->marker;
        checked.row = {verdict.quote_begin, verdict.quote_end};
      }
  }
  const std::vector<int>& shown = checked.supported ? good : own;
  checked.text = with_markers(sentence, shown);
  for (const int marker : shown) {
    const auto& [passage, verdict] = verdicts[static_cast<std::size_t>(marker - 1)];
    checked.citations.push_back(cite(*passage, verdict));
  }
  return checked;
}

Citation AnswerCheck::cite(const NumberedPassage& passage, const SupportVerdict& verdict) const {
  Citation citation = cite_quote(passage.marker, verdict.quote_begin, verdict.quote_end);
  citation.supported = verdict.supported;
  return citation;
}

Citation AnswerCheck::cite_quote(int marker, std::size_t begin, std::size_t end) const {
  const NumberedPassage& passage = passages_[static_cast<std::size_t>(marker - 1)];
  Citation citation;
  citation.marker = marker;
  citation.collection = collection_;
  citation.document = passage.hit.document;
  const std::optional<QuotePlace> place = place_of_quote(passage.hit.chunk, begin, end);
  citation.page = place ? place->page : passage.hit.page;
  citation.box = place ? place->box : passage.hit.box;
  citation.quote = passage.hit.chunk.text.substr(begin, end - begin);
  citation.supported = true;
  return citation;
}

bool is_refusal(std::string_view text) {
  if (text.size() > refusal_bytes_max) return false;
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::array<std::string_view, 18> phrases = {
      "cannot find",           "can't find",       "could not find",
      "no information",        "not mentioned",    "not provided",
      "does not mention",      "do not mention",   "does not specify",
      "do not specify",        "does not contain", "do not contain",
      "does not provide",      "do not provide",   "not specified",
      "not explicitly stated", "not stated",       "does not include information"};
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](std::string_view phrase) { return lower.find(phrase) != std::string::npos; });
}

}  // namespace loadline

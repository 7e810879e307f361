#include "privacy/detector.h"

#include <algorithm>
#include <utility>

#include "privacy/name_words.h"
#include "privacy/normaliser.h"
#include "privacy/scanner.h"

namespace loadline {
namespace {

bool overlap(const Finding& a, const Finding& b) { return a.begin < b.end && b.begin < a.end; }

// `more` into `own`: of two that overlap the more confident stays, at equal confidence the own one.
void merge(std::vector<Finding>& own, std::vector<Finding> more) {
  std::stable_sort(more.begin(), more.end(), [](const Finding& a, const Finding& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
  });
  std::vector<Finding> merged;
  auto o = own.begin();
  for (const Finding& candidate : more) {
    while (o != own.end() && o->end <= candidate.begin) merged.push_back(*o++);
    if (!merged.empty() && overlap(merged.back(), candidate)) continue;
    auto last = o;
    bool wins = candidate.end > candidate.begin;
    for (; last != own.end() && last->begin < candidate.end; ++last)
      wins = wins && candidate.confidence > last->confidence;
    if (!wins) continue;
    merged.push_back(candidate);
    o = last;
  }
  merged.insert(merged.end(), o, own.end());
  own = std::move(merged);
}

}  // namespace

Detector::Detector(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Detector::~Detector() = default;

Result<std::unique_ptr<const Detector>> Detector::make(DetectorOptions options) {
  LOADLINE_ASSIGN(auto impl, Impl::make(std::move(options)));
  return std::unique_ptr<const Detector>(new Detector(std::move(impl)));
}

const DetectorOptions& Detector::options() const { return impl_->options; }

std::vector<Finding> Detector::find(std::string_view text) const {
  std::vector<Finding> findings;
  const bool ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  Normaliser normaliser;
  if (!ascii) {
    normaliser.append(text);
    normaliser.finish();
  }
  const Window window{ascii ? text : normaliser.text()};
  ScanPlace place;
  for (;;) {
    const ScanResult result = impl_->scan(window, place);
    if (result.outcome == ScanOutcome::end) return findings;
    if (result.outcome != ScanOutcome::found) continue;
    const Match& match = result.match;
    findings.push_back({match.type, match.pattern, match.confidence,
                        ascii ? result.begin : normaliser.original_begin(result.begin),
                        ascii ? match.end : normaliser.original_end(match.end)});
  }
}

Result<std::vector<Finding>> Detector::find(std::string_view text, const FurtherFindings& further,
                                            const CallContext& context) const {
  std::vector<Finding> more, unit;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = name_unit_end(text.substr(at), true);
    unit.clear();
    LOADLINE_TRY(further.find(text.substr(at, size), context, unit));
    for (Finding& finding : unit) {
      finding.begin += at;
      finding.end += at;
      if (impl_->wants(finding)) more.push_back(finding);
    }
    at += size;
  }
  std::vector<Finding> findings = find(text);
  merge(findings, std::move(more));
  return findings;
}

}  // namespace loadline

// Normaliser, detectors and stream filters: the first byte chooses, the second the cuts; the rest is the
// text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "privacy/json_filter.h"
#include "privacy/normaliser.h"
#include "privacy/stream_filter.h"

namespace loadline {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

const Detector& detector() {
  static const auto made = [] {
    DetectorOptions options;
    options.patterns.push_back({"customer", "KD-\\d{4,12}", PatternCheck::none, {}, 24, Action::mask});
    options.patterns.push_back({"word", "[a-z]+\\d", PatternCheck::none, {"word"}, 24, Action::mask});
    return Detector::make(std::move(options)).value();
  }();
  return *made;
}

void check_findings(std::string_view text) {
  std::size_t end = 0;
  for (const Finding& finding : detector().find(text)) {
    require(finding.begin >= end && finding.end > finding.begin && finding.end <= text.size());
    require(finding.confidence > 0 && finding.confidence <= 1);
    end = finding.end;
  }
}

void check_places(std::string_view text) {
  Normaliser normaliser;
  normaliser.append(text);
  normaliser.finish();
  std::size_t last = 0;
  for (std::size_t i = 1; i <= normaliser.text().size(); ++i) {
    const std::size_t begin = normaliser.original_begin(i - 1), end = normaliser.original_end(i);
    require(begin >= last && end > begin && end <= text.size());
    last = end;
  }
}

template <class Filter>
void check_pieces(const FilterSettings& settings, std::string_view text, const FilteredText& whole,
                  std::uint8_t seed) {
  Filter filter(settings);
  Rng rng(seed);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = 1 + rng.below(1 + seed % 16);
    const FilterState state = filter.feed(text.substr(at, size), out);
    require(std::string_view(whole.text).starts_with(out));
    if (state != FilterState::open) break;
    at += size;
  }
  require(filter.finish(out) == whole.state);
  require(out == whole.text);
  require(filter.report().found == whole.report.found);
}

}  // namespace
}  // namespace loadline

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace loadline;
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  ActionTable actions{ActionTable::filled(Action::mask)};
  if ((data[0] & 4) != 0) actions.set(DataType::email, Action::block);
  const FilterSettings settings{&detector(), &actions, nullptr, "t", "", false};
  check_places(text);
  check_findings(text);
  check_pieces<StreamFilter>(settings, text, filter_text(settings, text), data[1]);
  check_pieces<JsonStreamFilter>(settings, text, filter_json(settings, text), data[1]);
  return 0;
}

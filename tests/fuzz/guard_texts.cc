// Fuzz target: any bytes as a text for the injection guard and as a model's answer. The guard's places lie in
// the text; the output check gives the same bytes whole and in pieces, holds back no more than it says, and
// finds nothing in what it released.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "guard/injection.h"
#include "guard/injection_windows.h"
#include "guard/output_check.h"

namespace {

using namespace loadline;

void scan(std::string_view text) {
  const ScannedText scanned = scan_text(text);
  LOADLINE_ASSERT(scanned.plain.pieces.size() <= PlainText::pieces_max);
  for (const InjectionWindow& window : injection_windows(scanned).windows)
    LOADLINE_ASSERT(window.begin <= window.end && window.end <= text.size());
  const InjectionReport report = InjectionGuard().scan_signatures(text, TrustMark::retrieved);
  LOADLINE_ASSERT(report.begin <= report.end && report.end <= text.size());
  LOADLINE_ASSERT(report.score >= 0 && report.score <= 1);
}

OutputPolicy policy_of(std::uint8_t choice) {
  OutputPolicy policy;
  policy.allowed_hosts = {"bank.example", ".docs.example"};
  policy.actions.fill((choice & 1) != 0 ? OutputAction::strip : OutputAction::mask);
  if ((choice & 2) != 0) policy.set(OutputFinding::script, OutputAction::block);
  policy.code_is_inert = (choice & 4) != 0;
  return policy;
}

void check(std::string_view text, std::uint8_t choice, const HiddenContext& hidden) {
  const OutputPolicy policy = policy_of(choice);
  const CheckedOutput whole = check_output(policy, &hidden, text);
  OutputCheck pieces(policy, &hidden);
  std::string out;
  for (std::size_t at = 0, size = 1; at < text.size(); at += size, size = size % 7 + 1) {
    pieces.feed(text.substr(at, size), out);
    LOADLINE_ASSERT(pieces.held_bytes() <= OutputCheck::held_bytes_max);
  }
  LOADLINE_ASSERT(pieces.finish(out) == whole.state);
  LOADLINE_ASSERT(out == whole.text);
  if (whole.state == OutputState::finished)
    LOADLINE_ASSERT(check_output(policy, nullptr, whole.text).report.total() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto hidden =
      loadline::HiddenContext::make(
          {"one two three four five six seven eight nine ten eleven twelve thirteen"}, {"canary-4711"})
          .value();
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  scan(text);
  check(text, data[0], *hidden);
  return 0;
}

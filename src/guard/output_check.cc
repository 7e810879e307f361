#include "guard/output_check.h"

#include <algorithm>
#include <numeric>

#include "guard/hidden_echo.h"
#include "guard/output_markup.h"

namespace loadline {

std::string_view name_of(OutputFinding finding) {
  static constexpr std::array<std::string_view, output_finding_count> names = {"image", "link",   "script",
                                                                               "html",  "canary", "echo"};
  return names[static_cast<std::size_t>(finding)];
}

std::string_view name_of(OutputAction action) {
  static constexpr std::array<std::string_view, 4> names = {"keep", "strip", "mask", "block"};
  return names[static_cast<std::size_t>(action)];
}

Result<std::unique_ptr<const HiddenContext>> HiddenContext::make(
    const std::vector<std::string_view>& texts, const std::vector<std::string_view>& canaries) {
  if (canaries.size() > canaries_max)
    return Error(Code::invalid_argument, "hidden context: " + std::to_string(canaries.size()) +
                                             " canary tokens; at most " + std::to_string(canaries_max));
  for (const std::string_view canary : canaries)
    if (canary.size() < canary_bytes_min || canary.size() > canary_bytes_max)
      return Error(Code::invalid_argument, "hidden context: a canary token of " +
                                               std::to_string(canary.size()) + " bytes; it must have " +
                                               std::to_string(canary_bytes_min) + " to " +
                                               std::to_string(canary_bytes_max));
  return std::unique_ptr<const HiddenContext>(new HiddenContext(std::make_unique<Impl>(texts, canaries)));
}

HiddenContext::HiddenContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HiddenContext::~HiddenContext() = default;
std::size_t HiddenContext::words_left_out() const { return impl_->words_left_out(); }

bool HiddenContext::has_canary(std::string_view text) const {
  OutputReport report;
  CanaryStage stage(impl_.get(), OutputAction::block, report);
  std::string passed;
  return !stage.feed(text, true, passed);
}

std::uint32_t OutputReport::total() const {
  return std::accumulate(found.begin(), found.end(), std::uint32_t{0});
}

GuardVerdict OutputReport::verdict(OutputState state) const {
  if (state == OutputState::blocked) return GuardVerdict::block;
  return total() > 0 ? GuardVerdict::flag : GuardVerdict::allow;
}

/// Canaries, then runs of words, then addresses and markup: each reads what the one before releases.
class OutputCheck::Impl {
 public:
  Impl(const OutputPolicy& policy, const HiddenContext* hidden, OutputScope scope)
      : scope_(scope),
        canaries_(impl_of(hidden), policy[OutputFinding::canary], report_),
        echoes_(impl_of(hidden), policy[OutputFinding::echo], report_),
        markup_(policy, report_) {}

  OutputState feed(std::string_view piece, bool last, std::string& out) {
    if (state_ != OutputState::open) return state_;
    first_.clear();
    second_.clear();
    bool open = canaries_.feed(piece, last, scope_ == OutputScope::all ? first_ : out);
    if (scope_ == OutputScope::all) open = feed_rest(last, open, out);
    if (!open)
      state_ = OutputState::blocked;
    else if (last)
      state_ = OutputState::finished;
    return state_;
  }

  bool feed_rest(bool last, bool open, std::string& out) {
    open = echoes_.feed(first_, last && open, second_) && open;
    return markup_.feed(second_, last && open, out) && open;
  }

  OutputState state() const { return state_; }
  std::size_t held_bytes() const {
    return state_ == OutputState::blocked
               ? 0
               : canaries_.held_bytes() + echoes_.held_bytes() + markup_.held_bytes();
  }
  const OutputReport& report() const { return report_; }

 private:
  static const HiddenContext::Impl* impl_of(const HiddenContext* hidden) {
    return hidden == nullptr ? nullptr : &hidden->impl();
  }

  const OutputScope scope_;
  OutputReport report_;
  CanaryStage canaries_;
  EchoStage echoes_;
  MarkupStage markup_;
  std::string first_, second_;  // between the stages; kept for their memory
  OutputState state_ = OutputState::open;
};

OutputCheck::OutputCheck(const OutputPolicy& policy, const HiddenContext* hidden, OutputScope scope)
    : impl_(std::make_unique<Impl>(policy, hidden, scope)) {}
OutputCheck::~OutputCheck() = default;
OutputCheck::OutputCheck(OutputCheck&&) noexcept = default;
OutputCheck& OutputCheck::operator=(OutputCheck&&) noexcept = default;

OutputState OutputCheck::feed(std::string_view piece, std::string& released) {
  return impl_->feed(piece, false, released);
}
OutputState OutputCheck::finish(std::string& released) { return impl_->feed({}, true, released); }
OutputState OutputCheck::state() const { return impl_->state(); }
std::size_t OutputCheck::held_bytes() const { return impl_->held_bytes(); }
const OutputReport& OutputCheck::report() const { return impl_->report(); }

CheckedOutput check_output(const OutputPolicy& policy, const HiddenContext* hidden, std::string_view text,
                           OutputScope scope) {
  OutputCheck check(policy, hidden, scope);
  CheckedOutput out;
  check.feed(text, out.text);
  out.state = check.finish(out.text);
  out.report = check.report();
  return out;
}

}  // namespace loadline

#pragma once
// The guards of one governed call, in their order: a request's texts are looked at for orders that do not
// become their place, then personal data is taken out; an answer's texts are checked for what a client would
// open and for what the model was given in confidence, then pseudonyms become values again. One object for
// one request, one thread.
//
//   guards.read_request(body, facts);           // signatures, at once; collects what models are asked
//   if (guards.injection()->to_classify()) ...  // the classifier, on a pool thread (injection_check.h)
//   body = guards.filter_request(body, facts);  // what follows from both, then personal data
//   sent = guards.with_canary(body, facts);     // for each attempt
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "gateway/answer_pump.h"
#include "gateway/injection_check.h"
#include "gateway/privacy_guard.h"
#include "guard/output_check.h"

namespace loadline {

/// What a route's guards do. Constant, shared.
struct GuardPolicy {
  std::shared_ptr<const PrivacyPolicy> privacy;      // null: off
  std::shared_ptr<const InjectionPolicy> injection;  // null: off
  std::shared_ptr<const OutputPolicy> output;        // null: off
  /// With `output`: the hidden context of each request ends with a word of its own, which no answer may have.
  bool canary = false;
  bool has_own_prompt = false;  // the route itself puts texts before the model
  std::string own_prompt;       // of these, what may not be read out
  bool is_empty() const { return !privacy && !injection && !output; }
};

/// Where guards spend their time.
enum class GuardStep : std::uint8_t {
  injection,  // with the wait for the classifier
  request,    // personal data of the request
  answer,     // all guards over the answer's texts
};
inline constexpr std::size_t guard_step_count = static_cast<std::size_t>(GuardStep::answer) + 1;
std::string_view name_of(GuardStep step);

class CallGuards final : public AnswerGuard {
 public:
  /// Tokens that a canary adds to a prompt at most.
  static constexpr std::uint64_t canary_tokens = 48;

  /// The policy, the vault (which may be null) and the clock must outlive it.
  CallGuards(const GuardPolicy& policy, Vault* vault, std::string tenant, std::string request_id,
             const Clock& clock);

  /// Looks for signatures of injection. `facts` are of this body, here and below.
  void read_request(std::string_view body, const RequestFacts& facts);
  /// After `read_request`: what the model for names is to be asked, on a pool thread, for
  /// `privacy()->names()`. Null: nothing.
  std::shared_ptr<const std::vector<std::string>> names_due() const { return names_due_; }
  PrivacyGuard* privacy() { return privacy_ ? &*privacy_ : nullptr; }
  /// Null: the route has no such guard.
  InjectionCheck* injection() { return injection_ ? &*injection_ : nullptr; }
  /// The same body as it may leave. permission_denied: it must not; the message says which guard and why.
  /// unavailable: a guard could not check, and the route says that nothing passes then.
  Result<std::string> filter_request(std::string_view body, const RequestFacts& facts);
  /// Of the filtered body: with this request's canary, where the route has one and there is something to
  /// hide.
  Result<std::string> with_canary(std::string_view body, const RequestFacts& facts) const;
  /// Whether a text that is not guarded (an upstream's error) has the canary.
  bool shows_canary(std::string_view text) const { return !canary_.empty() && hidden_->has_canary(text); }

  /// A whole answer as it may be shown. invalid_argument: it is no answer of the dialect.
  Result<std::string> filter_answer(Dialect dialect, std::string_view body);

  // AnswerGuard, for streams.
  Status feed(const Channel& channel, std::string_view piece, std::string& released) override;
  Status finish(const Channel& channel, std::string& released) override;
  Status whole(std::string_view text, std::string& shown) override;

  DataLabel label() const { return privacy_ ? privacy_->label() : DataLabel(); }
  /// Whether request or answer had personal data or anything else that was found.
  bool found_anything() const;
  /// What could not be checked of what went on all the same: "injection", "names", both; "": nothing.
  std::string unchecked() const;
  /// For the audit log: every guard of the route, which of its parts ran, and why not all.
  std::vector<AuditGuard> audit() const;
  /// Some time more in a step.
  void add_time(GuardStep step, Duration time) { times_[static_cast<std::size_t>(step)] += time; }
  Duration time(GuardStep step) const { return times_[static_cast<std::size_t>(step)]; }

 private:
  class Timer;
  void hide(std::string_view body, const RequestFacts& facts);
  Result<std::string> without_personal_data(std::string_view body, const RequestFacts& facts);
  bool is_looked_at(const Channel& channel) const;
  OutputScope scope_of(const Channel& channel) const;
  OutputCheck& check_of(const Channel& channel);
  Status note(OutputState state, const OutputReport& report);
  Status blocked(OutputState state, const OutputReport& report);
  Status through_privacy(const Channel& channel, std::string_view piece, std::string& released);
  Result<std::string> checked_answer(Dialect dialect, std::string_view body);
  AuditGuard output_audit() const;

  const GuardPolicy& policy_;
  const Clock& clock_;
  std::optional<InjectionCheck> injection_;
  std::optional<PrivacyGuard> privacy_;
  std::shared_ptr<const std::vector<std::string>> names_due_;
  std::string canary_;  // "": none
  std::unique_ptr<const HiddenContext> hidden_;
  std::vector<std::pair<Channel, OutputCheck>> checks_;
  std::uint32_t output_findings_ = 0;
  bool output_blocked_ = false, output_changed_ = false, answer_seen_ = false;
  std::array<Duration, guard_step_count> times_{};
  std::string scratch_;
};

}  // namespace loadline

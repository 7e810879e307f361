#pragma once
// The guards of one governed call, in their order: a request's texts are scanned for orders that do not
// become their place, then personal data is taken out; an answer's texts are checked for what a client would
// open and for echoes of the system prompt, then pseudonyms become values again. One object for one request,
// one thread.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/answer_pump.h"
#include "gateway/privacy_guard.h"
#include "guard/injection.h"
#include "guard/output_check.h"

namespace loadline {

/// What a route's guards do. Constant, shared.
struct GuardPolicy {
  std::shared_ptr<const PrivacyPolicy> privacy;     // null: off
  std::shared_ptr<const InjectionGuard> injection;  // null: off
  bool injection_blocks = true;                     // else it is only recorded
  std::shared_ptr<const OutputPolicy> output;       // null: off
  bool is_empty() const { return !privacy && !injection && !output; }
};

class CallGuards final : public AnswerGuard {
 public:
  /// The policy and the vault (which may be null) must outlive it.
  CallGuards(const GuardPolicy& policy, Vault* vault, std::string tenant, std::string request_id);

  /// The body as it may leave. permission_denied: it must not; the message says which guard and why.
  Result<std::string> look_at_request(std::string_view body, const RequestFacts& facts);
  /// A whole answer as it may be shown. invalid_argument: it is no answer of the dialect.
  Result<std::string> filter_answer(Dialect dialect, std::string_view body);

  // AnswerGuard, for streams.
  Status feed(const Channel& channel, std::string_view piece, std::string& released) override;
  Status finish(const Channel& channel, std::string& released) override;
  Status whole(std::string_view text, std::string& shown) override;

  DataLabel label() const { return privacy_ ? privacy_->label() : DataLabel(); }
  /// Whether request or answer had personal data or anything else that was found.
  bool found_anything() const;
  /// For the audit log: every guard that ran, none that did not.
  std::vector<AuditGuard> audit() const;

 private:
  Status scan_injection(std::string_view body, const RequestFacts& facts);
  void hide(std::string_view body, const RequestFacts& facts);
  OutputCheck& check_of(const Channel& channel);
  Status checked(OutputState state, const OutputReport& report) const;
  Status through_privacy(const Channel& channel, std::string_view piece, std::string& released);

  const GuardPolicy& policy_;
  std::optional<PrivacyGuard> privacy_;
  std::unique_ptr<const HiddenContext> hidden_;
  std::vector<std::pair<Channel, OutputCheck>> checks_;
  InjectionReport injection_;
  std::uint32_t injections_ = 0;  // texts that were flagged
  std::uint32_t output_findings_ = 0;
  bool output_blocked_ = false, output_changed_ = false;
  std::string scratch_;
};

}  // namespace loadline

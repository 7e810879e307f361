#pragma once
// Whether texts give orders that do not become their place, and what a route does about it: signatures on the
// request's own thread, then, where the route says so, the classifier on a pool thread (it needs embeddings:
// milliseconds). A classifier that could not say anything is a value like every other verdict.
//
// `InjectionCheck` is one request's, used by one thread; `classify` runs on another one with what it owns.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.h"
#include "gateway/injection_memo.h"
#include "governance/audit.h"
#include "guard/injection.h"

namespace loadline {

/// What a route does. Constant, shared.
struct InjectionPolicy {
  InjectionGuard guard{};
  bool classifier = false;  // else signatures only
  /// The most that follows from a finding. allow: not looked at. For users' texts: allow, flag, block; for
  /// passages and tool results also quarantine.
  GuardVerdict user = GuardVerdict::block;
  GuardVerdict passage = GuardVerdict::quarantine;
  std::chrono::milliseconds time_max{1000};  // of the classifier, for all texts of a request or answer
  OnGuardFailure on_failure = OnGuardFailure::block;

  GuardVerdict most(TrustMark trust) const { return trust == TrustMark::user ? user : passage; }
  /// The guard's verdict on a text, as far as this route goes.
  GuardVerdict applied(GuardVerdict found, TrustMark trust) const;
};

struct InjectionText {
  std::string text;
  TrustMark trust = TrustMark::user;
};

/// What the classifier said of texts.
struct Classified {
  std::vector<std::optional<InjectionReport>> reports{};  // as the texts; none: it did not come to this one
  std::optional<Error> failure{};                         // why there is one without; safe to show
};

/// The newest text first, until one fails; the policy's time counts. Milliseconds a sentence: on a pool
/// thread. Texts that `memo` knows cost next to nothing. Never throws on any input.
Classified classify(const InjectionPolicy& policy, const std::vector<InjectionText>& texts,
                    const Embedder& embedder, InjectionMemo& memo, const CallContext& context);

class InjectionCheck {
 public:
  /// What takes the place of a tool result that gives orders.
  static constexpr std::string_view withheld = "[withheld: this text gives orders to whoever reads it]";

  explicit InjectionCheck(std::shared_ptr<const InjectionPolicy> policy);

  /// Collects the texts and looks for signatures. `facts` are of this body.
  void read(std::string_view body, const RequestFacts& facts);

  /// The texts that the classifier is to see. Null: none (or signatures stop the request already).
  std::shared_ptr<const std::vector<InjectionText>> to_classify() const;
  const std::shared_ptr<const InjectionPolicy>& policy() const { return policy_; }
  void take(const Classified& classified);
  /// It has not run: `failed` or `late`, and why.
  void not_classified(GuardVerdict verdict, std::string why);
  /// Of passages that the answer's own flow checked: `left_out` gave orders; `unchecked`: why not all were
  /// checked, "": they were; `refused`: there is no answer, for the one or the other.
  void passages_checked(std::uint32_t left_out, std::string unchecked, bool refused);

  /// The edits that withhold what is quarantined, in the body that was read. permission_denied: the request
  /// must not go on; unavailable: nor if nobody can say.
  Result<std::vector<JsonEdit>> decide() const;

  /// It goes on, and not everything was checked.
  bool is_unchecked() const;
  std::uint32_t findings() const { return findings_; }
  AuditGuard audit() const;

 private:
  void add(std::size_t text, GuardVerdict verdict);

  const std::shared_ptr<const InjectionPolicy> policy_;
  std::shared_ptr<std::vector<InjectionText>> texts_ = std::make_shared<std::vector<InjectionText>>();
  std::vector<ByteRange> places_;       // as texts_
  std::vector<GuardVerdict> verdicts_;  // as texts_
  GuardVerdict verdict_ = GuardVerdict::allow;
  std::uint32_t findings_ = 0;  // texts and passages
  std::uint32_t sentences_left_out_ = 0;
  bool classified_ = false;
  GuardVerdict unchecked_ = GuardVerdict::allow;  // failed or late: so it went with a part at least
  std::string why_;
};

}  // namespace loadline

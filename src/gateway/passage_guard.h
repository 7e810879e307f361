#pragma once
// Keeps passages that give orders to their reader from the model and from quotations. Signatures look at
// every passage that was found; the classifier, where the route has it, at those that are about to be used
// (milliseconds each). One object for one answer, one thread: a pool thread.
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "gateway/chat_flow.h"
#include "gateway/injection_check.h"

namespace loadline {

class PassageGuard {
 public:
  /// `policy` may be null: then signatures quarantine. The embedder and the context must outlive it.
  PassageGuard(std::shared_ptr<const InjectionPolicy> policy, const Embedder& embedder,
               const CallContext& context);

  /// Takes out what signatures stop. permission_denied: the policy blocks the request then.
  Status scan(std::vector<SearchHit>& hits);
  /// Classifies the hits at these places that it has not seen yet, and takes out what it stops. True:
  /// something went, choose anew; so it is called at most once more than there are hits. permission_denied as
  /// `scan`; unavailable: the classifier could not check, and the policy says that nothing passes then.
  Result<bool> classify_used(std::vector<SearchHit>& hits, const std::vector<std::size_t>& used);

  /// Also after an error.
  const PassageCheck& report() const { return report_; }

 private:
  Status take_out(std::vector<SearchHit>& hits, const std::vector<GuardVerdict>& verdicts);

  const std::shared_ptr<const InjectionPolicy> policy_;
  const Embedder& embedder_;
  const CallContext& context_;
  std::optional<CallContext> limited_;  // since the first classified passage: the policy's time for all
  std::vector<bool> seen_;              // by the classifier; as the hits
  PassageCheck report_;
};

}  // namespace loadline

#include "gateway/passage_guard.h"

namespace loadline {
namespace {

std::shared_ptr<const InjectionPolicy> or_signatures(std::shared_ptr<const InjectionPolicy> policy) {
  static const auto signatures = std::make_shared<const InjectionPolicy>();
  return policy ? std::move(policy) : signatures;
}

}  // namespace

PassageGuard::PassageGuard(std::shared_ptr<const InjectionPolicy> policy, const Embedder& embedder,
                           const CallContext& context)
    : policy_(or_signatures(std::move(policy))), embedder_(embedder), context_(context) {}

// What is only flagged stays, and counts.
Status PassageGuard::take_out(std::vector<SearchHit>& hits, const std::vector<GuardVerdict>& verdicts) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    const GuardVerdict verdict = policy_->applied(verdicts[i], TrustMark::retrieved);
    if (verdict == GuardVerdict::block) {
      ++report_.left_out;
      return Error(
          Code::permission_denied,
          "a passage that was found gives orders to its reader, and this route then does not answer");
    }
    if (verdict == GuardVerdict::quarantine) {
      ++report_.left_out;
      continue;
    }
    if (kept != i) hits[kept] = std::move(hits[i]);
    seen_[kept++] = seen_[i];
  }
  hits.resize(kept);
  seen_.resize(kept);
  return {};
}

Status PassageGuard::scan(std::vector<SearchHit>& hits) {
  seen_.assign(hits.size(), false);
  if (policy_->passage == GuardVerdict::allow) return {};
  std::vector<GuardVerdict> verdicts;
  for (const SearchHit& hit : hits)
    verdicts.push_back(policy_->guard.scan_signatures(hit.chunk.text, TrustMark::retrieved).verdict);
  return take_out(hits, verdicts);
}

Result<bool> PassageGuard::classify_used(std::vector<SearchHit>& hits, const std::vector<std::size_t>& used) {
  if (!policy_->classifier || policy_->passage == GuardVerdict::allow || !report_.unchecked.empty())
    return false;
  if (!limited_) limited_ = context_.with_time_limit(policy_->time_max);
  std::vector<GuardVerdict> verdicts(hits.size(), GuardVerdict::allow);
  for (const std::size_t at : used) {
    if (seen_[at]) continue;
    const auto report = policy_->guard.score(hits[at].chunk.text, TrustMark::retrieved, embedder_, *limited_);
    if (!report) {
      // The request's own end is not the guard's failure.
      LOADLINE_TRY(context_.check());
      report_.unchecked = name_of(verdict_of(report.error()));
      if (follow(verdict_of(report.error()), policy_->on_failure).stop)
        return Error(Code::unavailable, "the passages could not be checked for orders to their reader (" +
                                            report_.unchecked +
                                            "), and this route uses none unchecked; try again shortly");
      break;
    }
    seen_[at] = true;
    verdicts[at] = report->verdict;
  }
  const std::uint32_t before = report_.left_out;
  LOADLINE_TRY(take_out(hits, verdicts));
  return report_.left_out > before;
}

}  // namespace loadline

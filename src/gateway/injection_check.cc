#include "gateway/injection_check.h"

#include <algorithm>

#include "dialect/json_string.h"

namespace loadline {
namespace {

bool is_finding(GuardVerdict verdict) { return verdict != GuardVerdict::allow && has_checked(verdict); }

/// Who speaks at this place; none: nobody whose orders would matter.
std::optional<TrustMark> trust_of(const TextPlace& place) {
  if (place.token != JsonKind::string || place.is_key) return std::nullopt;
  if (place.role == TextRole::tool || place.kind == TextKind::tool_result) return TrustMark::tool_result;
  if (place.kind == TextKind::file_text) return TrustMark::retrieved;
  if (place.role == TextRole::user) return TrustMark::user;
  return std::nullopt;
}

}  // namespace

GuardVerdict InjectionPolicy::applied(GuardVerdict found, TrustMark trust) const {
  const bool stops = found == GuardVerdict::block || found == GuardVerdict::quarantine;
  if (stops) return most(trust);
  return found == GuardVerdict::flag && most(trust) == GuardVerdict::allow ? GuardVerdict::allow : found;
}

Classified classify(const InjectionPolicy& policy, const std::vector<InjectionText>& texts,
                    const Embedder& embedder, InjectionMemo& memo, const CallContext& context) {
  const CallContext limited = context.with_time_limit(policy.time_max);
  Classified out;
  out.reports.resize(texts.size());
  for (std::size_t i = texts.size(); i-- > 0;) {
    const auto& [text, trust] = texts[i];
    const InjectionMemo::Key key = InjectionMemo::key_of(text, trust, policy.guard.options());
    out.reports[i] = memo.find(key);
    if (out.reports[i]) continue;
    Result<InjectionReport> report = policy.guard.score(text, trust, embedder, limited);
    if (!report) {
      out.failure = report.error();
      break;
    }
    memo.put(key, *report);
    out.reports[i] = std::move(*report);
  }
  return out;
}

InjectionCheck::InjectionCheck(std::shared_ptr<const InjectionPolicy> policy) : policy_(std::move(policy)) {}

void InjectionCheck::read(std::string_view body, const RequestFacts& facts) {
  for (const TextPlace& place : facts.texts) {
    const std::optional<TrustMark> trust = trust_of(place);
    if (!trust || policy_->most(*trust) == GuardVerdict::allow) continue;
    InjectionText& text = texts_->emplace_back(InjectionText{"", *trust});
    append_decoded_json(text.text, place.raw.of(body));
    places_.push_back(place.raw);
    verdicts_.push_back(GuardVerdict::allow);
    add(texts_->size() - 1, policy_->guard.scan_signatures(text.text, *trust).verdict);
  }
}

// A text has the worst that either part of the guard says of it, and counts once.
void InjectionCheck::add(std::size_t text, GuardVerdict verdict) {
  const GuardVerdict applied = policy_->applied(verdict, (*texts_)[text].trust);
  if (!is_finding(applied)) return;
  findings_ += is_finding(verdicts_[text]) ? 0 : 1;
  verdicts_[text] = worse(verdicts_[text], applied);
  verdict_ = worse(verdict_, applied);
}

std::shared_ptr<const std::vector<InjectionText>> InjectionCheck::to_classify() const {
  if (!policy_->classifier || texts_->empty() || verdict_ == GuardVerdict::block) return nullptr;
  return texts_;
}

void InjectionCheck::take(const Classified& classified) {
  classified_ = !classified.failure;
  for (std::size_t i = 0; i < classified.reports.size(); ++i) {
    if (!classified.reports[i]) continue;
    sentences_left_out_ += classified.reports[i]->sentences_left_out;
    add(i, classified.reports[i]->verdict);
  }
  if (!classified.failure) return;
  const bool is_late = classified.failure->code() == Code::deadline_exceeded;
  not_classified(is_late ? GuardVerdict::late : GuardVerdict::failed,
                 is_late ? "not done within " + std::to_string(policy_->time_max.count()) + " ms"
                         : classified.failure->message());
}

void InjectionCheck::not_classified(GuardVerdict verdict, std::string why) {
  unchecked_ = verdict;
  why_ = std::move(why);
}

void InjectionCheck::passages_checked(std::uint32_t left_out, std::string unchecked, bool refused) {
  findings_ += left_out;
  if (left_out > 0) verdict_ = worse(verdict_, refused ? GuardVerdict::block : GuardVerdict::quarantine);
  if (!unchecked.empty()) not_classified(GuardVerdict::failed, "passages: " + unchecked);
}

Result<std::vector<JsonEdit>> InjectionCheck::decide() const {
  if (verdict_ == GuardVerdict::block)
    return Error(Code::permission_denied, "the request tries to give the model orders against its rules");
  if (!has_checked(unchecked_) && follow(unchecked_, policy_->on_failure).stop)
    return Error(Code::unavailable,
                 "the request could not be checked for orders against the model's rules (" + why_ +
                     "), and this route lets nothing through unchecked; try again shortly");
  std::vector<JsonEdit> edits;
  for (std::size_t i = 0; i < places_.size(); ++i)
    if (verdicts_[i] == GuardVerdict::quarantine) edits.push_back({places_[i], json_string(withheld)});
  return edits;
}

bool InjectionCheck::is_unchecked() const {
  return !has_checked(unchecked_) && follow(unchecked_, policy_->on_failure).unchecked;
}

AuditGuard InjectionCheck::audit() const {
  AuditGuard record;
  record.name = InjectionGuard::name;
  record.verdict = name_of(has_checked(unchecked_) ? verdict_ : worse(verdict_, unchecked_));
  record.findings = findings_;
  record.ran = classified_ ? "signatures, classifier" : "signatures";
  record.why = why_;
  if (why_.empty() && policy_->classifier && !classified_ && verdict_ == GuardVerdict::block)
    record.why = "signatures were enough";
  if (why_.empty() && sentences_left_out_ > 0)
    record.why = std::to_string(sentences_left_out_) + " sentences not classified, for want of room";
  return record;
}

}  // namespace loadline

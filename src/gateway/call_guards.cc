#include "gateway/call_guards.h"

#include <algorithm>

#include "dialect/json_string.h"

namespace loadline {

CallGuards::CallGuards(const GuardPolicy& policy, Vault* vault, std::string tenant, std::string request_id)
    : policy_(policy) {
  if (policy_.privacy) privacy_.emplace(*policy_.privacy, vault, std::move(tenant), std::move(request_id));
}

Status CallGuards::scan_injection(std::string_view body, const RequestFacts& facts) {
  for (const TextPlace& place : facts.texts) {
    const bool is_tool = place.role == TextRole::tool || place.kind == TextKind::tool_result;
    if (place.token != JsonKind::string || place.is_key || (place.role != TextRole::user && !is_tool))
      continue;
    scratch_.clear();
    append_decoded_json(scratch_, place.raw.of(body));
    const InjectionReport report =
        policy_.injection->scan_signatures(scratch_, is_tool ? TrustMark::tool_result : TrustMark::user);
    if (report.verdict == GuardVerdict::allow) continue;
    ++injections_;
    injection_.verdict = worse(injection_.verdict, report.verdict);
  }
  if (!policy_.injection_blocks || !follow(injection_.verdict, OnGuardFailure::block).stop) return {};
  return Error(Code::permission_denied, "the request tries to give the model orders against its rules");
}

// What the system prompt says must not be read out.
void CallGuards::hide(std::string_view body, const RequestFacts& facts) {
  std::vector<std::string> texts;
  for (const TextPlace& place : facts.texts) {
    if (place.role != TextRole::system || place.token != JsonKind::string || place.is_key) continue;
    texts.emplace_back();
    append_decoded_json(texts.back(), place.raw.of(body));
  }
  if (texts.empty()) return;
  auto hidden = HiddenContext::make(std::vector<std::string_view>(texts.begin(), texts.end()), {});
  if (hidden) hidden_ = std::move(*hidden);
}

Result<std::string> CallGuards::look_at_request(std::string_view body, const RequestFacts& facts) {
  if (policy_.injection) LOADLINE_TRY(scan_injection(body, facts));
  if (policy_.output) hide(body, facts);
  if (!privacy_) return std::string(body);
  return privacy_->filter_request(body, facts);
}

Status CallGuards::checked(OutputState state, const OutputReport& report) const {
  if (state != OutputState::blocked) return {};
  return Error(Code::permission_denied, "the answer was stopped: it has what this route blocks (" +
                                            std::string(name_of(report.blocked_by)) + ")");
}

OutputCheck& CallGuards::check_of(const Channel& channel) {
  const auto found =
      std::find_if(checks_.begin(), checks_.end(), [&](const auto& entry) { return entry.first == channel; });
  if (found != checks_.end()) return found->second;
  return checks_.emplace_back(channel, OutputCheck(*policy_.output, hidden_.get())).second;
}

Status CallGuards::through_privacy(const Channel& channel, std::string_view piece, std::string& released) {
  if (privacy_) return privacy_->feed(channel, piece, released);
  released += piece;
  return {};
}

// Arguments of tools are not shown to anybody; what they may do is the tool's business.
Status CallGuards::feed(const Channel& channel, std::string_view piece, std::string& released) {
  if (!policy_.output || channel.kind == ChannelKind::tool_arguments)
    return through_privacy(channel, piece, released);
  std::string passed;
  OutputCheck& check = check_of(channel);
  const OutputState state = check.feed(piece, passed);
  output_blocked_ = output_blocked_ || state == OutputState::blocked;
  LOADLINE_TRY(checked(state, check.report()));
  return through_privacy(channel, passed, released);
}

Status CallGuards::finish(const Channel& channel, std::string& released) {
  const auto found =
      std::find_if(checks_.begin(), checks_.end(), [&](const auto& entry) { return entry.first == channel; });
  if (found != checks_.end()) {
    std::string passed;
    const OutputState state = found->second.finish(passed);
    const OutputReport report = found->second.report();
    output_findings_ += report.total();
    output_changed_ = output_changed_ || report.changed;
    output_blocked_ = output_blocked_ || state == OutputState::blocked;
    checks_.erase(found);
    LOADLINE_TRY(checked(state, report));
    LOADLINE_TRY(through_privacy(channel, passed, released));
  }
  return privacy_ ? privacy_->finish(channel, released) : Status();
}

Status CallGuards::whole(std::string_view text, std::string& shown) {
  CheckedOutput output{std::string(text), OutputState::finished, {}};
  if (policy_.output) output = check_output(*policy_.output, hidden_.get(), text);
  output_findings_ += output.report.total();
  output_changed_ = output_changed_ || output.report.changed;
  output_blocked_ = output_blocked_ || output.state == OutputState::blocked;
  LOADLINE_TRY(checked(output.state, output.report));
  if (privacy_) return privacy_->whole(output.text, shown);
  shown += output.text;
  return {};
}

Result<std::string> CallGuards::filter_answer(Dialect dialect, std::string_view body) {
  std::string shown(body);
  if (policy_.output) {
    LOADLINE_ASSIGN(const AnswerFacts facts, read_answer(dialect, shown));
    std::vector<JsonEdit> edits;
    for (const AnswerText& text : facts.texts) {
      if (text.token != JsonKind::string || text.is_key || text.channel.kind == ChannelKind::tool_arguments)
        continue;
      scratch_.clear();
      append_decoded_json(scratch_, text.raw.of(shown));
      const CheckedOutput output = check_output(*policy_.output, hidden_.get(), scratch_);
      output_findings_ += output.report.total();
      output_changed_ = output_changed_ || output.report.changed;
      output_blocked_ = output_blocked_ || output.state == OutputState::blocked;
      LOADLINE_TRY(checked(output.state, output.report));
      if (output.report.changed) edits.push_back({text.raw, json_string(output.text)});
    }
    if (!edits.empty()) shown = edited(shown, std::move(edits));
  }
  if (!privacy_) return shown;
  return privacy_->filter_answer(dialect, shown);
}

bool CallGuards::found_anything() const {
  return injections_ > 0 || output_findings_ > 0 || (privacy_ && privacy_->audit().findings > 0);
}

std::vector<AuditGuard> CallGuards::audit() const {
  std::vector<AuditGuard> records;
  if (policy_.injection)
    records.push_back(
        {std::string(InjectionGuard::name), std::string(name_of(injection_.verdict)), injections_});
  if (privacy_) records.push_back(privacy_->audit());
  if (policy_.output)
    records.push_back({std::string(OutputCheck::name),
                       output_blocked_        ? "block"
                       : output_changed_      ? "mask"
                       : output_findings_ > 0 ? "flag"
                                              : "allow",
                       output_findings_});
  return records;
}

}  // namespace loadline

#include "gateway/privacy_guard.h"

#include <algorithm>

#include "dialect/json_string.h"

namespace loadline {
namespace {

std::string_view inside(std::string_view token) { return token.substr(1, token.size() - 2); }

}  // namespace

PrivacyGuard::PrivacyGuard(const PrivacyPolicy& policy, Vault* vault, std::string tenant,
                           std::string request_id)
    : policy_(policy) {
  request_settings_.detector = policy_.detector.get();
  request_settings_.actions = &policy_.actions;
  request_settings_.vault = vault;
  request_settings_.tenant = std::move(tenant);
  request_settings_.reason = std::move(request_id);
  answer_settings_ = request_settings_;
  answer_settings_.restore_tokens = policy_.restore;
  if (!policy_.names) return;
  names_ = std::make_unique<NamesLook>();
  request_settings_.names = names_.get();
  request_settings_.names_context = &names_context_;
  request_settings_.names_must_look = policy_.names_on_failure == OnGuardFailure::block;
}

// A pass of the filter that keeps everything: what it asks is what the real one will ask.
std::shared_ptr<const std::vector<std::string>> PrivacyGuard::names_due(std::string_view body,
                                                                        const RequestFacts& facts) {
  if (!names_) return nullptr;
  const ActionTable keep{ActionTable::filled(Action::keep)};
  FilterSettings collecting = request_settings_;
  collecting.actions = &keep;
  collecting.vault = nullptr;
  collecting.names = &names_->collector();
  settings_ = &collecting;
  std::vector<JsonEdit> edits;
  // Patterns have actions of their own, so even this pass may be blocked: then the real one will be.
  static_cast<void>(filter_places(body, facts, edits));
  settings_ = nullptr;
  blocked_ = false;
  return names_->units();
}

Status PrivacyGuard::taken(FilterState state, const FilterReport& report) {
  if (state == FilterState::failed)
    return Error(Code::unavailable,
                 "the request could not be looked through for names (" +
                     (report.failure ? report.failure->message() : std::string()) +
                     "), and this route lets nothing through unchecked; try again shortly");
  if (state != FilterState::blocked) return {};
  blocked_ = true;
  return Error(Code::permission_denied, "the text has a value of the type '" +
                                            std::string(name_of(report.blocked_by)) +
                                            "', which this route blocks");
}

// The raw JSON that takes a token's place; nothing if it stays.
Result<std::optional<std::string>> PrivacyGuard::filter_place(std::string_view raw, JsonKind token,
                                                              bool is_json) {
  FilterReport ignored;
  FilterReport& total = settings_ == &request_settings_  ? request_report_
                        : settings_ == &answer_settings_ ? answer_report_
                                                         : ignored;
  FilteredText filtered;
  std::string text;
  if (token == JsonKind::number) {
    filtered = filter_text(*settings_, raw);
  } else if (is_json) {
    append_decoded_json(text, raw);
    filtered = filter_json(*settings_, text);
  } else {
    filtered = filter_json_string(*settings_, inside(raw));
  }
  total.add(filtered.report);
  LOADLINE_TRY(taken(filtered.state, filtered.report));
  if (!filtered.report.changed) return std::optional<std::string>();
  if (token == JsonKind::number || is_json) return std::optional(json_string(filtered.text));
  return std::optional("\"" + filtered.text + "\"");
}

Status PrivacyGuard::filter_places(std::string_view body, const RequestFacts& facts,
                                   std::vector<JsonEdit>& edits) {
  for (const TextPlace& place : facts.texts) {
    // OpenAI sends arguments as a text that is JSON; others as an object whose strings are places of their
    // own.
    const bool is_json =
        place.kind == TextKind::tool_arguments && place.token == JsonKind::string && !place.is_key &&
        (facts.dialect == Dialect::openai_chat || facts.dialect == Dialect::openai_responses);
    LOADLINE_ASSIGN(std::optional<std::string> changed,
                    filter_place(place.raw.of(body), place.token, is_json));
    if (changed) edits.push_back({place.raw, std::move(*changed)});
  }
  return {};
}

Result<std::string> PrivacyGuard::filter_request(std::string_view body, const RequestFacts& facts) {
  settings_ = &request_settings_;
  std::vector<JsonEdit> edits;
  LOADLINE_TRY(filter_places(body, facts, edits));
  if (edits.empty()) return std::string(body);
  return edited(body, std::move(edits));
}

Result<std::string> PrivacyGuard::filter_answer(Dialect dialect, std::string_view body) {
  settings_ = &answer_settings_;
  LOADLINE_ASSIGN(const AnswerFacts facts, read_answer(dialect, body));
  std::vector<JsonEdit> edits;
  for (const AnswerText& text : facts.texts) {
    const bool is_json = text.channel.kind == ChannelKind::tool_arguments && text.token == JsonKind::string &&
                         !text.is_key &&
                         (dialect == Dialect::openai_chat || dialect == Dialect::openai_responses);
    LOADLINE_ASSIGN(std::optional<std::string> changed, filter_place(text.raw.of(body), text.token, is_json));
    if (changed) edits.push_back({text.raw, std::move(*changed)});
  }
  if (edits.empty()) return std::string(body);
  return edited(body, std::move(edits));
}

PrivacyGuard::Filter& PrivacyGuard::filter_of(const Channel& channel) {
  const auto found = std::find_if(filters_.begin(), filters_.end(),
                                  [&](const Filter& filter) { return filter.channel == channel; });
  if (found != filters_.end()) return *found;
  if (channel.kind == ChannelKind::tool_arguments)
    filters_.push_back({channel, JsonStreamFilter(answer_settings_)});
  else
    filters_.push_back({channel, StreamFilter(answer_settings_)});
  return filters_.back();
}

Status PrivacyGuard::feed(const Channel& channel, std::string_view piece, std::string& released) {
  return std::visit([&](auto& filter) { return taken(filter.feed(piece, released), filter.report()); },
                    filter_of(channel).filter);
}

Status PrivacyGuard::finish(const Channel& channel, std::string& released) {
  const auto found = std::find_if(filters_.begin(), filters_.end(),
                                  [&](const Filter& filter) { return filter.channel == channel; });
  if (found == filters_.end()) return {};
  const Status status = std::visit(
      [&](auto& filter) {
        const FilterState state = filter.finish(released);
        answer_report_.add(filter.report());
        return taken(state, filter.report());
      },
      found->filter);
  filters_.erase(found);
  return status;
}

Status PrivacyGuard::whole(std::string_view text, std::string& shown) {
  const FilteredText filtered = filter_text(answer_settings_, text);
  answer_report_.add(filtered.report);
  LOADLINE_TRY(taken(filtered.state, filtered.report));
  shown += filtered.text;
  return {};
}

DataLabel PrivacyGuard::label() const {
  DataLabel label;
  for (std::size_t type = 0; type < data_type_count; ++type)
    if (request_report_.found[type] > 0) label.level = std::max(label.level, policy_.raises[type]);
  return label;
}

AuditGuard PrivacyGuard::audit() const {
  AuditGuard record;
  record.name = "pii";
  record.findings = request_report_.total() + answer_report_.total();
  record.verdict = blocked_                                            ? "block"
                   : request_report_.changed || answer_report_.changed ? "mask"
                   : record.findings > 0                               ? "flag"
                                                                       : "allow";
  if (!names_) return record;
  const bool all = request_report_.units_unchecked == 0;
  record.ran = all ? "forms, names" : "forms";
  if (all || blocked_ || !request_report_.failure) return record;
  record.verdict = name_of(verdict_of(*request_report_.failure));
  record.why = "names: " + request_report_.failure->message();
  return record;
}

}  // namespace loadline

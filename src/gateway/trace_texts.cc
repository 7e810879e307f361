#include "gateway/trace_texts.h"

#include "dialect/json_string.h"

namespace loadline {
namespace {

constexpr std::string_view left_out = "[the rest is left out]";

std::string_view role_name(TextRole role) {
  switch (role) {
    case TextRole::system:
      return "system";
    case TextRole::assistant:
      return "assistant";
    case TextRole::tool:
      return "tool";
    default:
      return "user";
  }
}

bool is_said(const TextPlace& place) {
  if (place.token != JsonKind::string || place.is_key) return false;
  return place.kind == TextKind::text || place.kind == TextKind::tool_result ||
         place.kind == TextKind::tool_arguments || place.kind == TextKind::file_text ||
         place.kind == TextKind::embedding_input;
}

void append_message(std::string& out, std::string_view role, std::string_view text) {
  out += out.size() > 1 ? ",{\"role\":\"" : "{\"role\":\"";
  out.append(role).append("\",\"parts\":[{\"type\":\"text\",\"content\":");
  append_json_string(out, text);
  out += "}]}";
}

}  // namespace

TraceTexts::TraceTexts(std::shared_ptr<const PrivacyPolicy> everything) : everything_(std::move(everything)) {
  settings_.detector = everything_->detector.get();
  settings_.actions = &everything_->actions;
}

// A value at the place of the cut is not released, so never shown in part.
std::string TraceTexts::masked(std::string_view text, std::size_t room) const {
  if (text.size() <= room) return filter_text(settings_, text).text;
  StreamFilter filter(settings_);
  std::string released;
  filter.feed(text.substr(0, room), released);
  return released.append(left_out);
}

std::string TraceTexts::input(std::string_view body, const RequestFacts& facts) const {
  std::string out = "[";
  std::size_t used = 0;
  for (const TextPlace& place : facts.texts) {
    if (!is_said(place)) continue;
    std::string text;
    append_decoded_json(text, place.raw.of(body));
    append_message(out, role_name(place.role), masked(text, bytes_max - used));
    used += std::min(text.size(), bytes_max - used);
    if (used == bytes_max) break;
  }
  return out + "]";
}

std::string TraceTexts::output(std::string_view answer) const {
  std::string out = "[";
  append_message(out, "assistant", masked(answer, bytes_max));
  return out + "]";
}

std::string TraceTexts::text_of(Dialect dialect, std::string_view body) {
  std::string text;
  const Result<AnswerFacts> facts = read_answer(dialect, body);
  if (!facts) return text;
  for (const AnswerText& part : facts->texts)
    if (part.channel.kind == ChannelKind::text && part.token == JsonKind::string && !part.is_key)
      append_decoded_json(text, part.raw.of(body));
  return text;
}

}  // namespace loadline

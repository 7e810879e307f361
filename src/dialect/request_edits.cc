// Edits of raw request bytes by the ranges of their facts.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "dialect/dialect.h"

namespace loadline {
namespace {

// A new first field of the body.
JsonEdit new_field(const RequestFacts& facts, std::string_view name, std::string_view raw) {
  JsonEdit edit{{facts.fields_at, facts.fields_at}, json_string(name)};
  edit.raw.append(":").append(raw).append(facts.has_fields ? "," : "");
  return edit;
}

std::string_view output_limit_field(Dialect dialect, std::string_view openai_field) {
  switch (dialect) {
    case Dialect::openai_chat:
      return openai_field;
    case Dialect::openai_completions:
    case Dialect::anthropic_messages:
      return "max_tokens";
    case Dialect::openai_responses:
      return "max_output_tokens";
    case Dialect::openai_embeddings:
    case Dialect::gemini:
      return {};
  }
  return {};
}

std::string quoted(std::string_view before, std::string_view text, std::string_view after) {
  std::string out(before);
  append_json_string(out, text);
  return out.append(after);
}

// A completion continues behind its prompt, if that is one string.
Result<std::string> with_longer_prompt(std::string_view body, const RequestFacts& facts,
                                       std::string_view text) {
  const TextPlace* prompt = nullptr;
  for (const TextPlace& place : facts.texts)
    if (place.kind == TextKind::text && place.role == TextRole::user && prompt == nullptr) prompt = &place;
  if (prompt == nullptr || facts.inputs != 1 || facts.has_token_ids || prompt->token != JsonKind::string)
    return Error(Code::failed_precondition, "only a single text prompt can be continued");
  std::string more;
  append_json_escaped(more, text);
  return edited(body, {{{prompt->raw.end - 1, prompt->raw.end - 1}, std::move(more)}});
}

}  // namespace

std::string replace_model(std::string_view body, const RequestFacts& facts, std::string_view name) {
  if (facts.model_range.empty()) {
    if (facts.dialect == Dialect::gemini) return std::string(body);
    return edited(body, {new_field(facts, "model", json_string(name))});
  }
  return edited(body, {{facts.model_range, json_string(name)}});
}

std::string set_output_limit(std::string_view body, const RequestFacts& facts, std::uint64_t tokens,
                             std::string_view openai_field) {
  std::vector<JsonEdit> edits;
  for (const ByteRange& range : facts.output_limit_ranges) edits.push_back({range, std::to_string(tokens)});
  if (!edits.empty()) return edited(body, std::move(edits));
  if (facts.dialect == Dialect::gemini) {
    if (facts.config_at != 0) {
      std::string field = "\"maxOutputTokens\":" + std::to_string(tokens);
      if (facts.has_config_fields) field += ',';
      return edited(body, {{{facts.config_at, facts.config_at}, std::move(field)}});
    }
    return edited(
        body, {new_field(facts, "generationConfig", "{\"maxOutputTokens\":" + std::to_string(tokens) + "}")});
  }
  const std::string_view field = output_limit_field(facts.dialect, openai_field);
  if (field.empty()) return std::string(body);
  return edited(body, {new_field(facts, field, std::to_string(tokens))});
}

std::string force_usage(std::string_view body, const RequestFacts& facts) {
  const bool asks = facts.dialect == Dialect::openai_chat || facts.dialect == Dialect::openai_completions;
  if (!asks || !facts.stream || facts.include_usage) return std::string(body);
  if (!facts.include_usage_range.empty()) return edited(body, {{facts.include_usage_range, "true"}});
  const ByteRange options = facts.stream_options_range;
  if (options.empty()) return edited(body, {new_field(facts, "stream_options", R"({"include_usage":true})")});
  const std::string_view raw = options.of(body);
  if (raw.front() != '{') return edited(body, {{options, R"({"include_usage":true})"}});
  const bool is_bare = raw.find_first_not_of(" \t\r\n", 1) == raw.size() - 1;
  const std::size_t at = options.begin + 1;
  return edited(body, {{{at, at}, is_bare ? "\"include_usage\":true" : "\"include_usage\":true,"}});
}

Result<std::string> with_prefill(std::string_view body, const RequestFacts& facts, std::string_view text) {
  if (facts.dialect == Dialect::openai_completions) return with_longer_prompt(body, facts, text);
  const bool is_gemini = facts.dialect == Dialect::gemini;
  if (!is_gemini && facts.dialect != Dialect::openai_chat && facts.dialect != Dialect::anthropic_messages)
    return Error(Code::failed_precondition,
                 std::string(dialect_name(facts.dialect)) + " has no way to continue an answer");
  if (facts.messages_end == 0 || facts.inputs == 0)
    return Error(Code::failed_precondition, "there is no message to answer");
  if (facts.has_prefill)
    return Error(Code::failed_precondition, "the last message is the assistant's already");
  std::string message = is_gemini ? quoted(R"(,{"role":"model","parts":[{"text":)", text, "}]}")
                                  : quoted(R"(,{"role":"assistant","content":)", text, "}");
  return edited(body, {{{facts.messages_end, facts.messages_end}, std::move(message)}});
}

Result<std::string> with_system_text(std::string_view body, const RequestFacts& facts,
                                     std::string_view text) {
  const auto said = std::find_if(facts.texts.rbegin(), facts.texts.rend(), [](const TextPlace& place) {
    return place.role == TextRole::system && place.kind == TextKind::text &&
           place.token == JsonKind::string && !place.is_key;
  });
  if (said != facts.texts.rend()) {
    std::string more;
    append_json_escaped(more, text);
    return edited(body, {{{said->raw.end - 1, said->raw.end - 1}, std::move(more)}});
  }
  switch (facts.dialect) {
    case Dialect::openai_chat: {
      if (facts.messages_end == 0) break;
      std::string message = quoted(R"({"role":"system","content":)", text, facts.inputs > 0 ? "}," : "}");
      return edited(body, {{{facts.messages_at, facts.messages_at}, std::move(message)}});
    }
    case Dialect::anthropic_messages:
      return edited(body, {new_field(facts, "system", json_string(text))});
    case Dialect::openai_responses:
      return edited(body, {new_field(facts, "instructions", json_string(text))});
    default:
      break;
  }
  return Error(Code::failed_precondition,
               std::string(dialect_name(facts.dialect)) + " has no place for a system text");
}

}  // namespace loadline

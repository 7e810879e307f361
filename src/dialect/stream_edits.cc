// Events that are changed, or made in the form of others.
#include <algorithm>

#include "base/assert.h"
#include "dialect/answer_reader.h"
#include "dialect/stream_facts.h"

namespace loadline {
namespace {

// A member's raw value if the object has it, with a comma behind it.
void copy_member(std::string& out, JsonView object, std::string_view name) {
  const JsonView value = object[name];
  if (!value) return;
  append_json_string(out, name);
  out.append(":").append(value.raw()).append(",");
}

void put(std::string& out, std::string_view before, std::uint64_t number) {
  out.append(before).append(std::to_string(number));
}

std::string_view anthropic_delta(ChannelKind kind) {
  switch (kind) {
    case ChannelKind::reasoning:
      return R"({"type":"thinking_delta","thinking":)";
    case ChannelKind::tool_arguments:
      return R"({"type":"input_json_delta","partial_json":)";
    case ChannelKind::text:
    case ChannelKind::refusal:
      return R"({"type":"text_delta","text":)";
  }
  return {};
}

void chat_delta(std::string& out, const Channel& channel, std::string_view text, JsonView like) {
  switch (channel.kind) {
    case ChannelKind::text:
      out += R"({"content":)";
      break;
    case ChannelKind::refusal:
      out += R"({"refusal":)";
      break;
    case ChannelKind::reasoning: {
      bool is_short = false;
      for (JsonView choice = like["choices"].first(); choice; choice = choice.next())
        is_short |= bool(choice["delta"]["reasoning"]);
      out += is_short ? R"({"reasoning":)" : R"({"reasoning_content":)";
      break;
    }
    case ChannelKind::tool_arguments:
      put(out, R"({"tool_calls":[{"index":)", channel.part);
      out += R"(,"function":{"arguments":)";
      break;
  }
  append_json_string(out, text);
  out += channel.kind == ChannelKind::tool_arguments ? "}}]}" : "}";
}

std::string openai_text(Dialect dialect, const Channel& channel, std::string_view text, JsonView like) {
  std::string out = "{";
  for (const char* name : {"id", "object", "created", "model", "system_fingerprint"})
    copy_member(out, like, name);
  put(out, R"("choices":[{"index":)", channel.choice);
  if (dialect == Dialect::openai_chat) {
    out += ",\"delta\":";
    chat_delta(out, channel, text, like);
  } else {
    out += ",\"text\":";
    append_json_string(out, text);
  }
  return out += R"(,"logprobs":null,"finish_reason":null}]})";
}

std::string responses_text(const Channel& channel, std::string_view text, JsonView like, std::string& type) {
  const bool is_summary = (channel.part & responses_summary) != 0;
  switch (channel.kind) {
    case ChannelKind::text:
      type = "response.output_text.delta";
      break;
    case ChannelKind::refusal:
      type = "response.refusal.delta";
      break;
    case ChannelKind::reasoning:
      type = is_summary ? "response.reasoning_summary_text.delta" : "response.reasoning_text.delta";
      break;
    case ChannelKind::tool_arguments:
      type = "response.function_call_arguments.delta";
      break;
  }
  std::string out = R"({"type":")" + type + "\",";
  copy_member(out, like, "sequence_number");
  copy_member(out, like, "item_id");
  put(out, "\"output_index\":", channel.part >> 16U);
  if (channel.kind != ChannelKind::tool_arguments)
    put(out, is_summary ? ",\"summary_index\":" : ",\"content_index\":", channel.part & 0x7FFFU);
  out += ",\"delta\":";
  append_json_string(out, text);
  return out += '}';
}

std::string gemini_text(const Channel& channel, std::string_view text, JsonView like) {
  std::string out = R"({"candidates":[{"content":{"parts":[{"text":)";
  append_json_string(out, text);
  if (channel.kind == ChannelKind::reasoning) out += ",\"thought\":true";
  put(out, R"(}],"role":"model"},"index":)", channel.choice);
  out += "}],";
  for (const char* name : {"modelVersion", "responseId"}) copy_member(out, like, name);
  out.back() = '}';
  return out;
}

}  // namespace

std::string_view without_usage(Dialect dialect, const SseEvent& event, const EventFacts& facts) {
  const bool is_extra = dialect == Dialect::openai_chat || dialect == Dialect::openai_completions;
  return is_extra && facts.is_usage_only ? std::string_view() : event.raw;
}

std::string text_event(Dialect dialect, const Channel& channel, std::string_view text,
                       std::string_view like_data) {
  JsonIndex index;
  const JsonView like = index.scan(like_data).ok() ? index.root() : JsonView();
  std::string out;
  switch (dialect) {
    case Dialect::openai_chat:
    case Dialect::openai_completions:
    case Dialect::openai_embeddings:
      append_sse_event(out, "", openai_text(dialect, channel, text, like));
      break;
    case Dialect::openai_responses: {
      std::string type;
      const std::string data = responses_text(channel, text, like, type);
      append_sse_event(out, type, data);
      break;
    }
    case Dialect::anthropic_messages: {
      std::string data;
      put(data, R"({"type":"content_block_delta","index":)", channel.part);
      data.append(",\"delta\":").append(anthropic_delta(channel.kind));
      append_json_string(data, text);
      append_sse_event(out, "content_block_delta", data + "}}");
      break;
    }
    case Dialect::gemini:
      append_sse_event(out, "", gemini_text(channel, text, like));
      break;
  }
  return out;
}

std::string with_texts(const SseEvent& event, std::span<const EventEdit> edits) {
  std::vector<JsonEdit> raw_edits;
  raw_edits.reserve(edits.size());
  for (const EventEdit& edit : edits) raw_edits.push_back({edit.raw, json_string(edit.text)});
  const char* raw_begin = event.raw.data();
  const bool is_inside =
      event.data.data() >= raw_begin && event.data.data() + event.data.size() <= raw_begin + event.raw.size();
  if (is_inside) {  // one data line: only the ranges change
    const auto offset = static_cast<std::size_t>(event.data.data() - raw_begin);
    for (JsonEdit& edit : raw_edits) edit.range = {edit.range.begin + offset, edit.range.end + offset};
    return edited(event.raw, std::move(raw_edits));
  }
  std::string out;
  append_sse_event(out, event.name, edited(event.data, std::move(raw_edits)));
  return out;
}

std::string with_text(const SseEvent& event, ByteRange raw, std::string_view text) {
  const EventEdit edit{raw, text};
  return with_texts(event, {&edit, 1});
}

std::string StreamFacts::finish_events() const {
  std::string out;
  std::string data;
  switch (dialect_) {
    case Dialect::openai_chat:
    case Dialect::openai_completions:
    case Dialect::openai_embeddings: {
      std::vector<std::uint32_t> choices;
      for (const Channel& channel : open_)
        if (std::find(choices.begin(), choices.end(), channel.choice) == choices.end())
          choices.push_back(channel.choice);
      if (choices.empty() && !finish_) choices.push_back(0);
      for (const std::uint32_t choice : choices) {
        const bool is_chat = dialect_ == Dialect::openai_chat;
        data = "{\"id\":" + json_string(id_) + ",\"object\":\"" +
               (is_chat ? "chat.completion.chunk" : "text_completion") +
               "\",\"created\":" + (created_.empty() ? "0" : created_) + ",\"model\":" + json_string(model_);
        put(data, ",\"choices\":[{\"index\":", choice);
        data += is_chat ? ",\"delta\":{}" : ",\"text\":\"\"";
        append_sse_event(out, "", data + R"(,"logprobs":null,"finish_reason":"length"}]})");
      }
      append_sse_event(out, "", "[DONE]");
      break;
    }
    case Dialect::openai_responses:
      data =
          R"({"type":"response.incomplete","sequence_number":0,"response":{"id":)" + json_string(id_) +
          ",\"object\":\"response\",\"created_at\":" + (created_.empty() ? "0" : created_) +
          ",\"model\":" + json_string(model_) +
          R"(,"status":"incomplete","error":null,"incomplete_details":{"reason":"max_output_tokens"},"output":[],"usage":null}})";
      append_sse_event(out, "response.incomplete", data);
      break;
    case Dialect::anthropic_messages: {
      for (const Channel& channel : open_) {
        data.clear();
        put(data, R"({"type":"content_block_stop","index":)", channel.part);
        append_sse_event(out, "content_block_stop", data + "}");
      }
      data =
          R"({"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"output_tokens":)";
      append_sse_event(out, "message_delta", data + std::to_string(usage_.output_tokens.value_or(0)) + "}}");
      append_sse_event(out, "message_stop", R"({"type":"message_stop"})");
      break;
    }
    case Dialect::gemini:
      data =
          R"({"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"MAX_TOKENS","index":0}],"modelVersion":)";
      append_sse_event(out, "", data + json_string(model_) + ",\"responseId\":" + json_string(id_) + "}");
      break;
  }
  return out;
}

}  // namespace loadline

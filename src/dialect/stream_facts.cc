#include "dialect/stream_facts.h"

#include <algorithm>
#include <array>

#include "dialect/answer_reader.h"

namespace loadline {
namespace {

bool is_any(const Channel&, std::uint32_t) { return true; }
bool is_of_choice(const Channel& channel, std::uint32_t choice) { return channel.choice == choice; }
bool is_part(const Channel& channel, std::uint32_t part) { return channel.part == part; }

std::uint32_t small(JsonView number) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(number.unsigned_integer().value_or(0), 0xFFFF));
}

// What a "response.X.delta" event is about, and the field that counts its parts.
struct ResponsesPiece {
  std::string_view subject;  // between "response." and ".delta" or ".done"
  ChannelKind kind;
  std::string_view number;
  std::string_view whole;  // the text's field in ".done"
};
constexpr std::array<ResponsesPiece, 6> responses_pieces = {{
    {"output_text", ChannelKind::text, "content_index", "text"},
    {"function_call_arguments", ChannelKind::tool_arguments, "", "arguments"},
    {"refusal", ChannelKind::refusal, "content_index", "refusal"},
    {"reasoning_summary_text", ChannelKind::reasoning, "summary_index", "text"},
    {"reasoning_text", ChannelKind::reasoning, "content_index", "text"},
    {"custom_tool_call_input", ChannelKind::tool_arguments, "", "input"},
}};

Channel responses_channel(const ResponsesPiece& piece, JsonView root) {
  const std::uint32_t number = piece.number.empty() ? 0 : small(root[piece.number]);
  const std::uint32_t flag = piece.number == "summary_index" ? responses_summary : 0;
  return {0, piece.kind, responses_part(small(root["output_index"]), number) | flag};
}

}  // namespace

const EventFacts& StreamFacts::read(const SseEvent& event) {
  event_.texts.clear();
  event_.closed.clear();
  event_.error_message.clear();
  event_.usage = {};
  event_.finish.reset();
  event_.is_usage_only = event_.is_terminal = event_.is_error = event_.is_malformed = false;
  if (!event.has_data) return event_;
  const bool is_openai = dialect_ == Dialect::openai_chat || dialect_ == Dialect::openai_completions;
  if (is_openai && event.data == "[DONE]") {
    terminate();
  } else if (!index_.scan(event.data) || !index_.root().is_object() || index_.repeated_key()) {
    event_.is_malformed = true;
  } else {
    read_object(event.name);
  }
  usage_.merge(event_.usage);
  if (event_.finish) finish_ = event_.finish;
  return event_;
}

void StreamFacts::read_object(std::string_view name) {
  const JsonView root = index_.root();
  switch (dialect_) {
    case Dialect::openai_chat:
    case Dialect::openai_completions:
      return read_openai(root);
    case Dialect::openai_responses:
      return read_responses(root);
    case Dialect::anthropic_messages: {
      const std::string_view type = root["type"].text(scratch_);
      return read_anthropic(type.empty() ? name : type, root);
    }
    case Dialect::gemini:
      return read_gemini(root);
    case Dialect::openai_embeddings:
      event_.is_malformed = true;  // has no streams
  }
}

void StreamFacts::read_head(JsonView id, JsonView model, JsonView created) {
  if (id_.empty()) id_ = id.text();
  if (model_.empty()) model_ = model.text();
  if (created_.empty() && created.kind() == JsonKind::number) created_ = created.raw();
}

void StreamFacts::open(const Channel& channel) {
  if (open_.size() < stream_channels_max && std::find(open_.begin(), open_.end(), channel) == open_.end())
    open_.push_back(channel);
}

void StreamFacts::piece(JsonView value, const Channel& channel) {
  if (!value.is_string()) return;
  open(channel);
  add_text(event_.texts, value, channel, false);
}

void StreamFacts::close_if(bool (*matches)(const Channel&, std::uint32_t), std::uint32_t number) {
  const auto stays = [&](const Channel& channel) { return !matches(channel, number); };
  const auto gone = std::stable_partition(open_.begin(), open_.end(), stays);
  event_.closed.insert(event_.closed.end(), gone, open_.end());
  open_.erase(gone, open_.end());
}

void StreamFacts::terminate() {
  event_.is_terminal = is_terminated_ = true;
  close_if(is_any, 0);
}

void StreamFacts::error(JsonView words) {
  event_.is_error = true;
  event_.error_message = words.is_string() ? words.text() : words["message"].text();
  terminate();
}

void StreamFacts::read_openai(JsonView root) {
  const JsonView failure = root["error"];
  if (failure && !failure.is_null()) return error(failure);
  const JsonView choices = root["choices"];
  const JsonView usage = root["usage"];
  if (!choices.is_array() && !usage.is_object()) return void(event_.is_malformed = true);
  if (id_.empty()) read_head(root["id"], root["model"], root["created"]);
  event_.usage = usage_of(dialect_, usage);
  event_.is_usage_only = usage.is_object() && !choices.first();
  for (JsonView choice = choices.first(); choice; choice = choice.next()) read_openai_choice(choice);
}

void StreamFacts::read_openai_choice(JsonView choice) {
  const std::uint32_t number = small(choice["index"]);
  piece(choice["text"], {number, ChannelKind::text, 0});
  for (JsonView value = choice["delta"].first(); value; value = value.next()) {
    const std::string_view name = value.key().text(scratch_);
    if (name == "content") {
      piece(value, {number, ChannelKind::text, 0});
    } else if (name == "reasoning_content" || name == "reasoning") {
      piece(value, {number, ChannelKind::reasoning, 0});
    } else if (name == "refusal") {
      piece(value, {number, ChannelKind::refusal, 0});
    } else if (name == "tool_calls") {
      for (JsonView call = value.first(); call; call = call.next())
        piece(call["function"]["arguments"], {number, ChannelKind::tool_arguments, small(call["index"])});
    } else if (name == "function_call") {
      piece(value["arguments"], {number, ChannelKind::tool_arguments, 0});
    } else if (name == "reasoning_details" || name == "thinking_blocks") {
      for (JsonView detail = value.first(); detail; detail = detail.next())
        for (const char* field : {"text", "summary", "thinking"})
          piece(detail[field], {number, ChannelKind::reasoning, 1});
    }
  }
  const std::optional<FinishKind> finish = finish_of(dialect_, choice["finish_reason"]);
  if (!finish) return;
  if (!event_.finish || number == 0) event_.finish = finish;
  close_if(is_of_choice, number);
}

void StreamFacts::read_responses(JsonView root) {
  std::string scratch;
  const std::string_view type = root["type"].text(scratch);
  const JsonView response = root["response"];
  if (type == "error") return error(root["error"].is_object() ? root["error"] : root);
  if (type.empty()) return void(event_.is_malformed = true);
  if (response.is_object()) read_head(response["id"], response["model"], response["created_at"]);
  if (type == "response.completed" || type == "response.incomplete" || type == "response.failed")
    return read_responses_end(response);
  if (type.ends_with(".delta") || type.ends_with(".done")) read_responses_piece(type, root);
  const std::uint32_t item = small(root["output_index"]);
  if (const JsonView value = root["item"]) add_responses_item(event_.texts, value, item);
  if (const JsonView part = root["part"]) {
    const bool is_reasoning =
        type.starts_with("response.reasoning") || part["type"].text_is("reasoning_text");
    const std::uint32_t flag = root["summary_index"] ? responses_summary : 0;
    const std::uint32_t number = small(root[flag != 0 ? "summary_index" : "content_index"]);
    const Channel channel{0, is_reasoning ? ChannelKind::reasoning : ChannelKind::text,
                          responses_part(item, number) | flag};
    add_text(event_.texts, part["text"], channel, true);
    add_text(event_.texts, part["refusal"], {0, ChannelKind::refusal, channel.part}, true);
  }
}

void StreamFacts::read_responses_piece(std::string_view type, JsonView root) {
  const bool is_delta = type.ends_with(".delta");
  const std::size_t begin = std::string_view("response.").size();
  const std::size_t end = type.rfind('.');
  if (end < begin) return;
  const std::string_view subject = type.substr(begin, end - begin);
  for (const ResponsesPiece& known : responses_pieces) {
    if (known.subject != subject) continue;
    const Channel channel = responses_channel(known, root);
    if (is_delta) return piece(root["delta"], channel);
    add_text(event_.texts, root[known.whole], channel, true);
    return close_if(is_part, channel.part);
  }
}

void StreamFacts::read_responses_end(JsonView response) {
  add_responses_output(event_.texts, response["output"]);
  event_.usage = usage_of(dialect_, response["usage"]);
  event_.finish = responses_finish(response);
  if (response["status"].text_is("failed")) return error(response["error"]);
  terminate();
}

void StreamFacts::read_anthropic(std::string_view type, JsonView root) {
  const std::uint32_t block = small(root["index"]);
  if (type == "content_block_delta") return read_anthropic_delta(root["delta"], block);
  if (type == "content_block_start") {
    const JsonView content = root["content_block"];
    if (content["thinking"]) open({0, ChannelKind::reasoning, block});
    if (content["text"]) open({0, ChannelKind::text, block});
    if (content["input"]) open({0, ChannelKind::tool_arguments, block});
    piece(content["text"], {0, ChannelKind::text, block});
    piece(content["thinking"], {0, ChannelKind::reasoning, block});
    return add_all(event_.texts, content["input"], {0, ChannelKind::tool_arguments, block});
  }
  if (type == "content_block_stop") return close_if(is_part, block);
  if (type == "message_start") {
    const JsonView message = root["message"];
    read_head(message["id"], message["model"], {});
    event_.usage = usage_of(dialect_, message["usage"]);
  } else if (type == "message_delta") {
    event_.usage = usage_of(dialect_, root["usage"]);
    event_.finish = finish_of(dialect_, root["delta"]["stop_reason"]);
  } else if (type == "message_stop") {
    terminate();
  } else if (type == "error") {
    error(root["error"]);
  } else if (type.empty()) {
    event_.is_malformed = true;
  }
}

void StreamFacts::read_anthropic_delta(JsonView delta, std::uint32_t block) {
  piece(delta["text"], {0, ChannelKind::text, block});
  piece(delta["thinking"], {0, ChannelKind::reasoning, block});
  piece(delta["partial_json"], {0, ChannelKind::tool_arguments, block});
}

void StreamFacts::read_gemini(JsonView root) {
  if (const JsonView failure = root["error"]) return error(failure);
  const JsonView candidates = root["candidates"];
  const JsonView blocked = root["promptFeedback"]["blockReason"];
  if (!candidates && !blocked && !root["usageMetadata"]) return void(event_.is_malformed = true);
  if (id_.empty()) read_head(root["responseId"], root["modelVersion"], {});
  event_.usage = usage_of(dialect_, root["usageMetadata"]);
  for (JsonView candidate = candidates.first(); candidate; candidate = candidate.next()) {
    const std::uint32_t number = small(candidate["index"]);
    std::uint32_t part_number = 0;
    for (JsonView part = candidate["content"]["parts"].first(); part; part = part.next(), ++part_number) {
      const bool is_thought = part["thought"].boolean() == true;
      piece(part["text"], {number, is_thought ? ChannelKind::reasoning : ChannelKind::text, 0});
      add_all(event_.texts, part["functionCall"]["args"], {number, ChannelKind::tool_arguments, part_number});
    }
    const std::optional<FinishKind> finish = finish_of(dialect_, candidate["finishReason"]);
    if (!finish) continue;
    if (!event_.finish || number == 0) event_.finish = finish;
    close_if(is_of_choice, number);
  }
  if (blocked) event_.finish = FinishKind::content_filter;
  if (event_.finish && open_.empty()) terminate();
}

}  // namespace loadline

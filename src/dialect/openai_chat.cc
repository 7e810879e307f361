// OpenAI chat completions, and completions: requests, answers, streams.
#include <algorithm>

#include "dialect/answer_reader.h"
#include "dialect/chat_form.h"

namespace loadline {
namespace {

// --- requests, reading ---

void read_number(std::string& out, JsonView value) {
  if (value.kind() == JsonKind::number) out = value.raw();
}

std::string raw_of(JsonView value) {
  return value && !value.is_null() ? std::string(value.raw()) : std::string();
}

// Fields that chat and completions have in common.
void read_sampling(ChatForm& form, JsonView root) {
  form.model = root["model"].text();
  read_number(form.temperature, root["temperature"]);
  read_number(form.top_p, root["top_p"]);
  read_number(form.top_k, root["top_k"]);
  read_number(form.seed, root["seed"]);
  read_number(form.presence_penalty, root["presence_penalty"]);
  read_number(form.frequency_penalty, root["frequency_penalty"]);
  form.stream = root["stream"].boolean().value_or(false);
  const JsonView stop = root["stop"];
  form.stops_path = "stop";
  if (stop.is_string()) form.stops.push_back(stop.text());
  for (JsonView each = stop.first(); each; each = each.next()) form.stops.push_back(each.text());
  for (const char* name : {"safety_identifier", "user"}) {
    if (!root[name].is_string()) continue;
    form.user = root[name].text();
    form.user_path = name;
  }
  for (const char* name : {"max_tokens", "max_completion_tokens"})
    if (const auto limit = root[name].unsigned_integer())
      form.output_limit = std::min(form.output_limit.value_or(*limit), *limit);
}

Result<ChatBlock> read_part(JsonView part, Losses& losses) {
  ChatBlock block;
  block.at = part;
  const std::string type = part["type"].text();
  block.cache_control = raw_of(part["cache_control"]);
  if (type == "text" || type == "refusal") {
    block.kind = type == "text" ? ChatBlockKind::text : ChatBlockKind::refusal;
    block.text = part[type].text();
    lose_others(part, {"type", "text", "refusal", "cache_control"}, losses);
    return block;
  }
  if (type != "image_url") return refused(block.at.path(), "a part of this type cannot be translated");
  block.kind = ChatBlockKind::image;
  const JsonView url = part["image_url"]["url"];
  if (!url.is_string()) return refused(block.at.path(), "an image needs a url");
  if (!take_data_url(url.text(), block)) block.url = url.text();
  lose_others(part["image_url"], {"url"}, losses);
  lose_others(part, {"type", "image_url", "cache_control"}, losses);
  return block;
}

Status read_content(JsonView content, std::vector<ChatBlock>& blocks, Losses& losses) {
  if (content.is_string()) {
    ChatBlock block;
    block.at = content;
    block.text = content.text();
    blocks.push_back(std::move(block));
    return {};
  }
  if (content && !content.is_null() && !content.is_array())
    return refused(content.path(), "a string or an array is due");
  for (JsonView part = content.first(); part; part = part.next()) {
    LOADLINE_ASSIGN(ChatBlock block, read_part(part, losses));
    blocks.push_back(std::move(block));
  }
  return {};
}

// reasoning_content and thinking_blocks (see the README) into thinking blocks.
void read_reasoning(JsonView message, std::vector<ChatBlock>& blocks, Losses& losses) {
  const JsonView signed_blocks = message["thinking_blocks"];
  JsonView words = message["reasoning_content"];
  if (!words.is_string()) words = message["reasoning"];
  const std::string text = words.text();
  std::size_t unsplit = 0;
  for (JsonView each = signed_blocks.first(); each; each = each.next())
    if (each["type"].text_is("thinking") && each["thinking"].text().empty()) ++unsplit;
  bool text_is_used = false;
  for (JsonView each = signed_blocks.first(); each; each = each.next()) {
    ChatBlock block;
    block.kind = ChatBlockKind::thinking;
    block.at = each;
    if (each["type"].text_is("redacted_thinking")) {
      block.signature = {Signer::anthropic_redacted, each["data"].text()};
    } else {
      block.signature = read_signature(each["signature"].text(), Signer::anthropic);
      block.text = each["thinking"].text();
      if (block.text.empty() && unsplit > 1) {  // which part of the text it signs is not known any more
        losses.add(block.at);
        continue;
      }
      if (block.text.empty()) block.text = text;
      text_is_used = true;
    }
    blocks.push_back(std::move(block));
  }
  if (text.empty() || text_is_used) return;
  ChatBlock block;
  block.kind = ChatBlockKind::thinking;
  block.at = words;
  block.text = text;
  blocks.push_back(std::move(block));
}

Status read_calls(JsonView calls, std::vector<ChatBlock>& blocks, Losses& losses) {
  for (JsonView call = calls.first(); call; call = call.next()) {
    if (!call["function"].is_object())
      return refused(call.path(), "only calls of functions can be translated");
    ChatBlock block;
    block.kind = ChatBlockKind::tool_call;
    block.at = call;
    block.id = call["id"].text();
    block.name = call["function"]["name"].text();
    block.text = call["function"]["arguments"].text();
    const std::string google = call["extra_content"]["google"]["thought_signature"].text();
    if (!google.empty()) block.signature = {Signer::gemini, google};
    lose_others(call, {"id", "type", "function", "index", "extra_content"}, losses);
    blocks.push_back(std::move(block));
  }
  return {};
}

Status read_message(JsonView message, ChatForm& form, Losses& losses) {
  Turn turn;
  turn.at = message;
  const std::string role = message["role"].text();
  if (message["function_call"].is_object())
    return refused(turn.at.path() + ".function_call",
                   "the old form of calls cannot be translated; use tool_calls");
  if (message["audio"].is_object()) return refused(turn.at.path() + ".audio", "audio cannot be translated");
  if (role == "system" || role == "developer") {
    turn.role = TextRole::system;
  } else if (role == "user") {
    turn.role = TextRole::user;
  } else if (role == "assistant") {
    turn.role = TextRole::assistant;
    read_reasoning(message, turn.blocks, losses);
  } else if (role == "tool") {
    turn.role = TextRole::tool;
    ChatBlock result;
    result.kind = ChatBlockKind::tool_result;
    result.at = turn.at;
    result.id = message["tool_call_id"].text();
    LOADLINE_TRY(read_content(message["content"], result.content, losses));
    lose_others(message, {"role", "content", "tool_call_id"}, losses);
    turn.blocks.push_back(std::move(result));
    form.turns.push_back(std::move(turn));
    return {};
  } else {
    return refused(turn.at.path() + ".role", "this role cannot be translated");
  }
  LOADLINE_TRY(read_content(message["content"], turn.blocks, losses));
  if (message["refusal"].is_string()) {
    ChatBlock refusal;
    refusal.kind = ChatBlockKind::refusal;
    refusal.at = message["refusal"];
    refusal.text = message["refusal"].text();
    turn.blocks.push_back(std::move(refusal));
  }
  LOADLINE_TRY(read_calls(message["tool_calls"], turn.blocks, losses));
  lose_others(
      message,
      {"role", "content", "refusal", "tool_calls", "reasoning_content", "reasoning", "thinking_blocks"},
      losses);
  form.turns.push_back(std::move(turn));
  return {};
}

Status read_tools(JsonView tools, ChatForm& form, Losses& losses) {
  for (JsonView tool = tools.first(); tool; tool = tool.next()) {
    const JsonView function = tool["function"];
    if (!function.is_object()) return refused(tool.path(), "only function tools can be translated");
    ToolForm out;
    out.at = tool;
    out.name = function["name"].text();
    out.description = function["description"].text();
    out.schema = raw_of(function["parameters"]);
    out.strict = function["strict"].boolean();
    out.cache_control = raw_of(tool["cache_control"]);
    lose_others(tool, {"type", "function", "cache_control"}, losses);
    lose_others(function, {"name", "description", "parameters", "strict"}, losses);
    form.tools.push_back(std::move(out));
  }
  return {};
}

Status read_tool_choice(JsonView choice, ChatForm& form) {
  if (!choice || choice.is_null()) return {};
  if (choice.text_is("none")) {
    form.tool_choice = ToolChoice::none;
  } else if (choice.text_is("auto")) {
    form.tool_choice = ToolChoice::automatic;
  } else if (choice.text_is("required")) {
    form.tool_choice = ToolChoice::required;
  } else if (choice["function"]["name"].is_string()) {
    form.tool_choice = ToolChoice::named;
    form.tool_name = choice["function"]["name"].text();
  } else {
    return refused("tool_choice", "this choice cannot be translated");
  }
  return {};
}

Status read_format(JsonView format, ChatForm& form, Losses& losses) {
  form.format_path = "response_format";
  if (format["type"].text_is("json_object")) {
    form.format = FormatKind::json_object;
  } else if (format["type"].text_is("json_schema")) {
    const JsonView inside = format["json_schema"];
    form.format = FormatKind::json_schema;
    form.format_path = "response_format.json_schema";
    form.schema = raw_of(inside["schema"]);
    form.schema_name = inside["name"].text();
    form.schema_description = inside["description"].text();
    form.schema_strict = inside["strict"].boolean();
    if (form.schema.empty()) return refused("response_format.json_schema.schema", "a schema is due");
    lose_others(inside, {"schema", "name", "description", "strict"}, losses);
  } else if (format.is_object() && !format["type"].text_is("text")) {
    return refused("response_format", "this format cannot be translated");
  }
  return {};
}

// --- requests, writing ---

void write_text_or_parts(JsonWriter& json, const std::vector<ChatBlock>& blocks) {
  const auto is_text = [](const ChatBlock& block) {
    return block.kind == ChatBlockKind::text || block.kind == ChatBlockKind::refusal;
  };
  if (blocks.size() == 1 && is_text(blocks[0])) {
    json.text("content", blocks[0].text);
    return;
  }
  json.key("content").open('[');
  for (const ChatBlock& block : blocks) {
    if (is_text(block)) json.open('{').text("type", "text").text("text", block.text).close('}');
    if (block.kind == ChatBlockKind::image)
      json.open('{')
          .text("type", "image_url")
          .key("image_url")
          .open('{')
          .text("url", data_url(block))
          .close('}')
          .close('}');
  }
  json.close(']');
}

void write_call(JsonWriter& json, const ChatBlock& call) {
  json.open('{').text("id", call.id).text("type", "function").key("function").open('{');
  json.text("name", call.name).text("arguments", call.text.empty() ? "{}" : call.text).close('}');
  if (call.signature.signer == Signer::gemini)
    json.key("extra_content")
        .open('{')
        .key("google")
        .open('{')
        .text("thought_signature", call.signature.bytes)
        .close('}')
        .close('}');
  json.close('}');
}

// reasoning_content has the words, thinking_blocks the signatures (see the README).
void write_reasoning(JsonWriter& json, const std::vector<ChatBlock>& blocks) {
  json.text_if("reasoning_content", joined_text(blocks, ChatBlockKind::thinking));
  bool is_open = false;
  for (const ChatBlock& block : blocks) {
    if (block.kind != ChatBlockKind::thinking || !block.signature) continue;
    if (!is_open) json.key("thinking_blocks").open('[');
    is_open = true;
    if (block.signature.signer == Signer::anthropic_redacted) {
      json.open('{').text("type", "redacted_thinking").text("data", block.signature.bytes).close('}');
    } else {
      json.open('{')
          .text("type", "thinking")
          .text("thinking", "")
          .text("signature", written_signature(block.signature, Signer::anthropic))
          .close('}');
    }
  }
  if (is_open) json.close(']');
}

void write_assistant(JsonWriter& json, const std::vector<ChatBlock>& blocks) {
  std::vector<ChatBlock> said;
  bool has_calls = false;
  for (const ChatBlock& block : blocks) {
    if (block.kind == ChatBlockKind::text || block.kind == ChatBlockKind::refusal ||
        block.kind == ChatBlockKind::image)
      said.push_back(block);
    has_calls |= block.kind == ChatBlockKind::tool_call;
  }
  if (said.empty()) {
    json.raw("content", "null");
  } else {
    write_text_or_parts(json, said);
  }
  write_reasoning(json, blocks);
  if (!has_calls) return;
  json.key("tool_calls").open('[');
  for (const ChatBlock& block : blocks)
    if (block.kind == ChatBlockKind::tool_call) write_call(json, block);
  json.close(']');
}

Status write_results(JsonWriter& json, const Turn& turn, Losses& losses) {
  for (const ChatBlock& result : turn.blocks) {
    for (const ChatBlock& inside : result.content)
      if (inside.kind == ChatBlockKind::image)
        return refused(result.at.path(), "OpenAI's chat takes no images in tool results");
    if (result.is_error) losses.add(result.at, ".is_error");
    json.open('{').text("role", "tool").text("tool_call_id", result.id);
    if (result.content.empty()) {
      json.text("content", "");
    } else {
      write_text_or_parts(json, result.content);
    }
    json.close('}');
  }
  return {};
}

void note_cache_control(const std::vector<ChatBlock>& blocks, Losses& losses) {
  for (const ChatBlock& block : blocks) {
    if (!block.cache_control.empty()) losses.add(block.at, ".cache_control");
    note_cache_control(block.content, losses);
  }
}

void write_tools(JsonWriter& json, const ChatForm& form, Losses& losses) {
  if (form.tools.empty()) return;
  json.key("tools").open('[');
  for (const ToolForm& tool : form.tools) {
    if (!tool.cache_control.empty()) losses.add(tool.at, ".cache_control");
    json.open('{').text("type", "function").key("function").open('{').text("name", tool.name);
    json.text_if("description", tool.description).raw_if("parameters", tool.schema);
    if (tool.strict) json.boolean("strict", *tool.strict);
    json.close('}').close('}');
  }
  json.close(']');
  switch (form.tool_choice) {
    case ToolChoice::unset:
      break;
    case ToolChoice::none:
      json.text("tool_choice", "none");
      break;
    case ToolChoice::automatic:
      json.text("tool_choice", "auto");
      break;
    case ToolChoice::required:
      json.text("tool_choice", "required");
      break;
    case ToolChoice::named:
      json.key("tool_choice")
          .open('{')
          .text("type", "function")
          .key("function")
          .open('{')
          .text("name", form.tool_name)
          .close('}')
          .close('}');
  }
  if (form.parallel_tools) json.boolean("parallel_tool_calls", *form.parallel_tools);
}

void write_format(JsonWriter& json, const ChatForm& form) {
  if (form.format == FormatKind::json_object)
    json.key("response_format").open('{').text("type", "json_object").close('}');
  if (form.format != FormatKind::json_schema) return;
  json.key("response_format").open('{').text("type", "json_schema").key("json_schema").open('{');
  json.text("name", form.schema_name.empty() ? "answer" : form.schema_name)
      .text_if("description", form.schema_description);
  json.raw("schema", form.schema);
  if (form.schema_strict) json.boolean("strict", *form.schema_strict);
  json.close('}').close('}');
}

// --- answers and events ---

void answer_head(JsonWriter& json, const AnswerForm& answer, std::string_view prefix,
                 std::string_view object) {
  json.open('{').text("id", id_with(prefix, answer.id)).text("object", object);
  json.raw("created", std::to_string(answer.created)).text("model", answer.model);
}

}  // namespace

Result<ChatForm> read_openai_chat_request(JsonView root, Losses& losses) {
  ChatForm form;
  read_sampling(form, root);
  for (const char* name : {"functions", "function_call", "audio"})
    if (root[name] && !root[name].is_null()) return refused(name, "this field cannot be translated");
  for (JsonView each = root["modalities"].first(); each; each = each.next())
    if (!each.text_is("text")) return refused("modalities", "only text can be translated");
  for (JsonView message = root["messages"].first(); message; message = message.next())
    LOADLINE_TRY(read_message(message, form, losses));
  LOADLINE_TRY(read_tools(root["tools"], form, losses));
  LOADLINE_TRY(read_tool_choice(root["tool_choice"], form));
  LOADLINE_TRY(read_format(root["response_format"], form, losses));
  form.parallel_tools = root["parallel_tool_calls"].boolean();
  form.effort = root["reasoning_effort"].text();
  form.effort_path = "reasoning_effort";
  form.service_tier = root["service_tier"].text();
  if (root["store"].boolean() == true) losses.add("store");
  lose_others(root,
              {"model",
               "messages",
               "temperature",
               "top_p",
               "top_k",
               "seed",
               "presence_penalty",
               "frequency_penalty",
               "stream",
               "stream_options",
               "stop",
               "user",
               "safety_identifier",
               "max_tokens",
               "max_completion_tokens",
               "tools",
               "tool_choice",
               "response_format",
               "parallel_tool_calls",
               "reasoning_effort",
               "service_tier",
               "store",
               "n",
               "logprobs",
               "modalities"},
              losses);
  return form;
}

Result<ChatForm> read_openai_completions_request(JsonView root, Losses& losses) {
  ChatForm form;
  read_sampling(form, root);
  const JsonView prompt = root["prompt"];
  const JsonView only = prompt.is_array() && prompt.size() == 1 ? prompt.first() : prompt;
  if (!only.is_string()) return refused("prompt", "only a single text can be translated");
  for (const char* name : {"suffix", "best_of"})
    if (root[name] && !root[name].is_null()) return refused(name, "this field cannot be translated");
  if (root["echo"].boolean() == true) return refused("echo", "this field cannot be translated");
  losses.add("prompt");  // a chat model answers it instead of going on with it
  Turn turn;
  ChatBlock text;
  text.at = only;
  text.text = only.text();
  turn.blocks.push_back(std::move(text));
  form.turns.push_back(std::move(turn));
  lose_others(
      root,
      {"model", "prompt", "temperature", "top_p", "top_k", "seed", "presence_penalty", "frequency_penalty",
       "stream", "stream_options", "stop", "user", "max_tokens", "n", "logprobs", "echo"},
      losses);
  return form;
}

Result<std::string> write_openai_chat_request(const ChatForm& form, const WriteOptions& options,
                                              Losses& losses) {
  JsonWriter json;
  json.open('{').text("model", form.model).key("messages").open('[');
  for (const Turn& turn : form.turns) {
    note_cache_control(turn.blocks, losses);
    if (turn.role == TextRole::tool) {
      LOADLINE_TRY(write_results(json, turn, losses));
      continue;
    }
    if (turn.role == TextRole::assistant) {
      json.open('{').text("role", "assistant");
      write_assistant(json, turn.blocks);
    } else {
      json.open('{').text("role", turn.role == TextRole::system ? "system" : "user");
      write_text_or_parts(json, turn.blocks);
    }
    json.close('}');
  }
  json.close(']');
  write_tools(json, form, losses);
  write_format(json, form);
  if (form.output_limit) json.number(options.openai_limit_field, *form.output_limit);
  json.raw_if("temperature", form.temperature).raw_if("top_p", form.top_p).raw_if("seed", form.seed);
  json.raw_if("presence_penalty", form.presence_penalty).raw_if("frequency_penalty", form.frequency_penalty);
  if (!form.top_k.empty()) losses.add("top_k");
  if (!form.stops.empty()) {
    json.key("stop").open('[');
    for (const std::string& stop : form.stops) json.text(stop);
    json.close(']');
  }
  json.text_if("reasoning_effort", form.effort);
  if (form.thinking_tokens && *form.thinking_tokens != thinking_tokens_of(form.effort))
    losses.add(form.effort_path);
  json.text_if("user", form.user).text_if("service_tier", form.service_tier);
  if (form.stream)
    json.boolean("stream", true).key("stream_options").open('{').boolean("include_usage", true).close('}');
  return json.close('}').take();
}

Result<AnswerForm> read_openai_chat_answer(JsonView root, Losses& losses) {
  const JsonView choice = root["choices"].first();
  const JsonView message = choice["message"];
  if (!message.is_object()) return Error(Code::invalid_argument, "the answer has no message");
  AnswerForm answer;
  answer.id = root["id"].text();
  answer.model = root["model"].text();
  answer.created = static_cast<std::int64_t>(root["created"].unsigned_integer().value_or(0));
  answer.usage = usage_of(Dialect::openai_chat, root["usage"]);
  answer.finish = finish_of(Dialect::openai_chat, choice["finish_reason"]).value_or(FinishKind::other);
  read_reasoning(message, answer.blocks, losses);
  if (!message["content"].text().empty() || message["content"].is_array())
    LOADLINE_TRY(read_content(message["content"], answer.blocks, losses));
  if (message["refusal"].is_string() && !message["refusal"].text().empty()) {
    ChatBlock refusal;
    refusal.kind = ChatBlockKind::refusal;
    refusal.at = message["refusal"];
    refusal.text = message["refusal"].text();
    answer.blocks.push_back(std::move(refusal));
  }
  LOADLINE_TRY(read_calls(message["tool_calls"], answer.blocks, losses));
  lose_others(root,
              {"id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint"},
              losses);
  lose_others(choice, {"index", "message", "finish_reason"}, losses);
  lose_others(
      message,
      {"role", "content", "refusal", "tool_calls", "reasoning_content", "reasoning", "thinking_blocks"},
      losses);
  return answer;
}

std::string write_openai_chat_answer(const AnswerForm& answer) {
  JsonWriter json;
  answer_head(json, answer, "chatcmpl-", "chat.completion");
  json.key("choices")
      .open('[')
      .open('{')
      .raw("index", "0")
      .key("message")
      .open('{')
      .text("role", "assistant");
  const std::string text = joined_text(answer.blocks, ChatBlockKind::text);
  const std::string refusal = joined_text(answer.blocks, ChatBlockKind::refusal);
  bool has_calls = false;
  for (const ChatBlock& block : answer.blocks) has_calls |= block.kind == ChatBlockKind::tool_call;
  if (text.empty() && (has_calls || !refusal.empty())) {
    json.raw("content", "null");
  } else {
    json.text("content", text);
  }
  if (refusal.empty()) {
    json.raw("refusal", "null");
  } else {
    json.text("refusal", refusal);
  }
  write_reasoning(json, answer.blocks);
  if (has_calls) {
    json.key("tool_calls").open('[');
    for (const ChatBlock& block : answer.blocks)
      if (block.kind == ChatBlockKind::tool_call) write_call(json, block);
    json.close(']');
  }
  json.close('}')
      .raw("logprobs", "null")
      .text("finish_reason", openai_finish(answer.finish))
      .close('}')
      .close(']');
  return json.raw_if("usage", openai_usage(answer.usage)).close('}').take();
}

std::string write_openai_completions_answer(const AnswerForm& answer) {
  JsonWriter json;
  answer_head(json, answer, "cmpl-", "text_completion");
  json.key("choices")
      .open('[')
      .open('{')
      .raw("index", "0")
      .text("text", joined_text(answer.blocks, ChatBlockKind::text));
  json.raw("logprobs", "null").text("finish_reason", openai_finish(answer.finish)).close('}').close(']');
  return json.raw_if("usage", openai_usage(answer.usage)).close('}').take();
}

Status read_openai_chat_event(const SseEvent& event, StreamReading& state, std::vector<Piece>& pieces,
                              Losses& losses) {
  if (event.data == "[DONE]") {
    pieces.push_back({PieceKind::end, {}, {}, {}, 0, {}, FinishKind::stop, {}, 0});
    return {};
  }
  JsonIndex index;
  LOADLINE_TRY(scan_answer(index, event.data));
  const JsonView root = index.root();
  const auto add = [&](PieceKind kind, std::string text) -> Piece& {
    Piece piece;
    piece.kind = kind;
    piece.text = std::move(text);
    return pieces.emplace_back(std::move(piece));
  };
  if (const JsonView failure = root["error"]; failure && !failure.is_null()) {
    add(PieceKind::error, failure.is_string() ? failure.text() : failure["message"].text());
    return {};
  }
  const JsonView choices = root["choices"];
  if (!choices.is_array() && !root["usage"].is_object())
    return Error(Code::invalid_argument, "no chunk of a chat completion");
  if (!state.has_begun) {
    state.has_begun = true;
    Piece& begin = add(PieceKind::begin, root["model"].text());
    begin.id = root["id"].text();
    begin.created = static_cast<std::int64_t>(root["created"].unsigned_integer().value_or(0));
  }
  const JsonView choice = choices.first();
  const JsonView delta = choice["delta"];
  JsonView reasoning = delta["reasoning_content"];
  if (!reasoning.is_string()) reasoning = delta["reasoning"];
  if (reasoning.range().size() > 2) add(PieceKind::thinking, reasoning.text());
  for (JsonView block = delta["thinking_blocks"].first(); block; block = block.next()) {
    const bool is_redacted = block["type"].text_is("redacted_thinking");
    if (!block["thinking"].text().empty()) add(PieceKind::thinking, block["thinking"].text());
    Signature signature = is_redacted ? Signature{Signer::anthropic_redacted, block["data"].text()}
                                      : read_signature(block["signature"].text(), Signer::anthropic);
    if (signature) add(PieceKind::signature, {}).signature = std::move(signature);
  }
  if (delta["content"].range().size() > 2) add(PieceKind::text, delta["content"].text());
  if (delta["refusal"].range().size() > 2) add(PieceKind::refusal, delta["refusal"].text());
  for (JsonView call = delta["tool_calls"].first(); call; call = call.next()) {
    const auto number = static_cast<std::uint32_t>(call["index"].unsigned_integer().value_or(0) & 0xFFFFU);
    if (number >= state.calls) {
      state.calls = number + 1;
      Piece& begin = add(PieceKind::call_begin, {});
      begin.call = number;
      begin.id = call["id"].text();
      begin.name = call["function"]["name"].text();
      const std::string google = call["extra_content"]["google"]["thought_signature"].text();
      if (!google.empty()) begin.signature = {Signer::gemini, google};
    }
    if (call["function"]["arguments"].range().size() > 2)
      add(PieceKind::call_arguments, call["function"]["arguments"].text()).call = number;
  }
  lose_others(
      delta,
      {"role", "content", "refusal", "tool_calls", "reasoning_content", "reasoning", "thinking_blocks"},
      losses);
  if (root["usage"].is_object())
    add(PieceKind::usage, {}).usage = usage_of(Dialect::openai_chat, root["usage"]);
  if (const auto finish = finish_of(Dialect::openai_chat, choice["finish_reason"]))
    add(PieceKind::finish, {}).finish = *finish;
  return {};
}

namespace {

// Chunks of both OpenAI forms; completions have no place for anything but text.
class ChunkWriter final : public PieceWriter {
 public:
  ChunkWriter(const WriterOptions& options, bool is_chat) : options_(options), is_chat_(is_chat) {
    answer_.created = options.created;
  }

  void write(const Piece& piece, std::string& out) override {
    switch (piece.kind) {
      case PieceKind::begin:
        return begin(piece, out);
      case PieceKind::text:
        if (!is_chat_) return chunk(out, JsonWriter().text(piece.text).take());
        return chunk(out, JsonWriter().open('{').text("content", piece.text).close('}').take());
      case PieceKind::refusal:
        return chat_chunk(out, JsonWriter().open('{').text("refusal", piece.text).close('}').take());
      case PieceKind::thinking:
        return chat_chunk(out,
                          JsonWriter().open('{').text("reasoning_content", piece.text).close('}').take());
      case PieceKind::signature:
        return signature(piece, out);
      case PieceKind::call_begin:
      case PieceKind::call_arguments:
        return call(piece, out);
      case PieceKind::usage:
        return usage_.merge(piece.usage);
      case PieceKind::finish:
        return chunk(out, is_chat_ ? "{}" : "\"\"", openai_finish(piece.finish));
      case PieceKind::end:
        return end(out);
      case PieceKind::error:
        return;
    }
  }

 private:
  JsonWriter head() const {
    JsonWriter json;
    answer_head(json, answer_, is_chat_ ? "chatcmpl-" : "cmpl-",
                is_chat_ ? "chat.completion.chunk" : "text_completion");
    return json;
  }

  void begin(const Piece& piece, std::string& out) {
    answer_.id = piece.id;
    answer_.model = piece.text.empty() ? options_.model : piece.text;
    if (piece.created != 0) answer_.created = piece.created;
    chat_chunk(out, R"({"role":"assistant","content":""})");
  }

  // `content`: raw delta, or raw text.
  void chunk(std::string& out, std::string_view content, std::string_view finish = {}) const {
    JsonWriter json = head();
    json.key("choices")
        .open('[')
        .open('{')
        .raw("index", "0")
        .raw(is_chat_ ? "delta" : "text", content)
        .raw("logprobs", "null");
    if (finish.empty()) {
      json.raw("finish_reason", "null");
    } else {
      json.text("finish_reason", finish);
    }
    append_sse_event(out, "", json.close('}').close(']').close('}').take());
  }
  void chat_chunk(std::string& out, std::string_view delta) const {
    if (is_chat_) chunk(out, delta);
  }

  void signature(const Piece& piece, std::string& out) const {
    ChatBlock block;
    block.kind = ChatBlockKind::thinking;
    block.signature = piece.signature;
    JsonWriter json;
    json.open('{');
    write_reasoning(json, {block});
    chat_chunk(out, json.close('}').take());
  }

  void call(const Piece& piece, std::string& out) const {
    JsonWriter json;
    json.open('{').key("tool_calls").open('[').open('{').number("index", piece.call);
    if (piece.kind == PieceKind::call_begin) {
      json.text("id", piece.id)
          .text("type", "function")
          .key("function")
          .open('{')
          .text("name", piece.name)
          .text("arguments", "")
          .close('}');
      if (piece.signature.signer == Signer::gemini)
        json.key("extra_content")
            .open('{')
            .key("google")
            .open('{')
            .text("thought_signature", piece.signature.bytes)
            .close('}')
            .close('}');
    } else {
      json.key("function").open('{').text("arguments", piece.text).close('}');
    }
    chat_chunk(out, json.close('}').close(']').close('}').take());
  }

  void end(std::string& out) const {
    if (options_.include_usage && !usage_.is_empty()) {
      JsonWriter json = head();
      append_sse_event(out, "",
                       json.raw("choices", "[]").raw("usage", openai_usage(usage_)).close('}').take());
    }
    append_sse_event(out, "", "[DONE]");
  }

  const WriterOptions options_;
  const bool is_chat_;
  AnswerForm answer_;  // what its head needs
  UsageFacts usage_;
};

}  // namespace

std::unique_ptr<PieceWriter> make_openai_chat_writer(const WriterOptions& options) {
  return std::make_unique<ChunkWriter>(options, true);
}
std::unique_ptr<PieceWriter> make_openai_completions_writer(const WriterOptions& options) {
  return std::make_unique<ChunkWriter>(options, false);
}

}  // namespace loadline

// Anthropic Messages: requests, answers, streams.
#include <algorithm>
#include <cstdlib>

#include "dialect/answer_reader.h"
#include "dialect/chat_form.h"

namespace loadline {
namespace {

std::string raw_of(JsonView value) {
  return value && !value.is_null() ? std::string(value.raw()) : std::string();
}

// --- requests, reading ---

Status read_blocks(JsonView content, Turn& turn, ChatForm& form, Losses& losses);

Status read_image(JsonView source, ChatBlock& block) {
  block.kind = ChatBlockKind::image;
  if (source["type"].text_is("base64")) {
    block.media_type = source["media_type"].text();
    block.data = source["data"].text();
  } else if (source["type"].text_is("url")) {
    block.url = source["url"].text();
  } else {
    return refused(block.at.path(), "an image from this source cannot be translated");
  }
  return {};
}

Status read_result(JsonView value, ChatBlock& block, Losses& losses) {
  block.kind = ChatBlockKind::tool_result;
  block.id = value["tool_use_id"].text();
  block.is_error = value["is_error"].boolean().value_or(false);
  ChatForm nowhere;
  Turn inside;
  LOADLINE_TRY(read_blocks(value["content"], inside, nowhere, losses));
  for (ChatBlock& each : inside.blocks) {
    if (each.kind != ChatBlockKind::text && each.kind != ChatBlockKind::image)
      return refused(each.at.path(), "a tool result takes texts and images");
    block.content.push_back(std::move(each));
  }
  return {};
}

Status read_block(JsonView value, ChatBlock& block, Losses& losses) {
  const std::string type = value["type"].text();
  block.at = value;
  block.cache_control = raw_of(value["cache_control"]);
  if (type == "text") {
    block.text = value["text"].text();
  } else if (type == "image") {
    LOADLINE_TRY(read_image(value["source"], block));
  } else if (type == "thinking") {
    block.kind = ChatBlockKind::thinking;
    block.text = value["thinking"].text();
    block.signature = read_signature(value["signature"].text(), Signer::anthropic);
  } else if (type == "redacted_thinking") {
    block.kind = ChatBlockKind::thinking;
    block.signature = {Signer::anthropic_redacted, value["data"].text()};
  } else if (type == "tool_use") {
    block.kind = ChatBlockKind::tool_call;
    block.id = value["id"].text();
    block.name = value["name"].text();
    block.text = raw_of(value["input"]);
  } else if (type == "tool_result") {
    LOADLINE_TRY(read_result(value, block, losses));
  } else {
    return refused(block.at.path(), "a block of this type cannot be translated");
  }
  lose_others(value,
              {"type", "text", "source", "thinking", "signature", "data", "id", "name", "input",
               "tool_use_id", "content", "is_error", "cache_control"},
              losses);
  return {};
}

// A signature of Gemini's stands in front of the call it belongs to, in a thinking block without words.
bool is_signature_of_call(const ChatBlock& block) {
  return block.kind == ChatBlockKind::thinking && block.signature.signer == Signer::gemini &&
         block.text.empty();
}

// Results become tool turns of their own, in front of what else the user says.
Status read_blocks(JsonView content, Turn& turn, ChatForm& form, Losses& losses) {
  if (content.is_string()) {
    ChatBlock block;
    block.at = content;
    block.text = content.text();
    turn.blocks.push_back(std::move(block));
    return {};
  }
  Signature of_call;
  for (JsonView value = content.first(); value; value = value.next()) {
    ChatBlock block;
    LOADLINE_TRY(read_block(value, block, losses));
    if (is_signature_of_call(block)) {
      of_call = std::move(block.signature);
      continue;
    }
    if (block.kind == ChatBlockKind::tool_call) block.signature = std::exchange(of_call, {});
    if (block.kind == ChatBlockKind::tool_result) {
      Turn result;
      result.role = TextRole::tool;
      result.at = turn.at;
      result.blocks.push_back(std::move(block));
      form.turns.push_back(std::move(result));
      continue;
    }
    turn.blocks.push_back(std::move(block));
  }
  return {};
}

Status read_tools(JsonView tools, ChatForm& form, Losses& losses) {
  for (JsonView tool = tools.first(); tool; tool = tool.next()) {
    ToolForm out;
    out.at = tool;
    const std::string type = tool["type"].text();
    if (!type.empty() && type != "custom")
      return refused(out.at.path(), "a tool that the provider runs cannot be translated");
    out.name = tool["name"].text();
    out.description = tool["description"].text();
    out.schema = raw_of(tool["input_schema"]);
    out.cache_control = raw_of(tool["cache_control"]);
    out.strict = tool["strict"].boolean();
    lose_others(tool, {"type", "name", "description", "input_schema", "cache_control", "strict"}, losses);
    form.tools.push_back(std::move(out));
  }
  return {};
}

Status read_tool_choice(JsonView choice, ChatForm& form) {
  if (!choice.is_object()) return {};
  const std::string type = choice["type"].text();
  if (type == "auto") {
    form.tool_choice = ToolChoice::automatic;
  } else if (type == "any") {
    form.tool_choice = ToolChoice::required;
  } else if (type == "none") {
    form.tool_choice = ToolChoice::none;
  } else if (type == "tool") {
    form.tool_choice = ToolChoice::named;
    form.tool_name = choice["name"].text();
  } else {
    return refused("tool_choice", "this choice cannot be translated");
  }
  if (const auto disabled = choice["disable_parallel_tool_use"].boolean()) form.parallel_tools = !*disabled;
  return {};
}

void read_thinking(JsonView root, ChatForm& form) {
  const JsonView thinking = root["thinking"];
  form.effort_path = "thinking";
  const std::string effort = root["output_config"]["effort"].text();
  if (thinking["type"].text_is("enabled")) {
    form.thinking_tokens = thinking["budget_tokens"].unsigned_integer();
    form.effort = effort.empty() ? std::string(effort_of(form.thinking_tokens.value_or(4096))) : effort;
  } else if (thinking["type"].text_is("adaptive")) {
    form.effort = effort.empty() ? "medium" : effort;
  } else if (!effort.empty()) {
    form.effort = effort;
    form.effort_path = "output_config.effort";
  }
}

// --- requests, writing ---

void cache_control(JsonWriter& json, const std::string& raw) { json.raw_if("cache_control", raw); }

void write_text(JsonWriter& json, const ChatBlock& block) {
  json.open('{').text("type", "text").text("text", block.text);
  cache_control(json, block.cache_control);
  json.close('}');
}

void write_image(JsonWriter& json, const ChatBlock& block) {
  json.open('{').text("type", "image").key("source").open('{');
  if (block.data.empty()) {
    json.text("type", "url").text("url", block.url);
  } else {
    json.text("type", "base64").text("media_type", block.media_type).text("data", block.data);
  }
  json.close('}');
  cache_control(json, block.cache_control);
  json.close('}');
}

void write_thinking(JsonWriter& json, const ChatBlock& block) {
  json.open('{');
  if (block.signature.signer == Signer::anthropic_redacted) {
    json.text("type", "redacted_thinking").text("data", block.signature.bytes);
  } else {
    json.text("type", "thinking").text("thinking", block.text);
    json.text("signature", block.signature ? written_signature(block.signature, Signer::anthropic) : "");
  }
  json.close('}');
}

void write_call(JsonWriter& json, const ChatBlock& block, Losses& losses) {
  json.open('{')
      .text("type", "tool_use")
      .text("id", block.id)
      .text("name", block.name)
      .raw("input", arguments_object(block, losses));
  cache_control(json, block.cache_control);
  json.close('}');
}

void write_result(JsonWriter& json, const ChatBlock& block) {
  json.open('{').text("type", "tool_result").text("tool_use_id", block.id);
  if (block.content.size() == 1 && block.content[0].kind == ChatBlockKind::text) {
    json.text("content", block.content[0].text);
  } else if (!block.content.empty()) {
    json.key("content").open('[');
    for (const ChatBlock& each : block.content)
      each.kind == ChatBlockKind::image ? write_image(json, each) : write_text(json, each);
    json.close(']');
  }
  if (block.is_error) json.boolean("is_error", true);
  cache_control(json, block.cache_control);
  json.close('}');
}

bool is_anthropic(const Signature& signature) {
  return signature.signer == Signer::anthropic || signature.signer == Signer::anthropic_redacted;
}

void write_request_block(JsonWriter& json, const ChatBlock& block, Losses& losses) {
  switch (block.kind) {
    case ChatBlockKind::text:
    case ChatBlockKind::refusal:
      return block.text.empty() ? void() : write_text(json, block);  // empty ones are refused there
    case ChatBlockKind::image:
      return write_image(json, block);
    case ChatBlockKind::tool_call:
      return write_call(json, block, losses);
    case ChatBlockKind::tool_result:
      return write_result(json, block);
    case ChatBlockKind::thinking:
      // Without its own signature the provider does not take it.
      if (is_anthropic(block.signature)) return write_thinking(json, block);
      losses.add(block.at);
  }
}

TextRole side_of(TextRole role) { return role == TextRole::assistant ? TextRole::assistant : TextRole::user; }

// Neighbours of one side share a message: all results of a turn must stand in one.
void write_messages(JsonWriter& json, const ChatForm& form, Losses& losses) {
  json.key("messages").open('[');
  TextRole side = TextRole::none;
  for (const Turn& turn : form.turns) {
    if (turn.role == TextRole::system) continue;
    if (side_of(turn.role) != side) {
      if (side != TextRole::none) json.close(']').close('}');
      side = side_of(turn.role);
      json.open('{')
          .text("role", side == TextRole::assistant ? "assistant" : "user")
          .key("content")
          .open('[');
    }
    for (const ChatBlock& block : turn.blocks) write_request_block(json, block, losses);
  }
  if (side != TextRole::none) json.close(']').close('}');
  json.close(']');
}

Status write_system(JsonWriter& json, const ChatForm& form, Losses& losses) {
  bool is_open = false;
  bool is_late = false;
  for (const Turn& turn : form.turns) {
    if (turn.role != TextRole::system) {
      is_late = true;
      continue;
    }
    if (is_late) losses.add(turn.at, ".role");  // moves to the front
    for (const ChatBlock& block : turn.blocks) {
      if (block.kind != ChatBlockKind::text)
        return refused(block.at.path(), "a system message takes texts only");
      if (block.text.empty()) continue;
      if (!is_open) json.key("system").open('[');
      is_open = true;
      write_text(json, block);
    }
  }
  if (is_open) json.close(']');
  return {};
}

void write_tools(JsonWriter& json, const ChatForm& form, Losses& losses) {
  if (form.tools.empty()) return;
  json.key("tools").open('[');
  for (const ToolForm& tool : form.tools) {
    json.open('{').text("name", tool.name).text_if("description", tool.description);
    json.raw("input_schema", tool.schema.empty() ? R"({"type":"object","properties":{}})" : tool.schema);
    if (tool.strict == true) json.boolean("strict", true);
    cache_control(json, tool.cache_control);
    json.close('}');
  }
  json.close(']');
  const bool is_serial = form.parallel_tools == false;
  if (form.tool_choice == ToolChoice::unset && !is_serial) return;
  json.key("tool_choice").open('{');
  switch (form.tool_choice) {
    case ToolChoice::none:
      json.text("type", "none");
      break;
    case ToolChoice::required:
      json.text("type", "any");
      break;
    case ToolChoice::named:
      json.text("type", "tool").text("name", form.tool_name);
      break;
    case ToolChoice::unset:
    case ToolChoice::automatic:
      json.text("type", "auto");
  }
  if (is_serial && form.tool_choice != ToolChoice::none) json.boolean("disable_parallel_tool_use", true);
  json.close('}');
  if (is_serial && form.tool_choice == ToolChoice::none) losses.add("parallel_tool_calls");
}

// True if the request thinks.
bool write_thinking_config(JsonWriter& json, const ChatForm& form, std::uint64_t limit, Losses& losses) {
  constexpr std::uint64_t least = 1024;
  if (form.effort.empty() || form.effort == "none") return false;
  if (limit <= least) return losses.add(form.effort_path), false;
  const std::uint64_t wanted = form.thinking_tokens.value_or(thinking_tokens_of(form.effort));
  json.key("thinking")
      .open('{')
      .text("type", "enabled")
      .number("budget_tokens", std::min(std::max(wanted, least), limit - 1))
      .close('}');
  return true;
}

void write_sampling(JsonWriter& json, const ChatForm& form, bool thinks, Losses& losses) {
  if (!form.temperature.empty()) {
    const double value = std::strtod(form.temperature.c_str(), nullptr);
    if (thinks || value > 1) losses.add("temperature");
    if (!thinks) json.raw("temperature", value > 1 ? "1" : form.temperature);
  }
  json.raw_if("top_p", form.top_p);
  if (thinks && !form.top_k.empty()) {
    losses.add("top_k");
  } else {
    json.raw_if("top_k", form.top_k);
  }
  if (!form.seed.empty()) losses.add("seed");
  if (!form.presence_penalty.empty()) losses.add("presence_penalty");
  if (!form.frequency_penalty.empty()) losses.add("frequency_penalty");
  if (form.stops.empty()) return;
  json.key("stop_sequences").open('[');
  for (const std::string& stop : form.stops) json.text(stop);
  json.close(']');
}

// --- answers ---

void write_answer_block(JsonWriter& json, const ChatBlock& block, Losses& losses) {
  if (block.kind == ChatBlockKind::thinking) return write_thinking(json, block);
  if (block.kind == ChatBlockKind::tool_call) {
    if (block.signature.signer == Signer::gemini) {
      ChatBlock bearer;
      bearer.kind = ChatBlockKind::thinking;
      bearer.signature = block.signature;
      write_thinking(json, bearer);
    }
    return write_call(json, block, losses);
  }
  if (block.kind != ChatBlockKind::image) write_text(json, block);
}

}  // namespace

Result<ChatForm> read_anthropic_request(JsonView root, Losses& losses) {
  ChatForm form;
  form.model = root["model"].text();
  form.output_limit = root["max_tokens"].unsigned_integer();
  form.stream = root["stream"].boolean().value_or(false);
  for (const auto& [name, out] : {std::pair{"temperature", &form.temperature},
                                  std::pair{"top_p", &form.top_p}, std::pair{"top_k", &form.top_k}})
    *out = raw_of(root[name]);
  if (const JsonView system = root["system"]; system && !system.is_null()) {
    Turn turn;
    turn.role = TextRole::system;
    turn.at = system;
    LOADLINE_TRY(read_blocks(system, turn, form, losses));
    form.turns.push_back(std::move(turn));
  }
  for (JsonView message = root["messages"].first(); message; message = message.next()) {
    Turn turn;
    turn.at = message;
    const std::string role = message["role"].text();
    if (role != "user" && role != "assistant")
      return refused(turn.at.path() + ".role", "this role cannot be translated");
    turn.role = role == "user" ? TextRole::user : TextRole::assistant;
    LOADLINE_TRY(read_blocks(message["content"], turn, form, losses));
    lose_others(message, {"role", "content"}, losses);
    if (!turn.blocks.empty()) form.turns.push_back(std::move(turn));
  }
  LOADLINE_TRY(read_tools(root["tools"], form, losses));
  LOADLINE_TRY(read_tool_choice(root["tool_choice"], form));
  read_thinking(root, form);
  form.stops_path = "stop_sequences";
  for (JsonView stop = root["stop_sequences"].first(); stop; stop = stop.next())
    form.stops.push_back(stop.text());
  form.user = root["metadata"]["user_id"].text();
  form.user_path = "metadata.user_id";
  lose_others(root["metadata"], {"user_id"}, losses);
  if (root["service_tier"].is_string())
    form.service_tier = root["service_tier"].text_is("auto") ? "auto" : "default";
  const JsonView format =
      root["output_config"]["format"] ? root["output_config"]["format"] : root["output_format"];
  if (format.is_object()) {
    form.format_path = format.path();
    if (!format["type"].text_is("json_schema"))
      return refused(form.format_path, "this format cannot be translated");
    form.format = FormatKind::json_schema;
    form.schema = raw_of(format["schema"]);
    if (form.schema.empty()) return refused(form.format_path + ".schema", "a schema is due");
  }
  for (const char* name : {"mcp_servers", "container"})
    if (root[name] && !root[name].is_null()) return refused(name, "this field cannot be translated");
  lose_others(root,
              {"model", "max_tokens", "stream", "temperature", "top_p", "top_k", "system", "messages",
               "tools", "tool_choice", "thinking", "stop_sequences", "metadata", "service_tier",
               "output_config", "output_format"},
              losses);
  return form;
}

Result<std::string> write_anthropic_request(const ChatForm& form, const WriteOptions& options,
                                            Losses& losses) {
  if (form.format == FormatKind::json_object)
    return refused(form.format_path, "Anthropic has no JSON mode without a schema; give a json_schema");
  const std::uint64_t limit = form.output_limit.value_or(options.output_tokens_max);
  JsonWriter json;
  json.open('{').text("model", form.model).number("max_tokens", limit);
  LOADLINE_TRY(write_system(json, form, losses));
  write_messages(json, form, losses);
  write_tools(json, form, losses);
  const bool thinks = write_thinking_config(json, form, limit, losses);
  write_sampling(json, form, thinks, losses);
  if (form.format == FormatKind::json_schema) {
    json.key("output_config")
        .open('{')
        .key("format")
        .open('{')
        .text("type", "json_schema")
        .raw("schema", form.schema)
        .close('}')
        .close('}');
    if (!form.schema_name.empty()) losses.add(form.format_path + ".name");
    if (!form.schema_description.empty()) losses.add(form.format_path + ".description");
  }
  if (!form.user.empty()) json.key("metadata").open('{').text("user_id", form.user).close('}');
  if (form.service_tier == "auto" || form.service_tier == "default") {
    json.text("service_tier", form.service_tier == "auto" ? "auto" : "standard_only");
  } else if (!form.service_tier.empty()) {
    losses.add("service_tier");
  }
  if (form.stream) json.boolean("stream", true);
  return json.close('}').take();
}

Result<AnswerForm> read_anthropic_answer(JsonView root, Losses& losses) {
  if (!root["content"].is_array()) return Error(Code::invalid_argument, "the answer has no content");
  AnswerForm answer;
  answer.id = root["id"].text();
  answer.model = root["model"].text();
  answer.usage = usage_of(Dialect::anthropic_messages, root["usage"]);
  answer.finish = finish_of(Dialect::anthropic_messages, root["stop_reason"]).value_or(FinishKind::other);
  answer.stop_sequence = root["stop_sequence"].text();
  if (!answer.stop_sequence.empty()) losses.add("stop_sequence");
  ChatForm nowhere;
  Turn turn;
  LOADLINE_TRY(read_blocks(root["content"], turn, nowhere, losses));
  answer.blocks = std::move(turn.blocks);
  lose_others(root, {"id", "type", "role", "model", "content", "usage", "stop_reason", "stop_sequence"},
              losses);
  return answer;
}

std::string write_anthropic_answer(const AnswerForm& answer) {
  JsonWriter json;
  Losses ignored;
  json.open('{')
      .text("id", id_with("msg_", answer.id))
      .text("type", "message")
      .text("role", "assistant")
      .text("model", answer.model);
  json.key("content").open('[');
  for (const ChatBlock& block : answer.blocks) write_answer_block(json, block, ignored);
  json.close(']').text("stop_reason", anthropic_finish(answer.finish)).raw("stop_sequence", "null");
  return json.raw("usage", anthropic_usage(answer.usage)).close('}').take();
}

namespace {

class EventReading {
 public:
  EventReading(StreamReading& state, std::vector<Piece>& pieces) : state_(state), pieces_(pieces) {}

  Status read(JsonView root) {
    const std::string type = root["type"].text();
    const std::uint64_t block = root["index"].unsigned_integer().value_or(0);
    if (type == "message_start") {
      begin(root["message"]);
    } else if (type == "content_block_start") {
      block_start(root["content_block"], block);
    } else if (type == "content_block_delta") {
      delta(root["delta"], block);
    } else if (type == "message_delta") {
      if (root["usage"].is_object())
        add(PieceKind::usage).usage = usage_of(Dialect::anthropic_messages, root["usage"]);
      if (const auto finish = finish_of(Dialect::anthropic_messages, root["delta"]["stop_reason"]))
        add(PieceKind::finish).finish = *finish;
    } else if (type == "message_stop") {
      add(PieceKind::end);
    } else if (type == "error") {
      add(PieceKind::error).text = root["error"]["message"].text();
    } else if (type.empty()) {
      return Error(Code::invalid_argument, "no event of the Messages API");
    }
    return {};
  }

 private:
  Piece& add(PieceKind kind) {
    Piece piece;
    piece.kind = kind;
    return pieces_.emplace_back(std::move(piece));
  }
  void add_text(PieceKind kind, JsonView value) {
    if (value.range().size() > 2) add(kind).text = value.text();
  }

  void begin(JsonView message) {
    state_.has_begun = true;
    Piece& piece = add(PieceKind::begin);
    piece.id = message["id"].text();
    piece.text = message["model"].text();
    if (message["usage"].is_object())
      add(PieceKind::usage).usage = usage_of(Dialect::anthropic_messages, message["usage"]);
  }

  void block_start(JsonView content, std::uint64_t block) {
    const std::string type = content["type"].text();
    if (type == "tool_use") {
      const std::uint32_t call = state_.calls++;
      state_.blocks.emplace_back(block, call);
      Piece& piece = add(PieceKind::call_begin);
      piece.call = call;
      piece.id = content["id"].text();
      piece.name = content["name"].text();
      piece.signature = std::exchange(of_call(), {});
      if (content["input"].size() == 0) return;
      Piece& arguments = add(PieceKind::call_arguments);
      arguments.call = call;
      arguments.text = content["input"].raw();
    } else if (type == "redacted_thinking") {
      add(PieceKind::signature).signature = {Signer::anthropic_redacted, content["data"].text()};
    } else {
      add_text(PieceKind::text, content["text"]);
      add_text(PieceKind::thinking, content["thinking"]);
    }
  }

  void delta(JsonView delta, std::uint64_t block) {
    add_text(PieceKind::text, delta["text"]);
    add_text(PieceKind::thinking, delta["thinking"]);
    if (delta["signature"].range().size() > 2) {
      Signature signature = read_signature(delta["signature"].text(), Signer::anthropic);
      if (signature.signer == Signer::gemini) {
        of_call() = std::move(signature);
      } else if (signature) {
        add(PieceKind::signature).signature = std::move(signature);
      }
    }
    if (delta["partial_json"].range().size() <= 2) return;
    Piece& piece = add(PieceKind::call_arguments);
    piece.text = delta["partial_json"].text();
    const auto is_ours = [&](const auto& known) { return known.first == block; };  // nearly always the last
    const auto known = std::find_if(state_.blocks.rbegin(), state_.blocks.rend(), is_ours);
    if (known != state_.blocks.rend()) piece.call = known->second;
  }

  Signature& of_call() { return state_.of_call; }

  StreamReading& state_;
  std::vector<Piece>& pieces_;
};

// Blocks one after the other; each has a start, deltas and a stop.
class MessagesWriter final : public PieceWriter {
 public:
  explicit MessagesWriter(const WriterOptions& options) : options_(options) {}

  void write(const Piece& piece, std::string& out) override {
    switch (piece.kind) {
      case PieceKind::begin:
        return begin(piece, out);
      case PieceKind::text:
      case PieceKind::refusal:
        return text(piece, out);
      case PieceKind::thinking:
        return thinking(piece.text, out);
      case PieceKind::signature:
        return signature(piece.signature, out);
      case PieceKind::call_begin:
        return call_begin(piece, out);
      case PieceKind::call_arguments:
        return arguments(piece, out);
      case PieceKind::usage:
        return usage_.merge(piece.usage);
      case PieceKind::finish:
        finish_ = piece.finish;
        return close(out);
      case PieceKind::end:
        return end(out);
      case PieceKind::error:
        return;
    }
  }

 private:
  enum class Open : std::uint8_t { nothing, text, thinking, call };

  void begin(const Piece& piece, std::string& out) const {
    JsonWriter json;
    json.open('{')
        .text("type", "message_start")
        .key("message")
        .open('{')
        .text("id", id_with("msg_", piece.id))
        .text("type", "message");
    json.text("role", "assistant")
        .text("model", piece.text.empty() ? options_.model : piece.text)
        .raw("content", "[]");
    json.raw("stop_reason", "null")
        .raw("stop_sequence", "null")
        .raw("usage", anthropic_usage(usage_))
        .close('}')
        .close('}');
    append_sse_event(out, "message_start", json.take());
  }

  void start(Open kind, std::string_view content, std::string& out) {
    close(out);
    open_ = kind;
    JsonWriter json;
    json.open('{')
        .text("type", "content_block_start")
        .number("index", block_)
        .raw("content_block", content)
        .close('}');
    append_sse_event(out, "content_block_start", json.take());
  }
  void close(std::string& out) {
    if (open_ == Open::nothing) return;
    open_ = Open::nothing;
    append_sse_event(out, "content_block_stop",
                     JsonWriter()
                         .open('{')
                         .text("type", "content_block_stop")
                         .number("index", block_++)
                         .close('}')
                         .take());
  }
  static void delta(std::uint64_t block, std::string_view type, std::string_view field, std::string_view text,
                    std::string& out) {
    JsonWriter json;
    json.open('{')
        .text("type", "content_block_delta")
        .number("index", block)
        .key("delta")
        .open('{')
        .text("type", type)
        .text(field, text);
    append_sse_event(out, "content_block_delta", json.close('}').close('}').take());
  }

  void text(const Piece& piece, std::string& out) {
    if (open_ != Open::text) start(Open::text, R"({"type":"text","text":""})", out);
    delta(block_, "text_delta", "text", piece.text, out);
  }
  void thinking(std::string_view words, std::string& out) {
    if (open_ != Open::thinking)
      start(Open::thinking, R"({"type":"thinking","thinking":"","signature":""})", out);
    if (!words.empty()) delta(block_, "thinking_delta", "thinking", words, out);
  }
  // A signature ends its block.
  void signature(const Signature& signature, std::string& out) {
    if (signature.signer == Signer::anthropic_redacted) {
      start(Open::thinking,
            JsonWriter()
                .open('{')
                .text("type", "redacted_thinking")
                .text("data", signature.bytes)
                .close('}')
                .take(),
            out);
    } else {
      thinking({}, out);
      delta(block_, "signature_delta", "signature", written_signature(signature, Signer::anthropic), out);
    }
    close(out);
  }
  void call_begin(const Piece& piece, std::string& out) {
    if (piece.signature.signer == Signer::gemini) {
      close(out);
      signature(piece.signature, out);
    }
    JsonWriter json;
    json.open('{')
        .text("type", "tool_use")
        .text("id", piece.id)
        .text("name", piece.name)
        .raw("input", "{}")
        .close('}');
    start(Open::call, json.take(), out);
    calls_.emplace_back(piece.call, block_);
  }
  void arguments(const Piece& piece, std::string& out) const {
    std::uint64_t block = block_;
    const auto is_ours = [&](const auto& call) {
      return call.first == piece.call;
    };  // nearly always the last
    const auto call = std::find_if(calls_.rbegin(), calls_.rend(), is_ours);
    if (call != calls_.rend()) block = call->second;
    delta(block, "input_json_delta", "partial_json", piece.text, out);
  }

  void end(std::string& out) {
    close(out);
    JsonWriter json;
    json.open('{')
        .text("type", "message_delta")
        .key("delta")
        .open('{')
        .text("stop_reason", anthropic_finish(finish_))
        .raw("stop_sequence", "null")
        .close('}');
    append_sse_event(out, "message_delta", json.raw("usage", anthropic_usage(usage_)).close('}').take());
    append_sse_event(out, "message_stop", R"({"type":"message_stop"})");
  }

  const WriterOptions options_;
  UsageFacts usage_;
  FinishKind finish_ = FinishKind::stop;
  Open open_ = Open::nothing;
  std::uint64_t block_ = 0;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> calls_;  // call -> block
};

}  // namespace

Status read_anthropic_event(const SseEvent& event, StreamReading& state, std::vector<Piece>& pieces,
                            Losses&) {
  JsonIndex index;
  LOADLINE_TRY(scan_answer(index, event.data));
  return EventReading(state, pieces).read(index.root());
}

std::unique_ptr<PieceWriter> make_anthropic_writer(const WriterOptions& options) {
  return std::make_unique<MessagesWriter>(options);
}

}  // namespace loadline

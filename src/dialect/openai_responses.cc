// OpenAI Responses, for clients: requests in, answers and streams out.
#include <algorithm>

#include "dialect/answer_reader.h"
#include "dialect/chat_form.h"

namespace loadline {
namespace {

std::string raw_of(JsonView value) {
  return value && !value.is_null() ? std::string(value.raw()) : std::string();
}

// --- requests ---

Status read_parts(JsonView content, std::vector<ChatBlock>& blocks, Losses& losses) {
  if (content.is_string()) {
    ChatBlock block;
    block.at = content;
    block.text = content.text();
    blocks.push_back(std::move(block));
    return {};
  }
  for (JsonView part = content.first(); part; part = part.next()) {
    ChatBlock block;
    block.at = part;
    const std::string type = part["type"].text();
    if (type == "input_text" || type == "output_text" || type == "text") {
      block.text = part["text"].text();
    } else if (type == "refusal") {
      block.kind = ChatBlockKind::refusal;
      block.text = part["refusal"].text();
    } else if (type == "input_image" && part["image_url"].is_string()) {
      block.kind = ChatBlockKind::image;
      const std::string url = part["image_url"].text();
      if (!take_data_url(url, block)) block.url = url;
    } else {
      return refused(block.at.path(), "a part of this type cannot be translated");
    }
    if (part["annotations"].size() > 0) losses.add(part["annotations"]);
    lose_others(part, {"type", "text", "refusal", "image_url", "annotations", "logprobs"}, losses);
    blocks.push_back(std::move(block));
  }
  return {};
}

// A call or reasoning continues the assistant's turn in front of it.
Turn& assistant_turn(ChatForm& form, JsonView item) {
  if (form.turns.empty() || form.turns.back().role != TextRole::assistant) {
    Turn turn;
    turn.role = TextRole::assistant;
    turn.at = item;
    form.turns.push_back(std::move(turn));
  }
  return form.turns.back();
}

void read_reasoning(JsonView item, ChatForm& form) {
  ChatBlock block;
  block.kind = ChatBlockKind::thinking;
  block.at = item;
  for (const char* list : {"summary", "content"})
    for (JsonView part = item[list].first(); part; part = part.next()) block.text += part["text"].text();
  block.signature = read_signature(item["encrypted_content"].text(), Signer::nobody);
  assistant_turn(form, item).blocks.push_back(std::move(block));
}

// Gemini's signature came as a reasoning item without words in front of its call.
void read_call(JsonView item, ChatForm& form, Losses& losses) {
  Turn& turn = assistant_turn(form, item);
  ChatBlock block;
  block.kind = ChatBlockKind::tool_call;
  block.at = item;
  block.id = item["call_id"].text();
  block.name = item["name"].text();
  block.text = item["arguments"].text();
  if (!turn.blocks.empty() && turn.blocks.back().signature.signer == Signer::gemini &&
      turn.blocks.back().kind == ChatBlockKind::thinking) {
    block.signature = std::move(turn.blocks.back().signature);
    turn.blocks.pop_back();
  }
  lose_others(item, {"type", "id", "call_id", "name", "arguments", "status"}, losses);
  turn.blocks.push_back(std::move(block));
}

Status read_message(JsonView item, ChatForm& form, Losses& losses) {
  const std::string role = item["role"].text();
  Turn turn;
  turn.at = item;
  if (role == "system" || role == "developer") {
    turn.role = TextRole::system;
  } else if (role == "user") {
    turn.role = TextRole::user;
  } else if (role == "assistant") {
    lose_others(item, {"type", "id", "role", "content", "status"}, losses);
    return read_parts(item["content"], assistant_turn(form, item).blocks, losses);
  } else {
    return refused(turn.at.path() + ".role", "this role cannot be translated");
  }
  LOADLINE_TRY(read_parts(item["content"], turn.blocks, losses));
  lose_others(item, {"type", "id", "role", "content", "status"}, losses);
  form.turns.push_back(std::move(turn));
  return {};
}

Status read_item(JsonView item, ChatForm& form, Losses& losses) {
  const std::string type = item["type"].text();
  if (type.empty() || type == "message") return read_message(item, form, losses);
  if (type == "reasoning") return read_reasoning(item, form), Status();
  if (type == "function_call") return read_call(item, form, losses), Status();
  if (type != "function_call_output")
    return refused(item.path(), "an item of this type cannot be translated");
  Turn turn;
  turn.role = TextRole::tool;
  turn.at = item;
  ChatBlock result;
  result.kind = ChatBlockKind::tool_result;
  result.at = turn.at;
  result.id = item["call_id"].text();
  LOADLINE_TRY(read_parts(item["output"], result.content, losses));
  lose_others(item, {"type", "id", "call_id", "output", "status"}, losses);
  turn.blocks.push_back(std::move(result));
  form.turns.push_back(std::move(turn));
  return {};
}

Status read_input(JsonView root, ChatForm& form, Losses& losses) {
  const JsonView instructions = root["instructions"];
  if (instructions.is_string()) {
    Turn turn;
    turn.role = TextRole::system;
    turn.at = instructions;
    LOADLINE_TRY(read_parts(instructions, turn.blocks, losses));
    form.turns.push_back(std::move(turn));
  } else if (instructions && !instructions.is_null()) {
    return refused("instructions", "a string is due");
  }
  const JsonView input = root["input"];
  if (input.is_string()) {
    Turn turn;
    turn.at = input;
    LOADLINE_TRY(read_parts(input, turn.blocks, losses));
    form.turns.push_back(std::move(turn));
  }
  for (JsonView item = input.first(); item; item = item.next()) LOADLINE_TRY(read_item(item, form, losses));
  return {};
}

Status read_tools(JsonView root, ChatForm& form, Losses& losses) {
  for (JsonView tool = root["tools"].first(); tool; tool = tool.next()) {
    ToolForm out;
    out.at = tool;
    if (!tool["type"].text_is("function"))
      return refused(out.at.path(), "a tool that the provider runs cannot be translated");
    out.name = tool["name"].text();
    out.description = tool["description"].text();
    out.schema = raw_of(tool["parameters"]);
    out.strict = tool["strict"].boolean();
    lose_others(tool, {"type", "name", "description", "parameters", "strict"}, losses);
    form.tools.push_back(std::move(out));
  }
  const JsonView choice = root["tool_choice"];
  if (!choice || choice.is_null()) return {};
  if (choice.text_is("auto")) return form.tool_choice = ToolChoice::automatic, Status();
  if (choice.text_is("none")) return form.tool_choice = ToolChoice::none, Status();
  if (choice.text_is("required")) return form.tool_choice = ToolChoice::required, Status();
  if (!choice["type"].text_is("function")) return refused("tool_choice", "this choice cannot be translated");
  form.tool_choice = ToolChoice::named;
  form.tool_name = choice["name"].text();
  return {};
}

Status read_format(JsonView format, ChatForm& form, Losses& losses) {
  form.format_path = "text.format";
  if (format["type"].text_is("json_object")) {
    form.format = FormatKind::json_object;
  } else if (format["type"].text_is("json_schema")) {
    form.format = FormatKind::json_schema;
    form.schema = raw_of(format["schema"]);
    form.schema_name = format["name"].text();
    form.schema_description = format["description"].text();
    form.schema_strict = format["strict"].boolean();
    if (form.schema.empty()) return refused("text.format.schema", "a schema is due");
    lose_others(format, {"type", "schema", "name", "description", "strict"}, losses);
  }
  return {};
}

// --- answers ---

struct Item {
  ChatBlockKind kind = ChatBlockKind::text;  // text: a message; thinking; tool_call
  std::string id;
  std::vector<ChatBlock> parts;
  bool is_whole = true;
};

std::string part_json(const ChatBlock& part) {
  JsonWriter json;
  json.open('{');
  if (part.kind == ChatBlockKind::refusal) {
    json.text("type", "refusal").text("refusal", part.text);
  } else {
    json.text("type", "output_text").text("text", part.text).raw("annotations", "[]");
  }
  return json.close('}').take();
}

std::string item_json(const Item& item) {
  JsonWriter json;
  const ChatBlock none;
  const ChatBlock& first = item.parts.empty() ? none : item.parts.front();
  json.open('{').text("id", item.id);
  if (item.kind == ChatBlockKind::thinking) {
    json.text("type", "reasoning").key("summary").open('[');
    if (!first.text.empty()) json.open('{').text("type", "summary_text").text("text", first.text).close('}');
    json.close(']');
    if (first.signature) json.text("encrypted_content", written_signature(first.signature, Signer::nobody));
  } else if (item.kind == ChatBlockKind::tool_call) {
    json.text("type", "function_call")
        .text("status", item.is_whole ? "completed" : "in_progress")
        .text("call_id", first.id);
    json.text("name", first.name).text("arguments", first.text);
  } else {
    json.text("type", "message")
        .text("status", item.is_whole ? "completed" : "in_progress")
        .text("role", "assistant")
        .key("content")
        .open('[');
    for (const ChatBlock& part : item.parts) json.raw(part_json(part));
    json.close(']');
  }
  return json.close('}').take();
}

// Grows the items block by block, the same way for a whole answer and for a stream.
class Items {
 public:
  explicit Items(std::string answer_id = {}) : answer_id_(std::move(answer_id)) {}

  Item& begin(ChatBlockKind kind) {
    Item item;
    item.kind = kind;
    const std::string_view prefix = kind == ChatBlockKind::thinking    ? "rs_"
                                    : kind == ChatBlockKind::tool_call ? "fc_"
                                                                       : "msg_";
    item.id = std::string(prefix).append(answer_id_).append("_").append(std::to_string(items_.size()));
    return items_.emplace_back(std::move(item));
  }
  /// Texts and refusals in a row make one message; a part for each kind.
  void add(const ChatBlock& block) {
    const bool is_said = block.kind == ChatBlockKind::text || block.kind == ChatBlockKind::refusal;
    if (block.kind == ChatBlockKind::tool_call && block.signature.signer == Signer::gemini)
      add_bearer(block.signature);
    if (!is_said) return begin(block.kind).parts.push_back(block);
    if (items_.empty() || items_.back().kind != ChatBlockKind::text) begin(ChatBlockKind::text);
    std::vector<ChatBlock>& parts = items_.back().parts;
    if (!parts.empty() && parts.back().kind == block.kind) {
      parts.back().text += block.text;
    } else {
      parts.push_back(block);
    }
  }
  void add_bearer(const Signature& signature) {
    ChatBlock bearer;
    bearer.kind = ChatBlockKind::thinking;
    bearer.signature = signature;
    begin(ChatBlockKind::thinking).parts.push_back(std::move(bearer));
  }
  std::vector<Item>& all() { return items_; }
  const std::vector<Item>& all() const { return items_; }

 private:
  std::string answer_id_;
  std::vector<Item> items_;
};

// `finish`: none while it runs.
std::string response_json(const AnswerForm& answer, const Items& items, std::optional<FinishKind> finish) {
  const bool is_cut = finish == FinishKind::length || finish == FinishKind::content_filter;
  JsonWriter json;
  json.open('{')
      .text("id", id_with("resp_", answer.id))
      .text("object", "response")
      .raw("created_at", std::to_string(answer.created));
  json.text("status", !finish ? "in_progress" : is_cut ? "incomplete" : "completed").raw("error", "null");
  if (is_cut) {
    json.key("incomplete_details")
        .open('{')
        .text("reason", finish == FinishKind::length ? "max_output_tokens" : "content_filter")
        .close('}');
  } else {
    json.raw("incomplete_details", "null");
  }
  json.text("model", answer.model).key("output").open('[');
  for (const Item& item : items.all()) json.raw(item_json(item));
  json.close(']')
      .boolean("parallel_tool_calls", true)
      .text("tool_choice", "auto")
      .raw("tools", "[]")
      .boolean("store", false);
  return json.raw("usage", finish ? responses_usage(answer.usage) : "null").close('}').take();
}

}  // namespace

Result<ChatForm> read_openai_responses_request(JsonView root, Losses& losses) {
  ChatForm form;
  form.model = root["model"].text();
  form.stream = root["stream"].boolean().value_or(false);
  form.temperature = raw_of(root["temperature"]);
  form.top_p = raw_of(root["top_p"]);
  form.output_limit = root["max_output_tokens"].unsigned_integer();
  form.parallel_tools = root["parallel_tool_calls"].boolean();
  for (const char* name : {"safety_identifier", "user"}) {
    if (!root[name].is_string()) continue;
    form.user = root[name].text();
    form.user_path = name;
  }
  LOADLINE_TRY(read_input(root, form, losses));
  LOADLINE_TRY(read_tools(root, form, losses));
  LOADLINE_TRY(read_format(root["text"]["format"], form, losses));
  form.effort = root["reasoning"]["effort"].text();
  form.effort_path = "reasoning.effort";
  form.service_tier = root["service_tier"].text();
  if (root["store"].boolean() == true) losses.add("store");
  lose_others(root["reasoning"], {"effort", "summary"}, losses);
  lose_others(root["text"], {"format"}, losses);
  lose_others(root,
              {"model", "stream", "temperature", "top_p", "max_output_tokens", "parallel_tool_calls", "user",
               "safety_identifier", "input", "instructions", "tools", "tool_choice", "text", "reasoning",
               "service_tier", "store", "stream_options", "top_logprobs"},
              losses);
  return form;
}

std::string write_openai_responses_answer(const AnswerForm& answer) {
  Items items(answer.id);
  for (const ChatBlock& block : answer.blocks) items.add(block);
  return response_json(answer, items, answer.finish);
}

namespace {

class ResponsesWriter final : public PieceWriter {
 public:
  explicit ResponsesWriter(const WriterOptions& options) : options_(options) {
    answer_.created = options.created;
  }

  void write(const Piece& piece, std::string& out) override {
    switch (piece.kind) {
      case PieceKind::begin:
        return begin(piece, out);
      case PieceKind::text:
        return said(ChatBlockKind::text, piece.text, out);
      case PieceKind::refusal:
        return said(ChatBlockKind::refusal, piece.text, out);
      case PieceKind::thinking:
        return thinking(piece.text, out);
      case PieceKind::signature:
        return signature(piece.signature, out);
      case PieceKind::call_begin:
        return call_begin(piece, out);
      case PieceKind::call_arguments:
        return arguments(piece, out);
      case PieceKind::usage:
        return answer_.usage.merge(piece.usage);
      case PieceKind::finish:
        answer_.finish = piece.finish;
        return close(out);
      case PieceKind::end:
        return end(out);
      case PieceKind::error:
        return;
    }
  }

 private:
  JsonWriter event(std::string_view type) {
    JsonWriter json;
    json.open('{').text("type", type).number("sequence_number", sequence_++);
    return json;
  }
  void send(std::string_view type, JsonWriter& json, std::string& out) {
    append_sse_event(out, type, json.close('}').take());
  }

  void response_event(std::string_view type, std::optional<FinishKind> finish, std::string& out) {
    JsonWriter json = event(type);
    json.raw("response", response_json(answer_, items_, finish));
    send(type, json, out);
  }

  void begin(const Piece& piece, std::string& out) {
    answer_.id = piece.id;
    answer_.model = piece.text.empty() ? options_.model : piece.text;
    if (piece.created != 0) answer_.created = piece.created;
    items_ = Items(answer_.id);
    response_event("response.created", std::nullopt, out);
    response_event("response.in_progress", std::nullopt, out);
  }

  std::size_t last() const { return items_.all().size() - 1; }
  bool is_open(ChatBlockKind kind) const { return is_open_ && items_.all().back().kind == kind; }

  void item_event(std::string_view type, std::size_t number, std::string& out) {
    JsonWriter json = event(type);
    json.number("output_index", number).raw("item", item_json(items_.all()[number]));
    send(type, json, out);
  }
  // An event about a part of the item, up to its own fields.
  JsonWriter part_event(std::string_view type, std::size_t number, std::string_view counter,
                        std::size_t part) {
    JsonWriter json = event(type);
    json.text("item_id", items_.all()[number].id).number("output_index", number);
    if (!counter.empty()) json.number(counter, part);
    return json;
  }

  void open_item(ChatBlockKind kind, std::string& out) {
    close(out);
    items_.begin(kind).is_whole = false;
    is_open_ = true;
    if (kind != ChatBlockKind::tool_call) item_event("response.output_item.added", last(), out);
  }

  void said(ChatBlockKind kind, std::string_view text, std::string& out) {
    if (!is_open(ChatBlockKind::text)) open_item(ChatBlockKind::text, out);
    if (items_.all().back().parts.empty() || items_.all().back().parts.back().kind != kind) {
      close_part(out);
      ChatBlock part;
      part.kind = kind;
      items_.all().back().parts.push_back(std::move(part));
      JsonWriter json = part_event("response.content_part.added", last(), "content_index",
                                   items_.all().back().parts.size() - 1);
      json.raw("part", part_json(items_.all().back().parts.back()));
      send("response.content_part.added", json, out);
    }
    items_.all().back().parts.back().text += text;
    const std::string_view type =
        kind == ChatBlockKind::text ? "response.output_text.delta" : "response.refusal.delta";
    JsonWriter json = part_event(type, last(), "content_index", items_.all().back().parts.size() - 1);
    json.text("delta", text);
    send(type, json, out);
  }

  void thinking(std::string_view text, std::string& out) {
    if (!is_open(ChatBlockKind::thinking)) {
      open_item(ChatBlockKind::thinking, out);
      ChatBlock block;
      block.kind = ChatBlockKind::thinking;
      items_.all().back().parts.push_back(std::move(block));
    }
    ChatBlock& block = items_.all().back().parts.back();
    if (text.empty()) return;
    if (block.text.empty()) {
      JsonWriter added = part_event("response.reasoning_summary_part.added", last(), "summary_index", 0);
      added.key("part").open('{').text("type", "summary_text").text("text", "").close('}');
      send("response.reasoning_summary_part.added", added, out);
    }
    block.text += text;
    JsonWriter json = part_event("response.reasoning_summary_text.delta", last(), "summary_index", 0);
    json.text("delta", text);
    send("response.reasoning_summary_text.delta", json, out);
  }

  void signature(const Signature& signature, std::string& out) {
    if (signature.signer == Signer::anthropic_redacted) close(out);  // a block of its own
    thinking({}, out);
    items_.all().back().parts.back().signature = signature;
    close(out);
  }

  void call_begin(const Piece& piece, std::string& out) {
    if (piece.signature.signer == Signer::gemini) {
      close(out);
      signature(piece.signature, out);
    }
    open_item(ChatBlockKind::tool_call, out);
    ChatBlock call;
    call.kind = ChatBlockKind::tool_call;
    call.id = piece.id;
    call.name = piece.name;
    items_.all().back().parts.push_back(std::move(call));
    calls_.emplace_back(piece.call, last());
    item_event("response.output_item.added", last(), out);
  }
  void arguments(const Piece& piece, std::string& out) {
    const auto is_ours = [&](const auto& call) {
      return call.first == piece.call;
    };  // nearly always the last
    const auto call = std::find_if(calls_.rbegin(), calls_.rend(), is_ours);
    if (call == calls_.rend()) return;
    items_.all()[call->second].parts.front().text += piece.text;
    JsonWriter json = part_event("response.function_call_arguments.delta", call->second, {}, 0);
    json.text("delta", piece.text);
    send("response.function_call_arguments.delta", json, out);
  }

  void close_part(std::string& out) {
    const Item& item = items_.all().back();
    if (item.kind != ChatBlockKind::text || item.parts.empty()) return;
    const ChatBlock& part = item.parts.back();
    const bool is_text = part.kind == ChatBlockKind::text;
    const std::string_view type = is_text ? "response.output_text.done" : "response.refusal.done";
    JsonWriter json = part_event(type, last(), "content_index", item.parts.size() - 1);
    json.text(is_text ? "text" : "refusal", part.text);
    send(type, json, out);
    JsonWriter done =
        part_event("response.content_part.done", last(), "content_index", item.parts.size() - 1);
    done.raw("part", part_json(part));
    send("response.content_part.done", done, out);
  }

  void close(std::string& out) {
    if (!is_open_) return;
    is_open_ = false;
    close_part(out);
    Item& item = items_.all().back();
    item.is_whole = true;
    if (item.kind == ChatBlockKind::tool_call) {
      JsonWriter json = part_event("response.function_call_arguments.done", last(), {}, 0);
      json.text("name", item.parts.front().name).text("arguments", item.parts.front().text);
      send("response.function_call_arguments.done", json, out);
    } else if (item.kind == ChatBlockKind::thinking && !item.parts.front().text.empty()) {
      JsonWriter json = part_event("response.reasoning_summary_text.done", last(), "summary_index", 0);
      json.text("text", item.parts.front().text);
      send("response.reasoning_summary_text.done", json, out);
      JsonWriter done = part_event("response.reasoning_summary_part.done", last(), "summary_index", 0);
      done.key("part")
          .open('{')
          .text("type", "summary_text")
          .text("text", item.parts.front().text)
          .close('}');
      send("response.reasoning_summary_part.done", done, out);
    }
    item_event("response.output_item.done", last(), out);
  }

  void end(std::string& out) {
    close(out);
    const bool is_cut = answer_.finish == FinishKind::length || answer_.finish == FinishKind::content_filter;
    response_event(is_cut ? "response.incomplete" : "response.completed", answer_.finish, out);
  }

  const WriterOptions options_;
  AnswerForm answer_;
  Items items_;
  bool is_open_ = false;  // the last item
  std::uint64_t sequence_ = 0;
  std::vector<std::pair<std::uint32_t, std::size_t>> calls_;  // call -> item
};

}  // namespace

std::unique_ptr<PieceWriter> make_openai_responses_writer(const WriterOptions& options) {
  return std::make_unique<ResponsesWriter>(options);
}

}  // namespace loadline

// Gemini generateContent: requests out, answers and streams in. Clients do not speak it here.
#include <array>
#include <unordered_map>

#include "dialect/answer_reader.h"
#include "dialect/chat_form.h"

namespace loadline {
namespace {

// --- requests ---

std::string_view media_type_of(std::string_view url) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> known = {{{".png", "image/png"},
                                                                                   {".jpg", "image/jpeg"},
                                                                                   {".jpeg", "image/jpeg"},
                                                                                   {".webp", "image/webp"},
                                                                                   {".gif", "image/gif"},
                                                                                   {".heic", "image/heic"}}};
  const std::string_view path = url.substr(0, url.find_first_of("?#"));
  for (const auto& [ending, type] : known)
    if (path.ends_with(ending)) return type;
  return {};
}

// Names of functions by the ids of their calls: Gemini wants the name beside the id of a result.
using CallNames = std::unordered_map<std::string_view, std::string_view>;

CallNames call_names(const ChatForm& form) {
  CallNames names;
  for (const Turn& turn : form.turns)
    for (const ChatBlock& block : turn.blocks)
      if (block.kind == ChatBlockKind::tool_call) names.emplace(block.id, block.name);
  return names;
}

Status write_result(JsonWriter& json, const CallNames& names, const ChatBlock& result) {
  const auto call = names.find(result.id);
  if (call == names.end())
    return refused(result.at.path(), "the call that this result answers is not in the messages");
  std::string text;
  for (const ChatBlock& inside : result.content) {
    if (inside.kind == ChatBlockKind::image)
      return refused(result.at.path(), "Gemini takes no images in tool results");
    text += inside.text;
  }
  json.open('{').key("functionResponse").open('{').text_if("id", result.id).text("name", call->second);
  json.key("response")
      .open('{')
      .text(result.is_error ? "error" : "result", text)
      .close('}')
      .close('}')
      .close('}');
  return {};
}

Status write_part(JsonWriter& json, const CallNames& names, const ChatBlock& block, Losses& losses) {
  if (!block.cache_control.empty()) losses.add(block.at, ".cache_control");
  switch (block.kind) {
    case ChatBlockKind::text:
    case ChatBlockKind::refusal:
      json.open('{').text("text", block.text).close('}');
      return {};
    case ChatBlockKind::image:
      json.open('{');
      if (block.data.empty()) {
        json.key("fileData")
            .open('{')
            .text_if("mimeType", media_type_of(block.url))
            .text("fileUri", block.url)
            .close('}');
      } else {
        json.key("inlineData")
            .open('{')
            .text("mimeType", block.media_type)
            .text("data", block.data)
            .close('}');
      }
      json.close('}');
      return {};
    case ChatBlockKind::thinking:
      losses.add(block.at);
      return {};  // it keeps its own, by signature
    case ChatBlockKind::tool_call:
      json.open('{').key("functionCall").open('{').text_if("id", block.id).text("name", block.name);
      json.raw("args", arguments_object(block, losses)).close('}');
      if (block.signature.signer == Signer::gemini) json.text("thoughtSignature", block.signature.bytes);
      json.close('}');
      return {};
    case ChatBlockKind::tool_result:
      return write_result(json, names, block);
  }
  return {};
}

// Neighbours of one side share a message, as all results of a turn must.
Status write_contents(JsonWriter& json, const ChatForm& form, Losses& losses) {
  json.key("contents").open('[');
  const CallNames names = call_names(form);
  std::string_view side;
  for (const Turn& turn : form.turns) {
    if (turn.role == TextRole::system) continue;
    const std::string_view own = turn.role == TextRole::assistant ? "model" : "user";
    if (own != side) {
      if (!side.empty()) json.close(']').close('}');
      json.open('{').text("role", own).key("parts").open('[');
      side = own;
    }
    for (const ChatBlock& block : turn.blocks) LOADLINE_TRY(write_part(json, names, block, losses));
  }
  if (!side.empty()) json.close(']').close('}');
  json.close(']');
  return {};
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
    if (!is_open) json.key("systemInstruction").open('{').key("parts").open('[');
    is_open = true;
    for (const ChatBlock& block : turn.blocks) {
      if (block.kind != ChatBlockKind::text)
        return refused(block.at.path(), "a system message takes texts only");
      LOADLINE_TRY(write_part(json, {}, block, losses));
    }
  }
  if (is_open) json.close(']').close('}');
  return {};
}

void write_tools(JsonWriter& json, const ChatForm& form, Losses& losses) {
  if (form.tools.empty()) return;
  json.key("tools").open('[').open('{').key("functionDeclarations").open('[');
  for (const ToolForm& tool : form.tools) {
    if (!tool.cache_control.empty()) losses.add(tool.at, ".cache_control");
    if (tool.strict == true) losses.add(tool.at, ".strict");
    json.open('{')
        .text("name", tool.name)
        .text_if("description", tool.description)
        .raw_if("parametersJsonSchema", tool.schema)
        .close('}');
  }
  json.close(']').close('}').close(']');
  if (form.parallel_tools == false) losses.add("parallel_tool_calls");
  if (form.tool_choice == ToolChoice::unset) return;
  json.key("toolConfig").open('{').key("functionCallingConfig").open('{');
  switch (form.tool_choice) {
    case ToolChoice::none:
      json.text("mode", "NONE");
      break;
    case ToolChoice::required:
      json.text("mode", "ANY");
      break;
    case ToolChoice::named:
      json.text("mode", "ANY").key("allowedFunctionNames").open('[').text(form.tool_name).close(']');
      break;
    case ToolChoice::unset:
    case ToolChoice::automatic:
      json.text("mode", "AUTO");
  }
  json.close('}').close('}');
}

void write_config(JsonWriter& json, const ChatForm& form, Losses& losses) {
  json.key("generationConfig").open('{');
  if (form.output_limit) json.number("maxOutputTokens", *form.output_limit);
  json.raw_if("temperature", form.temperature)
      .raw_if("topP", form.top_p)
      .raw_if("topK", form.top_k)
      .raw_if("seed", form.seed);
  json.raw_if("presencePenalty", form.presence_penalty).raw_if("frequencyPenalty", form.frequency_penalty);
  if (!form.stops.empty()) {
    json.key("stopSequences").open('[');
    for (const std::string& stop : form.stops) json.text(stop);
    json.close(']');
  }
  if (form.format != FormatKind::unset)
    json.text("responseMimeType", "application/json").raw_if("responseJsonSchema", form.schema);
  if (!form.schema_name.empty()) losses.add(form.format_path + ".name");
  if (!form.schema_description.empty()) losses.add(form.format_path + ".description");
  if (!form.effort.empty()) {
    json.key("thinkingConfig")
        .open('{')
        .number("thinkingBudget", form.thinking_tokens.value_or(thinking_tokens_of(form.effort)));
    json.boolean("includeThoughts", form.effort != "none").close('}');
  }
  json.close('}');
}

// --- answers ---

bool is_thought(JsonView part) { return part["thought"].boolean() == true; }

std::string call_id(JsonView call, std::string_view answer_id, std::uint32_t number) {
  const std::string own = call["id"].text();
  if (!own.empty()) return own;
  return std::string("call_").append(answer_id).append("_").append(std::to_string(number));
}

Signature signature_of(JsonView part) {
  const std::string bytes = part["thoughtSignature"].text();
  return bytes.empty() ? Signature() : Signature{Signer::gemini, bytes};
}

// With calls, Gemini says STOP all the same.
FinishKind finish_with(FinishKind finish, bool has_calls) {
  return finish == FinishKind::stop && has_calls ? FinishKind::tool_calls : finish;
}

void lose_in_part(JsonView part, Losses& losses) {
  lose_others(part, {"text", "thought", "functionCall", "thoughtSignature"}, losses);
  if (part["thoughtSignature"] && !part["functionCall"]) losses.add(part["thoughtSignature"]);
}

}  // namespace

Result<std::string> write_gemini_request(const ChatForm& form, const WriteOptions&, Losses& losses) {
  JsonWriter json;
  json.open('{');
  LOADLINE_TRY(write_contents(json, form, losses));
  LOADLINE_TRY(write_system(json, form, losses));
  write_tools(json, form, losses);
  write_config(json, form, losses);
  if (!form.user.empty()) losses.add(form.user_path);
  if (!form.service_tier.empty() && form.service_tier != "auto") losses.add("service_tier");
  return json.close('}').take();
}

Result<AnswerForm> read_gemini_answer(JsonView root, Losses& losses) {
  const JsonView candidate = root["candidates"].first();
  const JsonView blocked = root["promptFeedback"]["blockReason"];
  if (!candidate && !blocked) return Error(Code::invalid_argument, "the answer has no candidate");
  AnswerForm answer;
  answer.id = root["responseId"].text();
  answer.model = root["modelVersion"].text();
  answer.usage = usage_of(Dialect::gemini, root["usageMetadata"]);
  std::uint32_t calls = 0;
  for (JsonView part = candidate["content"]["parts"].first(); part; part = part.next()) {
    ChatBlock block;
    block.at = part;
    lose_in_part(part, losses);
    if (const JsonView call = part["functionCall"]) {
      block.kind = ChatBlockKind::tool_call;
      block.id = call_id(call, answer.id, calls++);
      block.name = call["name"].text();
      block.text = call["args"].raw();
      block.signature = signature_of(part);
    } else if (part["text"].is_string()) {
      block.kind = is_thought(part) ? ChatBlockKind::thinking : ChatBlockKind::text;
      block.text = part["text"].text();
      if (!answer.blocks.empty() && answer.blocks.back().kind == block.kind) {
        answer.blocks.back().text += block.text;
        continue;
      }
    } else {
      continue;
    }
    answer.blocks.push_back(std::move(block));
  }
  answer.finish = finish_with(
      finish_of(Dialect::gemini, candidate["finishReason"]).value_or(FinishKind::other), calls > 0);
  if (blocked) answer.finish = FinishKind::content_filter;
  lose_others(root,
              {"candidates", "promptFeedback", "responseId", "modelVersion", "usageMetadata", "createTime"},
              losses);
  lose_others(candidate, {"content", "finishReason", "index"}, losses);
  return answer;
}

Status read_gemini_event(const SseEvent& event, StreamReading& state, std::vector<Piece>& pieces,
                         Losses& losses) {
  JsonIndex index;
  LOADLINE_TRY(scan_answer(index, event.data));
  const JsonView root = index.root();
  const auto add = [&](PieceKind kind) -> Piece& {
    Piece piece;
    piece.kind = kind;
    return pieces.emplace_back(std::move(piece));
  };
  if (const JsonView failure = root["error"]) {
    add(PieceKind::error).text = failure["message"].text();
    return {};
  }
  const JsonView blocked = root["promptFeedback"]["blockReason"];
  if (!root["candidates"] && !blocked && !root["usageMetadata"])
    return Error(Code::invalid_argument, "no chunk of generateContent");
  if (!state.has_begun) {
    state.has_begun = true;
    state.answer_id = root["responseId"].text();
    Piece& begin = add(PieceKind::begin);
    begin.id = state.answer_id;
    begin.text = root["modelVersion"].text();
  }
  const JsonView candidate = root["candidates"].first();
  for (JsonView part = candidate["content"]["parts"].first(); part; part = part.next()) {
    lose_in_part(part, losses);
    if (const JsonView call = part["functionCall"]) {
      const std::uint32_t number = state.calls++;
      Piece& begin = add(PieceKind::call_begin);
      begin.call = number;
      begin.id = call_id(call, state.answer_id, number);
      begin.name = call["name"].text();
      begin.signature = signature_of(part);
      Piece& arguments = add(PieceKind::call_arguments);
      arguments.call = number;
      arguments.text = call["args"] ? call["args"].raw() : std::string_view("{}");
    } else if (part["text"].range().size() > 2) {
      add(is_thought(part) ? PieceKind::thinking : PieceKind::text).text = part["text"].text();
    }
  }
  if (root["usageMetadata"].is_object())
    add(PieceKind::usage).usage = usage_of(Dialect::gemini, root["usageMetadata"]);
  std::optional<FinishKind> finish = finish_of(Dialect::gemini, candidate["finishReason"]);
  if (blocked) finish = FinishKind::content_filter;
  if (!finish) return {};
  add(PieceKind::finish).finish = finish_with(*finish, state.calls > 0);
  add(PieceKind::end);  // it has no event of its own
  return {};
}

}  // namespace loadline

// The request half of chat_json.h.
#include <algorithm>

#include "api/chat_json.h"
#include "api/json_fields.h"
#include "api/sampling_json.h"

namespace loadline {

namespace json = boost::json;

namespace {

std::string indexed(std::string_view name, std::size_t index) {
  return std::string(name) + "[" + std::to_string(index) + "]";
}

// Text parts are joined; everything else is refused, never dropped in silence.
std::string read_parts(const json::array& parts, const std::string& path, ApiError& error) {
  std::string text;
  for (std::size_t i = 0; i < parts.size() && error.status == 0; ++i) {
    const std::string place = indexed(path, i);
    if (!parts[i].is_object()) {
      error = field_error(place, "'" + place + "' must be an object with a \"type\"");
      break;
    }
    JsonFields part(parts[i].get_object(), place, error);
    const std::string type = part.required_text("type");
    if (type == "text" || type == "input_text")
      text += part.text("text").value_or("");
    else if (type == "refusal")
      text += part.text("refusal").value_or("");
    else if (!part.failed())
      part.fail("type",
                "must be \"text\": images, audio and files are not read here; upload documents to "
                "/v1/collections/{collection}/documents");
  }
  return text;
}

void read_tool_calls(JsonFields& fields, const std::string& path, ApiError& error, ChatMessage& message) {
  const json::array* calls = fields.array("tool_calls");
  if (calls == nullptr) return;
  for (std::size_t i = 0; i < calls->size() && error.status == 0; ++i) {
    const std::string place = indexed(path + ".tool_calls", i);
    if (!(*calls)[i].is_object()) {
      error = field_error(place, "'" + place + "' must be an object");
      return;
    }
    JsonFields call((*calls)[i].get_object(), place, error);
    ToolCall out;
    out.id = call.required_text("id");
    const json::object* function = call.object("function");
    if (function == nullptr) return call.fail("function", "is missing");
    JsonFields inner(*function, place + ".function", error);
    out.name = inner.required_text("name");
    out.arguments = inner.text("arguments").value_or("{}");
    message.tool_calls.push_back(std::move(out));
  }
}

ChatMessage read_message(const json::value& value, const std::string& path, ApiError& error) {
  ChatMessage message;
  if (!value.is_object()) {
    error = field_error(path, "'" + path + "' must be an object with \"role\" and \"content\"");
    return message;
  }
  JsonFields fields(value.get_object(), path, error);
  message.role = fields.required_text("role");
  if (message.role == "developer") message.role = "system";
  static constexpr std::string_view roles[] = {"system", "user", "assistant", "tool"};
  if (std::find(std::begin(roles), std::end(roles), message.role) == std::end(roles))
    fields.fail("role", "must be one of system, developer, user, assistant, tool");
  const json::value* content = fields.any("content");
  if (message.role == "assistant") read_tool_calls(fields, path, error, message);
  if (content == nullptr) {
    if (message.role != "assistant") fields.fail("content", "is missing");
  } else if (content->is_string()) {
    message.content = to_text(content->get_string());
  } else if (content->is_array()) {
    message.content = read_parts(content->get_array(), path + ".content", error);
  } else {
    fields.fail("content", "must be a string or an array of parts");
  }
  if (message.role == "tool") message.tool_call_id = fields.required_text("tool_call_id");
  return message;
}

void read_messages(JsonFields& fields, ApiError& error, ChatRequest& request) {
  const json::array* messages = fields.array("messages");
  if (messages == nullptr) return fields.fail("messages", "is missing");
  if (messages->empty()) return fields.fail("messages", "is empty");
  if (messages->size() > messages_max)
    return fields.fail("messages", "has more than " + std::to_string(messages_max) + " entries");
  for (std::size_t i = 0; i < messages->size() && error.status == 0; ++i)
    request.messages.push_back(read_message((*messages)[i], indexed("messages", i), error));
}

void read_tools(JsonFields& fields, ApiError& error, ChatRequest& request) {
  if (fields.any("functions") != nullptr)
    return fields.fail("functions", "is the old form; give the functions as 'tools'");
  const json::array* tools = fields.array("tools");
  if (tools == nullptr) return;
  if (tools->size() > tools_max)
    return fields.fail("tools", "has more than " + std::to_string(tools_max) + " entries");
  for (std::size_t i = 0; i < tools->size() && error.status == 0; ++i) {
    const std::string place = indexed("tools", i);
    if (!(*tools)[i].is_object()) return fields.fail("tools", "must be an array of objects");
    JsonFields tool((*tools)[i].get_object(), place, error);
    if (tool.required_text("type") != "function") tool.fail("type", "must be \"function\"");
    const json::object* function = tool.object("function");
    if (function == nullptr) return tool.fail("function", "is missing");
    JsonFields inner(*function, place + ".function", error);
    ToolDefinition definition;
    definition.name = inner.required_text("name");
    definition.description = inner.text("description").value_or("");
    const json::object* parameters = inner.object("parameters");
    definition.parameters =
        parameters == nullptr ? R"({"type":"object","properties":{}})" : json::serialize(*parameters);
    request.tools.push_back(std::move(definition));
  }
}

void read_tool_choice(JsonFields& fields, ApiError& error, ChatRequest& request) {
  request.parallel_tool_calls = fields.boolean("parallel_tool_calls").value_or(true);
  const json::value* choice = fields.any("tool_choice");
  if (choice == nullptr) return;
  if (choice->is_string()) {
    request.tool_choice = to_text(choice->get_string());
    if (request.tool_choice != "auto" && request.tool_choice != "none" && request.tool_choice != "required")
      fields.fail("tool_choice", "must be \"auto\", \"none\", \"required\" or name a function");
  } else if (choice->is_object()) {
    JsonFields outer(choice->get_object(), "tool_choice", error);
    const json::object* function = outer.object("function");
    if (function == nullptr) return outer.fail("function", "is missing");
    JsonFields inner(*function, "tool_choice.function", error);
    request.tool_choice = inner.required_text("name");
    const bool known =
        std::any_of(request.tools.begin(), request.tools.end(),
                    [&](const ToolDefinition& tool) { return tool.name == request.tool_choice; });
    if (!known) inner.fail("name", "is none of the functions in 'tools'");
  } else {
    fields.fail("tool_choice", "must be a string or an object");
  }
  if (request.tools.empty() && request.tool_choice != "none" && request.tool_choice != "auto")
    fields.fail("tool_choice", "is only allowed with 'tools'");
}

void read_format(JsonFields& fields, ApiError& error, ChatRequest& request) {
  const json::object* format = fields.object("response_format");
  if (format == nullptr) return;
  JsonFields outer(*format, "response_format", error);
  const std::string type = outer.required_text("type");
  if (type == "text") return;
  if (type == "json_object") {
    request.format = ResponseFormat::json_object;
  } else if (type == "json_schema") {
    request.format = ResponseFormat::json_schema;
    const json::object* named = outer.object("json_schema");
    if (named == nullptr) return outer.fail("json_schema", "is missing");
    JsonFields inner(*named, "response_format.json_schema", error);
    const json::object* schema = inner.object("schema");
    if (schema == nullptr) return inner.fail("schema", "is missing");
    request.json_schema = json::serialize(*schema);
  } else {
    outer.fail("type", "must be \"text\", \"json_object\" or \"json_schema\"");
  }
}

void read_chat_logprobs(JsonFields& fields, ChatRequest& request) {
  const bool wanted = fields.boolean("logprobs").value_or(false);
  const auto top = fields.integer("top_logprobs", 0, top_logprobs_max);
  if (top && !wanted) return fields.fail("top_logprobs", "is only allowed when 'logprobs' is true");
  if (wanted) request.top_logprobs = static_cast<int>(top.value_or(0));
}

void refuse_other_modalities(JsonFields& fields) {
  if (fields.any("audio") != nullptr) fields.fail("audio", "is not possible: answers are text");
  const json::array* modalities = fields.array("modalities");
  if (modalities == nullptr) return;
  for (const json::value& modality : *modalities)
    if (!modality.is_string() || modality.get_string() != "text")
      return fields.fail("modalities", "must be [\"text\"]");
}

// A string, or an array of strings; token ids are refused.
std::vector<std::string> read_prompts(JsonFields& fields) {
  std::vector<std::string> prompts;
  const json::value* prompt = fields.any("prompt");
  if (prompt == nullptr) {
    fields.fail("prompt", "is missing");
  } else if (prompt->is_string()) {
    prompts.push_back(to_text(prompt->get_string()));
  } else if (prompt->is_array()) {
    for (const json::value& item : prompt->get_array()) {
      if (!item.is_string()) {
        fields.fail("prompt", "must be a string or an array of strings; token ids are not understood");
        return {};
      }
      prompts.push_back(to_text(item.get_string()));
    }
    if (prompts.empty()) fields.fail("prompt", "is empty");
    if (prompts.size() > prompts_max)
      fields.fail("prompt", "has more than " + std::to_string(prompts_max) + " entries");
  } else {
    fields.fail("prompt", "must be a string or an array of strings");
  }
  return prompts;
}

void refuse_impossible_completions(JsonFields& fields) {
  if (fields.boolean("echo").value_or(false))
    fields.fail("echo", "is not possible: the prompt is not sent back");
  if (!fields.text("suffix").value_or("").empty())
    fields.fail("suffix", "is not possible: text is only continued at its end");
  if (const auto best = fields.integer("best_of", 1, 128); best && *best != 1)
    fields.fail("best_of", "must be 1");
}

}  // namespace

std::optional<ChatCall> parse_chat_call(std::string_view body, ApiError& error) {
  error.status = 0;
  const auto object = parse_json_object(body, error);
  if (!object) return std::nullopt;
  JsonFields fields(*object, "", error);
  ChatCall call;
  call.model = fields.required_text("model");
  read_messages(fields, error, call.request);
  read_sampling(fields, call.request);
  read_streaming(fields, error, call.stream, call.include_usage);
  read_chat_logprobs(fields, call.request);
  read_format(fields, error, call.request);
  read_tools(fields, error, call.request);
  read_tool_choice(fields, error, call.request);
  refuse_other_modalities(fields);
  if (fields.failed()) return std::nullopt;
  return call;
}

std::optional<CompletionCall> parse_completion_call(std::string_view body, ApiError& error) {
  error.status = 0;
  const auto object = parse_json_object(body, error);
  if (!object) return std::nullopt;
  JsonFields fields(*object, "", error);
  CompletionCall call;
  call.model = fields.required_text("model");
  const std::vector<std::string> prompts = read_prompts(fields);
  ChatRequest request;
  request.max_tokens = 16;  // as the OpenAI API has it
  read_sampling(fields, request);
  read_streaming(fields, error, call.stream, call.include_usage);
  if (const auto top = fields.integer("logprobs", 0, 5)) request.top_logprobs = static_cast<int>(*top);
  refuse_impossible_completions(fields);
  if (fields.failed()) return std::nullopt;
  for (const std::string& prompt : prompts) {
    call.requests.push_back(request);
    call.requests.back().prompt = prompt;
  }
  return call;
}

}  // namespace loadline

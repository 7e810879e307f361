#include "llama/chat_format.h"

#include <chat.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>

#include "llama/tool_fallback.h"

namespace loadline::llama {
namespace {

/// One at a time in the process: llama.cpp gives templates the date by way of localtime, which threads share.
common_chat_params apply(const common_chat_templates* templates, const common_chat_templates_inputs& inputs) {
  static std::mutex one;
  const std::lock_guard lock(one);
  return common_chat_templates_apply(templates, inputs);
}

/// Reads answers with the parser that llama.cpp derived from the template.
class TemplateParser final : public AnswerParser {
 public:
  explicit TemplateParser(const common_chat_params& params) : params_(params) {
    params_.parser.load(params.parser);
    params_.parse_tool_calls = true;
  }

  bool parse(const std::string& text, bool finished, Answer& answer) const override {
    try {
      const common_chat_msg message = common_chat_parse(text, !finished, params_);
      answer.content = message.content;
      answer.calls.clear();
      for (const common_chat_tool_call& call : message.tool_calls)
        answer.calls.push_back({"", call.name, call.arguments});
      return true;
    } catch (const std::exception&) {  // its text quotes the answer
      return false;
    }
  }

 private:
  common_chat_parser_params params_;
};

Error bad_request(const std::string& why) { return Error(Code::invalid_argument, why); }

Status check_messages(const std::vector<ChatMessage>& messages) {
  if (messages.empty()) return bad_request("messages is empty");
  for (const ChatMessage& message : messages) {
    const std::string& role = message.role;
    if (role != "system" && role != "developer" && role != "user" && role != "assistant" && role != "tool")
      return bad_request("a message has the role '" + role +
                         "'; known: system, developer, user, assistant, tool");
  }
  return {};
}

common_chat_msg converted(const ChatMessage& message, const Vocabulary& vocabulary) {
  common_chat_msg result;
  result.role = message.role;
  result.content = vocabulary.guarded(message.content);
  result.tool_call_id = message.tool_call_id;
  for (const ToolCall& call : message.tool_calls)
    result.tool_calls.push_back({call.name, vocabulary.guarded(call.arguments), call.id});
  return result;
}

/// The tools that may be called, and whether one must be.
struct ToolUse {
  std::vector<ToolDefinition> tools;
  bool required = false;
};

Result<ToolUse> tool_use(const ChatRequest& request) {
  ToolUse use;
  if (request.tool_choice == "none" || request.tools.empty()) {
    if (request.tools.empty() && request.tool_choice != "none" && request.tool_choice != "auto")
      return bad_request("tool_choice is '" + request.tool_choice + "', but the request has no tools");
    return use;
  }
  use.required = request.tool_choice != "auto";
  for (const ToolDefinition& tool : request.tools) {
    if (tool.name.empty()) return bad_request("a tool has no name");
    if (request.tool_choice == "auto" || request.tool_choice == "required" ||
        request.tool_choice == tool.name)
      use.tools.push_back(tool);
  }
  if (use.tools.empty())
    return bad_request("tool_choice names the tool '" + request.tool_choice + "', which is not in tools");
  return use;
}

/// The grammar that a request asks for by format or by itself; empty for plain text.
Result<std::string> format_grammar(const ChatRequest& request) {
  if (!request.grammar.empty()) return request.grammar;
  switch (request.format) {
    case ResponseFormat::text:
      return std::string();
    case ResponseFormat::json_object:
      return schema_grammar(R"({"type":"object"})");
    case ResponseFormat::json_schema:
      return schema_grammar(request.json_schema);
  }
  return std::string();
}

void add_system_text(std::vector<common_chat_msg>& messages, const std::string& text) {
  if (!messages.empty() && (messages.front().role == "system" || messages.front().role == "developer")) {
    messages.front().content += "\n\n" + text;
    return;
  }
  common_chat_msg system;
  system.role = "system";
  system.content = text;
  messages.insert(messages.begin(), std::move(system));
}

/// Earlier calls and their results as plain messages, for templates that do not know them.
void flatten_tool_messages(std::vector<common_chat_msg>& messages) {
  for (common_chat_msg& message : messages) {
    if (message.role == "tool") {
      message.role = "user";
      message.content = "Result of the function call: " + message.content;
    }
    std::string calls;
    for (const common_chat_tool_call& call : message.tool_calls) {
      calls += calls.empty() ? "" : ", ";
      calls += R"({"name": ")" + call.name + R"(", "arguments": )" + call.arguments + "}";
    }
    if (!calls.empty()) message.content += std::string(tool_fallback_trigger) + " [" + calls + "]}";
    message.tool_calls.clear();
    message.tool_call_id.clear();
  }
}

}  // namespace

struct ChatFormat::Templates {
  common_chat_templates_ptr handle;
  bool knows_tools = false;
};

ChatFormat::ChatFormat(std::unique_ptr<Templates> templates, const Vocabulary& vocabulary)
    : templates_(std::move(templates)), vocabulary_(vocabulary) {}

ChatFormat::~ChatFormat() = default;

bool ChatFormat::knows_tools() const { return templates_->knows_tools; }

Result<std::unique_ptr<ChatFormat>> ChatFormat::open(const llama_model* model, const Vocabulary& vocabulary) {
  auto templates = std::make_unique<Templates>();
  try {
    templates->handle = common_chat_templates_init(model, "");
    const std::map<std::string, bool> caps = common_chat_templates_get_caps(templates->handle.get());
    const auto has = [&](const char* name) {
      const auto found = caps.find(name);
      return found != caps.end() && found->second;
    };
    templates->knows_tools = has("supports_tools") && has("supports_tool_calls");
  } catch (const std::exception&) {
    return Error(Code::failed_precondition,
                 "the model's chat template cannot be read; choose another model file");
  }
  return std::unique_ptr<ChatFormat>(new ChatFormat(std::move(templates), vocabulary));
}

namespace {

/// What the template's own tool support asks for: triggers and control tokens as numbers.
void take_tool_grammar(const common_chat_params& params, const Vocabulary& vocabulary, RenderedChat& chat) {
  chat.grammar.text = params.grammar;
  chat.grammar.lazy = params.grammar_lazy;
  for (const std::string& text : params.preserved_tokens) {
    const std::int32_t token = vocabulary.single(text);
    if (token >= 0) chat.shown_control.push_back(token);
  }
  for (const common_grammar_trigger& trigger : params.grammar_triggers) {
    const std::int32_t token =
        trigger.type == COMMON_GRAMMAR_TRIGGER_TYPE_TOKEN ? trigger.token : vocabulary.single(trigger.value);
    if (trigger.type == COMMON_GRAMMAR_TRIGGER_TYPE_TOKEN ||
        (trigger.type == COMMON_GRAMMAR_TRIGGER_TYPE_WORD && token >= 0)) {
      chat.grammar.trigger_tokens.push_back(token);
      chat.shown_control.push_back(token);
    } else if (trigger.type == COMMON_GRAMMAR_TRIGGER_TYPE_WORD) {
      chat.grammar.trigger_patterns.push_back(regex_escape(trigger.value));
    } else if (trigger.type == COMMON_GRAMMAR_TRIGGER_TYPE_PATTERN_FULL) {
      chat.grammar.trigger_patterns.push_back("^" + trigger.value + "$");
    } else {
      chat.grammar.trigger_patterns.push_back(trigger.value);
    }
  }
}

Status take_fallback_grammar(const ToolUse& use, bool parallel, RenderedChat& chat) {
  LOADLINE_ASSIGN(const std::string schema, tool_call_schema(use.tools, parallel));
  LOADLINE_ASSIGN(chat.grammar.text, schema_grammar(schema));
  chat.grammar.lazy = !use.required;
  if (chat.grammar.lazy)
    chat.grammar.trigger_patterns.push_back(regex_escape(std::string(tool_fallback_trigger)));
  chat.parser = make_fallback_parser();
  return {};
}

}  // namespace

Result<RenderedChat> ChatFormat::render(const ChatRequest& request) const {
  LOADLINE_TRY(check_messages(request.messages));
  LOADLINE_ASSIGN(const ToolUse use, tool_use(request));
  LOADLINE_ASSIGN(std::string grammar, format_grammar(request));
  if (!use.tools.empty() && !grammar.empty())
    return bad_request(
        "response_format or grammar cannot be combined with tools; set tool_choice to \"none\"");

  const bool own_tools = !use.tools.empty() && templates_->knows_tools;
  common_chat_templates_inputs inputs;
  for (const ChatMessage& message : request.messages)
    inputs.messages.push_back(converted(message, vocabulary_));
  if (!templates_->knows_tools) flatten_tool_messages(inputs.messages);
  if (!use.tools.empty() && !own_tools)
    add_system_text(inputs.messages, vocabulary_.guarded(describe_tools(use.tools, use.required)));
  if (own_tools) {
    for (const ToolDefinition& tool : use.tools) {
      inputs.tools.push_back({tool.name, vocabulary_.guarded(tool.description),
                              tool.parameters.empty() ? R"({"type":"object"})" : tool.parameters});
    }
    inputs.tool_choice = use.required ? COMMON_CHAT_TOOL_CHOICE_REQUIRED : COMMON_CHAT_TOOL_CHOICE_AUTO;
    inputs.parallel_tool_calls = request.parallel_tool_calls;
  }

  RenderedChat chat;
  chat.grammar.text = std::move(grammar);
  try {
    const common_chat_params params = apply(templates_->handle.get(), inputs);
    LOADLINE_ASSIGN(chat.prompt, vocabulary_.tokenize_guarded(params.prompt));
    chat.stops = params.additional_stops;
    if (own_tools) {
      take_tool_grammar(params, vocabulary_, chat);
      LOADLINE_ASSIGN(chat.grammar.prefix, vocabulary_.tokenize_guarded(params.generation_prompt));
      chat.parser = std::make_unique<TemplateParser>(params);
    }
  } catch (const std::exception&) {  // its text may quote messages
    return bad_request(
        "the model's chat template refuses these messages or tools; roles must alternate and tool "
        "parameters must be JSON Schema objects");
  }
  if (!use.tools.empty() && !own_tools)
    LOADLINE_TRY(take_fallback_grammar(use, request.parallel_tool_calls, chat));
  return chat;
}

}  // namespace loadline::llama

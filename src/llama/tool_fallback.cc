#include "llama/tool_fallback.h"

#include <boost/json.hpp>

namespace loadline::llama {
namespace {

namespace json = boost::json;

Result<json::object> parameters_of(const ToolDefinition& tool) {
  if (tool.parameters.empty()) return json::object{{"type", "object"}};
  boost::system::error_code failure;
  json::value parsed = json::parse(tool.parameters, failure);
  if (failure || !parsed.is_object())
    return Error(Code::invalid_argument,
                 "the parameters of tool '" + tool.name + "' are not a JSON Schema object");
  json::object result = std::move(parsed).as_object();
  if (result.empty()) result["type"] = "object";
  return result;
}

/// One call out of a parsed answer; false if it has not the form.
bool read_call(const json::value& value, ToolCall& call) {
  const auto* object = value.if_object();
  if (object == nullptr) return false;
  const auto* name = object->if_contains("name");
  const auto* arguments = object->if_contains("arguments");
  if (name == nullptr || !name->is_string()) return false;
  call.name = std::string(name->as_string());
  call.arguments = arguments == nullptr ? "{}" : json::serialize(*arguments);
  return true;
}

class FallbackParser final : public AnswerParser {
 public:
  bool parse(const std::string& text, bool finished, Answer& answer) const override {
    const std::size_t at = text.find(tool_fallback_trigger);
    if (at == std::string::npos) {
      answer = {text.substr(0, finished ? text.size() : settled(text)), {}};
      return true;
    }
    Answer result{text.substr(0, at), {}};
    while (!result.content.empty() && static_cast<unsigned char>(result.content.back()) <= ' ')
      result.content.pop_back();
    // Calls are read when they are complete: general models do not stream them worth watching.
    boost::system::error_code failure;
    json::stream_parser parser;
    parser.write_some(text.data() + at, text.size() - at, failure);
    if (failure) return false;
    if (!parser.done()) {
      if (finished) return false;
      answer = std::move(result);
      return true;
    }
    const json::value value = parser.release();
    const auto* calls = value.as_object().if_contains("tool_calls");
    if (calls == nullptr || !calls->is_array()) return false;
    for (const json::value& item : calls->as_array()) {
      if (!read_call(item, result.calls.emplace_back())) return false;
    }
    answer = std::move(result);
    return true;
  }

 private:
  /// How much of an unfinished text is surely content: without spaces and a beginning call at the end.
  static std::size_t settled(const std::string& text) {
    std::size_t end = text.size();
    for (std::size_t n = std::min(text.size(), tool_fallback_trigger.size() - 1); n > 0; --n) {
      if (text.compare(text.size() - n, n, tool_fallback_trigger.substr(0, n)) == 0) {
        end = text.size() - n;
        break;
      }
    }
    while (end > 0 && static_cast<unsigned char>(text[end - 1]) <= ' ') --end;
    return end;
  }
};

}  // namespace

std::string describe_tools(const std::vector<ToolDefinition>& tools, bool required) {
  std::string text =
      "You can call these functions. Each line is one, as JSON with its name, what it does and the JSON "
      "Schema of "
      "its arguments:\n";
  for (const ToolDefinition& tool : tools) {
    const Result<json::object> parameters = parameters_of(tool);
    json::object line{{"name", tool.name}, {"description", tool.description}};
    if (parameters) line["parameters"] = *parameters;
    text += json::serialize(line) + "\n";
  }
  text += required ? "You must call one. " : "To call one, ";
  text +=
      "Answer with JSON only, in this form: {\"tool_calls\": [{\"name\": \"...\", \"arguments\": {...}}]}";
  return text;
}

Result<std::string> tool_call_schema(const std::vector<ToolDefinition>& tools, bool parallel) {
  json::array kinds;
  for (const ToolDefinition& tool : tools) {
    LOADLINE_ASSIGN(json::object parameters, parameters_of(tool));
    kinds.push_back(
        json::object{{"type", "object"},
                     {"properties", {{"name", {{"const", tool.name}}}, {"arguments", std::move(parameters)}}},
                     {"required", json::array{"name", "arguments"}},
                     {"additionalProperties", false}});
  }
  json::object calls{
      {"type", "array"}, {"minItems", 1}, {"items", json::object{{"anyOf", std::move(kinds)}}}};
  if (!parallel) calls["maxItems"] = 1;
  return json::serialize(json::object{{"type", "object"},
                                      {"properties", {{"tool_calls", std::move(calls)}}},
                                      {"required", json::array{"tool_calls"}},
                                      {"additionalProperties", false}});
}

std::unique_ptr<AnswerParser> make_fallback_parser() { return std::make_unique<FallbackParser>(); }

}  // namespace loadline::llama

#pragma once
// Tool calls for models whose chat template does not know tools: a description for the system message, a
// schema that forces a call, and a parser. The form is {"tool_calls": [{"name": ..., "arguments": {...}}]}.
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "llama/chat_format.h"
#include "model/chat_model.h"

namespace loadline::llama {

/// The beginning of every call: where a lazy grammar sets in.
inline constexpr std::string_view tool_fallback_trigger = "{\"tool_calls\":";

/// What to tell the model. `required`: it must call.
std::string describe_tools(const std::vector<ToolDefinition>& tools, bool required);
/// JSON Schema (as text) of an answer that calls. invalid_argument if a tool's parameters are not a JSON
/// object.
Result<std::string> tool_call_schema(const std::vector<ToolDefinition>& tools, bool parallel);
std::unique_ptr<AnswerParser> make_fallback_parser();

}  // namespace loadline::llama

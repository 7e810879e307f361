#pragma once
// The ChatModel port: one generation, streamed to a sink. Value types of a chat call, without JSON types: a
// schema or a tool's parameters travel as JSON text.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"

namespace loadline {

struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;  // JSON text
};

struct ChatMessage {
  std::string role;  // "system" | "user" | "assistant" | "tool"
  std::string content;
  std::vector<ToolCall> tool_calls;  // assistant
  std::string tool_call_id;          // tool
};

struct ToolDefinition {
  std::string name;
  std::string description;
  std::string parameters;  // JSON Schema as text
};

enum class ResponseFormat : std::uint8_t { text, json_object, json_schema };

struct Sampling {
  float temperature = 1.0F;  // 0: greedy
  float top_p = 1.0F;
  int top_k = 0;  // 0: off
  float min_p = 0.0F;
  float presence_penalty = 0.0F;
  float frequency_penalty = 0.0F;
  float repeat_penalty = 1.0F;  // 1: off
  std::optional<std::uint32_t> seed;
  std::vector<std::pair<std::int32_t, float>> logit_bias;
};

struct ChatRequest {
  std::vector<ChatMessage> messages;
  std::optional<std::string> prompt;  // set: raw completion, no chat template; messages are then empty
  Sampling sampling;
  std::optional<std::uint32_t> max_tokens;  // none: what is left of the context
  std::vector<std::string> stop;
  int top_logprobs = -1;  // -1: none; 0..20: log-probabilities with that many alternatives
  ResponseFormat format = ResponseFormat::text;
  std::string json_schema;  // for ResponseFormat::json_schema
  std::string grammar;      // GBNF; overrides format
  std::vector<ToolDefinition> tools;
  std::string tool_choice = "auto";  // "auto" | "none" | "required" | a tool's name
  bool parallel_tool_calls = true;
  std::string cache_scope;  // only requests of the same scope share computed prefixes (tenant separation)
};

struct TokenLogprob {
  std::string token;
  float logprob = 0;
  std::vector<std::pair<std::string, float>> top;
};

enum class FinishReason : std::uint8_t { stop, length, tool_calls, cancelled };

struct Usage {
  std::uint32_t prompt_tokens = 0;
  std::uint32_t completion_tokens = 0;
  std::uint32_t cached_prompt_tokens = 0;  // of prompt_tokens, those whose computation was shared
};

struct ToolCallDelta {
  int index = 0;
  std::string id;    // with the first piece
  std::string name;  // with the first piece
  std::string arguments;
};

/// A piece of the answer. Text pieces are whole UTF-8 sequences; their concatenation is the result's content.
struct ChatDelta {
  std::string text;
  std::vector<TokenLogprob> logprobs;
  std::vector<ToolCallDelta> tool_calls;
};

struct ChatResult {
  std::string content;
  std::vector<ToolCall> tool_calls;
  std::vector<TokenLogprob> logprobs;
  FinishReason finish = FinishReason::stop;
  Usage usage;
};

class ChatSink {
 public:
  virtual ~ChatSink() = default;
  /// Called on the model's or the caller's thread, never from two at once. False stops the generation (finish
  /// is then `cancelled`). Must not block for long: it holds up a step of every running stream.
  virtual bool on_delta(const ChatDelta& delta) = 0;
};

struct ChatModelInfo {
  std::string name;
  std::string digest;  // SHA-256 of the weights or "" for remote ones
  std::uint32_t context_tokens = 0;
  std::uint32_t parallel_requests = 0;
};

/// Thread-safe.
class ChatModel {
 public:
  virtual ~ChatModel() = default;
  virtual const ChatModelInfo& info() const = 0;
  /// Runs to the end on the calling thread (which only waits); pieces go to `sink` as they come. Errors:
  /// resource_exhausted (queue full), invalid_argument (prompt longer than the context, bad schema or
  /// grammar), cancelled, deadline_exceeded, unavailable, internal.
  virtual Result<ChatResult> generate(const ChatRequest& request, ChatSink& sink,
                                      const CallContext& context) = 0;
  /// Tokens of `text` without special ones.
  virtual Result<std::uint32_t> count_tokens(std::string_view text) const = 0;
};

}  // namespace loadline

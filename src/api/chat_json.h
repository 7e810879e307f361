#pragma once
// Chat and completion requests of the OpenAI API, from JSON to a ChatRequest and back from an Answer. Pure
// functions.
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_error.h"
#include "gateway/chat_flow.h"

namespace loadline {

inline constexpr std::size_t messages_max = 4096;
inline constexpr std::size_t tools_max = 128;
inline constexpr std::size_t stops_max = 16;  // OpenAI allows 4
inline constexpr std::size_t prompts_max = 64;
inline constexpr int top_logprobs_max = 20;

/// POST /v1/chat/completions
struct ChatCall {
  std::string model;
  ChatRequest request;
  bool stream = false;
  bool include_usage = false;
};
std::optional<ChatCall> parse_chat_call(std::string_view body, ApiError& error);

/// POST /v1/completions. One request for each prompt.
struct CompletionCall {
  std::string model;
  std::vector<ChatRequest> requests;
  bool stream = false;
  bool include_usage = false;
};
std::optional<CompletionCall> parse_completion_call(std::string_view body, ApiError& error);

/// What is the same in every object of one answer.
struct AnswerHead {
  std::string id;
  std::int64_t created = 0;  // seconds
  std::string model;
};

std::string_view finish_text(FinishReason reason);
boost::json::object usage_json(const Usage& usage);
boost::json::array citations_json(const std::vector<Citation>& citations);
boost::json::object chat_logprobs_json(const std::vector<TokenLogprob>& logprobs);
/// {"abstained","extractive","ms"}: our extension beside "choices".
boost::json::object extension_json(const Answer& answer);

/// {"object":"chat.completion", ...}
std::string chat_completion_json(const AnswerHead& head, const Answer& answer, bool with_logprobs);

/// One choice of {"object":"text_completion", ...}. `text_offset`: where the text begins.
boost::json::object completion_choice_json(std::size_t index, std::string_view text,
                                           const std::vector<TokenLogprob>* logprobs, std::size_t text_offset,
                                           const FinishReason* finish);

}  // namespace loadline

// The answer half of chat_json.h.
#include <cmath>

#include "api/chat_json.h"
#include "api/json_values.h"
#include "base/utf8.h"

namespace loadline {

namespace json = boost::json;

namespace {

// A token's text need not be whole characters; "bytes" always has all of it.
json::object token_json(const std::string& token, float logprob) {
  json::array bytes;
  for (const char c : token) bytes.push_back(static_cast<unsigned char>(c));
  return {{"token", json_text(token)},
          {"logprob", std::isfinite(logprob) ? static_cast<double>(logprob) : -9999.0},
          {"bytes", std::move(bytes)}};
}

}  // namespace

std::string_view finish_text(FinishReason reason) {
  switch (reason) {
    case FinishReason::length:
      return "length";
    case FinishReason::tool_calls:
      return "tool_calls";
    default:
      return "stop";
  }
}

json::object usage_json(const Usage& usage) {
  return {{"prompt_tokens", usage.prompt_tokens},
          {"completion_tokens", usage.completion_tokens},
          {"total_tokens", std::uint64_t{usage.prompt_tokens} + usage.completion_tokens},
          {"prompt_tokens_details", {{"cached_tokens", usage.cached_prompt_tokens}}}};
}

json::array citations_json(const std::vector<Citation>& citations) {
  json::array out;
  for (const Citation& citation : citations)
    out.push_back(json::object{{"marker", citation.marker},
                               {"collection", json_text(citation.collection)},
                               {"document", json_text(citation.document)},
                               {"page", citation.page},
                               {"box", box_json(citation.box)},
                               {"quote", json_text(citation.quote)},
                               {"supported", citation.supported}});
  return out;
}

json::object chat_logprobs_json(const std::vector<TokenLogprob>& logprobs) {
  json::array content;
  for (const TokenLogprob& entry : logprobs) {
    json::object token = token_json(entry.token, entry.logprob);
    json::array top;
    for (const auto& [text, logprob] : entry.top) top.push_back(token_json(text, logprob));
    token["top_logprobs"] = std::move(top);
    content.push_back(std::move(token));
  }
  return {{"content", std::move(content)}, {"refusal", nullptr}};
}

json::object extension_json(const Answer& answer) {
  return {{"abstained", answer.abstained},
          {"extractive", answer.extractive},
          {"ms",
           {{"retrieve", rounded_ms(answer.times.retrieve_ms)},
            {"first_token", rounded_ms(answer.times.first_token_ms)},
            {"total", rounded_ms(answer.times.total_ms)}}}};
}

std::string chat_completion_json(const AnswerHead& head, const Answer& answer, bool with_logprobs) {
  const ChatResult& chat = answer.chat;
  json::object message{{"role", "assistant"}, {"content", nullptr}, {"refusal", nullptr}};
  if (!chat.content.empty() || chat.tool_calls.empty()) message["content"] = json_text(chat.content);
  if (!chat.tool_calls.empty()) {
    json::array calls;
    for (const ToolCall& call : chat.tool_calls)
      calls.push_back(json::object{{"id", call.id},
                                   {"type", "function"},
                                   {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
    message["tool_calls"] = std::move(calls);
  }
  message["citations"] = citations_json(answer.citations);
  json::object choice{{"index", 0}, {"message", std::move(message)}, {"logprobs", nullptr}};
  if (with_logprobs) choice["logprobs"] = chat_logprobs_json(chat.logprobs);
  choice["finish_reason"] = json_text(finish_text(chat.finish));
  const json::object out{{"id", head.id},
                         {"object", "chat.completion"},
                         {"created", head.created},
                         {"model", head.model},
                         {"choices", json::array{std::move(choice)}},
                         {"usage", usage_json(chat.usage)},
                         {"loadline", extension_json(answer)}};
  return json::serialize(out);
}

json::object completion_choice_json(std::size_t index, std::string_view text,
                                    const std::vector<TokenLogprob>* logprobs, std::size_t text_offset,
                                    const FinishReason* finish) {
  json::object choice{{"index", index}, {"text", json_text(text)}, {"logprobs", nullptr}};
  if (logprobs != nullptr) {
    json::array tokens, values, tops, offsets;
    for (const TokenLogprob& entry : *logprobs) {
      tokens.push_back(json_text(entry.token));
      values.push_back(std::isfinite(entry.logprob) ? static_cast<double>(entry.logprob) : -9999.0);
      json::object top;
      for (const auto& [token, logprob] : entry.top) top[to_valid_utf8(token)] = static_cast<double>(logprob);
      tops.push_back(std::move(top));
      offsets.push_back(text_offset);
      text_offset += entry.token.size();
    }
    choice["logprobs"] = json::object{{"tokens", std::move(tokens)},
                                      {"token_logprobs", std::move(values)},
                                      {"top_logprobs", std::move(tops)},
                                      {"text_offset", std::move(offsets)}};
  }
  if (finish != nullptr)
    choice["finish_reason"] = json_text(finish_text(*finish));
  else
    choice["finish_reason"] = nullptr;
  return choice;
}

}  // namespace loadline

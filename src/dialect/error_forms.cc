// Errors in the form of each dialect: bodies, events of a stream that has begun, and from one dialect to
// another.
#include <array>
#include <string>

#include "dialect/json_scan.h"
#include "dialect/json_string.h"
#include "dialect/sse_parser.h"
#include "dialect/stream_facts.h"
#include "dialect/translate.h"

namespace loadline {
namespace {

struct ErrorWords {
  int status;
  std::string_view openai;
  std::string_view anthropic;
  std::string_view gemini;
};

constexpr std::array<ErrorWords, 12> table = {{
    {400, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"},
    {401, "invalid_request_error", "authentication_error", "UNAUTHENTICATED"},
    {402, "insufficient_quota", "billing_error", "RESOURCE_EXHAUSTED"},
    {403, "permission_error", "permission_error", "PERMISSION_DENIED"},
    {404, "invalid_request_error", "not_found_error", "NOT_FOUND"},
    {409, "invalid_request_error", "invalid_request_error", "ABORTED"},
    {413, "invalid_request_error", "request_too_large", "INVALID_ARGUMENT"},
    {429, "rate_limit_error", "rate_limit_error", "RESOURCE_EXHAUSTED"},
    {500, "server_error", "api_error", "INTERNAL"},
    {503, "server_error", "overloaded_error", "UNAVAILABLE"},
    {504, "timeout_error", "timeout_error", "DEADLINE_EXCEEDED"},
    {529, "server_error", "overloaded_error", "UNAVAILABLE"},
}};

const ErrorWords& words_of(int status) {
  const ErrorWords* nearest = status >= 500 ? &table[8] : &table[0];
  for (const ErrorWords& words : table)
    if (words.status == status) nearest = &words;
  return *nearest;
}

void member(std::string& out, std::string_view name, std::string_view text) {
  if (out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
  append_json_string(out, text);
}

// The inside of "error" for OpenAI's dialects. `param` "": null.
std::string openai_error(int status, std::string_view code, std::string_view message,
                         std::string_view param) {
  std::string out = "{";
  member(out, "message", message);
  member(out, "type", words_of(status).openai);
  if (param.empty()) {
    out += ",\"param\":null";
  } else {
    member(out, "param", param);
  }
  if (code.empty()) return out += ",\"code\":null}";
  member(out, "code", code);
  return out += '}';
}

std::string anthropic_error(int status, std::string_view code, std::string_view message) {
  std::string out = R"({"type":"error","error":{)";
  member(out, "type", words_of(status).anthropic);
  member(out, "message", message);
  if (!code.empty()) member(out, "code", code);
  return out += "}}";
}

std::string gemini_error(int status, std::string_view message) {
  std::string out = R"({"error":{"code":)" + std::to_string(status);
  member(out, "message", message);
  member(out, "status", words_of(status).gemini);
  return out += "}}";
}

std::string body_of(Dialect client, int status, std::string_view code, std::string_view message,
                    std::string_view param) {
  switch (client) {
    case Dialect::anthropic_messages:
      return anthropic_error(status, code, message);
    case Dialect::gemini:
      return gemini_error(status, message);
    case Dialect::openai_chat:
    case Dialect::openai_completions:
    case Dialect::openai_embeddings:
    case Dialect::openai_responses:
      return "{\"error\":" + openai_error(status, code, message, param) + "}";
  }
  return {};
}

}  // namespace

std::string error_body(Dialect client, int status, std::string_view code, std::string_view message) {
  return body_of(client, status, code, message, {});
}

std::string error_event(Dialect client, int status, std::string_view code, std::string_view message) {
  std::string out;
  if (client == Dialect::anthropic_messages) {
    append_sse_event(out, "error", anthropic_error(status, code, message));
  } else if (client == Dialect::openai_responses) {
    std::string data = R"({"type":"error","sequence_number":0,"param":null)";
    member(data, "code", code.empty() ? words_of(status).openai : code);
    member(data, "message", message);
    append_sse_event(out, "error", data + "}");
  } else {
    append_sse_event(out, "", body_of(client, status, code, message, {}));
  }
  return out;
}

std::string translate_error(Dialect upstream, Dialect client, int status, std::string_view body) {
  if (upstream == client) return std::string(body);
  JsonIndex index;
  JsonView error;
  if (index.scan(body)) {
    const JsonView root = index.root();
    error = (root.is_array() ? root.first() : root)["error"];  // Gemini wraps errors of streams in an array
  }
  std::string message = error.is_string() ? error.text() : error["message"].text();
  if (message.empty()) message = "the upstream answered with status " + std::to_string(status);
  // Of Anthropic's and Gemini's, the type is the word for programs where the target's own type does not say
  // it.
  const JsonView code = error[upstream == Dialect::gemini               ? "status"
                              : upstream == Dialect::anthropic_messages ? "type"
                                                                        : "code"];
  return body_of(client, status, code.text(), message, error["param"].text());
}

}  // namespace loadline

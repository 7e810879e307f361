#include "api/chat_stream.h"

#include "api/json_values.h"
#include "api/sse.h"
#include "dialect/sse_parser.h"

namespace loadline {

namespace json = boost::json;

std::vector<HttpHeader> headers_of(const PassageCheck& check) {
  std::vector<HttpHeader> headers;
  if (check.left_out > 0) headers.push_back({"x-loadline-quarantined", std::to_string(check.left_out)});
  if (!check.unchecked.empty()) headers.push_back({"x-loadline-unchecked", check.unchecked});
  return headers;
}

void EventStream::begin() {
  if (begun_) return;
  begun_ = true;
  HttpResponse head;
  head.content_type = "text/event-stream";
  head.headers = {{"cache-control", "no-cache"}, {"x-accel-buffering", "no"}};
  head.headers.insert(head.headers.end(), headers_.begin(), headers_.end());
  exchange_.begin_stream(std::move(head));
}

bool EventStream::send(const json::object& event) {
  begin();
  std::string text;
  append_sse_event(text, "", json::serialize(event));
  const HttpExchange::Push pushed = exchange_.push(text);
  if (pushed == HttpExchange::Push::full) too_slow_ = true;
  return pushed == HttpExchange::Push::taken;
}

void EventStream::finish(const std::vector<json::object>& last) {
  begin();
  std::string text;
  for (const json::object& event : last) append_sse_event(text, "", json::serialize(event));
  text += sse_done;
  exchange_.end_stream(text);
}

void EventStream::fail(const ApiError& error, int retry_after_seconds) {
  if (!begun_) {
    HttpResponse response = error_response(error, retry_after_seconds);
    response.headers.insert(response.headers.end(), headers_.begin(), headers_.end());
    return exchange_.respond(std::move(response));
  }
  std::string text;
  append_sse_event(text, "", error_json(error));
  exchange_.end_stream(text);
}

json::object ChatStream::chunk(json::array choices) const {
  json::object out{{"id", head_.id},
                   {"object", "chat.completion.chunk"},
                   {"created", head_.created},
                   {"model", json_text(head_.model)},
                   {"choices", std::move(choices)}};
  if (include_usage_) out["usage"] = nullptr;
  return out;
}

bool ChatStream::send_delta(json::object delta, json::value logprobs) {
  if (!role_sent_) {
    role_sent_ = true;
    const json::object first{{"index", 0},
                             {"delta", {{"role", "assistant"}, {"content", ""}}},
                             {"logprobs", nullptr},
                             {"finish_reason", nullptr}};
    if (!events_.send(chunk({first}))) return false;
  }
  if (delta.empty()) return true;
  const json::object choice{{"index", 0},
                            {"delta", std::move(delta)},
                            {"logprobs", std::move(logprobs)},
                            {"finish_reason", nullptr}};
  return events_.send(chunk({choice}));
}

bool ChatStream::on_delta(const ChatDelta& delta) {
  json::object out;
  if (!delta.text.empty()) out["content"] = json_text(delta.text);
  if (!delta.tool_calls.empty()) {
    json::array calls;
    for (const ToolCallDelta& call : delta.tool_calls) {
      json::object function{{"arguments", json_text(call.arguments)}};
      if (!call.name.empty()) function["name"] = json_text(call.name);
      json::object entry{{"index", call.index}, {"function", std::move(function)}};
      if (!call.id.empty()) {
        entry["id"] = json_text(call.id);
        entry["type"] = "function";
      }
      calls.push_back(std::move(entry));
    }
    out["tool_calls"] = std::move(calls);
  }
  json::value logprobs = nullptr;
  if (!delta.logprobs.empty()) {
    logprobs = chat_logprobs_json(delta.logprobs);
    if (out.empty()) out["content"] = "";
  }
  return send_delta(std::move(out), std::move(logprobs));
}

bool ChatStream::on_citations(const std::vector<Citation>& citations) {
  if (citations.empty()) return true;
  json::object delta;
  delta["citations"] = citations_json(citations);
  return send_delta(std::move(delta), nullptr);
}

void ChatStream::finish(const Answer& answer) {
  send_delta({}, nullptr);  // an empty answer has its first chunk too
  const json::object choice{{"index", 0},
                            {"delta", json::object()},
                            {"logprobs", nullptr},
                            {"finish_reason", json_text(finish_text(answer.chat.finish))}};
  json::object last = chunk({choice});
  last["loadline"] = extension_json(answer);
  std::vector<json::object> events{std::move(last)};
  if (include_usage_) {
    json::object usage = chunk({});
    usage["usage"] = usage_json(answer.chat.usage);
    events.push_back(std::move(usage));
  }
  events_.finish(events);
}

}  // namespace loadline

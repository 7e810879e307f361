#include "answer_forms.h"

#include <algorithm>
#include <utility>

#include "json_match.h"
#include "text_cursor.h"

namespace loadline {

namespace json = boost::json;

namespace {

Error wrong(std::string message) { return {Code::failed_precondition, std::move(message)}; }

// "" where there is no text at the path.
std::string text_at(const json::value& root, std::string_view path) {
  const auto found = value_at(root, path);
  return found && *found && (*found)->is_string() ? json_string(**found) : "";
}

std::string text_of_event(const json::value& data) {
  if (text_at(data, "type") == "response.output_text.delta") return text_at(data, "delta");
  const std::string chat = text_at(data, "choices[0].delta.content");
  if (!chat.empty()) return chat;
  return text_at(data, "type") == "content_block_delta" ? text_at(data, "delta.text")
                                                        : text_at(data, "choices[0].text");
}

bool is_end(std::string_view path, const json::value& event) {
  const json::value& data = event.at("data");
  if (path == "/v1/messages") return text_at(data, "type") == "message_stop";
  if (path != "/v1/responses") return data.is_string() && data.get_string() == "[DONE]";
  const std::string type = text_at(data, "type");
  return type == "response.completed" || type == "response.incomplete";
}

// As the clients' libraries know it.
bool is_error(std::string_view path, const json::value& event) {
  const json::value& data = event.at("data");
  if (path == "/v1/messages")
    return event.at("event") == "error" && text_at(data, "type") == "error" &&
           !text_at(data, "error.type").empty() && !text_at(data, "error.message").empty();
  if (path == "/v1/responses") return text_at(data, "type") == "error" && !text_at(data, "message").empty();
  return !text_at(data, "error.message").empty() && !text_at(data, "error.type").empty();
}

// The finish reason as it is said in the dialect; "": none is.
std::string reason_of(std::string_view path, const json::array& events) {
  for (const json::value& event : events) {
    const json::value& data = event.at("data");
    std::string reason = path == "/v1/messages"    ? text_at(data, "delta.stop_reason")
                         : path == "/v1/responses" ? text_at(data, "response.incomplete_details.reason")
                                                   : text_at(data, "choices[0].finish_reason");
    if (path == "/v1/responses" && text_at(data, "type") == "response.completed") reason = "completed";
    if (!reason.empty()) return reason;
  }
  return "";
}

bool is_length(std::string_view path, const std::string& reason) {
  return reason == (path == "/v1/messages"    ? "max_tokens"
                    : path == "/v1/responses" ? "max_output_tokens"
                                              : "length");
}

}  // namespace

json::array events_json(std::string_view body) {
  json::array events;
  std::string name;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.rfind("event: ", 0) == 0) name = line.substr(7);
    if (line.rfind("data: ", 0) != 0) continue;
    json::error_code ec;
    json::value data = json::parse(line.substr(6), ec);
    if (ec) data = json::string(line.substr(6));
    events.push_back(json::object{{"event", std::exchange(name, "")}, {"data", std::move(data)}});
  }
  return events;
}

std::string answer_text(std::string_view body) {
  json::error_code ec;
  const json::value whole = json::parse(body, ec);
  std::string text;
  if (ec) {
    for (const json::value& event : events_json(body)) text += text_of_event(event.at("data"));
    return text;
  }
  for (const std::string_view path :
       {"choices[0].message.content", "choices[0].text", "content[0].text", "output[0].content[0].text"})
    text += text_at(whole, path);
  return text;
}

Result<StreamEnd> stream_end_named(std::string_view name) {
  if (name == "whole") return StreamEnd::whole;
  if (name == "length") return StreamEnd::length;
  if (name == "error") return StreamEnd::error;
  return Error(Code::invalid_argument,
               "a stream's end is whole, length or error, not '" + std::string(name) + "'");
}

Status check_stream_end(std::string_view path, std::string_view body, bool complete, StreamEnd wanted) {
  const json::array events = events_json(body);
  if (events.empty()) return wrong("the stream has no event");
  if (!complete) return wrong("the stream broke off without an end");
  const auto count = [&](auto is) {
    return std::count_if(events.begin(), events.end(),
                         [&](const json::value& event) { return is(path, event); });
  };
  const json::value& last = events.back();
  if (wanted == StreamEnd::error) {
    if (count(is_error) != 1) return wrong("a stream that failed has one error event");
    if (!is_error(path, last)) return wrong("nothing comes after the error event");
    return {};
  }
  if (count(is_error) != 0) return wrong("the stream has an error event");
  if (count(is_end) != 1 || !is_end(path, last)) return wrong("the stream does not end as its dialect wants");
  const std::string reason = reason_of(path, events);
  if (reason.empty()) return wrong("no reason is said why the answer ended");
  if (is_length(path, reason) != (wanted == StreamEnd::length))
    return wrong("the answer ended for the reason '" + reason + "'");
  return {};
}

}  // namespace loadline

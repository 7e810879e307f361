#include "sse_match.h"

#include <algorithm>

#include "json_match.h"
#include "scenario.h"
#include "test_client.h"
#include "text_cursor.h"

namespace loadline {

namespace json = boost::json;

namespace {

const std::vector<std::string_view> kinds{"delta", "text",  "citation", "tool", "finish",
                                          "usage", "error", "done",     "cut"};

const json::value* child(const json::value& value, std::string_view name) {
  return value.is_object() ? value.get_object().if_contains(name) : nullptr;
}

void add_delta_items(const json::value& delta, std::vector<SseItem>& items) {
  if (const json::value* content = child(delta, "content");
      content && content->is_string() && !content->get_string().empty())
    items.push_back({"delta", *content, nullptr});
  if (const json::value* citations = child(delta, "citations"))
    for (const json::value& citation : citations->as_array())
      items.push_back({"citation", citation, nullptr});
  if (const json::value* calls = child(delta, "tool_calls"))
    for (const json::value& call : calls->as_array()) items.push_back({"tool", call, nullptr});
}

bool only_role(const json::value& event) {
  const auto role = value_at(event, "choices[0].delta.role");
  const auto content = value_at(event, "choices[0].delta.content");
  return role && *role && content && *content && (*content)->is_string() && (*content)->get_string().empty();
}

void add_items(const json::value& event, std::vector<SseItem>& items) {
  const std::size_t before = items.size();
  if (const json::value* error = child(event, "error")) items.push_back({"error", *error, nullptr});
  const auto delta = value_at(event, "choices[0].delta");
  if (delta && *delta) add_delta_items(**delta, items);
  const auto text = value_at(event, "choices[0].text");
  if (text && *text && (*text)->is_string() && !(*text)->get_string().empty())
    items.push_back({"delta", **text, nullptr});
  const auto finish = value_at(event, "choices[0].finish_reason");
  if (finish && *finish && (*finish)->is_string()) {
    const json::value* extension = child(event, "loadline");
    items.push_back({"finish", **finish, extension == nullptr ? json::value() : *extension});
  }
  if (const json::value* usage = child(event, "usage"); usage && usage->is_object())
    items.push_back({"usage", *usage, nullptr});
  if (items.size() == before) items.push_back({"unknown", event, nullptr});
}

std::string shown(const std::vector<SseItem>& items, std::size_t at) {
  if (at >= items.size()) return "the end";
  return items[at].kind + " " + json::serialize(items[at].value).substr(0, 400);
}

Error mismatch(std::size_t at, const std::string& expected, const std::vector<SseItem>& items) {
  return {Code::failed_precondition,
          "event " + std::to_string(at + 1) + ": expected " + expected + ", found " + shown(items, at)};
}

// Takes the pieces that make up `text` together.
Status take_text(const std::string& text, const std::vector<SseItem>& items, std::size_t& at) {
  std::string found;
  const std::size_t first = at;
  while (at < items.size() && items[at].kind == "delta" && found.size() < text.size())
    found += json_string(items[at++].value);
  if (found == text) return {};
  return Error(Code::failed_precondition, "event " + std::to_string(first + 1) + ": expected the text " +
                                              json::serialize(json::string(text)) + ", found " +
                                              json::serialize(json::string(found)) + ", then " +
                                              shown(items, at));
}

bool fits_error(const json::value& expected, const json::value& found) {
  if (!expected.is_string()) return holds(found, expected);
  const json::value* code = child(found, "code");
  const json::value* type = child(found, "type");
  return (code != nullptr && *code == expected) || (type != nullptr && *type == expected);
}

Status take_item(std::string_view kind, TextCursor& cursor, const std::vector<SseItem>& items,
                 std::size_t& at) {
  const std::string expected(kind);
  const bool there = at < items.size() && items[at].kind == kind;
  if (kind == "done" || kind == "cut") return there ? (++at, Status()) : mismatch(at, expected, items);
  LOADLINE_ASSIGN(const json::value value, cursor.value());
  if (kind == "text") {
    if (!value.is_string())
      return Error(Code::invalid_argument, "'text' is followed by a text in quotation marks");
    return take_text(json_string(value), items, at);
  }
  bool fits = there;
  if (kind == "finish" && cursor.rest().substr(0, 1) == "{") {
    LOADLINE_ASSIGN(const json::value extension, cursor.value());
    fits = fits && holds(items[at].extension, extension);
  }
  if (kind == "delta" || kind == "finish")
    fits = fits && items[at].value == value;
  else
    fits = fits && (kind == "error" ? fits_error(value, items[at].value) : holds(items[at].value, value));
  if (!fits) return mismatch(at, expected + " " + json::serialize(value), items);
  ++at;
  return {};
}

}  // namespace

std::vector<SseItem> sse_items(std::string_view body, bool complete) {
  std::vector<SseItem> items;
  bool first = true;
  for (const std::string& data : events_of(body)) {
    json::error_code ec;
    const json::value event = json::parse(data, ec);
    if (data == "[DONE]")
      items.push_back({"done", nullptr, nullptr});
    else if (ec)
      items.push_back({"unknown", json::string(data), nullptr});
    else if (!first || !only_role(event))
      add_items(event, items);
    first = false;
  }
  if (!complete) items.push_back({"cut", nullptr, nullptr});
  return items;
}

Status check_sse(const std::vector<SseItem>& items, std::string_view list) {
  TextCursor cursor(list);
  std::size_t at = 0;
  do {
    const std::string_view kind = cursor.word();
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
      return Error(Code::invalid_argument,
                   "a stream has no '" + std::string(kind) + "'" + meant(kind, kinds));
    LOADLINE_TRY(take_item(kind, cursor, items, at));
  } while (cursor.take(","));
  LOADLINE_TRY(cursor.end());
  if (at < items.size())
    return Error(Code::failed_precondition,
                 "event " + std::to_string(at + 1) + " is not in the list: " + shown(items, at));
  return {};
}

}  // namespace loadline

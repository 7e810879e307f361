// The expectations of runner.h.
#include <time.h>

#include "json_match.h"
#include "runner.h"
#include "sse_match.h"
#include "text_cursor.h"

namespace loadline {

namespace json = boost::json;

namespace {

constexpr timespec look_pause{0, 5'000'000};  // between two looks at a fact that has to settle

Error wrong(std::string message) { return {Code::invalid_argument, std::move(message)}; }
Error unexpected(std::string message) { return {Code::failed_precondition, std::move(message)}; }

constexpr std::size_t shown_bytes_max = 1500;
std::string shown(const std::string& text) {
  return text.size() <= shown_bytes_max ? text : text.substr(0, shown_bytes_max) + "...";
}

// The value of a sample in the text format of Prometheus.
std::optional<json::value> sample_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.size() <= name.size() || line.substr(0, name.size()) != name || line[name.size()] != ' ')
      continue;
    return json::value(std::stod(std::string(line.substr(name.size() + 1))));
  }
  return std::nullopt;
}

// Names of samples, for the message when one is not there.
std::vector<std::string_view> sample_names(std::string_view text) {
  std::vector<std::string_view> names;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty() || line.front() == '#' || line.find("_bucket") != std::string_view::npos) continue;
    names.push_back(line.substr(0, line.rfind(' ')));
  }
  return names;
}

struct StreamedAnswer {
  std::string text, finish;
  json::array citations;
  json::value usage, extension;
};

Result<StreamedAnswer> collect(const std::vector<SseItem>& items) {
  StreamedAnswer answer;
  for (const SseItem& item : items) {
    if (item.kind == "delta") answer.text += json_string(item.value);
    if (item.kind == "citation") answer.citations.push_back(item.value);
    if (item.kind == "usage") answer.usage = item.value;
    if (item.kind == "finish") answer.finish = json_string(item.value), answer.extension = item.extension;
    if (item.kind == "error" || item.kind == "unknown" || item.kind == "cut")
      return unexpected("the stream has " + item.kind + " " + json::serialize(item.value));
  }
  if (items.empty() || items.back().kind != "done") return unexpected("the stream does not end with [DONE]");
  return answer;
}

Status equal(std::string_view what, const json::value& whole, const json::value& streamed) {
  if (whole == streamed) return {};
  return unexpected(std::string(what) + " differs: whole " + json::serialize(whole) + ", streamed " +
                    json::serialize(streamed));
}

}  // namespace

Status Runner::eventually(const std::function<Status()>& check) const {
  const auto until = std::chrono::steady_clock::now() + options_.patience;
  for (;;) {
    const Status status = check();
    if (status || status.error().code() == Code::invalid_argument) return status;
    if (std::chrono::steady_clock::now() >= until) return status;
    ::nanosleep(&look_pause, nullptr);
  }
}

Result<TestClient*> Runner::whole_answer() {
  if (!answer_) return wrong("there is no answer yet");
  if (!answer_->complete())
    return unexpected("the answer broke off after " + std::to_string(answer_->body().size()) +
                      " bytes of body");
  return answer_.get();
}

Status Runner::expect_status(const Statement& statement) {
  LOADLINE_ASSIGN(TestClient * answer, whole_answer());
  if (statement.rest.size() != 3 || statement.rest.find_first_not_of("0123456789") != std::string::npos)
    return wrong("a status has three digits, not '" + statement.rest + "'");
  if (std::to_string(answer->status()) == statement.rest) return {};
  return unexpected("expected " + statement.rest + ", found " + std::to_string(answer->status()) + " with " +
                    shown(answer->body()));
}

Status Runner::expect_header(const Statement& statement) {
  LOADLINE_ASSIGN(TestClient * answer, whole_answer());
  TextCursor cursor(statement.rest);
  const std::string_view name = cursor.token();
  std::optional<json::value> value;
  if (const auto header = answer->header(name)) value = json::string(*header);
  const Status status = check_value(value, cursor.rest());
  return status ? status : Status(status.error().within(name));
}

Status Runner::expect_json(const Statement& statement) {
  LOADLINE_ASSIGN(TestClient * answer, whole_answer());
  json::error_code ec;
  const json::value body = json::parse(answer->body(), ec);
  if (ec) return unexpected("the body is not JSON: " + shown(answer->body()));
  const Status status = check_json(body, statement.rest);
  if (status || status.error().code() == Code::invalid_argument) return status;
  return unexpected(status.error().message() + "\n  of " + shown(answer->body()));
}

Status Runner::expect_body(const Statement& statement) {
  LOADLINE_ASSIGN(TestClient * answer, whole_answer());
  return check_value(json::value(answer->body()), statement.rest);
}

Status Runner::expect_sse(const Statement& statement) {
  if (!answer_) return wrong("there is no answer yet");
  if (!answer_->has_head()) return unexpected("the connection ended without an answer");
  const std::string list = statement.rest.empty() ? statement.block : statement.rest + "\n" + statement.block;
  const auto type = answer_->header("content-type");
  if (!type || type->substr(0, 17) != "text/event-stream")
    return unexpected("not a stream: status " + std::to_string(answer_->status()) + ", " +
                      shown(answer_->body()));
  return check_sse(sse_items(answer_->body(), answer_->complete()), list);
}

Status Runner::expect_cut(const Statement& statement) {
  if (!answer_) return wrong("there is no answer yet");
  if (!statement.rest.empty()) return wrong("'expect cut' stands alone");
  if (!answer_->complete()) return {};
  return unexpected("the answer came whole, with status " + std::to_string(answer_->status()));
}

Status Runner::expect_metric(const Statement& statement) {
  std::size_t at = statement.rest.find("} ");
  at = at == std::string::npos ? statement.rest.find(' ') : at + 1;
  if (at == std::string::npos) return wrong("'expect metric NAME{labels} = N'");
  const std::string name = statement.rest.substr(0, at), condition = statement.rest.substr(at + 1);
  LOADLINE_TRY(started());
  HttpCall call;
  call.method = "GET";
  call.target = "/metrics";
  if (!settings_.keys.empty()) call.headers = {{"authorization", "Bearer " + settings_.keys.front().secret}};
  if (!secret_.empty()) call.headers = {{"authorization", "Bearer " + secret_}};
  return eventually([&]() -> Status {
    LOADLINE_ASSIGN(auto client, exchange(call));
    LOADLINE_TRY(client->read_all());
    const auto found = sample_of(client->body(), name);
    const Status status = check_value(found, condition);
    if (status || found || status.error().code() == Code::invalid_argument) return status;
    return unexpected("there is no such sample" + meant(name, sample_names(client->body())));
  });
}

Status Runner::expect_log(const Statement& statement) {
  TextCursor cursor(statement.rest);
  LOADLINE_ASSIGN(const json::value fields, cursor.value());
  if (!fields.is_object()) return wrong("'expect log {\"field\":value}'");
  LOADLINE_TRY(cursor.end());
  return eventually([&]() -> Status {
    LOADLINE_ASSIGN(const json::object log, tell({{"do", "log"}}));
    std::string last = "nothing";
    for (const json::value& line : log.at("lines").as_array()) {
      json::error_code ec;
      const json::value entry = json::parse(json_string(line), ec);
      if (ec) return wrong("a line of the log is not JSON: " + json_string(line));
      if (holds(entry, fields)) return {};
      last = json_string(line);
    }
    return unexpected("no line of the log has " + json::serialize(fields) + "; the last one is " + last);
  });
}

Status Runner::expect_no_log(const Statement& statement) {
  TextCursor cursor(statement.rest);
  LOADLINE_ASSIGN(const std::string text, cursor.text());
  LOADLINE_TRY(cursor.end());
  LOADLINE_ASSIGN(const json::object log, tell({{"do", "log"}}));
  for (const json::value& line : log.at("lines").as_array())
    if (json_string(line).find(text) != std::string::npos)
      return unexpected("a line of the log has it: " + json_string(line));
  return {};
}

Status Runner::expect_asked(const Statement& statement) {
  TextCursor cursor(statement.rest);
  const std::string model(cursor.token());
  const std::string condition(cursor.rest());
  return eventually([&]() -> Status {
    LOADLINE_ASSIGN(const json::object asked, tell({{"do", "asked"}, {"model", model}}));
    return check_json(asked.at("last"), condition);
  });
}

Status Runner::expect_calls(const Statement& statement) {
  TextCursor cursor(statement.rest);
  const std::string model(cursor.token());
  const std::string condition(cursor.rest());
  return eventually([&]() -> Status {
    LOADLINE_ASSIGN(const json::object asked, tell({{"do", "asked"}, {"model", model}}));
    return check_value(asked.at("calls"), condition);
  });
}

Status Runner::expect_ingest(const Statement& statement) { return check_json(ingested_, statement.rest); }

// The last request once more, as a stream: the same text, citations, reason, usage and verdict.
Status Runner::expect_streamed_the_same(const Statement& statement) {
  LOADLINE_ASSIGN(TestClient * whole, whole_answer());
  if (!statement.rest.empty()) return wrong("'expect streamed the same' stands alone");
  if (last_call_.target != "/v1/chat/completions" || whole->status() != 200)
    return wrong("the request before must be a chat that succeeded, not " + last_call_.target +
                 " with status " + std::to_string(whole->status()));
  const json::value answer = json::parse(whole->body());
  HttpCall call = last_call_;
  json::object body = json::parse(call.body).as_object();
  body["stream"] = true;
  body["stream_options"] = {{"include_usage", true}};
  call.body = json::serialize(body);
  LOADLINE_ASSIGN(const json::object repeated, tell({{"do", "repeat"}}));
  LOADLINE_ASSIGN(auto client, exchange(call));
  LOADLINE_TRY(client->read_all());
  if (client->status() != 200) return unexpected("the stream has status " + std::to_string(client->status()));
  LOADLINE_ASSIGN(const StreamedAnswer streamed, collect(sse_items(client->body(), client->complete())));
  const json::value& message = answer.at("choices").at(0).at("message");
  const json::value content = message.at("content").is_null() ? json::value("") : message.at("content");
  LOADLINE_TRY(equal("the text", content, json::string(streamed.text)));
  LOADLINE_TRY(equal("the citations", message.at("citations"), streamed.citations));
  LOADLINE_TRY(
      equal("finish_reason", answer.at("choices").at(0).at("finish_reason"), json::string(streamed.finish)));
  LOADLINE_TRY(equal("usage", answer.at("usage"), streamed.usage));
  for (const char* verdict : {"abstained", "extractive"})
    LOADLINE_TRY(equal(verdict, answer.at("loadline").at(verdict), streamed.extension.at(verdict)));
  return {};
}

}  // namespace loadline

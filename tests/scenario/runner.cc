#include "runner.h"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <functional>

#include "json_match.h"
#include "text_cursor.h"

namespace loadline {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t filler_bytes_max = 128U << 20;
constexpr std::string_view boundary = "scenario-boundary-7f31";

Error wrong(std::string message) { return {Code::invalid_argument, std::move(message)}; }

Result<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && number >= 0) return number;
  return wrong("a number is expected, not '" + std::string(text) + "'");
}

Status nothing_more(const Statement& statement) {
  if (statement.rest.empty() && statement.block.empty()) return {};
  return wrong("'" + statement.verb + "' stands alone");
}

// "as LABEL" in front of a request; "" without it.
std::string label_of(TextCursor& cursor) {
  return cursor.take("as ") ? std::string(cursor.token()) : std::string();
}

using Limit = std::function<void(ServiceSettings&, std::int64_t)>;

const std::map<std::string_view, Limit>& limits() {
  using std::chrono::milliseconds;
  static const std::map<std::string_view, Limit> table{
      {"body_bytes",
       [](ServiceSettings& s, std::int64_t n) { s.http.body_bytes_max = static_cast<std::uint64_t>(n); }},
      {"body_bytes_total",
       [](ServiceSettings& s, std::int64_t n) {
         s.http.body_bytes_total_max = static_cast<std::uint64_t>(n);
       }},
      {"pending_upload_bytes",
       [](ServiceSettings& s, std::int64_t n) {
         s.api.pending_upload_bytes_max = static_cast<std::uint64_t>(n);
       }},
      {"header_bytes",
       [](ServiceSettings& s, std::int64_t n) { s.http.header_bytes_max = static_cast<std::uint32_t>(n); }},
      {"headers",
       [](ServiceSettings& s, std::int64_t n) { s.http.headers_max = static_cast<std::uint32_t>(n); }},
      {"header_ms", [](ServiceSettings& s, std::int64_t n) { s.http.header_time = milliseconds(n); }},
      {"idle_ms", [](ServiceSettings& s, std::int64_t n) { s.http.idle_time = milliseconds(n); }},
      {"request_ms", [](ServiceSettings& s, std::int64_t n) { s.http.request_time = milliseconds(n); }},
      {"stop_ms", [](ServiceSettings& s, std::int64_t n) { s.http.stop_time = milliseconds(n); }},
      {"connections",
       [](ServiceSettings& s, std::int64_t n) { s.http.connections_max = static_cast<std::uint32_t>(n); }},
      {"requests_in_flight",
       [](ServiceSettings& s, std::int64_t n) {
         s.http.requests_in_flight_max = static_cast<std::uint32_t>(n);
       }},
      {"stream_buffer_bytes",
       [](ServiceSettings& s, std::int64_t n) {
         s.http.stream_buffer_bytes_max = static_cast<std::size_t>(n);
       }},
      {"json_body_bytes",
       [](ServiceSettings& s, std::int64_t n) { s.api.json_body_bytes_max = static_cast<std::uint64_t>(n); }},
      {"embedding_inputs",
       [](ServiceSettings& s, std::int64_t n) { s.api.embedding_inputs_max = static_cast<std::size_t>(n); }},
      {"pending_uploads",
       [](ServiceSettings& s, std::int64_t n) { s.api.pending_uploads_max = static_cast<std::size_t>(n); }},
      {"second_ms",
       [](ServiceSettings& s, std::int64_t n) { s.gateway.second_ms = static_cast<std::uint32_t>(n); }},
      {"segment_bytes",
       [](ServiceSettings& s, std::int64_t n) { s.gateway.segment_bytes = static_cast<std::uint64_t>(n); }},
  };
  return table;
}

void add_model(ServiceSettings& settings, const std::string& name) {
  if (std::find(settings.models.begin(), settings.models.end(), name) == settings.models.end())
    settings.models.push_back(name);
}

Status set_route_field(RouteSettings& route, const std::string& name, const std::string& value) {
  static const std::vector<std::string_view> known{
      "model", "collection", "passages", "passage_tokens", "answer_tokens", "abstain", "extractive"};
  if (name == "model") return route.model = value, Status();
  if (name == "collection") return route.collection = value, Status();
  if (name == "abstain" || name == "extractive") {
    if (value != "true" && value != "false") return wrong("'" + name + "' is true or false");
    (name == "abstain" ? route.abstain_when_unsupported : route.extractive) = value == "true";
    return {};
  }
  if (std::find(known.begin(), known.end(), name) == known.end())
    return wrong("a route has no '" + name + "'" + meant(name, known));
  LOADLINE_ASSIGN(const std::int64_t number, number_of(value));
  std::uint32_t& field = name == "passages"         ? route.passages
                         : name == "passage_tokens" ? route.passage_tokens
                                                    : route.answer_tokens;
  field = static_cast<std::uint32_t>(number);
  return {};
}

// "name=value"; nothing if there is no '='.
std::optional<std::pair<std::string, std::string>> pair_of(std::string_view token) {
  const std::size_t at = token.find('=');
  if (at == std::string_view::npos) return std::nullopt;
  return std::pair(std::string(token.substr(0, at)), std::string(token.substr(at + 1)));
}

// What stands on the line or in the block, but not both.
Result<std::string> text_of(std::string_view rest, const std::string& block) {
  if (!rest.empty() && !block.empty()) return wrong("the text stands on the line or below it, not both");
  return rest.empty() ? block : std::string(rest);
}

Result<std::string> body_of(TextCursor& cursor, const std::string& block) {
  LOADLINE_ASSIGN(const std::string text, text_of(cursor.rest(), block));
  TextCursor filler(text);
  if (!filler.take("body of ")) return text;
  LOADLINE_ASSIGN(const std::int64_t size, number_of(filler.token()));
  if (filler.rest() != "bytes" || static_cast<std::uint64_t>(size) > filler_bytes_max)
    return wrong("'body of N bytes', with at most " + std::to_string(filler_bytes_max));
  return std::string(static_cast<std::size_t>(size), 'x');
}

bool is_inside(const std::string& name) {
  return !name.empty() && name.front() != '/' && ("/" + name + "/").find("/../") == std::string::npos;
}

}  // namespace

Runner::Runner(RunnerOptions options) : options_(std::move(options)) {
  settings_.data_folder = options_.work_folder + "/data";
  settings_.documents_folder = documents_folder();
  fs::create_directories(settings_.documents_folder);
}

const std::map<std::string, Runner::Handler>& Runner::handlers() {
  static const std::map<std::string, Handler> table{
      {"limit", &Runner::limit},
      {"key", &Runner::key},
      {"route", &Runner::route},
      {"model", &Runner::model},
      {"embedder", &Runner::embedder},
      {"extractor", &Runner::extractor},
      {"local only", &Runner::local_only},
      {"not ready", &Runner::not_ready},
      {"upstream", &Runner::upstream},
      {"manifest", &Runner::manifest},
      {"issue key", &Runner::issue_key},
      {"using key", &Runner::using_key},
      {"disk full", &Runner::disk_full},
      {"disk free", &Runner::disk_free},
      {"again until status", &Runner::again_until_status},
      {"document", &Runner::document},
      {"remove", &Runner::remove},
      {"ingest", &Runner::ingest},
      {"verify", &Runner::verify},
      {"header", &Runner::header},
      {"request", &Runner::request},
      {"upload", &Runner::upload},
      {"raw", &Runner::raw},
      {"await", &Runner::await},
      {"read", &Runner::read},
      {"disconnect", &Runner::disconnect},
      {"stop sending", &Runner::stop_sending},
      {"hold", &Runner::hold},
      {"wait for", &Runner::wait_for},
      {"wait until", &Runner::wait_until},
      {"release", &Runner::release},
      {"advance", &Runner::advance},
      {"restart", &Runner::restart},
      {"kill", &Runner::kill},
      {"expect status", &Runner::expect_status},
      {"expect header", &Runner::expect_header},
      {"expect json", &Runner::expect_json},
      {"expect body", &Runner::expect_body},
      {"expect sse", &Runner::expect_sse},
      {"expect cut", &Runner::expect_cut},
      {"expect metric", &Runner::expect_metric},
      {"expect log", &Runner::expect_log},
      {"expect no log", &Runner::expect_no_log},
      {"expect asked", &Runner::expect_asked},
      {"expect calls", &Runner::expect_calls},
      {"expect ingest", &Runner::expect_ingest},
      {"expect streamed the same", &Runner::expect_streamed_the_same},
      {"expect upstream", &Runner::expect_upstream},
      {"expect events", &Runner::expect_events},
      {"expect text", &Runner::expect_text},
      {"expect end", &Runner::expect_end},
      {"expect call", &Runner::expect_call},
      {"expect bills agree", &Runner::expect_bills_agree},
      {"expect ledger", &Runner::expect_ledger},
      {"expect audit", &Runner::expect_audit},
      {"expect trace", &Runner::expect_trace},
      {"expect circuit", &Runner::expect_circuit},
  };
  return table;
}

std::optional<Fault> Runner::run(const Scenario& scenario) {
  for (const Statement& statement : scenario.statements)
    if (statement.verb == "model") {
      TextCursor cursor(statement.rest);
      add_model(settings_, std::string(cursor.word()));
    }
  if (const Status started = start_upstreams(scenario); !started)
    return Fault{scenario.statements.front().line, started.error().message()};
  for (const Statement& statement : scenario.statements) {
    const Status status = (this->*handlers().at(statement.verb))(statement);
    if (!status) return Fault{statement.line, statement.verb + ": " + status.error().message()};
  }
  const Status status = finish();
  if (status) return std::nullopt;
  return Fault{scenario.statements.back().line, "after the last statement: " + status.error().message()};
}

Status Runner::finish() {
  open_.clear();
  answer_.reset();
  if (!service_) return {};
  LOADLINE_ASSIGN(const json::object unused, tell({{"do", "unused"}}));
  return service_->stop();
}

Status Runner::before_start() const {
  if (!service_) return {};
  return wrong("stands before the first statement that needs the service");
}

Status Runner::started() {
  if (service_) return {};
  if (settings_.models.empty()) add_model(settings_, "m");
  LOADLINE_ASSIGN(service_, Service::start(settings_));
  for (const auto& [name, reply] : std::exchange(early_replies_, {})) {
    LOADLINE_ASSIGN(const json::object added, tell({{"do", "reply"}, {"model", name}, {"reply", reply}}));
  }
  return {};
}

Result<json::object> Runner::tell(json::object command) {
  LOADLINE_TRY(started());
  return service_->command(std::move(command));
}

// What runs

Status Runner::limit(const Statement& statement) {
  LOADLINE_TRY(before_start());
  TextCursor cursor(statement.rest);
  const std::string_view name = cursor.token();
  const auto found = limits().find(name);
  if (found == limits().end()) {
    std::vector<std::string_view> known;
    for (const auto& entry : limits()) known.push_back(entry.first);
    return wrong("there is no limit '" + std::string(name) + "'" + meant(name, known));
  }
  cursor.take("=");
  LOADLINE_ASSIGN(const std::int64_t number, number_of(cursor.token()));
  found->second(settings_, number);
  return cursor.end();
}

Status Runner::key(const Statement& statement) {
  LOADLINE_TRY(before_start());
  TextCursor cursor(statement.rest);
  const std::string name(cursor.token());
  settings_.keys.push_back({name, std::string(cursor.token())});
  return cursor.end();
}

Status Runner::route(const Statement& statement) {
  LOADLINE_TRY(before_start());
  TextCursor cursor(statement.rest);
  RouteSettings route;
  route.name = cursor.token();
  route.model = "m";
  route.instructions = statement.block;
  while (!cursor.at_end()) {
    const std::string_view token = cursor.token();
    const auto pair = pair_of(token);
    if (!pair) return wrong("'" + std::string(token) + "' is not name=value");
    LOADLINE_TRY(set_route_field(route, pair->first, pair->second));
  }
  add_model(settings_, route.model);
  settings_.routes.push_back(std::move(route));
  return {};
}

Status Runner::model(const Statement& statement) {
  TextCursor cursor(statement.rest);
  const std::string name(cursor.word());
  if (!cursor.take(":")) return wrong("'model NAME: what it says'");
  LOADLINE_ASSIGN(const std::string reply, text_of(cursor.rest(), statement.block));
  if (!service_) return early_replies_.emplace_back(name, reply), Status();
  LOADLINE_ASSIGN(const json::object added, tell({{"do", "reply"}, {"model", name}, {"reply", reply}}));
  return {};
}

Status Runner::embedder(const Statement& statement) {
  LOADLINE_TRY(before_start());
  if (statement.rest != "hash" && statement.rest != "all-minilm-l6-v2")
    return wrong("the embedder is hash or all-minilm-l6-v2, not '" + statement.rest + "'");
  settings_.real_embedder = statement.rest != "hash";
  return {};
}

Status Runner::extractor(const Statement& statement) {
  LOADLINE_TRY(before_start());
  if (statement.rest != "confined" && statement.rest != "lines")
    return wrong("the extractor is confined or lines, not '" + statement.rest + "'");
  settings_.confined_extractor = statement.rest == "confined";
  return {};
}

Status Runner::local_only(const Statement& statement) {
  LOADLINE_TRY(before_start());
  settings_.local_only = true;
  return nothing_more(statement);
}

Status Runner::not_ready(const Statement& statement) {
  LOADLINE_TRY(before_start());
  settings_.not_ready = statement.rest;
  return {};
}

// Documents

Status Runner::document(const Statement& statement) {
  TextCursor cursor(statement.rest);
  const std::string name(cursor.token());
  if (!is_inside(name)) return wrong("a document's name is a relative path");
  const fs::path path = documents_folder() + "/" + name;
  fs::create_directories(path.parent_path());
  if (cursor.take("from ")) {
    const fs::path source = std::string(LOADLINE_SOURCE_DIR "/") + std::string(cursor.token());
    std::error_code error;
    fs::copy_file(source, path, fs::copy_options::overwrite_existing, error);
    if (error) return wrong(source.string() + ": " + error.message());
    return cursor.end();
  }
  std::ofstream(path, std::ios::binary) << statement.block;
  return cursor.end();
}

Status Runner::remove(const Statement& statement) {
  if (is_inside(statement.rest) && fs::remove(documents_folder() + "/" + statement.rest)) return {};
  return wrong("there is no document '" + statement.rest + "'");
}

Status Runner::ingest(const Statement& statement) {
  TextCursor cursor(statement.rest);
  json::object command{{"do", "ingest"}, {"collection", std::string(cursor.token())}, {"prune", false}};
  json::object metadata;
  bool may_fail = false;
  while (!cursor.at_end()) {
    if (cursor.take("allowing failures")) {
      may_fail = true;
      continue;
    }
    const std::string_view token = cursor.token();
    const auto pair = pair_of(token);
    if (token == "prune")
      command["prune"] = true;
    else if (!pair)
      return wrong("'" + std::string(token) +
                   "' is unknown; ingest COLLECTION [prune] [label=L] [name=value] [allowing failures]");
    else if (pair->first == "label")
      command["label"] = pair->second;
    else
      metadata[pair->first] = pair->second;
  }
  command["metadata"] = std::move(metadata);
  LOADLINE_ASSIGN(ingested_, tell(std::move(command)));
  if (may_fail) return {};
  for (const json::value& document : ingested_.at("documents").as_array())
    if (document.at("state") == "failed" || document.at("state") == "partial")
      return Error(Code::failed_precondition,
                   json::serialize(document) + "; say 'allowing failures' if that is meant");
  return {};
}

Status Runner::verify(const Statement& statement) {
  LOADLINE_ASSIGN(const json::object report, tell({{"do", "verify"}, {"collection", statement.rest}}));
  return {};
}

// Requests

Status Runner::header(const Statement& statement) {
  const std::size_t colon = statement.rest.find(':');
  if (colon == std::string::npos) return wrong("'header NAME: VALUE'");
  TextCursor value(std::string_view(statement.rest).substr(colon + 1));
  headers_.emplace_back(statement.rest.substr(0, colon), std::string(value.rest()));
  return {};
}

Status Runner::request(const Statement& statement) {
  TextCursor cursor(statement.rest);
  const std::string label = label_of(cursor);
  HttpCall call;
  call.method = cursor.token();
  call.target = cursor.token();
  if (call.target.empty() || call.target.front() != '/') return wrong("'request METHOD /PATH BODY'");
  LOADLINE_ASSIGN(call.body, body_of(cursor, statement.block));
  return send(call, label);
}

Status Runner::upload(const Statement& statement) {
  TextCursor cursor(statement.rest);
  const std::string label = label_of(cursor);
  HttpCall call;
  call.method = "POST";
  call.target = "/v1/collections/" + std::string(cursor.token()) + "/documents";
  call.content_type = "multipart/form-data; boundary=" + std::string(boundary);
  const std::string part = "--" + std::string(boundary) + "\r\ncontent-disposition: form-data; name=\"";
  while (!cursor.at_end()) {
    const std::string token(cursor.token());
    if (const auto field = pair_of(token)) {
      call.body += part + field->first + "\"\r\n\r\n" + field->second + "\r\n";
      continue;
    }
    std::ifstream file(documents_folder() + "/" + token, std::ios::binary);
    if (!file) return wrong("there is no document '" + token + "'");
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    call.body += part + "file\"; filename=\"" + token + "\"\r\n\r\n" + content + "\r\n";
  }
  call.body += "--" + std::string(boundary) + "--\r\n";
  return send(call, label);
}

Status Runner::raw(const Statement& statement) {
  TextCursor cursor(statement.rest);
  const std::string label = label_of(cursor);
  const bool whole = !cursor.take("unfinished");
  LOADLINE_TRY(cursor.end());
  std::string bytes;
  for (const char c : statement.block) bytes += c == '\n' ? std::string("\r\n") : std::string(1, c);
  if (whole) bytes += "\r\n";
  last_call_ = {};
  return send_bytes(bytes, label);
}

Status Runner::send(const HttpCall& call, const std::string& label) {
  LOADLINE_TRY(started());
  last_call_ = call;
  last_call_.headers = std::exchange(headers_, {});
  if (!secret_.empty()) last_call_.headers.emplace_back("authorization", "Bearer " + secret_);
  if (!label.empty()) {
    LOADLINE_ASSIGN(open_[label], exchange(last_call_));
    return {};
  }
  LOADLINE_ASSIGN(const json::object marked, tell({{"do", "mark"}}));
  LOADLINE_ASSIGN(answer_, exchange(last_call_));
  return answer_->read_all();
}

Result<std::unique_ptr<TestClient>> Runner::exchange(const HttpCall& call) {
  std::string bytes = call.method + " " + call.target +
                      " HTTP/1.1\r\nhost: 127.0.0.1:" + std::to_string(service_->port()) + "\r\n";
  const bool own_type = std::any_of(call.headers.begin(), call.headers.end(),
                                    [](const auto& header) { return header.first == "content-type"; });
  for (const auto& [name, value] : call.headers) bytes += name + ": " + value + "\r\n";
  if (!call.body.empty() && !own_type) bytes += "content-type: " + call.content_type + "\r\n";
  if (!call.body.empty() || call.method == "POST")
    bytes += "content-length: " + std::to_string(call.body.size()) + "\r\n";
  bytes += "\r\n" + call.body;
  LOADLINE_ASSIGN(auto client, TestClient::open(service_->port()));
  if (call.method == "HEAD") client->expect_no_body();
  LOADLINE_TRY(client->send(bytes));
  return client;
}

Status Runner::send_bytes(std::string_view bytes, const std::string& label) {
  LOADLINE_TRY(started());
  LOADLINE_ASSIGN(auto client, TestClient::open(service_->port()));
  LOADLINE_TRY(client->send(bytes));
  if (!label.empty()) return open_[label] = std::move(client), Status();
  answer_ = std::move(client);
  return answer_->read_all();
}

Result<TestClient*> Runner::open_client(const std::string& label) {
  const auto found = open_.find(label);
  if (found != open_.end()) return found->second.get();
  std::vector<std::string_view> known;
  for (const auto& entry : open_) known.push_back(entry.first);
  return wrong("no request is called '" + label + "'" + (known.empty() ? "" : meant(label, known)));
}

Status Runner::await(const Statement& statement) {
  LOADLINE_ASSIGN(TestClient * client, open_client(statement.rest));
  LOADLINE_TRY(client->read_all());
  answer_ = std::move(open_.extract(statement.rest).mapped());
  return {};
}

Status Runner::read(const Statement& statement) {
  TextCursor cursor(statement.rest);
  LOADLINE_ASSIGN(TestClient * client, open_client(std::string(cursor.token())));
  LOADLINE_ASSIGN(const std::int64_t count, number_of(cursor.token()));
  if (!cursor.take("events") && !cursor.take("event")) return wrong("'read LABEL N events'");
  LOADLINE_TRY(cursor.end());
  return client->read_events(static_cast<std::size_t>(count));
}

Status Runner::disconnect(const Statement& statement) {
  LOADLINE_ASSIGN(TestClient * client, open_client(statement.rest));
  (void)client;
  open_.erase(statement.rest);
  return {};
}

Status Runner::stop_sending(const Statement& statement) {
  LOADLINE_ASSIGN(TestClient * client, open_client(statement.rest));
  client->stop_sending();
  return {};
}

// Time and events

Status Runner::hold(const Statement& statement) {
  TextCursor cursor(statement.rest);
  const std::string document(cursor.token());
  if (settings_.confined_extractor) return wrong("only 'extractor lines' can be held");
  if (!cursor.take("page ")) return wrong("'hold DOCUMENT page N'");
  LOADLINE_ASSIGN(const std::int64_t page, number_of(cursor.token()));
  LOADLINE_ASSIGN(const json::object held,
                  tell({{"do", "hold page"}, {"document", document}, {"page", page}}));
  return cursor.end();
}

Status Runner::wait_for(const Statement& statement) {
  LOADLINE_ASSIGN(const json::object waited, tell({{"do", "wait for"}, {"gate", statement.rest}}));
  return {};
}

Status Runner::release(const Statement& statement) {
  LOADLINE_ASSIGN(const json::object released, tell({{"do", "release"}, {"gate", statement.rest}}));
  return {};
}

Status Runner::advance(const Statement& statement) {
  TextCursor cursor(statement.rest);
  LOADLINE_ASSIGN(std::int64_t millis, number_of(cursor.token()));
  if (cursor.rest() != "s" && cursor.rest() != "ms") return wrong("'advance N s' or 'advance N ms'");
  if (cursor.rest() == "s") millis *= 1000;
  settings_.clock_millis += millis;
  LOADLINE_ASSIGN(const json::object advanced, tell({{"do", "advance"}, {"millis", millis}}));
  return {};
}

Status Runner::restart(const Statement& statement) {
  LOADLINE_TRY(started());
  answer_.reset();
  LOADLINE_TRY(service_->stop());
  service_.reset();
  LOADLINE_TRY(nothing_more(statement));
  return started();
}

Status Runner::kill(const Statement& statement) {
  LOADLINE_TRY(started());
  answer_.reset();
  service_->kill();
  service_.reset();
  LOADLINE_TRY(nothing_more(statement));
  return started();
}

Status Runner::wait_until(const Statement& statement) {
  TextCursor cursor(statement.rest);
  HttpCall call;
  call.method = cursor.token();
  call.target = cursor.token();
  const std::string condition(cursor.rest());
  call.headers = std::exchange(headers_, {});
  LOADLINE_TRY(started());
  const auto until = std::chrono::steady_clock::now() + options_.patience;
  for (;;) {
    LOADLINE_ASSIGN(answer_, exchange(call));
    LOADLINE_TRY(answer_->read_all());
    json::error_code ec;
    const json::value body = json::parse(answer_->body(), ec);
    const Status status = check_json(ec ? json::value(answer_->body()) : body, condition);
    if (status || status.error().code() == Code::invalid_argument) return status;
    if (std::chrono::steady_clock::now() >= until) return status.error().within("still not so");
    const timespec pause{0, 5'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace loadline

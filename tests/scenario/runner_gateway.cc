// The runner's statements about the governed gateway: upstreams, manifest, keys, and what is left behind.
#include <charconv>

#include "answer_forms.h"
#include "json_match.h"
#include "runner.h"
#include "text_cursor.h"

namespace loadline {

namespace json = boost::json;

namespace {

constexpr int repetitions_max = 20'000;
constexpr std::size_t shown_bytes_max = 4000;

Error wrong(std::string message) { return {Code::invalid_argument, std::move(message)}; }

// "@NAME" in a manifest, up to the first character that no name has.
std::string_view name_at(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
    ++end;
  return text.substr(0, end);
}

}  // namespace

Status Runner::start_upstreams(const Scenario& scenario) {
  for (const Statement& statement : scenario.statements) {
    if (statement.verb != "upstream") continue;
    TextCursor cursor(statement.rest);
    const std::string name(cursor.word());
    if (upstreams_.find(name) != upstreams_.end()) continue;
    LOADLINE_ASSIGN(upstreams_[name], UpstreamProcess::start());
  }
  return {};
}

Result<UpstreamProcess*> Runner::upstream_named(std::string_view name) {
  const auto found = upstreams_.find(name);
  if (found != upstreams_.end()) return found->second.get();
  std::vector<std::string_view> known;
  for (const auto& entry : upstreams_) known.push_back(entry.first);
  return wrong("there is no upstream '" + std::string(name) + "'" + meant(name, known));
}

// One rule on the line, or one on each line of the block; nothing: it behaves.
Status Runner::upstream(const Statement& statement) {
  TextCursor cursor(statement.rest);
  LOADLINE_ASSIGN(UpstreamProcess * upstream, upstream_named(cursor.word()));
  cursor.take(":");
  json::array rules;
  if (!cursor.at_end()) {
    LOADLINE_ASSIGN(json::object rule, parse_upstream_rule(cursor.rest()));
    rules.push_back(std::move(rule));
  }
  for (std::string_view block = statement.block; !block.empty();) {
    const std::size_t end = block.find('\n');
    LOADLINE_ASSIGN(json::object rule, parse_upstream_rule(block.substr(0, end)));
    rules.push_back(std::move(rule));
    block.remove_prefix(end + 1);
  }
  return upstream->obey(std::move(rules));
}

Status Runner::manifest(const Statement& statement) {
  LOADLINE_TRY(before_start());
  if (!statement.rest.empty()) return wrong("the manifest is the block below");
  std::string text;
  for (std::string_view rest = statement.block; !rest.empty();) {
    const std::size_t at = std::min(rest.find('@'), rest.size());
    text += rest.substr(0, at);
    rest.remove_prefix(at);
    if (rest.empty()) break;
    const std::string_view name = name_at(rest.substr(1));
    rest.remove_prefix(1 + name.size());
    if (name == "refused") {
      if (!refused_) refused_.emplace();
      text += "127.0.0.1:" + std::to_string(refused_->port());
      continue;
    }
    LOADLINE_ASSIGN(const UpstreamProcess* upstream, upstream_named(name));
    text += "127.0.0.1:" + std::to_string(upstream->port());
  }
  settings_.gateway.manifest = std::move(text);
  return {};
}

Status Runner::issue_key(const Statement& statement) {
  TextCursor cursor(statement.rest);
  json::object wanted{{"do", "gateway key"}, {"name", std::string(cursor.token())}};
  static const std::vector<std::string_view> known{"team",  "clearance", "floor",  "day",
                                                   "month", "routes",    "models", "concurrent"};
  while (!cursor.at_end()) {
    const std::string_view token = cursor.token();
    const std::size_t at = std::min(token.find('='), token.size());
    const std::string_view name = token.substr(0, at);
    if (std::find(known.begin(), known.end(), name) == known.end() || at == token.size())
      return wrong("a key has no '" + std::string(name) + "=...'" + meant(name, known));
    wanted[name] = std::string(token.substr(at + 1));
  }
  const std::string name = json_string(wanted.at("name"));
  LOADLINE_ASSIGN(const json::object made, tell(std::move(wanted)));
  secret_ = issued_[name] = json_string(made.at("secret"));
  return {};
}

Status Runner::using_key(const Statement& statement) {
  const auto found = issued_.find(statement.rest);
  if (found == issued_.end()) return wrong("no key '" + statement.rest + "' was issued");
  secret_ = found->second;
  return {};
}

Status Runner::disk_full(const Statement&) {
  LOADLINE_ASSIGN(const json::object done, tell({{"do", "gateway disk full"}}));
  return {};
}

Status Runner::disk_free(const Statement&) {
  LOADLINE_ASSIGN(const json::object done, tell({{"do", "gateway disk free"}}));
  return {};
}

// The last request once more, until the answer is this one.
Status Runner::again_until_status(const Statement& statement) {
  int status = 0;
  const std::string& text = statement.rest;
  if (std::from_chars(text.data(), text.data() + text.size(), status).ec != std::errc())
    return wrong("'again until status N'");
  if (!answer_) return wrong("there is no request yet");
  for (int i = 0; i < repetitions_max; ++i) {
    LOADLINE_ASSIGN(answer_, exchange(last_call_));
    LOADLINE_TRY(answer_->read_all());
    if (answer_->status() == status) return {};
  }
  return Error(Code::failed_precondition, "not in " + std::to_string(repetitions_max) +
                                              " requests; the last one was answered with " +
                                              std::to_string(answer_->status()));
}

Status Runner::expect_upstream(const Statement& statement) {
  TextCursor cursor(statement.rest);
  LOADLINE_ASSIGN(const UpstreamProcess* upstream, upstream_named(cursor.token()));
  const std::string condition(cursor.rest());
  return eventually([&]() -> Status {
    LOADLINE_ASSIGN(const json::object seen, upstream->seen());
    return check_json(seen, condition);
  });
}

// What the client got, for the message of a failure.
Status Runner::of_answer(const Status& status) const {
  if (status || status.error().code() == Code::invalid_argument) return status;
  return Error(Code::failed_precondition,
               status.error().message() + "\n  of " + answer_->body().substr(0, shown_bytes_max));
}

Status Runner::expect_events(const Statement& statement) {
  if (!answer_) return wrong("there is no answer yet");
  return of_answer(check_json(events_json(answer_->body()), statement.rest));
}

Status Runner::expect_text(const Statement& statement) {
  if (!answer_) return wrong("there is no answer yet");
  return of_answer(check_value(json::string(answer_text(answer_->body())), statement.rest));
}

Status Runner::expect_end(const Statement& statement) {
  if (!answer_) return wrong("there is no answer yet");
  LOADLINE_ASSIGN(const StreamEnd wanted, stream_end_named(statement.rest));
  return of_answer(check_stream_end(last_call_.target, answer_->body(), answer_->complete(), wanted));
}

// Row, sendings, decision and spans of the last request.
Status Runner::expect_call(const Statement& statement) {
  if (!answer_) return wrong("there is no answer yet");
  const std::string id = answer_->header("x-request-id").value_or("");
  const Status status = eventually([&]() -> Status {
    LOADLINE_ASSIGN(const json::object told, tell({{"do", "gateway call"}, {"id", id}}));
    return check_json(told, statement.rest);
  });
  return of_answer(status);
}

// What the settled rows add up to is what all upstreams say they billed.
Status Runner::expect_bills_agree(const Statement&) {
  return eventually([&]() -> Status {
    std::int64_t input = 0, output = 0;
    for (const auto& entry : upstreams_) {
      LOADLINE_ASSIGN(const json::object seen, entry.second->seen());
      input += seen.at("prompt_tokens").to_number<std::int64_t>();
      output += seen.at("completion_tokens").to_number<std::int64_t>();
    }
    LOADLINE_ASSIGN(const json::object told, tell({{"do", "gateway ledger"}}));
    const json::value& sums = told.at("sums");
    if (sums.at("input") == json::value(input) && sums.at("output") == json::value(output)) return {};
    return Error(Code::failed_precondition, "the upstreams billed " + std::to_string(input) + " and " +
                                                std::to_string(output) + " tokens, the ledger has " +
                                                json::serialize(sums));
  });
}

Status Runner::expect_told(const char* question, const Statement& statement) {
  return eventually([&]() -> Status {
    LOADLINE_ASSIGN(const json::object told, tell({{"do", question}}));
    return check_json(told, statement.rest);
  });
}

Status Runner::expect_ledger(const Statement& statement) { return expect_told("gateway ledger", statement); }
Status Runner::expect_audit(const Statement& statement) { return expect_told("gateway audit", statement); }
Status Runner::expect_trace(const Statement& statement) { return expect_told("gateway trace", statement); }
Status Runner::expect_circuit(const Statement& statement) {
  return expect_told("gateway circuits", statement);
}

}  // namespace loadline

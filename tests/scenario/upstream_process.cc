#include "upstream_process.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "fake_upstream.h"
#include "scenario.h"
#include "test_client.h"
#include "text_cursor.h"

namespace loadline {

namespace json = boost::json;

namespace {

Error failed(std::string what) { return {Code::unavailable, "the fake upstream: " + std::move(what)}; }

// Tells its port, then lives until the runner lets go of its end.
[[noreturn]] void serve_until_closed(int life) {
  const auto upstream = FakeUpstream::start();
  const std::uint16_t port = upstream ? (*upstream)->port() : 0;
  if (::send(life, &port, sizeof port, MSG_NOSIGNAL) != sizeof port) ::_exit(1);
  char byte = 0;
  while (::read(life, &byte, 1) > 0) {
  }
  ::_exit(0);  // what the runner had before the fork is not this process's to destroy
}

// Bodies that are JSON as JSON, headers by their name.
void make_easy_to_ask(json::object& request) {
  json::error_code ec;
  json::value body = json::parse(json_string(request.at("body")), ec);
  if (!ec) request["body"] = std::move(body);
  json::object headers;
  for (const json::value& field : request.at("headers").as_array()) {
    std::string name = json_string(field.at(0));
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    headers[name] = field.at(1);
  }
  request["headers"] = std::move(headers);
}

struct Word {
  std::string_view name;    // of the statement
  std::string_view member;  // of the rule
  enum { none, number, value } takes;
  std::string_view unit;  // that follows a number
};

constexpr Word words[] = {{"status ", "status", Word::number, ""},
                          {"says ", "text", Word::value, ""},
                          {"in ", "deltas", Word::number, "pieces"},
                          {"every ", "delta_ms", Word::number, "ms"},
                          {"after ", "delay_ms", Word::number, "ms"},
                          {"closes", "close_before_answer", Word::none, ""},
                          {"resets", "reset", Word::none, ""},
                          {"cut after events ", "drop_after_events", Word::number, ""},
                          {"cut after bytes ", "drop_after_bytes", Word::number, ""},
                          {"stall after events ", "stall_after_events", Word::number, ""},
                          {"stall after bytes ", "stall_after_bytes", Word::number, ""},
                          {"drip ", "drip_bytes_per_s", Word::number, "bytes a second"},
                          {"split ", "split_bytes", Word::number, "bytes"},
                          {"malformed event ", "malformed_event", Word::number, ""},
                          {"ignores limits", "ignores_limit", Word::none, ""},
                          {"tool", "tool", Word::none, ""},
                          {"thinking", "thinking", Word::none, ""},
                          {"finish ", "finish", Word::value, ""},
                          {"usage ", "usage", Word::value, ""},
                          {"retry after ", "retry_after", Word::value, ""},
                          {"asked for ", "model", Word::value, ""},
                          {"told ", "contains", Word::value, ""},
                          {"times ", "times", Word::number, ""}};

Error unknown_word(std::string_view word) {
  std::vector<std::string_view> known;
  for (const Word& entry : words) known.push_back(entry.name);
  return {Code::invalid_argument,
          "an upstream does not know '" + std::string(word) + "'" + meant(word, known)};
}

Status take_word(TextCursor& cursor, json::object& rule) {
  for (const Word& word : words) {
    if (!cursor.take(word.name)) continue;
    if (word.takes == Word::none) return rule[word.member] = true, Status();
    LOADLINE_ASSIGN(json::value value, cursor.value());
    if (word.takes == Word::number ? !value.is_int64() : !value.is_string())
      return Error(Code::invalid_argument, "'" + std::string(word.name) + "' is followed by a " +
                                               (word.takes == Word::number ? "number" : "text in quotes"));
    rule[word.member] = std::move(value);
    if (!word.unit.empty() && !cursor.take(word.unit))
      return Error(Code::invalid_argument,
                   "'" + std::string(word.name) + "N " + std::string(word.unit) + "'");
    return {};
  }
  return unknown_word(cursor.rest());
}

}  // namespace

Result<std::unique_ptr<UpstreamProcess>> UpstreamProcess::start() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return failed("socketpair failed");
  std::fflush(nullptr);
  const pid_t runner = ::getpid();
  const pid_t process = ::fork();
  if (process < 0) return failed("fork failed");
  if (process == 0) {
    ::close(ends[0]);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != runner) ::_exit(1);
    serve_until_closed(ends[1]);
  }
  ::close(ends[1]);
  std::unique_ptr<UpstreamProcess> upstream(new UpstreamProcess(process, ends[0]));
  if (::read(ends[0], &upstream->port_, sizeof upstream->port_) != sizeof upstream->port_ ||
      upstream->port_ == 0)
    return failed("it does not start");
  return upstream;
}

UpstreamProcess::~UpstreamProcess() {
  ::close(life_);
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

Result<std::string> UpstreamProcess::control(std::string_view method, std::string_view target,
                                             const std::string& body) const {
  LOADLINE_ASSIGN(auto client, TestClient::open(port_));
  LOADLINE_TRY(client->send(std::string(method) + " " + std::string(target) +
                            " HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body));
  LOADLINE_TRY(client->read_all());
  if (client->status() != 200) return failed(client->body());
  return client->body();
}

Status UpstreamProcess::obey(json::array rules) const {
  const auto told = control("PUT", "/control", json::serialize(json::object{{"rules", std::move(rules)}}));
  return told ? Status() : Status(told.error());
}

Result<json::object> UpstreamProcess::seen() const {
  LOADLINE_ASSIGN(const std::string counts, control("GET", "/control/counts", ""));
  LOADLINE_ASSIGN(const std::string received, control("GET", "/control/requests", ""));
  json::object seen = json::parse(counts).as_object();
  json::array requests = json::parse(received).as_array();
  for (json::value& request : requests) make_easy_to_ask(request.as_object());
  seen["received"] = std::move(requests);
  return seen;
}

RefusedPort::RefusedPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  // Bound, so that nobody else takes it, and never listened at.
  if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
      ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0)
    port_ = ntohs(address.sin_port);
}

RefusedPort::~RefusedPort() { ::close(socket_); }

Result<json::object> parse_upstream_rule(std::string_view text) {
  json::object rule;
  TextCursor cursor(text);
  while (!cursor.at_end()) {
    LOADLINE_TRY(take_word(cursor, rule));
    if (!cursor.at_end() && !cursor.take(","))
      return Error(Code::invalid_argument, "a comma is expected before '" + std::string(cursor.rest()) + "'");
  }
  return rule;
}

}  // namespace loadline

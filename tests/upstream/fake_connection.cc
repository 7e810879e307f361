#include "fake_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <optional>

#include "fake_upstream.h"

namespace loadline {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Token = asio::redirect_error_t<asio::use_awaitable_t<>>;

namespace {

constexpr std::size_t read_bytes = 16384;
constexpr std::uint64_t pause_step_ms = 5;  // how soon a client that went away is noticed
constexpr std::uint64_t stall_ms_max = 600'000;
constexpr std::uint64_t drips_per_s = 20;

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Calls `each(name, value)` until it gives false.
template <class Each>
void for_each_field(std::string_view fields, Each each) {
  while (!fields.empty()) {
    const std::size_t end = std::min(fields.find("\r\n"), fields.size());
    const std::string_view line = fields.substr(0, end);
    fields.remove_prefix(std::min(end + 2, fields.size()));
    const std::size_t colon = std::min(line.find(':'), line.size());
    if (!each(line.substr(0, colon), trim(line.substr(std::min(colon + 1, line.size()))))) return;
  }
}

std::string head(int status, std::string_view type, std::string_view framing, std::string_view more = {}) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + (status < 400 ? " OK" : " Error");
  text.append("\r\ncontent-type: ").append(type).append("\r\n").append(framing).append("\r\n");
  text.append(more).append("\r\n");
  return text;
}

std::string length_field(std::size_t size) { return "content-length: " + std::to_string(size); }

void append_chunk(std::string& out, std::string_view data) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, data.size(), 16).ptr);
  out.append("\r\n").append(data).append("\r\n");
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

// The whole body, where its events end, and where it stops.
struct FakeConnection::Plan {
  Plan(const FakeAnswer& answer_given, const FakeFault& fault_given)
      : answer(answer_given), fault(fault_given) {
    for (const FakeEvent& event : answer.events) {
      body += event.bytes;
      ends.push_back(body.size());
    }
    drop = limit(fault.drop_after_bytes, fault.drop_after_events);
    stall = limit(fault.stall_after_bytes, fault.stall_after_events);
  }
  std::optional<std::size_t> limit(std::optional<std::uint64_t> bytes,
                                   std::optional<std::uint64_t> events) const {
    std::optional<std::size_t> at;
    if (events) at = *events == 0 ? 0 : ends[std::min<std::size_t>(*events, ends.size()) - 1];
    if (bytes) at = std::min<std::size_t>(at.value_or(body.size()), *bytes);
    return at;
  }
  bool at_once() const {
    return !drop && !stall && fault.split_bytes == 0 && fault.drip_bytes_per_s == 0 && fault.delta_ms == 0;
  }
  // The end of the piece that begins at `at`.
  std::size_t piece_end(std::size_t at) const {
    std::size_t end =
        fault.split_bytes > 0 ? at + fault.split_bytes : *std::upper_bound(ends.begin(), ends.end(), at);
    if (fault.drip_bytes_per_s > 0)
      end = std::min(end, at + std::max<std::size_t>(1, fault.drip_bytes_per_s / drips_per_s));
    if (drop && *drop > at) end = std::min(end, *drop);
    if (stall && *stall > at) end = std::min(end, *stall);
    return std::min(end, body.size());
  }
  void sent(std::size_t to) {
    log.bytes_sent = to;
    while (log.events_sent < ends.size() && ends[log.events_sent] <= to)
      log.completion_tokens += answer.events[log.events_sent++].tokens;
  }

  const FakeAnswer& answer;
  const FakeFault& fault;
  std::string head;
  std::string body;
  std::vector<std::size_t> ends;
  std::optional<std::size_t> drop, stall;
  FakeLogEntry log;
};

FakeConnection::FakeConnection(FakeState& state, asio::ip::tcp::socket socket)
    : state_(state), socket_(std::move(socket)), timer_(socket_.get_executor()) {
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  state_.log.connected();
}

FakeConnection::~FakeConnection() { state_.log.disconnected(); }

std::string_view FakeConnection::Request::field(std::string_view lower_name) const {
  std::string_view found;
  for_each_field(fields, [&](std::string_view name, std::string_view value) {
    if (!equal_ignoring_case(name, lower_name)) return true;
    found = value;
    return false;
  });
  return found;
}

int FakeConnection::parse(Request& request) const {
  const std::string_view bytes = in_;
  if (!bytes.empty() && (bytes.front() < 'A' || bytes.front() > 'Z')) return 400;  // TLS, say
  const std::size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return bytes.size() > FakeUpstream::head_bytes_max ? 431 : 0;
  const std::string_view line = bytes.substr(0, bytes.find("\r\n"));
  const std::size_t space = line.find(' '), second = line.rfind(' ');
  if (space == std::string_view::npos || second <= space) return 400;
  request.method = line.substr(0, space);
  request.target = line.substr(space + 1, second - space - 1);
  request.fields = bytes.substr(line.size() + 2, head_end > line.size() ? head_end - line.size() - 2 : 0);
  if (!request.field("transfer-encoding").empty()) return 411;
  request.close = equal_ignoring_case(request.field("connection"), "close") || line.ends_with("HTTP/1.0");
  std::uint64_t length = 0;
  if (const std::string_view given = request.field("content-length"); !given.empty()) {
    const auto number = number_in(given);
    if (!number) return 400;
    length = *number;
  }
  if (length > FakeUpstream::body_bytes_max) return 413;
  request.size = head_end + 4 + static_cast<std::size_t>(length);
  if (bytes.size() < request.size) return 0;
  request.body = bytes.substr(head_end + 4, static_cast<std::size_t>(length));
  return 200;
}

FakeConnection::awaitable<bool> FakeConnection::read_more() {
  const std::size_t before = in_.size();
  in_.resize(before + read_bytes);
  ErrorCode error;
  Token token(asio::use_awaitable, error);
  const asio::mutable_buffer room(in_.data() + before, read_bytes);
  const std::size_t size = co_await socket_.async_read_some(room, token);
  in_.resize(before + size);
  co_return !error;
}

FakeConnection::awaitable<void> FakeConnection::run() {
  for (bool on = true; on;) {
    Request request;
    const int state = parse(request);
    if (state == 0) {
      on = co_await read_more();
      continue;
    }
    if (state != 200) {
      std::string body = R"({"error":{"message":"the fake upstream cannot read this request"}})";
      co_await respond(state, std::move(body));
      co_return;
    }
    const std::size_t size = request.size;
    if (request.target.starts_with("/control"))
      on = co_await control(request);
    else
      on = co_await answer(request);
    on = on && !request.close;
    in_.erase(0, size);
  }
}

FakeConnection::awaitable<bool> FakeConnection::send(std::string_view bytes) {
  ErrorCode error;
  while (!bytes.empty()) {
    const asio::const_buffer rest(bytes.data(), bytes.size());
    std::size_t size = socket_.send(rest, 0, error);
    if (error == asio::error::would_block) {
      error = {};
      Token token(asio::use_awaitable, error);
      size = co_await socket_.async_write_some(rest, token);
    }
    if (error) co_return false;
    bytes.remove_prefix(size);
  }
  co_return true;
}

FakeConnection::awaitable<bool> FakeConnection::respond(int status, std::string body) {
  const std::string bytes = head(status, "application/json", length_field(body.size())) + body;
  co_return co_await send(bytes);
}

bool FakeConnection::client_gone() {
  char byte = 0;
  const ssize_t size = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return size == 0 || (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

FakeConnection::awaitable<bool> FakeConnection::pause(std::uint64_t milliseconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  for (;;) {
    if (client_gone()) co_return false;
    const auto now = std::chrono::steady_clock::now();
    if (now >= until) co_return true;
    timer_.expires_at(std::min(until, now + std::chrono::milliseconds(pause_step_ms)));
    ErrorCode ignored;
    Token token(asio::use_awaitable, ignored);
    co_await timer_.async_wait(token);
  }
}

void FakeConnection::break_off(bool reset) {
  ErrorCode ignored;
  if (reset) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

FakeConnection::awaitable<bool> FakeConnection::control(Request request) {
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  if (request.method == "PUT" && path == "/control") {
    Result<FakeScript> script = FakeScript::parse(request.body);
    if (!script) co_return co_await respond(400, script.error().message());
    state_.script = std::move(*script);
    co_return co_await respond(200, "{}");
  }
  if (request.method == "DELETE" && path == "/control") {
    state_.script = FakeScript();
    state_.log.clear();
    co_return co_await respond(200, "{}");
  }
  if (request.method == "GET" && path == "/control/counts")
    co_return co_await respond(200, state_.log.counts());
  constexpr std::string_view list = "/control/requests";
  if (request.method == "GET" && path == list) {
    const std::size_t from = request.target.find("?from=");
    const auto first = from == std::string_view::npos ? 0 : number_in(request.target.substr(from + 6));
    co_return co_await respond(200, state_.log.requests(first.value_or(0)));
  }
  if (request.method == "GET" && path.starts_with(list) && path.ends_with("/body")) {
    const auto number = number_in(path.substr(list.size() + 1, path.size() - list.size() - 6));
    const FakeLogEntry* const found = number ? state_.log.find(*number) : nullptr;
    if (found != nullptr) co_return co_await respond(200, found->body);
  }
  co_return co_await respond(404, R"({"error":{"message":"there is no such control"}})");
}

// The same bytes for all requests of a kind.
std::string FakeConnection::canned(const Request& request) {
  const bool stream = request.body.find("\"stream\":true") != std::string_view::npos ||
                      request.body.find("\"stream\": true") != std::string_view::npos ||
                      request.target.find(":stream") != std::string_view::npos;
  FakeRequest facts = read_fake_request(request.target, "{}");
  facts.problem.clear();
  facts.stream = stream;
  facts.model = "canned";
  const FakeAnswer answer = make_fake_answer(facts, FakeFault{}, 1);
  std::string body;
  for (const FakeEvent& event : answer.events) {
    if (stream)
      append_chunk(body, event.bytes);
    else
      body += event.bytes;
  }
  if (stream) return head(200, answer.content_type, "transfer-encoding: chunked") + body + "0\r\n\r\n";
  return head(200, answer.content_type, length_field(body.size())) + body;
}

FakeConnection::awaitable<bool> FakeConnection::answer(Request request) {
  if (state_.script.canned()) {
    state_.log.count();
    const bool stream = request.body.find("\"stream\":true") != std::string_view::npos;
    const std::string key = std::string(request.target) + (stream ? " stream" : "");
    if (state_.canned.size() >= FakeState::canned_max) state_.canned.clear();
    std::string& bytes = state_.canned[key];
    if (bytes.empty()) bytes = canned(request);
    const std::string copy = bytes;
    co_return co_await send(copy);
  }
  FakeRequest facts = read_fake_request(request.target, request.body);
  FakeFault fault = state_.script.find(request.target, facts.model, request.body);
  if (const std::string_view given = request.field("x-fake-fault"); !given.empty()) {
    const Result<FakeFault> parsed = FakeScript::parse_fault(given);
    if (!parsed) co_return co_await respond(400, parsed.error().message());
    fault = *parsed;
  }
  FakeLogEntry log;
  log.method = request.method;
  log.target = request.target;
  log.model = facts.model;
  log.body = request.body;
  for_each_field(request.fields, [&log](std::string_view name, std::string_view value) {
    log.headers.emplace_back(name, value);
    return true;
  });
  const std::uint64_t number = state_.log.begin(log);
  log.body.clear();
  log.headers.clear();

  int status = fault.status;
  std::string message = "the fake upstream was told to fail";
  if (status == 0 && !facts.problem.empty()) {
    status = facts.dialect == FakeDialect::unknown ? 404 : 400;
    message = facts.problem;
  }
  const FakeAnswer answer =
      status != 0 ? make_fake_error(facts.dialect, status, message) : make_fake_answer(facts, fault, number);
  Plan plan(answer, fault);
  plan.log = std::move(log);
  plan.log.number = number;
  plan.log.status = answer.status;
  if (answer.status == 200) plan.log.prompt_tokens = facts.prompt_tokens;
  std::string more;
  if (status != 0 && !fault.retry_after.empty()) more = "retry-after: " + fault.retry_after + "\r\n";
  more += "x-fake-number: " + std::to_string(number) + "\r\n";
  plan.head = head(answer.status, answer.content_type,
                   answer.stream ? "transfer-encoding: chunked" : length_field(plan.body.size()), more);
  const bool on = co_await send_body(plan);
  state_.log.end(std::move(plan.log));
  co_return on;
}

FakeConnection::awaitable<bool> FakeConnection::send_body(Plan& plan) {
  const FakeFault& fault = plan.fault;
  plan.log.outcome = "client_gone";
  if (fault.delay_ms > 0) {
    const bool there = co_await pause(fault.delay_ms);
    if (!there) co_return false;
  }
  if (fault.close_before_answer) {
    plan.log.outcome = "cut";
    plan.log.prompt_tokens = 0;
    break_off(fault.reset);
    co_return false;
  }
  std::string out = std::move(plan.head);
  std::size_t at = 0;
  while (at < plan.body.size()) {
    if (plan.drop == at) {
      if (!out.empty()) co_await send(out);
      plan.log.outcome = "cut";
      break_off(fault.reset);
      co_return false;
    }
    if (plan.stall == at) {
      bool there = true;
      if (!out.empty()) there = co_await send(out);
      if (there) there = co_await pause(stall_ms_max);
      plan.log.outcome = there ? "cut" : "client_gone";
      break_off(false);
      co_return false;
    }
    const std::size_t end = plan.at_once() ? plan.body.size() : plan.piece_end(at);
    const std::string_view piece = std::string_view(plan.body).substr(at, end - at);
    if (plan.answer.stream)
      append_chunk(out, piece);
    else
      out += piece;
    if (plan.answer.stream && end == plan.body.size() && !plan.drop && !plan.stall) out += "0\r\n\r\n";
    const bool there = co_await send(out);
    if (!there) co_return false;
    out.clear();
    at = end;
    plan.sent(at);
    std::uint64_t wait = fault.drip_bytes_per_s > 0 ? 1000 / drips_per_s : fault.delta_ms;
    if (wait > 0 && at < plan.body.size()) {
      const bool still = co_await pause(wait);
      if (!still) co_return false;
    }
  }
  if (!plan.drop && !plan.stall) {
    plan.log.outcome = "whole";
    co_return true;
  }
  // Told to break off at its very end: the body is there, its end is not said.
  if (plan.stall) co_await pause(stall_ms_max);
  plan.log.outcome = "cut";
  break_off(fault.reset);
  co_return false;
}

}  // namespace loadline

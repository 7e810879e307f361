#include "test_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>

namespace loadline {

namespace http = boost::beast::http;

TestClient::TestClient(int socket) : socket_(socket) { begin_answer(); }

void TestClient::begin_answer() {
  parser_.emplace();
  parser_->eager(true);
  parser_->body_limit(answer_bytes_max);
  parser_->header_limit(65536);
}

TestClient::~TestClient() { ::close(socket_); }

Result<std::unique_ptr<TestClient>> TestClient::open(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::unique_ptr<TestClient> client(new TestClient(socket));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (socket < 0 || ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return Error(Code::unavailable, "no connection to the server");
  return client;
}

Status TestClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd ready{socket_, POLLOUT | POLLIN, 0};
    if (::poll(&ready, 1, wait_millis_max) <= 0)
      return Error(Code::deadline_exceeded, "the server does not take the request");
    if ((ready.revents & POLLOUT) == 0) return {};
    const ssize_t size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size <= 0) return {};  // what the server said before it hung up is read below
    bytes.remove_prefix(static_cast<std::size_t>(size));
    if ((ready.revents & POLLIN) != 0) return {};
  }
  return {};
}

void TestClient::stop_sending() { ::shutdown(socket_, SHUT_WR); }

Result<bool> TestClient::read_more() {
  pollfd ready{socket_, POLLIN, 0};
  if (::poll(&ready, 1, wait_millis_max) <= 0)
    return Error(Code::deadline_exceeded, "the server does not answer");
  char bytes[65536];
  const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
  boost::beast::error_code ec;
  if (size <= 0) {
    parser_->put_eof(ec);
    complete_ = !ec && parser_->is_done();
    return false;
  }
  unparsed_.append(bytes, static_cast<std::size_t>(size));
  unparsed_.erase(0, parser_->put(boost::asio::buffer(unparsed_), ec));
  if (parser_->is_done() && status() < 200) {
    begin_answer();
    unparsed_.erase(0, parser_->put(boost::asio::buffer(unparsed_), ec));
  }
  complete_ = parser_->is_done();
  if (ec && ec != http::error::need_more)
    return Error(Code::data_loss, "not an HTTP answer: " + ec.message());
  return true;
}

Status TestClient::read_all() {
  bool more = true;
  while (more && !complete_) {
    LOADLINE_ASSIGN(more, read_more());
  }
  return {};
}

Status TestClient::read_events(std::size_t count) {
  bool more = true;
  while (events_of(body()).size() < count) {
    if (!more || complete_)
      return Error(Code::failed_precondition, "the answer ended after " +
                                                  std::to_string(events_of(body()).size()) + " events" +
                                                  (has_head() ? ", status " + std::to_string(status()) : ""));
    LOADLINE_ASSIGN(more, read_more());
  }
  return {};
}

std::optional<std::string> TestClient::header(std::string_view name) {
  const auto range = parser_->get().equal_range(boost::beast::string_view(name.data(), name.size()));
  std::optional<std::string> values;
  for (auto field = range.first; field != range.second; ++field)
    values = (values ? *values + ", " : "") + std::string(field->value().data(), field->value().size());
  return values;
}

std::vector<std::string> events_of(std::string_view body) {
  std::vector<std::string> events;
  for (;;) {
    const std::size_t end = body.find("\n\n");
    if (end == std::string_view::npos) return events;
    std::string data;
    std::string_view event = body.substr(0, end);
    body.remove_prefix(end + 2);
    while (!event.empty()) {
      const std::size_t line_end = std::min(event.find('\n'), event.size());
      const std::string_view line = event.substr(0, line_end);
      event.remove_prefix(std::min(line_end + 1, event.size()));
      if (line.substr(0, 6) == "data: ") data += (data.empty() ? "" : "\n") + std::string(line.substr(6));
    }
    events.push_back(std::move(data));
  }
}

}  // namespace loadline

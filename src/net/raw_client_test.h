#pragma once
// A client for tests that sends exactly the bytes it is told to, and reads answers strictly. Every wait has a
// limit, so that a server that hangs fails the test.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace loadline {

struct RawAnswer {
  int status = 0;  // 0: the connection ended before an answer
  std::map<std::string, std::string> headers;
  std::string body;
  bool whole = false;
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{30, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (receive_buffer > 0)
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False if the server has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void half_close() { ::shutdown(socket_, SHUT_WR); }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  /// As a crash: the server gets a reset.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  /// The next answer; interim ones (100) are counted and read over. `head`: it has no body.
  RawAnswer read(bool head = false) {
    RawAnswer answer;
    do {
      answer = {};
      if (!read_head(answer)) return {};
      interim += answer.status < 200 ? 1 : 0;
    } while (answer.status < 200);
    if (head || answer.status == 204)
      answer.whole = true;
    else if (answer.headers.count("transfer-encoding") > 0)
      answer.whole = read_chunks(answer.body);
    else if (answer.headers.count("content-length") > 0)
      answer.whole = read_exactly(std::stoul(answer.headers["content-length"]), answer.body);
    else
      answer.whole = read_to_the_end(answer.body);
    return answer;
  }
  RawAnswer ask(std::string_view request) { return send(request) ? read() : RawAnswer{}; }
  RawAnswer get(const std::string& target) { return ask("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n"); }
  RawAnswer post(const std::string& target, const std::string& body) {
    return ask("POST " + target + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body);
  }
  /// Waits until the server closes; what it still sends is read over. False: it does not.
  bool closed() {
    while (fill()) held_.clear();
    return !timed_out_;
  }
  /// Whether the server sent or closed within a few milliseconds.
  bool readable() {
    pollfd poll{socket_, POLLIN, 0};
    return !held_.empty() || ::poll(&poll, 1, 5) > 0;
  }
  /// Waits for at least one byte of an answer.
  bool anything() { return !held_.empty() || fill(); }
  /// What came and was not read as an answer; and waits for more of it.
  const std::string& held() const { return held_; }
  bool more() { return fill(); }

  int interim = 0;

 private:
  bool fill() {
    char bytes[65536];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) timed_out_ = true;
    if (size <= 0) return false;
    held_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }
  bool read_line(std::string& line) {
    std::size_t end;
    while ((end = held_.find("\r\n")) == std::string::npos)
      if (!fill()) return false;
    line = held_.substr(0, end);
    held_.erase(0, end + 2);
    return true;
  }
  bool read_exactly(std::size_t size, std::string& into) {
    while (held_.size() < size)
      if (!fill()) return false;
    into.append(held_, 0, size);
    held_.erase(0, size);
    return true;
  }
  bool read_to_the_end(std::string& into) {
    do into += std::exchange(held_, {});
    while (fill());
    return !timed_out_;
  }
  bool read_head(RawAnswer& answer) {
    std::string line;
    if (!read_line(line)) return false;
    EXPECT_EQ(line.substr(0, 9), "HTTP/1.1 ");
    answer.status = std::stoi(line.substr(9, 3));
    while (read_line(line) && !line.empty())
      answer.headers[line.substr(0, line.find(':'))] = line.substr(line.find(':') + 2);
    return line.empty();
  }
  bool read_chunks(std::string& into) {
    for (;;) {
      std::string line, nothing;
      if (!read_line(line)) return false;
      const std::size_t size = std::stoul(line, nullptr, 16);
      if (size > 0 && !read_exactly(size, into)) return false;
      if (!read_line(nothing)) return false;
      EXPECT_EQ(nothing, "");
      if (size == 0) return true;
    }
  }

  int socket_;
  std::string held_;
  bool timed_out_ = false;
};

}  // namespace loadline

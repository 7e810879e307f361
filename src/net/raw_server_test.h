#pragma once
// A server for tests that does with each connection exactly what a function says. Every wait has a limit.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace loadline {

/// One accepted connection, on a thread of its own.
class RawPeer {
 public:
  explicit RawPeer(int socket) : socket_(socket) {}
  ~RawPeer() { close(); }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  /// Head and body of the next request; "" if the client closed.
  std::string request() {
    std::size_t end;
    while ((end = held_.find("\r\n\r\n")) == std::string::npos)
      if (!fill()) return {};
    std::size_t size = end + 4;
    const std::size_t length = held_.find("content-length: ");
    if (length < end) size += std::stoul(held_.substr(length + 16));
    while (held_.size() < size)
      if (!fill()) return {};
    std::string request = held_.substr(0, size);
    held_.erase(0, size);
    return request;
  }
  /// Reads over what comes next; how much it was.
  std::size_t take() {
    held_.clear();
    return fill() ? held_.size() : 0;
  }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// Waits until the client closed; what it sends is read over.
  bool closed() {
    while (fill()) held_.clear();
    return !timed_out_;
  }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

 private:
  bool fill() {
    char bytes[65536];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) timed_out_ = true;
    if (size <= 0) return false;
    held_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }
  int socket_;
  std::string held_;
  bool timed_out_ = false;
};

class RawServer {
 public:
  /// `serve(peer, n)` is called for the n-th connection (from 0).
  explicit RawServer(std::function<void(RawPeer&, int)> serve)
      : serve_(std::move(serve)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 128), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~RawServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (std::thread& thread : threads_) thread.join();
  }
  std::uint16_t port() const { return port_; }
  int connections() const { return connections_.load(); }

 private:
  void accept() {
    for (;;) {
      const int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      const timeval limit{30, 0};
      ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
      const int n = connections_++;
      threads_.emplace_back([this, socket, n] {
        RawPeer peer(socket);
        serve_(peer, n);
      });
    }
  }

  const std::function<void(RawPeer&, int)> serve_;
  const int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::vector<std::thread> threads_;  // of the acceptor's thread until it is joined
  std::thread acceptor_;
};

}  // namespace loadline

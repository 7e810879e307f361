#pragma once
// One connection of the fake upstream: reads requests, answers them as the script says. One thread.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <string>
#include <string_view>

#include "fake_dialects.h"
#include "fake_log.h"
#include "fake_script.h"

namespace loadline {

/// What all connections share.
struct FakeState {
  static constexpr std::size_t canned_max = 64;
  FakeScript script{};
  FakeLog log;
  std::map<std::string, std::string> canned{};  // answers by target; at most canned_max
};

class FakeConnection {
 public:
  FakeConnection(FakeState& state, boost::asio::ip::tcp::socket socket);
  ~FakeConnection();
  FakeConnection(const FakeConnection&) = delete;
  FakeConnection& operator=(const FakeConnection&) = delete;

  boost::asio::awaitable<void> run();

 private:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;
  struct Request {
    std::string_view method, target, fields, body;  // within in_
    std::size_t size = 0;                           // of all of it
    bool close = false;
    std::string_view field(std::string_view lower_name) const;
  };
  struct Plan;  // an answer with what goes wrong

  // 0: more is needed; else the status of what is wrong with it, or 200.
  int parse(Request& request) const;
  awaitable<bool> read_more();
  awaitable<bool> answer(Request request);
  awaitable<bool> control(Request request);
  awaitable<bool> respond(int status, std::string body);
  awaitable<bool> send(std::string_view bytes);
  awaitable<bool> send_body(Plan& plan);
  awaitable<bool> pause(std::uint64_t milliseconds);  // false: the client is gone
  bool client_gone();
  void break_off(bool reset);
  std::string canned(const Request& request);

  FakeState& state_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  std::string in_;
};

}  // namespace loadline

#pragma once
// A plain HTTP/1.1 client for the runner: one connection, one answer, read as it comes, so that a scenario
// can stop in the middle. The bytes are taken apart by Boost.Beast, not by the server's own code. One thread.
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace loadline {

class TestClient {
 public:
  static constexpr int wait_millis_max = 60'000;  // for the next byte
  static constexpr std::uint64_t answer_bytes_max = 64U << 20;

  /// unavailable.
  static Result<std::unique_ptr<TestClient>> open(std::uint16_t port);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  /// A server that answers before it has read everything is no error.
  Status send(std::string_view bytes);
  /// Closes the sending half.
  void stop_sending();
  /// The next answer belongs to a HEAD request.
  void expect_no_body() { parser_->skip(true); }
  /// Reads to the end of the answer, or of the connection. deadline_exceeded, data_loss (not HTTP).
  Status read_all();
  /// Reads until the body has `count` events, or the answer ends: then failed_precondition.
  Status read_events(std::size_t count);

  bool has_head() { return parser_->is_header_done(); }
  /// Whether the answer came whole: not so when the connection broke before its end.
  bool complete() { return complete_; }
  int status() { return static_cast<int>(parser_->get().result_int()); }
  const std::string& body() { return parser_->get().body(); }
  /// The values of a header (any case), joined by ", "; none: it is not there.
  std::optional<std::string> header(std::string_view name);

 private:
  explicit TestClient(int socket);
  /// False at the end of the connection.
  Result<bool> read_more();

  // Also after an interim one (1xx), which is read over.
  void begin_answer();

  int socket_;
  std::optional<boost::beast::http::response_parser<boost::beast::http::string_body>> parser_;
  std::string unparsed_;
  bool complete_ = false;
};

/// The data of each server-sent event of a body, in order.
std::vector<std::string> events_of(std::string_view body);

}  // namespace loadline

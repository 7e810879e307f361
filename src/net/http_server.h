#pragma once
// The HTTP/1.1 server: listens, reads requests within limits, and has a HttpHandler answer them.
//
// A few threads serve connections (each connection stays on one of them); requests that take time run on a
// bounded pool of their own. Everything that comes from outside has a limit below. Threads start with `open`
// and end with `stop` or the destructor.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/http_handler.h"

namespace loadline {

/// Every bound of the server, with its default.
struct HttpLimits {
  std::uint64_t body_bytes_max = 64U << 20;
  /// Of all request bodies in memory together; of those that go to a BodySink, only what is on its way there.
  std::uint64_t body_bytes_total_max = 256U << 20;
  std::uint32_t header_bytes_max = 16384;
  std::uint32_t headers_max = 128;
  std::chrono::milliseconds header_time{
      10'000};  // from its first byte (of TLS: from the connection) to its end
  std::chrono::milliseconds idle_time{75'000};  // between requests; also: a peer that takes or gives no byte
  std::chrono::milliseconds request_time{300'000};  // one request in all
  std::chrono::milliseconds stop_time{20'000};      // for running requests once stopping begins
  std::uint32_t connections_max = 1024;
  std::uint32_t requests_in_flight_max = 128;      // on the pool; each has a thread
  std::uint32_t coroutines_in_flight_max = 1024;   // requests that are answered by coroutines
  std::size_t stream_buffer_bytes_max = 1U << 20;  // of one answer, waiting for its client
  std::chrono::milliseconds sweep_interval{100};   // how exactly time limits are kept
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // an IP address, or "localhost"
  std::uint16_t port = 8080;          // 0: any free one
  /// Every request must carry a key (the handler sees to it): allows other addresses than loopback.
  bool keys_required = false;
  /// Allows other addresses than loopback without keys.
  bool insecure = false;
  std::string tls_certificate;  // PEM files; both or none
  std::string tls_key;
  std::uint32_t threads = 2;  // for connections
  HttpLimits limits;
  /// Whether a client's own x-request-id, which goes into logs and records, is taken over; empty: every sane
  /// one is. Any thread, quick.
  std::function<bool(std::string_view)> takes_request_id;
};

class HttpServer {
 public:
  /// Listens when it returns. failed_precondition (another address than loopback without keys; the message
  /// says what to do), invalid_argument (address, certificate), unavailable (the port is taken).
  static Result<std::unique_ptr<HttpServer>> open(const HttpServerOptions& options, const Clock& clock,
                                                  HttpHandler& handler);
  /// Stops, with limits.stop_time at most for what runs.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  /// "http://127.0.0.1:8080"
  std::string url() const;
  const HttpServerStats& stats() const;

  /// Serves until `stop` is cancelled, then stops gracefully. Blocks.
  void run(const CancelToken& stop);
  /// Takes no new connections and requests, lets running ones end within limits.stop_time, cancels what is
  /// left. Blocks; later calls do nothing. Not to be called from a handler.
  void stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace loadline

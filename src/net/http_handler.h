#pragma once
// What answers requests: the port between the HTTP server and the routes.
//
// For each request the server asks `plan` as soon as the header is there: refuse it, run it at once on the
// connection's thread (only for answers that take microseconds), run it on a thread of its own pool once the
// body is there, or as a coroutine on the connection's thread (`async`). Then it calls `handle`, which
// answers through the exchange, synchronously: when it returns, the answer is complete. Large bodies can go
// to a BodySink piece by piece instead of to memory (not those of coroutines).
//
// Thread rule: every function may be called from several threads at once. The handler must outlive the
// server.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/http_message.h"

namespace loadline {

/// Takes the body of one request in order. Calls come one at a time, from threads that may wait for a disk.
/// Destroyed unfinished if the request fails: it must then leave nothing behind.
class BodySink {
 public:
  virtual ~BodySink() = default;
  /// An error refuses the request with it.
  virtual Status write(std::string_view piece) = 0;
  /// The body is complete.
  virtual Status finish() = 0;
};

struct RequestPlan {
  enum class Place : std::uint8_t { connection_thread, pool, coroutine };
  Place place = Place::pool;
  std::uint32_t tag = 0;                // the handler's own mark, handed back in `handle` and `done`
  std::uint64_t body_bytes_max = 0;     // lowers the server's own limit; 0: that one
  std::unique_ptr<BodySink> body_sink;  // none: to HttpRequest::body
  std::optional<HttpResponse> refusal;  // answered without reading further than necessary
  std::shared_ptr<const void> caller;   // the handler's own: who asked; HttpRequest::caller from here on
};

/// One request and its answer. Lives until `handle` returns.
class HttpExchange {
 public:
  enum class Push : std::uint8_t { taken, full, gone };

  virtual ~HttpExchange() = default;
  virtual const HttpRequest& request() const = 0;
  virtual std::uint32_t tag() const = 0;
  /// The sink of the plan with the whole body in it; null if there was none.
  virtual BodySink* body_sink() = 0;
  /// Deadline, request id, and a cancel token that fires when the client goes away or the server must stop.
  virtual const CallContext& context() const = 0;

  /// The whole answer at once. Exactly one of `respond` and `begin_stream` is called, once.
  virtual void respond(HttpResponse response) = 0;
  /// The head of an answer whose body comes in pieces; its own body is ignored.
  virtual void begin_stream(HttpResponse head) = 0;
  /// Never waits, may be called from any one thread at a time. `full`: the client reads too slowly and
  /// stream_buffer_bytes_max are waiting (nothing was taken); `gone`: nobody reads any more.
  virtual Push push(std::string_view bytes) = 0;
  /// Ends the stream after `last`, which is taken even if the buffer is full. A stream that is not ended
  /// when `handle` returns is broken off, so that the client sees that it is incomplete.
  virtual void end_stream(std::string_view last) = 0;
};

/// For logs and metrics, once for each request that was answered or given up.
struct HttpDone {
  const HttpRequest& request;  // of an unreadable one: only request_id and peer
  std::uint32_t tag = 0;       // 0 if there was no plan
  int status = 0;
  std::uint64_t bytes_sent = 0;  // body
  Duration time{};               // from the end of the header to the last byte sent
  bool client_gone = false;
};

/// Counters of a running server, for metrics. Own synchronisation.
struct HttpServerStats {
  std::atomic<std::uint64_t> connections_accepted{0};
  std::atomic<std::uint64_t> connections_refused{0};
  std::atomic<std::uint64_t> connections_open{0};
  std::atomic<std::uint64_t> requests_in_flight{0};
  std::atomic<std::uint64_t> timeouts{0};        // of header, idle, request
  std::atomic<std::uint64_t> body_bytes{0};      // of request bodies in memory now
  std::atomic<std::uint64_t> bodies_refused{0};  // because that has a bound
  std::atomic<bool> stopping{false};
};

class AsyncHandler;

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  /// On the connection's thread: must not wait. `request` has no body yet.
  virtual RequestPlan plan(const HttpRequest& request) = 0;
  virtual void handle(HttpExchange& exchange) = 0;
  /// Answers what is planned as Place::coroutine (net/async_exchange.h); must outlive the server.
  virtual AsyncHandler* async() { return nullptr; }
  /// The answer to a request that the server itself refuses.
  virtual HttpResponse refusal(int status, const Error& error) = 0;
  virtual void done(const HttpDone& done) = 0;
  /// Before the first request. `stats` lives as long as the server.
  virtual void on_start(const HttpServerStats& stats) = 0;
};

}  // namespace loadline

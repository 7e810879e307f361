#pragma once
// The HTTP/1.1 client: keep-alive connections to a few servers, with a bound on everything that waits.
//
//   HttpCall call(*origin);
//   exchange.on_cancelled([&call] { call.cancel(); });
//   const Status answered = co_await call.start(request);
//   for (;;) { const Result<std::string_view> piece = co_await call.read_some(); ... }
//
// One HttpClient per thread of connections; it, its origins and their calls are used on that thread only, so
// there is no lock. Bounds of an origin therefore hold per thread. Redirects are never followed, no proxy is
// used, no header is added but host, content-length and connection.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/http_url.h"
#include "net/response_parser.h"
#include "net/tls_trust.h"

namespace loadline {

class ClientConnection;
class HttpClient;

/// Finds the addresses of a host name.
class HostResolver {
 public:
  virtual ~HostResolver() = default;
  /// unavailable: there is no such host, or the name service does not answer. Never an empty list.
  virtual boost::asio::awaitable<Result<std::vector<boost::asio::ip::address>>> resolve(std::string host) = 0;
};

/// Bounds of one origin, per thread.
struct HttpOriginLimits {
  std::uint32_t connections_max = 256;
  std::uint32_t waiting_max = 256;  // calls that wait for a connection; the next one is refused
  std::uint32_t idle_connections_max = 64;
  std::chrono::milliseconds idle_time{30'000};         // an unused connection is closed after it
  std::chrono::milliseconds connection_time{600'000};  // an older one carries no further request
  std::chrono::milliseconds addresses_time{30'000};    // how long addresses of a name are kept
  std::size_t head_bytes_max = 32768;                  // of an answer
  std::size_t fields_max = 128;
};

struct HttpOriginOptions {
  HttpUrl url;  // its path is not used
  /// For https; the client's own (HttpClientOptions::trust) if null.
  std::shared_ptr<TlsTrust> trust;
  HttpOriginLimits limits;
};

/// A server that requests go to, and the connections to it. Kept by whoever sends requests there (shared);
/// closes its idle connections when the last one lets go.
class HttpOrigin {
 public:
  struct Counts {
    std::uint64_t connects = 0;     // attempts
    std::uint64_t reuses = 0;       // calls on a connection that was there
    std::uint64_t retries = 0;      // calls that were repeated because a kept connection had ended
    std::uint64_t resolves = 0;     // questions to the resolver
    std::uint32_t connections = 0;  // open now
    std::uint32_t idle = 0;         // of these, unused
    std::uint32_t waiting = 0;      // calls that wait for a connection
  };
  ~HttpOrigin();
  HttpOrigin(const HttpOrigin&) = delete;
  HttpOrigin& operator=(const HttpOrigin&) = delete;

  const HttpUrl& url() const;
  Counts counts() const;

 private:
  friend class HttpClient;
  friend class HttpCall;
  class Impl;
  explicit HttpOrigin(std::shared_ptr<Impl> impl);
  const std::shared_ptr<Impl> impl_;
};

/// Time limits of one call. A limit is kept to within HttpClientOptions::sweep_interval.
struct HttpTimes {
  std::chrono::milliseconds connect{5'000};      // waiting for a free connection, name, connect and TLS
  std::chrono::milliseconds first_byte{60'000};  // from the request to the head of the answer
  std::chrono::milliseconds stall{30'000};       // between two pieces, of the request too
  std::chrono::milliseconds total{300'000};
};

/// What is asked for. The views must live until `start` returned.
struct HttpClientRequest {
  std::string_view method = "POST";
  std::string_view target = "/";           // path and query, as sent
  std::span<const HttpField> fields = {};  // without host, content-length, connection, transfer-encoding
  std::string_view body = {};
  HttpTimes times = {};
  /// Asked immediately before every connect and before every use of a kept connection; an error ends the call
  /// with it and nothing is sent. Required: where data may go is decided here for the last time.
  std::function<Status()> may_open;
};

/// How far a call came; after an error, where it failed.
enum class HttpStage : std::uint8_t { waiting, resolving, connecting, handshake, sending, head, body, done };

/// One request and its answer. Destroyed before the answer is read to its end, it closes its connection.
class HttpCall {
 public:
  explicit HttpCall(HttpOrigin& origin);
  ~HttpCall();
  HttpCall(const HttpCall&) = delete;
  HttpCall& operator=(const HttpCall&) = delete;

  /// Sends the request and waits for the head of the answer, whatever its status. Once per call.
  /// A kept connection that turns out to be closed before any byte of an answer is replaced by a new one,
  /// once: a server closes only idle connections, so it did not see the request. Errors:
  ///   what may_open gave;  cancelled;  deadline_exceeded (stage() and the message say which limit);
  ///   resource_exhausted: connections_max are in use and waiting_max calls wait;
  ///   invalid_argument: a header name or value that cannot be sent;
  ///   unavailable: name, connect, TLS, the peer closed, or the answer is not readable HTTP.
  boost::asio::awaitable<Status> start(HttpClientRequest request);
  /// After an ok `start`, until the next `start` or the end of the call.
  const HttpResponseHead& head() const;

  /// The next piece of the body, decoded, valid until the next call; "" at its end. Errors: cancelled;
  /// deadline_exceeded; unavailable (the body ended before its announced end, broken chunks).
  boost::asio::awaitable<Result<std::string_view>> read_some();
  /// What remains of the body, appended. resource_exhausted: `into` would grow beyond `bytes_max`.
  boost::asio::awaitable<Status> read_rest(std::string& into, std::size_t bytes_max);

  /// Closes the connection at once: the server sees it, and what waits in this call gives `cancelled`.
  void cancel();

  HttpStage stage() const { return stage_; }
  /// Whether the server can have seen any of the request: if not, repeating it elsewhere is safe.
  bool sent() const { return sent_; }
  bool on_kept_connection() const { return reused_; }
  /// How long it waited for one of the origin's connections.
  std::chrono::nanoseconds waited() const { return waited_; }

 private:
  friend class HttpOrigin;
  friend class HttpClient;
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  awaitable<Status> attempt(const HttpClientRequest& request, bool fresh);
  awaitable<Status> wait_for_place();
  awaitable<Status> open(const HttpClientRequest& request);
  awaitable<Status> find_addresses();
  awaitable<Status> exchange(const HttpClientRequest& request);
  awaitable<void> wait();  // until woken
  void wake();
  void interrupt();
  bool overdue(Instant now);
  void begin_stage(HttpStage stage, std::chrono::nanoseconds limit);
  bool interrupted() const { return cancelled_ || timed_out_; }
  Error failure(std::string_view what) const;
  void let_go();

  const std::shared_ptr<HttpOrigin::Impl> origin_;
  std::unique_ptr<ClientConnection> connection_;
  std::optional<boost::asio::steady_timer> event_;  // never expires; cancelled to wake the coroutine
  bool waiting_ = false;

  HttpTimes times_;
  std::chrono::nanoseconds waited_{};
  Instant total_{};       // when all must be over
  Instant limit_{};       // when the present stage must be over; kept by the client's sweep
  std::size_t slot_ = 0;  // among the client's calls
  HttpStage stage_ = HttpStage::waiting;
  std::size_t written_ = 0, seen_written_ = 0;  // of the request; of these the sweep knows
  bool place_ = false;                          // counted among the origin's connections
  bool sent_ = false, reused_ = false, cancelled_ = false, timed_out_ = false;
  bool stale_ = false;  // the kept connection turned out to be closed
};

struct HttpClientOptions {
  /// For https origins that bring none of their own. Null: such an origin is refused.
  std::shared_ptr<TlsTrust> trust;
  /// The system's resolver (on a thread of its own) if null; must outlive the client.
  HostResolver* resolver = nullptr;
  std::chrono::milliseconds sweep_interval{20};
};

class HttpClient {
 public:
  /// Runs on the one thread that `executor` has. The clock must outlive it.
  HttpClient(boost::asio::any_io_executor executor, const Clock& clock, HttpClientOptions options);
  /// Closes what is idle; calls that still run are ended as by `cancel`.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// invalid_argument: https without trust.
  Result<std::shared_ptr<HttpOrigin>> origin(HttpOriginOptions options);

 private:
  friend class HttpOrigin;
  friend class HttpCall;
  class Impl;
  const std::shared_ptr<Impl> impl_;
};

}  // namespace loadline

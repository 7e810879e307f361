#pragma once
// Handlers that are coroutines: one request answered on its connection's own thread, waiting for sockets
// without holding a thread. For requests that are mostly waiting (a remote model) or that are passed on.
//
// A handler must not block and must not compute for longer than some hundred microseconds: all connections of
// the thread wait meanwhile. What takes longer goes to a pool that resumes the coroutine on `executor()`.
//
// Thread rule: all members are used on the connection's thread, by the coroutine that `serve` is.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/call_context.h"
#include "net/http_message.h"

namespace loadline {

/// One request and its answer. Lives until `serve` returns.
///
/// Exactly one of `respond` and `begin_stream` is called, once. Whatever gives false: the client is gone, or
/// took no byte for HttpLimits::idle_time; nothing more can be sent. A request past its deadline is
/// cancelled, and may still be answered for some seconds (by an error, say).
class AsyncExchange {
 public:
  virtual ~AsyncExchange() = default;
  /// With the whole body.
  virtual const HttpRequest& request() const = 0;
  /// The plan's.
  virtual std::uint32_t tag() const = 0;
  /// Deadline, request id, and a cancel token that fires as soon as the client is gone, the request ran past
  /// its deadline or the server must stop. May be copied, also to other threads.
  virtual const CallContext& context() const = 0;
  virtual boost::asio::any_io_executor executor() = 0;
  /// 0 to HttpServerOptions::threads - 1: which thread this is, for what exists once per thread.
  virtual std::size_t thread_index() const = 0;

  /// Calls `notify` once on this thread, right after context().cancel fired: to end what the handler waits
  /// for. At once if it fired already. A later call replaces an earlier one; {} forgets it. What `notify`
  /// refers to must live until then or until it is replaced.
  virtual void on_cancelled(std::function<void()> notify) = 0;

  /// The whole answer, in one write. Returns when it is sent.
  virtual boost::asio::awaitable<bool> respond(HttpResponse response) = 0;
  /// The head of an answer whose body comes in pieces (its own body is ignored). It is sent together with the
  /// first piece, or by `flush`.
  virtual void begin_stream(HttpResponse head) = 0;
  /// One piece, sent before it returns: waits while the client reads slowly. `bytes` must live until then.
  virtual boost::asio::awaitable<bool> write(std::string_view bytes) = 0;
  /// Sends the head if nothing was written yet.
  virtual boost::asio::awaitable<bool> flush() = 0;
  /// Ends the stream after `last`. A stream that is not ended when `serve` returns is broken off, so that the
  /// client sees that it is incomplete.
  virtual boost::asio::awaitable<bool> end_stream(std::string_view last) = 0;
};

class AsyncHandler {
 public:
  virtual ~AsyncHandler() = default;
  /// Once for each thread of connections, before any of them runs: what the handler keeps per thread (a
  /// HttpClient, say) is made here.
  virtual void on_thread_start(std::size_t index, boost::asio::any_io_executor executor) = 0;
  /// On that thread, after its last request: lets go of sockets and timers, so that the thread can end.
  virtual void on_thread_stop(std::size_t index) = 0;
  /// Answers a request whose plan says Place::coroutine. Called on each thread. What it throws is answered as
  /// an internal error, or breaks off the stream. After the answer is sent the coroutine may go on (to settle
  /// an account, say): the next request of this connection waits for it.
  virtual boost::asio::awaitable<void> serve(AsyncExchange& exchange) = 0;
};

}  // namespace loadline

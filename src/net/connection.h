#pragma once
// One connection: reads a request, has it answered, writes the answer, again and again. A coroutine on the
// connection's IoThread; every member is used on that thread only. Only for the sources of this module.
//
// Requests that follow while one is being answered wait in the buffer (bounded) and are answered in order.
// While a request runs on the pool, the connection keeps reading, so that it notices when the client goes
// away.
//
// g++ 12 miscompiles some co_await expressions: here none contains a capturing lambda or a braced temporary,
// and coroutines are named members that take values.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/body_budget.h"
#include "net/chunk_decoder.h"
#include "net/http_handler.h"
#include "net/io_thread.h"
#include "net/pooled_exchange.h"
#include "net/request_parser.h"

namespace loadline {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(ServerShared& shared, IoThread& io, boost::asio::ip::tcp::socket socket);

  /// On the IoThread, as all that follows.
  void start();
  /// Ends what took too long.
  void sweep(Instant now);
  /// Ends after the request that is being answered, at once if there is none.
  void finish();
  /// Fires the cancel token of the request that is being answered.
  void cancel_request();
  /// Ends now.
  void abort();

 private:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;
  class Coroutine;
  enum class Phase : std::uint8_t { idle, header, body, working, sending, lingering };

  awaitable<void> run(std::shared_ptr<Connection> self);
  awaitable<bool> handshake();
  awaitable<bool> read_header();
  awaitable<std::size_t> receive();  // 0: ended, gone or out of time
  awaitable<bool> send(std::string_view bytes);
  awaitable<void> linger();
  awaitable<void> wait_event();

  // Those that answer give whether the connection goes on.
  awaitable<bool> serve();
  awaitable<bool> serve_here();
  awaitable<bool> serve_on_pool(std::unique_ptr<BodySink> sink);
  awaitable<bool> serve_as_coroutine();
  awaitable<bool> forward_output(std::shared_ptr<PooledExchange> exchange);  // false: not whole
  awaitable<bool> answer(HttpResponse response);
  awaitable<bool> refuse(HttpResponse response);
  awaitable<bool> refuse_with(int status, Error error);
  awaitable<bool> refuse_body();
  awaitable<void> refuse_unread(int status, Error error);

  awaitable<bool> read_body(BodySink* sink, std::uint64_t bytes_max);  // false: see body_failure_status_
  awaitable<bool> sink_body(BodySink* sink, bool finish);
  bool take_body(std::uint64_t bytes_max, std::string& into);  // what is in the buffer
  bool make_body_room(std::size_t bytes, std::string& into);
  void fail_body(int status, std::string why);
  void fail_body_budget();
  void start_sink_write(BodySink* sink, bool finish);

  void start_monitor();
  void on_monitor(const boost::system::error_code& error, std::size_t size);
  void on_half_closed();
  void on_gone();
  bool working() const { return exchange_ || coroutine_ != nullptr; }
  void cancel_work();
  void work_on();
  bool take_coroutine_place();

  RequestPlan make_plan();
  bool start_on_pool(const std::shared_ptr<PooledExchange>& exchange);
  std::function<void()> wake_function();
  void append_response(const HttpResponse& response);
  void append_stream_head(const HttpResponse& response);
  void append_stream_body(std::string_view bytes, bool last);
  void report(const HttpRequest& request, bool gone, Instant ended);
  const HttpRequest& request() const;  // wherever it is now
  void shrink();
  void drop_body();
  void close();

  bool make_room(std::size_t bytes_max);
  std::size_t buffered() const { return end_ - begin_; }
  std::string_view buffer() const { return {buffer_.data() + begin_, buffered()}; }
  void set_deadline(Phase phase, std::chrono::nanoseconds from_now);

  // constant after construction
  ServerShared& shared_;
  IoThread& io_;

  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  boost::asio::steady_timer event_;  // never expires; cancelled to wake the coroutine
  std::string peer_;

  std::vector<char> buffer_;  // what was read and not used: [begin_, end_)
  std::size_t begin_ = 0, end_ = 0;
  bool reading_ = false;       // a read that was started while the request was being answered
  std::size_t monitored_ = 0;  // bytes that it brought and that `receive` did not report yet
  bool read_ended_ = false;    // no byte will come any more

  Phase phase_ = Phase::idle;
  Instant deadline_{};  // of this phase; kept by sweep
  bool timed_out_ = false;
  bool aborted_ = false;  // gone or to be ended now
  bool finishing_ = false;

  // of the present request
  RequestParser parser_;
  CallContext context_;  // of requests that are answered on this thread
  HttpRequest request_;
  Instant started_{};
  bool keep_alive_ = true;
  bool head_only_ = false;  // HEAD
  bool head_sent_ = false;
  bool chunked_ = false;    // the response
  bool probe_due_ = false;  // whether the client is still there is to be found out
  bool broken_ = false;     // the handler gave up in the middle of a stream
  bool request_cancelled_ = false;
  Instant working_deadline_{};  // for a request on the pool or of a coroutine
  std::uint32_t tag_ = 0;
  int status_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::string out_;
  std::shared_ptr<PooledExchange> exchange_;  // of one that runs on the pool
  Coroutine* coroutine_ = nullptr;            // of one that a coroutine answers

  // of the present request's body
  std::uint64_t body_left_ = 0;  // if it is not chunked
  std::uint64_t body_taken_ = 0;
  std::uint64_t body_room_max_ = 0;  // what the whole of it, or a piece for the sink, takes in memory at most
  bool body_done_ = false;
  bool body_is_chunked_ = false;
  ChunkDecoder chunks_;
  std::string piece_;                  // on its way to the sink
  BodyCharge charge_{shared_.bodies};  // for the body, or for piece_
  bool sink_busy_ = false;
  std::optional<Error> sink_error_;
  int body_failure_status_ = 0;  // 0: the client is gone; -1: sink_error_
  std::string body_failure_;
};

}  // namespace loadline

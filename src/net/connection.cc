#include "net/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "net/connection_coroutine.h"
#include "net/direct_exchange.h"
#include "net/response_head.h"

namespace loadline {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Token = asio::redirect_error_t<asio::use_awaitable_t<>>;

namespace {

constexpr std::size_t buffer_bytes_first = 4096;
constexpr std::size_t buffer_bytes_max = 65536;          // for bodies and what is sent ahead
constexpr std::size_t sink_piece_bytes = 262144;         // given to a BodySink at once
constexpr std::uint64_t refused_body_bytes_max = 65536;  // read over to keep the connection
constexpr std::uint64_t linger_bytes_max = 1 << 20;
constexpr std::chrono::seconds linger_time{2};
constexpr std::chrono::seconds cancelled_time{10};  // for a handler past its deadline
constexpr std::size_t kept_bytes_max = 16384;
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr char probe_byte = '0';  // leads the next chunk's size, and says nothing to a client that reads

std::string address_text(const asio::ip::tcp::socket& socket) {
  ErrorCode error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? std::string() : endpoint.address().to_string(error);
}

}  // namespace

Connection::Connection(ServerShared& shared, IoThread& io, asio::ip::tcp::socket socket)
    : shared_(shared),
      io_(io),
      socket_(std::move(socket)),
      event_(io.context()),
      peer_(address_text(socket_)),
      buffer_(buffer_bytes_first),
      parser_(shared.limits.header_bytes_max, shared.limits.headers_max) {
  if (shared_.tls) tls_ = std::make_unique<asio::ssl::stream<asio::ip::tcp::socket&>>(socket_, *shared_.tls);
  context_.clock = &shared_.clock;
}

void Connection::start() {
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  set_deadline(Phase::idle, shared_.limits.idle_time);
  finishing_ = shared_.stats.stopping.load();
  io_.add(shared_from_this());
  asio::co_spawn(io_.context(), run(shared_from_this()), asio::detached);
}

// --- the life of a connection

Connection::awaitable<void> Connection::run(std::shared_ptr<Connection> self) {
  static_cast<void>(self);  // lives as long as this does
  try {
    bool on = true;
    if (tls_) on = co_await handshake();
    while (on) {
      on = co_await read_header();
      if (on) on = co_await serve();
      shrink();
    }
  } catch (const std::exception&) {
    // Out of memory: this connection ends, the others go on.
  }
  close();
}

// What a large request needed is not kept for small ones.
void Connection::shrink() {
  drop_body();
  out_.clear();
  if (out_.capacity() > kept_bytes_max) out_.shrink_to_fit();
  if (!reading_ && buffered() == 0 && buffer_.size() > kept_bytes_max) {
    begin_ = end_ = 0;
    std::vector<char>(buffer_bytes_first).swap(buffer_);
  }
}

void Connection::drop_body() {
  std::string().swap(request_.body);
  std::string().swap(piece_);
  charge_.release();
}

void Connection::close() {
  if (exchange_) exchange_->client_gone();
  exchange_.reset();
  ErrorCode ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  shared_.stats.connections_open.fetch_sub(1);
  io_.remove(*this);
}

void Connection::set_deadline(Phase phase, std::chrono::nanoseconds from_now) {
  phase_ = phase;
  deadline_ = shared_.clock.now() + from_now;
}

void Connection::sweep(Instant now) {
  if (now < deadline_ || timed_out_) return;
  shared_.stats.timeouts.fetch_add(1);
  if (phase_ == Phase::working && !request_cancelled_) {
    // The handler sees its deadline by itself; this is for the one that does not look.
    request_cancelled_ = true;
    deadline_ = working_deadline_ = now + cancelled_time;
    cancel_work();
    return;
  }
  timed_out_ = true;
  if (phase_ == Phase::working) return abort();
  ErrorCode ignored;
  socket_.cancel(ignored);
}

void Connection::finish() {
  finishing_ = true;
  if (phase_ != Phase::idle || buffered() > 0) return;
  ErrorCode ignored;
  socket_.cancel(ignored);
}

void Connection::cancel_request() {
  if (exchange_) exchange_->context().cancel.cancel();
  if (coroutine_ != nullptr) coroutine_->cancel();
}

void Connection::cancel_work() {
  if (exchange_) exchange_->client_gone();
  if (coroutine_ != nullptr) coroutine_->cancel();
}

void Connection::abort() {
  aborted_ = true;
  cancel_work();
  event_.cancel();
  ErrorCode ignored;
  socket_.close(ignored);
}

Connection::awaitable<bool> Connection::handshake() {
  set_deadline(Phase::header, shared_.limits.header_time);
  ErrorCode error;
  Token token(asio::use_awaitable, error);
  co_await tls_->async_handshake(asio::ssl::stream_base::server, token);
  co_return !error;
}

// --- reading

bool Connection::make_room(std::size_t bytes_max) {
  if (reading_) return true;  // the room is taken
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ < buffer_.size()) return true;
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    return true;
  }
  if (buffer_.size() >= bytes_max) return false;
  buffer_.resize(std::min(bytes_max, buffer_.size() * 2));
  return true;
}

Connection::awaitable<std::size_t> Connection::receive() {
  while (reading_) co_await wait_event();  // started while the last request was being answered
  if (monitored_ > 0) {
    const std::size_t size = monitored_;
    monitored_ = 0;
    co_return size;
  }
  if (read_ended_ || aborted_ || timed_out_) co_return 0;
  ErrorCode error;
  Token token(asio::use_awaitable, error);
  const asio::mutable_buffer room(buffer_.data() + end_, buffer_.size() - end_);
  std::size_t size = 0;
  if (tls_)
    size = co_await tls_->async_read_some(room, token);
  else
    size = co_await socket_.async_read_some(room, token);
  end_ += size;
  if (error) read_ended_ = true;
  co_return size;
}

Connection::awaitable<bool> Connection::read_header() {
  const std::size_t room_max =
      std::max<std::size_t>(buffer_bytes_max, shared_.limits.header_bytes_max + 1024);
  request_.headers.clear();
  parser_.begin(request_);
  head_sent_ = false;
  probe_due_ = false;
  monitored_ = 0;
  set_deadline(buffered() > 0 ? Phase::header : Phase::idle,
               buffered() > 0 ? shared_.limits.header_time : shared_.limits.idle_time);
  for (;;) {
    if (buffered() > 0) {
      const RequestParser::Step step = parser_.feed(buffer());
      begin_ += step.consumed;
      if (step.state == RequestParser::State::done) co_return true;
      if (step.state == RequestParser::State::failed) {
        Error error(Code::invalid_argument, parser_.failure());
        co_await refuse_unread(parser_.failure_status(), error);
        co_return false;
      }
    }
    if ((finishing_ && phase_ == Phase::idle) || !make_room(room_max)) co_return false;
    const std::size_t size = co_await receive();
    if (size == 0) break;
    if (phase_ == Phase::idle) set_deadline(Phase::header, shared_.limits.header_time);
  }
  if (timed_out_ && phase_ == Phase::header) {
    Error error(Code::deadline_exceeded, "the request's header did not arrive in time");
    co_await refuse_unread(408, error);
  }
  co_return false;
}

bool Connection::take_body(std::uint64_t bytes_max, std::string& into) {
  while (buffered() > 0 && !body_done_) {
    std::string_view data;
    if (body_is_chunked_) {
      begin_ += chunks_.feed(buffer(), data);
      body_done_ = chunks_.done();
      if (chunks_.failed()) {
        fail_body(400, "the body's chunked encoding is broken");
        return false;
      }
    } else {
      data = buffer().substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, buffered())));
      begin_ += data.size();
      body_left_ -= data.size();
      body_done_ = body_left_ == 0;
    }
    body_taken_ += data.size();
    if (body_taken_ > bytes_max) {
      fail_body(413, "the body is longer than " + std::to_string(bytes_max) + " bytes");
      return false;
    }
    if (!make_body_room(data.size(), into)) return false;
    into += data;
  }
  return true;
}

// Charged before the memory is there, and all of it: what std::string would take in advance too. While a body
// moves to a larger room, it is twice in memory: one body for each connection thread, beyond the budget.
bool Connection::make_body_room(std::size_t bytes, std::string& into) {
  const std::uint64_t needed = into.size() + bytes;
  if (needed <= charge_.bytes()) return true;
  std::uint64_t room = std::max(needed, std::min(2 * charge_.bytes(), body_room_max_));
  if (!charge_.grow_to(room)) room = needed;
  if (!charge_.grow_to(room)) {
    fail_body_budget();
    return false;
  }
  std::string larger;
  larger.reserve(static_cast<std::size_t>(room));
  larger += into;
  into.swap(larger);
  return true;
}

void Connection::fail_body(int status, std::string why) {
  body_failure_status_ = status;
  body_failure_ = std::move(why);
}

void Connection::fail_body_budget() {
  shared_.stats.bodies_refused.fetch_add(1);
  fail_body(429,
            "the bodies of all requests together may take " +
                std::to_string(shared_.limits.body_bytes_total_max) +
                " bytes of memory (body_bytes_total_max), and this one does not fit now; try again shortly");
}

Connection::awaitable<bool> Connection::read_body(BodySink* sink, std::uint64_t bytes_max) {
  std::string& into = sink != nullptr ? piece_ : request_.body;
  std::string().swap(into);  // what it has room for is what is charged
  body_room_max_ = sink != nullptr    ? sink_piece_bytes + buffer_bytes_max
                   : body_is_chunked_ ? bytes_max
                                      : body_left_;
  body_taken_ = 0;
  body_failure_status_ = 0;
  const Instant request_deadline = started_ + shared_.limits.request_time;
  if (parser_.expects_continue() && buffered() == 0 && !body_done_) {
    const bool sent = co_await send(continue_line);
    if (!sent) co_return false;
  }
  for (;;) {
    if (!take_body(bytes_max, into)) co_return false;
    if (sink != nullptr && (body_done_ || piece_.size() >= sink_piece_bytes)) {
      const bool written = co_await sink_body(sink, body_done_);
      if (!written) co_return false;
      if (body_done_) drop_body();
    }
    if (body_done_) co_return true;
    set_deadline(Phase::body, shared_.limits.idle_time);
    deadline_ = std::min(deadline_, request_deadline);
    make_room(buffer_bytes_max);
    if (!reading_ && buffered() == 0 && (body_is_chunked_ || body_left_ > buffer_.size()))
      buffer_.resize(buffer_bytes_max);
    const std::size_t size = co_await receive();
    if (size > 0) continue;
    if (timed_out_) fail_body(408, "the request's body did not arrive in time");
    co_return false;
  }
}

Connection::awaitable<bool> Connection::sink_body(BodySink* sink, bool finish) {
  set_deadline(Phase::body, shared_.limits.request_time);
  start_sink_write(sink, finish);
  while (sink_busy_) co_await wait_event();
  piece_.clear();
  if (!sink_error_) co_return !aborted_;
  body_failure_status_ = -1;
  co_return false;
}

void Connection::start_sink_write(BodySink* sink, bool finish) {
  sink_busy_ = true;
  sink_error_.reset();
  asio::post(shared_.files, [self = shared_from_this(), sink, finish] {
    auto status = std::make_shared<Status>(sink->write(self->piece_));
    if (status->ok() && finish) *status = sink->finish();
    asio::post(self->io_.context(), [self, status] {
      self->sink_busy_ = false;
      if (!status->ok()) self->sink_error_ = status->error();
      self->event_.cancel();
    });
  });
}

Connection::awaitable<void> Connection::wait_event() {
  ErrorCode ignored;
  Token token(asio::use_awaitable, ignored);
  event_.expires_at(asio::steady_timer::time_point::max());
  co_await event_.async_wait(token);
}

// --- one request

RequestPlan Connection::make_plan() {
  try {
    return shared_.handler.plan(request_);
  } catch (const std::exception&) {
    RequestPlan plan;
    plan.refusal =
        shared_.handler.refusal(500, Error(Code::internal, "the request failed inside the server"));
    return plan;
  }
}

Connection::awaitable<bool> Connection::serve() {
  const std::string_view given = request_.header("x-request-id");
  const bool taken =
      is_sane_request_id(given) && (!shared_.takes_request_id || shared_.takes_request_id(given));
  request_.request_id = taken ? std::string(given) : io_.new_request_id();
  request_.peer = peer_;
  started_ = shared_.clock.now();
  head_only_ = request_.method == "HEAD";
  keep_alive_ = parser_.keep_alive();
  body_is_chunked_ = parser_.chunked();
  body_left_ = parser_.content_length();
  body_done_ = !body_is_chunked_ && body_left_ == 0;
  chunks_ = ChunkDecoder();
  tag_ = 0;

  if (shared_.stats.stopping.load()) {
    Error error(Code::unavailable, "the server is stopping; try again");
    co_return co_await refuse_with(503, error);
  }
  RequestPlan plan = make_plan();
  tag_ = plan.tag;
  request_.caller = std::move(plan.caller);
  if (plan.refusal) co_return co_await refuse(std::move(*plan.refusal));
  std::uint64_t bytes_max = shared_.limits.body_bytes_max;
  if (plan.body_bytes_max > 0) bytes_max = std::min(bytes_max, plan.body_bytes_max);
  if (!body_done_) {
    bool whole = false;
    if (!plan.body_sink) bytes_max = std::min(bytes_max, shared_.bodies.largest());
    if (body_left_ > bytes_max) {
      fail_body(413, "the body is longer than " + std::to_string(bytes_max) + " bytes");
    } else if (!plan.body_sink && !shared_.bodies.has_room(body_left_)) {
      fail_body_budget();
    } else {
      whole = co_await read_body(plan.body_sink.get(), bytes_max);
    }
    if (!whole) co_return co_await refuse_body();
  }
  context_.request_id = request_.request_id;
  context_.deadline = started_ + shared_.limits.request_time;
  if (plan.place == RequestPlan::Place::connection_thread && !plan.body_sink) co_return co_await serve_here();
  if (plan.place == RequestPlan::Place::coroutine && !plan.body_sink) co_return co_await serve_as_coroutine();
  co_return co_await serve_on_pool(std::move(plan.body_sink));
}

Connection::awaitable<bool> Connection::serve_here() {
  DirectExchange exchange(request_, tag_, context_);
  try {
    shared_.handler.handle(exchange);
  } catch (const std::exception&) {
    exchange.response().reset();
  }
  if (!exchange.response())
    exchange.respond(shared_.handler.refusal(500, Error(Code::internal, "the request was not answered")));
  co_return co_await answer(std::move(*exchange.response()));
}

Connection::awaitable<bool> Connection::answer(HttpResponse response) {
  out_.clear();
  append_response(response);
  const bool sent = co_await send(out_);
  report(request(), !sent, shared_.clock.now());
  co_return sent&& keep_alive_;
}

Connection::awaitable<bool> Connection::refuse_with(int status, Error error) {
  co_return co_await refuse(shared_.handler.refusal(status, error));
}

// A short body is read over, so that the connection can go on; before a long one it ends.
Connection::awaitable<bool> Connection::refuse(HttpResponse response) {
  const bool short_body =
      !body_is_chunked_ && body_left_ <= refused_body_bytes_max && !parser_.expects_continue();
  if (!body_done_ && short_body) {
    co_await read_body(nullptr, refused_body_bytes_max);
    drop_body();
  }
  if (!body_done_) keep_alive_ = false;
  const bool unread = !body_done_;
  const bool on = co_await answer(std::move(response));
  if (unread) co_await linger();
  co_return on;
}

Connection::awaitable<bool> Connection::refuse_body() {
  keep_alive_ = false;
  drop_body();
  if (body_failure_status_ == 0) {  // the client went away before it had sent all
    status_ = 499;
    report(request_, true, shared_.clock.now());
    co_return false;
  }
  timed_out_ = false;
  HttpResponse response;
  if (body_failure_status_ < 0)
    response = shared_.handler.refusal(0, *sink_error_);
  else
    response = shared_.handler.refusal(body_failure_status_, Error(Code::invalid_argument, body_failure_));
  co_await answer(std::move(response));
  co_await linger();
  co_return false;
}

// What cannot be read as a request is answered, and the connection ends.
Connection::awaitable<void> Connection::refuse_unread(int status, Error error) {
  timed_out_ = false;
  request_.method.clear();
  request_.target.clear();
  request_.headers.clear();
  request_.request_id = io_.new_request_id();
  request_.peer = peer_;
  started_ = shared_.clock.now();
  tag_ = 0;
  keep_alive_ = head_only_ = false;
  co_await answer(shared_.handler.refusal(status, error));
  co_await linger();
}

// --- on the pool

Connection::awaitable<bool> Connection::serve_on_pool(std::unique_ptr<BodySink> sink) {
  PooledExchange::Parts parts;
  parts.request = std::move(request_);
  parts.charge = std::move(charge_);
  parts.tag = tag_;
  parts.sink = std::move(sink);
  parts.context = context_;
  parts.context.cancel = CancelToken();
  parts.buffer_bytes_max = shared_.limits.stream_buffer_bytes_max;
  parts.wake = wake_function();
  auto exchange = std::make_shared<PooledExchange>(std::move(parts));
  request_ = HttpRequest();
  exchange_ = exchange;
  if (!start_on_pool(exchange)) {
    Error error(Code::resource_exhausted,
                "all " + std::to_string(shared_.limits.requests_in_flight_max) +
                    " requests that may run at once are running; try again shortly");
    const bool on = co_await refuse_with(429, error);
    exchange_.reset();
    co_return on;
  }
  request_cancelled_ = false;
  working_deadline_ = started_ + shared_.limits.request_time + shared_.limits.sweep_interval;
  start_monitor();
  const bool whole = co_await forward_output(exchange);
  if (!whole) exchange->client_gone();
  exchange_.reset();
  report(exchange->request(), !whole && !broken_, shared_.clock.now());
  co_return whole&& keep_alive_;
}

std::function<void()> Connection::wake_function() {
  return [weak = weak_from_this(), executor = io_.context().get_executor()] {
    asio::post(executor, [weak] {
      if (const auto self = weak.lock()) self->event_.cancel();
    });
  };
}

bool Connection::start_on_pool(const std::shared_ptr<PooledExchange>& exchange) {
  HttpServerStats& stats = shared_.stats;
  stats.requests_in_flight.fetch_add(1);
  const bool taken = shared_.pool->try_run([exchange, &stats, handler = &shared_.handler] {
    exchange->run(*handler);
    stats.requests_in_flight.fetch_sub(1);
  });
  if (!taken) stats.requests_in_flight.fetch_sub(1);
  return taken;
}

Connection::awaitable<bool> Connection::forward_output(std::shared_ptr<PooledExchange> exchange) {
  broken_ = false;
  for (;;) {
    work_on();
    PooledExchange::Output output = exchange->take();
    if (aborted_) co_return false;
    out_.clear();
    if (output.head) {
      if (output.stream)
        append_stream_head(*output.head);
      else
        append_response(*output.head);
    }
    if (output.stream) append_stream_body(output.bytes, output.complete && !output.broken);
    if (!out_.empty()) {
      const bool sent = co_await send(out_);
      if (!sent) co_return false;
    }
    broken_ = output.broken;
    if (output.complete) co_return !output.broken;
    if (out_.empty()) co_await wait_event();
  }
}

void Connection::append_stream_body(std::string_view bytes, bool last) {
  if (head_only_) return;
  body_bytes_ += bytes.size();
  if (!chunked_) {
    out_ += bytes;
    return;
  }
  append_chunk(out_, bytes);
  if (last) out_ += last_chunk;
  if (!last && std::exchange(probe_due_, false)) out_ += probe_byte;
}

// --- is the client still there?

void Connection::start_monitor() {
  if (reading_ || read_ended_ || !make_room(buffer_bytes_max)) return;
  reading_ = true;
  const asio::mutable_buffer room(buffer_.data() + end_, buffer_.size() - end_);
  auto handler = [self = shared_from_this()](const ErrorCode& error, std::size_t size) {
    self->on_monitor(error, size);
  };
  if (tls_)
    tls_->async_read_some(room, std::move(handler));
  else
    socket_.async_read_some(room, std::move(handler));
}

void Connection::on_monitor(const ErrorCode& error, std::size_t size) {
  reading_ = false;
  end_ += size;
  monitored_ += size;
  if (error) read_ended_ = true;
  if (working()) {
    if (!error)
      start_monitor();
    else if (error == asio::error::eof && !tls_)
      on_half_closed();
    else
      on_gone();
  }
  event_.cancel();
}

// The client sends no more. It may have closed the connection, or only its sending half; it answers the next
// bytes with a reset in the first case. An interim response (which every HTTP/1.1 client reads over) brings
// that out before the answer is there, a zero before the next chunk of a stream.
void Connection::on_half_closed() {
  keep_alive_ = false;
  if (request().minor_version == 0) return on_gone();
  const bool head_on_wire = coroutine_ != nullptr ? coroutine_->head_on_wire() : head_sent_;
  std::string_view bytes = continue_line;
  if (head_on_wire) {
    // The pool's stream is looked at right after this; a coroutine may not write for long.
    probe_due_ = coroutine_ == nullptr;
    const bool between_chunks = coroutine_ != nullptr && coroutine_->streaming() && !coroutine_->sending();
    bytes = between_chunks && chunked_ && !head_only_ ? std::string_view(&probe_byte, 1) : std::string_view();
  }
  ErrorCode error;
  if (!bytes.empty()) socket_.send(asio::buffer(bytes.data(), bytes.size()), 0, error);
  if (error) return on_gone();
  socket_.async_wait(asio::ip::tcp::socket::wait_error, [self = shared_from_this()](const ErrorCode& failed) {
    if (!failed && self->working()) self->on_gone();
  });
}

void Connection::on_gone() {
  aborted_ = true;
  cancel_work();
  event_.cancel();
}

// --- writing

void Connection::append_response(const HttpResponse& response) {
  const std::string_view content = response.content();
  if (response.close || finishing_) keep_alive_ = false;
  ResponseHeadOptions options;
  if (response.status != 204) options.content_length = content.size();
  options.close = !keep_alive_;
  options.http_1_0 = request().minor_version == 0;
  options.date = io_.date();
  options.request_id = request().request_id;
  append_response_head(out_, response, options);
  if (!head_only_) out_ += content;
  head_sent_ = true;
  status_ = response.status;
  body_bytes_ = head_only_ ? 0 : content.size();
}

void Connection::append_stream_head(const HttpResponse& response) {
  chunked_ = request().minor_version >= 1;
  if (response.close || finishing_ || !chunked_) keep_alive_ = false;
  ResponseHeadOptions options;
  options.chunked = chunked_;
  options.close = !keep_alive_;
  options.date = io_.date();
  options.request_id = request().request_id;
  append_response_head(out_, response, options);
  head_sent_ = true;
  status_ = response.status;
  body_bytes_ = 0;
}

const HttpRequest& Connection::request() const { return exchange_ ? exchange_->request() : request_; }

// What is sent waits until all that is ready on this thread has been worked on: a send wakes the peer, which
// costs several microseconds where its processor sleeps, and the sends that follow at once find it awake.
Connection::awaitable<bool> Connection::send(std::string_view bytes) {
  ErrorCode error;
  const bool working = phase_ == Phase::working;
  if (!tls_) {
    co_await asio::post(asio::use_awaitable);
    if (aborted_) co_return false;
  }
  while (!bytes.empty()) {
    std::size_t size = 0;
    const asio::const_buffer rest(bytes.data(), bytes.size());
    if (!tls_) size = socket_.send(rest, 0, error);
    if (tls_ || error == asio::error::would_block) {
      error = {};
      set_deadline(Phase::sending, shared_.limits.idle_time);
      if (working) deadline_ = std::min(deadline_, working_deadline_);
      Token token(asio::use_awaitable, error);
      if (tls_)
        size = co_await tls_->async_write_some(rest, token);
      else
        size = co_await socket_.async_write_some(rest, token);
    }
    if (error || aborted_) co_return false;
    bytes.remove_prefix(size);
  }
  co_return true;
}

// Closing a socket that has unread bytes resets it, and the client may never see the answer: read on a
// little.
Connection::awaitable<void> Connection::linger() {
  ErrorCode ignored;
  if (!tls_) socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  set_deadline(Phase::lingering, linger_time);
  timed_out_ = false;
  std::uint64_t total = 0;
  while (total < linger_bytes_max) {
    begin_ = end_;
    make_room(buffer_bytes_max);
    const std::size_t size = co_await receive();
    if (size == 0) break;
    total += size;
  }
}

void Connection::report(const HttpRequest& request, bool gone, Instant ended) {
  const HttpDone done{.request = request,
                      .tag = tag_,
                      .status = status_,
                      .bytes_sent = body_bytes_,
                      .time = ended - started_,
                      .client_gone = gone};
  shared_.handler.done(done);
}

}  // namespace loadline

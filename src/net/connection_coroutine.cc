#include "net/connection_coroutine.h"

#include <utility>

#include "net/response_head.h"

namespace loadline {

Connection::Coroutine::Coroutine(Connection& connection) : connection_(connection) {
  connection_.coroutine_ = this;
  connection_.shared_.stats.requests_in_flight.fetch_add(1);
}

Connection::Coroutine::~Coroutine() {
  connection_.coroutine_ = nullptr;
  connection_.shared_.coroutines_in_flight.fetch_sub(1);
  connection_.shared_.stats.requests_in_flight.fetch_sub(1);
}

void Connection::Coroutine::on_cancelled(std::function<void()> notify) {
  if (notify && context().cancel.cancelled()) return notify();
  notify_ = std::move(notify);
}

void Connection::Coroutine::cancel() {
  context().cancel.cancel();
  if (const auto notify = std::exchange(notify_, {})) notify();
}

Connection::awaitable<bool> Connection::Coroutine::respond(HttpResponse response) {
  LOADLINE_ASSERT(state_ == State::open);
  state_ = State::ended;
  connection_.out_.clear();
  connection_.append_response(response);
  co_return co_await send();
}

void Connection::Coroutine::begin_stream(HttpResponse head) {
  LOADLINE_ASSERT(state_ == State::open);
  state_ = State::streaming;
  head_held_ = true;
  connection_.out_.clear();
  connection_.append_stream_head(head);
}

Connection::awaitable<bool> Connection::Coroutine::write(std::string_view bytes) {
  LOADLINE_ASSERT(state_ == State::streaming);
  connection_.append_stream_body(bytes, false);
  co_return co_await send();
}

Connection::awaitable<bool> Connection::Coroutine::flush() {
  LOADLINE_ASSERT(state_ == State::streaming);
  co_return co_await send();
}

Connection::awaitable<bool> Connection::Coroutine::end_stream(std::string_view last) {
  LOADLINE_ASSERT(state_ == State::streaming);
  connection_.append_stream_body(last, true);
  state_ = State::ended;
  co_return co_await send();
}

Connection::awaitable<bool> Connection::Coroutine::send() {
  head_held_ = false;
  if (!failed_ && !connection_.out_.empty()) {
    sending_ = true;
    const bool sent = co_await connection_.send(connection_.out_);
    sending_ = false;
    connection_.out_.clear();
    connection_.work_on();
    if (!sent) {
      failed_ = true;
      cancel();
    }
  }
  if (state_ == State::ended) ended_ = connection_.shared_.clock.now();
  co_return !failed_;
}

Connection::awaitable<bool> Connection::Coroutine::finish() {
  notify_ = {};
  failed_ = failed_ || connection_.aborted_;
  if (state_ == State::open && !failed_) {
    HttpResponse response = connection_.shared_.handler.refusal(
        500, Error(Code::internal, "the request failed inside the server"));
    co_return co_await respond(std::move(response));
  }
  // What a stream still holds is sent, so that the client sees how far it came.
  if (state_ == State::streaming && head_held_) co_await send();
  co_return state_ == State::ended && !failed_;
}

// --- the connection

Connection::awaitable<bool> Connection::serve_as_coroutine() {
  AsyncHandler* const handler = shared_.handler.async();
  LOADLINE_ASSERT(handler != nullptr);
  if (!take_coroutine_place()) {
    Error error(Code::resource_exhausted,
                "all " + std::to_string(shared_.limits.coroutines_in_flight_max) +
                    " requests that may be passed on at once are running; try again shortly");
    co_return co_await refuse_with(429, error);
  }
  if (context_.cancel.cancelled()) context_.cancel = CancelToken();
  Coroutine exchange(*this);
  request_cancelled_ = false;
  working_deadline_ = started_ + shared_.limits.request_time + shared_.limits.sweep_interval;
  work_on();
  start_monitor();
  try {
    co_await handler->serve(exchange);
  } catch (const std::exception&) {
    // What a library threw past its adapter is our bug; the client gets an answer below all the same.
  }
  const bool whole = co_await exchange.finish();
  report(request_, !whole && !exchange.broken(), whole ? exchange.ended() : shared_.clock.now());
  co_return whole&& keep_alive_;
}

bool Connection::take_coroutine_place() {
  if (shared_.coroutines_in_flight.fetch_add(1) < shared_.limits.coroutines_in_flight_max) return true;
  shared_.coroutines_in_flight.fetch_sub(1);
  return false;
}

void Connection::work_on() {
  phase_ = Phase::working;
  deadline_ = working_deadline_;
}

}  // namespace loadline

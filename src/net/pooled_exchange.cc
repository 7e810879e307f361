#include "net/pooled_exchange.h"

#include <exception>

namespace loadline {

void PooledExchange::notify(std::unique_lock<std::mutex>& lock) {
  const bool first = !notified_;
  notified_ = true;
  lock.unlock();
  if (first) parts_.wake();
}

void PooledExchange::respond(HttpResponse response) {
  std::unique_lock lock(mutex_);
  LOADLINE_ASSERT(state_ == State::open);
  state_ = State::responded;
  head_ = std::move(response);
  notify(lock);
}

void PooledExchange::begin_stream(HttpResponse head) {
  std::unique_lock lock(mutex_);
  LOADLINE_ASSERT(state_ == State::open);
  state_ = State::streaming;
  head_ = std::move(head);
  notify(lock);
}

HttpExchange::Push PooledExchange::push(std::string_view bytes) {
  std::unique_lock lock(mutex_);
  LOADLINE_ASSERT(state_ == State::streaming);
  if (gone_) return Push::gone;
  if (bytes_.size() + bytes.size() > parts_.buffer_bytes_max) return Push::full;
  bytes_ += bytes;
  notify(lock);
  return Push::taken;
}

void PooledExchange::end_stream(std::string_view last) {
  std::unique_lock lock(mutex_);
  LOADLINE_ASSERT(state_ == State::streaming);
  state_ = State::ended;
  bytes_ += last;
  notify(lock);
}

void PooledExchange::run(HttpHandler& handler) {
  try {
    handler.handle(*this);
  } catch (const std::exception&) {
    // What a library threw past its adapter is our bug; the client gets an answer below all the same.
  }
  std::unique_lock lock(mutex_);
  if (state_ == State::open) {
    lock.unlock();
    respond(handler.refusal(500, Error(Code::internal, "the request failed inside the server")));
  } else if (state_ == State::streaming) {
    state_ = State::broken;
    notify(lock);
  }
}

PooledExchange::Output PooledExchange::take() {
  std::lock_guard lock(mutex_);
  notified_ = false;
  Output output;
  output.head.swap(head_);
  output.bytes.swap(bytes_);
  output.stream = state_ >= State::streaming;
  output.complete = state_ == State::responded || state_ == State::ended || state_ == State::broken;
  output.broken = state_ == State::broken;
  return output;
}

void PooledExchange::client_gone() {
  parts_.context.cancel.cancel();
  std::lock_guard lock(mutex_);
  gone_ = true;
}

}  // namespace loadline

#include "net/io_thread.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <vector>

#include "net/async_exchange.h"
#include "net/connection.h"
#include "net/response_head.h"

namespace loadline {

namespace asio = boost::asio;

IoThread::IoThread(ServerShared& shared, std::size_t index, std::uint64_t seed)
    : shared_(shared), index_(index), rng_(seed) {
  date_seconds_ = shared_.clock.unix_millis() / 1000;
  date_ = http_date(date_seconds_);
  work_.emplace(context_.get_executor());
}

IoThread::~IoThread() { join(); }

void IoThread::announce() {
  AsyncHandler* const handler = shared_.handler.async();
  if (handler != nullptr) handler->on_thread_start(index_, context_.get_executor());
}

void IoThread::start(std::string name) {
  schedule_sweep();
  thread_ = std::thread([this, name = std::move(name)] {
    pthread_setname_np(pthread_self(), name.c_str());
    context_.run();
  });
}

void IoThread::join() {
  if (!thread_.joinable()) return;
  asio::post(context_, [this] {
    joining_ = true;
    if (AsyncHandler* const handler = shared_.handler.async()) handler->on_thread_stop(index_);
    sweep_timer_.cancel();
    work_.reset();
  });
  thread_.join();
}

void IoThread::demand_all(Demand demand) {
  asio::post(context_, [this, demand] {
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& entry : connections_) all.push_back(entry.second);
    for (const auto& connection : all) {
      if (demand == Demand::finish) connection->finish();
      if (demand == Demand::cancel) connection->cancel_request();
      if (demand == Demand::abort) connection->abort();
    }
  });
}

void IoThread::add(std::shared_ptr<Connection> connection) {
  const Connection* key = connection.get();
  connections_.emplace(key, std::move(connection));
}

void IoThread::remove(const Connection& connection) { connections_.erase(&connection); }

std::string IoThread::new_request_id() {
  static constexpr char digits[] = "0123456789abcdef";
  std::string id = "req_";
  for (int word = 0; word < 3; ++word) {
    const std::uint32_t bits = rng_.next();
    for (int shift = 28; shift >= 0; shift -= 4) id += digits[(bits >> shift) & 15];
  }
  return id;
}

void IoThread::schedule_sweep() {
  sweep_timer_.expires_after(shared_.limits.sweep_interval);
  sweep_timer_.async_wait([this](const boost::system::error_code&) {
    if (joining_) return;
    sweep();
    schedule_sweep();
  });
}

void IoThread::sweep() {
  const std::int64_t seconds = shared_.clock.unix_millis() / 1000;
  if (seconds != date_seconds_) {
    date_seconds_ = seconds;
    date_ = http_date(seconds);
  }
  const Instant now = shared_.clock.now();
  for (const auto& entry : connections_) entry.second->sweep(now);
}

}  // namespace loadline

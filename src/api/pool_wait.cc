#include "api/pool_wait.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace loadline {

namespace asio = boost::asio;

Waker::Waker(const std::shared_ptr<asio::steady_timer>& event)
    : event_(event), executor_(event->get_executor()) {}

void Waker::wake() {
  const std::lock_guard lock(mutex_);
  if (!executor_) return;
  asio::post(*executor_, [event = event_] {
    if (const auto waiting = event.lock()) waiting->cancel();
  });
}

void Waker::forget() {
  const std::lock_guard lock(mutex_);
  executor_.reset();
}

namespace {

/// What the waiting coroutine and the pool thread share.
struct PoolJob {
  explicit PoolJob(const std::shared_ptr<asio::steady_timer>& event) : waker(event) {}
  Waker waker;
  std::atomic<bool> done{false};
};

/// However the coroutine ends, nobody wakes it afterwards.
class EndOfWait {
 public:
  EndOfWait(AsyncExchange& exchange, PoolJob& job) : exchange_(exchange), job_(job) {}
  ~EndOfWait() {
    exchange_.on_cancelled({});
    job_.waker.forget();
  }
  EndOfWait(const EndOfWait&) = delete;
  EndOfWait& operator=(const EndOfWait&) = delete;

 private:
  AsyncExchange& exchange_;
  PoolJob& job_;
};

}  // namespace

asio::awaitable<PoolWait> wait_for_pool(AsyncExchange& exchange, WorkerPool& pool, std::function<void()> work,
                                        Duration time_max) {
  const auto event = std::make_shared<asio::steady_timer>(exchange.executor());
  const auto job = std::make_shared<PoolJob>(event);
  event->expires_after(time_max);
  const bool taken = pool.try_run([job, work = std::move(work)] {
    work();
    job->done.store(true, std::memory_order_release);
    job->waker.wake();
  });
  if (!taken) co_return PoolWait::full;
  bool gone = false;
  const EndOfWait end(exchange, *job);
  exchange.on_cancelled([&gone, event] {
    gone = true;
    event->cancel();
  });
  boost::system::error_code woken;
  auto token = asio::redirect_error(asio::use_awaitable, woken);
  while (!job->done.load(std::memory_order_acquire)) {
    if (gone) co_return PoolWait::cancelled;
    co_await event->async_wait(token);
    if (!woken && !job->done.load(std::memory_order_acquire)) co_return PoolWait::late;
  }
  co_return PoolWait::done;
}

}  // namespace loadline

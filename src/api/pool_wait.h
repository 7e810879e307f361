#pragma once
// A coroutine that waits for work on a pool: what would hold its connection's thread for too long is done
// elsewhere, and the coroutine goes on when it is done, or when it has waited long enough.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "net/async_exchange.h"
#include "net/worker_pool.h"

namespace loadline {

/// Wakes a coroutine from another thread, for as long as it is there: the pool may still work when the
/// coroutine and its thread have gone. Thread-safe.
class Waker {
 public:
  explicit Waker(const std::shared_ptr<boost::asio::steady_timer>& event);
  /// Cancels the event's wait, on its own thread.
  void wake();
  /// On the event's thread, before it goes.
  void forget();

 private:
  std::mutex mutex_;
  std::weak_ptr<boost::asio::steady_timer> event_;
  std::optional<boost::asio::steady_timer::executor_type> executor_;  // guarded by mutex_
};

enum class PoolWait : std::uint8_t {
  done,       // what the work wrote may be read
  full,       // the pool had no place; the work was not begun
  late,       // the time is over; the work may still run
  cancelled,  // nobody waits for the answer any more; the work may still run
};

/// Runs `work` on the pool and waits for it. As it may outlive the wait, `work` owns what it uses. Takes
/// AsyncExchange::on_cancelled for itself while it waits, and gives it back empty.
boost::asio::awaitable<PoolWait> wait_for_pool(AsyncExchange& exchange, WorkerPool& pool,
                                               std::function<void()> work, Duration time_max);

}  // namespace loadline

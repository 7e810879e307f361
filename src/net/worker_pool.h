#pragma once
// A bounded pool of threads for requests that take time. A thread is made when work comes and none is idle,
// up to the limit; beyond it work is refused, never queued: whoever asks is told at once. Thread-safe.
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace loadline {

class WorkerPool {
 public:
  WorkerPool(std::string name, std::size_t threads_max);
  /// Waits for all running work.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False if all threads are busy or the pool is closing.
  bool try_run(std::function<void()> work);
  std::size_t busy() const;

 private:
  void loop();

  const std::string name_;
  const std::size_t threads_max_;
  mutable std::mutex mutex_;
  std::condition_variable work_came_;
  std::deque<std::function<void()>> work_;  // guarded by mutex_; never more than idle threads
  std::vector<std::thread> threads_;        // guarded by mutex_
  std::size_t idle_ = 0;                    // guarded by mutex_; threads that wait and have nothing assigned
  bool closing_ = false;                    // guarded by mutex_
};

}  // namespace loadline

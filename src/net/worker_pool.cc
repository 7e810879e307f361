#include "net/worker_pool.h"

#include <pthread.h>

#include <system_error>

namespace loadline {

WorkerPool::WorkerPool(std::string name, std::size_t threads_max)
    : name_(std::move(name)), threads_max_(threads_max) {}

WorkerPool::~WorkerPool() {
  std::vector<std::thread> threads;
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    threads.swap(threads_);
  }
  work_came_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

bool WorkerPool::try_run(std::function<void()> work) {
  std::lock_guard lock(mutex_);
  if (closing_) return false;
  if (idle_ == 0) {
    if (threads_.size() >= threads_max_) return false;
    try {
      threads_.emplace_back([this] { loop(); });
    } catch (const std::system_error&) {  // the system has no thread left
      return false;
    }
    ++idle_;  // the new thread, for the work below
  }
  --idle_;
  work_.push_back(std::move(work));
  work_came_.notify_one();
  return true;
}

std::size_t WorkerPool::busy() const {
  std::lock_guard lock(mutex_);
  return threads_.size() - idle_;
}

void WorkerPool::loop() {
  pthread_setname_np(pthread_self(), name_.c_str());
  std::unique_lock lock(mutex_);
  for (;;) {
    work_came_.wait(lock, [this] { return closing_ || !work_.empty(); });
    if (work_.empty()) return;
    std::function<void()> work = std::move(work_.front());
    work_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // what it holds ends here, not when the next work comes
    lock.lock();
    ++idle_;
  }
}

}  // namespace loadline

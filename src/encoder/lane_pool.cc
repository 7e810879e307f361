#include "encoder/lane_pool.h"

#include <utility>

// Of libgomp; declared here because <omp.h> belongs to one compiler and the library to another.
extern "C" void omp_set_num_threads(int threads);

namespace loadline {

LanePool::LanePool(std::size_t lanes) {
  for (std::size_t lane = 0; lane < lanes; ++lane) threads_.emplace_back([this, lane] { serve(lane); });
}

LanePool::~LanePool() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  work_waits_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Status LanePool::run(std::size_t parts, const Work& work) {
  if (parts == 0) return {};
  Job job{work, parts, 0, 0, {}, {}};
  std::unique_lock lock(mutex_);
  jobs_.push_back(&job);
  if (parts == 1) {
    work_waits_.notify_one();
  } else {
    work_waits_.notify_all();
  }
  job.done.wait(lock, [&] { return job.next == job.parts && job.running == 0; });
  return std::move(job.status);
}

void LanePool::serve(std::size_t lane) {
  omp_set_num_threads(1);
  std::unique_lock lock(mutex_);
  for (;;) {
    work_waits_.wait(lock, [&] { return closing_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    run_one(lock, lane);
  }
}

void LanePool::run_one(std::unique_lock<std::mutex>& lock, std::size_t lane) {
  Job& job = *jobs_.front();
  jobs_.pop_front();
  const std::size_t part = job.next++;
  ++job.running;
  if (job.next < job.parts) {  // to the back of the line, for the other lanes
    jobs_.push_back(&job);
    work_waits_.notify_one();
  }
  lock.unlock();
  Status status = job.work(part, lane);
  lock.lock();
  --job.running;
  if (!status.ok()) {
    if (job.status.ok()) job.status = std::move(status);
    if (job.next < job.parts) {
      std::erase(jobs_, &job);
      job.next = job.parts;
    }
  }
  if (job.next == job.parts && job.running == 0) job.done.notify_one();
}

}  // namespace loadline

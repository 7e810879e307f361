#pragma once
// A few threads ("lanes") that share the parts of jobs. A job is one call: its parts go to whichever lane is
// free, and when several jobs wait, their parts take turns, so a single query is not stuck behind a large
// batch.
//
// Each lane tells OpenMP, which oneDNN is built on here, to use one thread: parallelism is between parts,
// where it scales, and never within a matrix product, where threads would spin for each other.
//
// `run` may be called from any number of threads, which bounds the jobs. It must not be called from a lane.
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"

namespace loadline {

class LanePool {
 public:
  using Work = std::function<Status(std::size_t part, std::size_t lane)>;

  explicit LanePool(std::size_t lanes);
  ~LanePool();  // no call may be running
  LanePool(const LanePool&) = delete;
  LanePool& operator=(const LanePool&) = delete;

  /// Calls `work` for each part from 0 to parts - 1 and returns when all calls have returned. After a failure
  /// no further parts are started and the first error is returned. `work` must not throw.
  Status run(std::size_t parts, const Work& work);
  std::size_t lanes() const { return threads_.size(); }

 private:
  struct Job {
    const Work& work;
    const std::size_t parts;
    std::size_t next = 0;  // this and below: guarded by mutex_
    std::size_t running = 0;
    Status status;
    std::condition_variable done;
  };

  void serve(std::size_t lane);
  void run_one(std::unique_lock<std::mutex>& lock, std::size_t lane);

  std::mutex mutex_;
  std::condition_variable work_waits_;
  std::deque<Job*> jobs_;  // guarded by mutex_: jobs with parts not yet started
  bool closing_ = false;   // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace loadline

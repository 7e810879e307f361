#pragma once
// The writer lock of a data folder: one holder among all processes, by a lock of the open file `writer.lock`
// (fcntl, F_OFD_SETLK), and one thread of it. The system frees it when a process ends, however it ends.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "base/call_context.h"
#include "base/result.h"
#include "model/ingest_store.h"

namespace loadline {

/// Thread-safe. Must outlive the locks it gives.
class DataLock {
 public:
  explicit DataLock(std::string folder) : folder_(std::move(folder)) {}

  /// See IngestStore::lock_for_writing.
  Result<std::unique_ptr<WriterLock>> acquire(const CallContext& context);
  /// By this object.
  bool held() const;
  /// Which process holds it, e.g. "pid 4711"; "" if none does.
  std::string holder() const;

 private:
  class Held;
  Status wait_for_turn(const CallContext& context);
  void end_turn();

  const std::string folder_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  bool taken_ = false;  // guarded by mutex_
};

}  // namespace loadline

#pragma once
// Keeps a server's indexes at the state of the store while other processes (`loadline ingest`) change it: a
// thread that looks every `index_watch_interval`, which costs nothing if nothing happened.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/call_context.h"
#include "base/log.h"
#include "ingest/ingestor.h"

namespace loadline {

inline constexpr std::chrono::milliseconds index_watch_interval{1000};

class IndexWatch {
 public:
  /// All must outlive it.
  IndexWatch(Ingestor& ingestor, const Clock& clock, Log& log);
  ~IndexWatch();
  IndexWatch(const IndexWatch&) = delete;
  IndexWatch& operator=(const IndexWatch&) = delete;

  /// ok, or why searches may not show the present documents: the store or an index cannot be read. Any
  /// thread.
  Status status() const;

 private:
  void work();
  void look();

  Ingestor& ingestor_;
  Log& log_;
  CallContext context_;
  mutable std::mutex mutex_;
  std::condition_variable closed_;
  bool closing_ = false;  // guarded by mutex_
  Status last_;           // guarded by mutex_
  std::thread thread_;
};

}  // namespace loadline

#pragma once
// Named places where the service under test stops until the scenario lets it go on: time by steps instead of
// sleeps. Thread-safe.
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

#include "base/call_context.h"

namespace loadline {

class Gates {
 public:
  /// Waits until `release(name)`; returns the context's error if it ends first.
  Status hold(const std::string& name, const CallContext& context);
  /// Lets everything go on that waits at `name` now.
  void release(const std::string& name);
  /// Waits until something waits at `name`. deadline_exceeded.
  Status wait_for(const std::string& name, std::chrono::milliseconds most);

 private:
  struct Gate {
    int waiting = 0;
    std::uint64_t releases = 0;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Gate> gates_;  // guarded by mutex_
};

}  // namespace loadline

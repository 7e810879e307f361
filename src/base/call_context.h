#pragma once
// What travels with every call: until when, whether anyone still waits, and under which request id.
//
// Passed by const reference down the stack; cheap to copy. A long operation calls `check()` at least once per
// bounded piece of work and returns its error. The cancel flag may be set from any thread.
#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace loadline {

/// Shared "please stop" flag. Thread-safe; once set it stays set.
class CancelToken {
 public:
  CancelToken() : flag_(std::make_shared<std::atomic<bool>>(false)) {}
  void cancel() const { flag_->store(true, std::memory_order_release); }
  bool cancelled() const { return flag_->load(std::memory_order_acquire); }

 private:
  std::shared_ptr<std::atomic<bool>> flag_;
};

struct CallContext {
  const Clock* clock = nullptr;     // never null in use; must outlive the call
  std::optional<Instant> deadline;  // none: no time limit
  CancelToken cancel;
  std::string request_id;  // safe to log

  /// ok, or `cancelled`, or `deadline_exceeded`.
  Status check() const;
  /// This context with a deadline no later than `limit` from now.
  CallContext with_time_limit(Duration limit) const;
};

}  // namespace loadline

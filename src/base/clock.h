#pragma once
// Time as a port: everything that waits, expires or stamps takes a Clock, so that tests move time by hand.
#include <atomic>
#include <chrono>
#include <cstdint>

namespace loadline {

using Duration = std::chrono::nanoseconds;
/// Monotonic; only differences mean anything.
using Instant = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  /// Monotonic time, for durations and deadlines.
  virtual Instant now() const = 0;
  /// Milliseconds since 1970-01-01 UTC, for rows and logs.
  virtual std::int64_t unix_millis() const = 0;
};

/// The machine's clock. Thread-safe.
class SystemClock final : public Clock {
 public:
  Instant now() const override { return std::chrono::steady_clock::now(); }
  std::int64_t unix_millis() const override;
};

/// A clock that stands still until told to move. Thread-safe.
class ManualClock final : public Clock {
 public:
  Instant now() const override { return Instant(Duration(nanos_.load())); }
  std::int64_t unix_millis() const override { return nanos_.load() / 1'000'000; }
  void advance(Duration by) { nanos_.fetch_add(by.count()); }

 private:
  std::atomic<std::int64_t> nanos_{1'700'000'000'000'000'000};
};

}  // namespace loadline

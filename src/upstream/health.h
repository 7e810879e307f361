#pragma once
// What the gateway knows about one upstream from its recent calls: a circuit breaker and an estimate of its
// latency. Time comes in as arguments. Thread-safe; one short lock per call.
//
// Breaker: closed until `failures_to_open` calls in a row fail; then open for a time that doubles with each
// further failure up to `open_time_max`; then half-open: one probe at a time, the first success closes it.
//
// Latency: peak EWMA (Twitter Finagle, "PeakEwmaLoadBalancer"): a slower sample counts at once in full, a
// faster one with weight 1 - exp(-age / decay). The load is the estimate times the calls in flight plus one.
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/clock.h"

namespace loadline {

struct HealthOptions {
  std::uint32_t failures_to_open = 5;
  Duration open_time_first = std::chrono::seconds(1);
  Duration open_time_max = std::chrono::seconds(60);
  Duration decay = std::chrono::seconds(10);
  Duration latency_first = std::chrono::milliseconds(1);  // of an upstream that was never called
};

enum class BreakerState : std::uint8_t { closed, open, half_open };

class UpstreamHealth {
 public:
  explicit UpstreamHealth(HealthOptions options = {}) : options_(options) {}

  /// Until when no call may be made; none: one may be made now. Takes nothing.
  std::optional<Instant> resting_until(Instant now) const;
  /// A call begins. False: the breaker forbids it, and nothing was counted. True: exactly one of `succeeded`,
  /// `failed`, `told_to_wait`, `abandoned` ends it.
  bool begin(Instant now);
  /// The first byte of a good answer came after `latency`; ends a half-open breaker's probe. At most once a
  /// call.
  void answered(Instant now, Duration latency);
  /// The answer was whole: the row of failures is broken.
  void succeeded();
  /// The upstream's fault: connection, time-out, 5xx, a cut stream.
  void failed(Instant now);
  /// It said "not before" (429 or 503 with Retry-After): no failure, but no calls until then.
  void told_to_wait(Instant now, Instant until);
  /// Ended without a verdict: the client left, a hedge lost, the request was wrong.
  void abandoned();

  BreakerState state(Instant now) const;
  /// Seconds times calls: what least-latency compares.
  double load(Instant now) const;
  std::uint32_t in_flight() const;

 private:
  void finish();  // with the lock

  const HealthOptions options_;
  mutable std::mutex mutex_;
  std::uint32_t failures_ = 0;  // in a row
  bool probing_ = false;
  Instant open_until_{};
  Duration open_time_{};  // 0: closed
  Instant wait_until_{};  // as the upstream said
  std::uint32_t in_flight_ = 0;
  double latency_ = 0;  // seconds
  Instant sampled_{};
};

}  // namespace loadline

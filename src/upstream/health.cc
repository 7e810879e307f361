#include "upstream/health.h"

#include <algorithm>
#include <cmath>

namespace loadline {
namespace {

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

std::optional<Instant> UpstreamHealth::resting_until(Instant now) const {
  const std::lock_guard lock(mutex_);
  Instant until = wait_until_;
  if (open_time_ > Duration::zero()) {
    // While the probe runs nobody knows for how long; ask again soon.
    until = std::max(until, probing_ ? now + options_.open_time_first : open_until_);
  }
  if (until <= now) return std::nullopt;
  return until;
}

bool UpstreamHealth::begin(Instant now) {
  const std::lock_guard lock(mutex_);
  if (wait_until_ > now) return false;
  if (open_time_ > Duration::zero()) {
    if (probing_ || now < open_until_) return false;
    probing_ = true;
  }
  ++in_flight_;
  return true;
}

void UpstreamHealth::finish() {
  if (in_flight_ > 0) --in_flight_;
}

void UpstreamHealth::answered(Instant now, Duration latency) {
  const std::lock_guard lock(mutex_);
  if (probing_) {
    // It answers again. Whether whole is not known yet: one failure more opens at once.
    probing_ = false;
    open_time_ = Duration::zero();
    failures_ = options_.failures_to_open - 1;
  }
  const double sample = seconds(latency);
  const double age = std::max(0.0, seconds(now - sampled_));
  const double keep = std::exp(-age / seconds(options_.decay));
  latency_ = sample > latency_ ? sample : latency_ * keep + sample * (1 - keep);
  sampled_ = now;
}

void UpstreamHealth::succeeded() {
  const std::lock_guard lock(mutex_);
  finish();
  failures_ = 0;
}

void UpstreamHealth::failed(Instant now) {
  const std::lock_guard lock(mutex_);
  finish();
  ++failures_;
  const bool probe = probing_;
  probing_ = false;
  if (open_time_ > Duration::zero() && !probe) return;  // began before it opened
  if (!probe && failures_ < options_.failures_to_open) return;
  open_time_ = probe ? std::min(open_time_ * 2, options_.open_time_max) : options_.open_time_first;
  open_until_ = now + open_time_;
}

void UpstreamHealth::told_to_wait(Instant now, Instant until) {
  const std::lock_guard lock(mutex_);
  finish();
  probing_ = false;
  wait_until_ = std::max(wait_until_, std::min(until, now + options_.open_time_max));
}

void UpstreamHealth::abandoned() {
  const std::lock_guard lock(mutex_);
  finish();
  probing_ = false;
}

BreakerState UpstreamHealth::state(Instant now) const {
  const std::lock_guard lock(mutex_);
  if (open_time_ == Duration::zero()) return BreakerState::closed;
  return now < open_until_ ? BreakerState::open : BreakerState::half_open;
}

double UpstreamHealth::load(Instant now) const {
  const std::lock_guard lock(mutex_);
  const double age = std::max(0.0, seconds(now - sampled_));
  const double faded = latency_ * std::exp(-age / seconds(options_.decay));
  return std::max(faded, seconds(options_.latency_first)) * (in_flight_ + 1);
}

std::uint32_t UpstreamHealth::in_flight() const {
  const std::lock_guard lock(mutex_);
  return in_flight_;
}

}  // namespace loadline

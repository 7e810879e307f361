#include "api/guess_brake.h"

#include <algorithm>

namespace loadline {

Duration GuessBrake::wait(std::string_view address) const {
  const Instant now = clock_.now();
  const std::lock_guard lock(mutex_);
  const auto at = tries_.find(address);
  return at == tries_.end() ? Duration::zero() : std::max(Duration::zero(), at->second.until - now);
}

void GuessBrake::failed(std::string_view address) {
  const Instant now = clock_.now();
  const std::lock_guard lock(mutex_);
  auto at = tries_.find(address);
  if (at == tries_.end()) {
    if (tries_.size() >= addresses_max) forget_one(now);
    at = tries_.emplace(std::string(address), Tries{}).first;
  }
  Tries& tries = at->second;
  if (now - tries.last > memory) tries.wrong = 0;
  tries.last = now;
  if (++tries.wrong < free_tries) return;
  constexpr std::uint32_t doublings_max = 6;
  static_assert(wait_first * (1U << doublings_max) >= wait_max);
  tries.until =
      now + std::min(wait_max, wait_first * (1U << std::min(tries.wrong - free_tries, doublings_max)));
}

void GuessBrake::passed(std::string_view address) {
  const std::lock_guard lock(mutex_);
  if (const auto at = tries_.find(address); at != tries_.end()) tries_.erase(at);
}

void GuessBrake::forget_one(Instant now) {
  std::erase_if(tries_, [&](const auto& entry) { return now - entry.second.last > memory; });
  if (tries_.size() < addresses_max) return;
  tries_.erase(std::min_element(tries_.begin(), tries_.end(),
                                [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
}

}  // namespace loadline

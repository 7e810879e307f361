#include "llama/thread_choice.h"

#include <algorithm>
#include <cmath>

namespace loadline::llama {

ThreadChoice::ThreadChoice(std::uint32_t threads_max, const Limits& limits)
    : threads_max_(std::max(1U, threads_max)), limits_(limits), hold_(limits.hold_min) {}

void ThreadChoice::observe(Seconds wall, Seconds on_core) {
  if (threads_max_ == 1 || wall.count() <= 0) return;
  if (reduced_) {
    held_ += wall;
    if (held_ >= hold_) {
      reduced_ = false;
      share_ = 1.0;
    }
    return;
  }
  const double weight = 1.0 - std::exp(-wall / limits_.memory);
  share_ += weight * (std::min(1.0, on_core / wall) - share_);
  if (share_ < limits_.share_min) {
    // Soon after the last try: it did not help.
    reduced_ = true;
    hold_ = held_.count() > 0 ? std::min(hold_ * 2, limits_.hold_max) : limits_.hold_min;
    held_ = Seconds(0);
  } else if (share_ > 0.95) {
    held_ = Seconds(0);  // all is well: the next time begins with the short hold again
  }
}

}  // namespace loadline::llama

#pragma once
// How many threads a step gets. The threads of a step wait for each other many times in it, spinning; when
// other programs use the cores, all of them wait for the one that was put aside, and two threads are slower
// than one by a large factor. So: when this process visibly does not get its cores, take one thread, and
// try all again after a while that doubles as long as it does not help.
//
// The sign is the share of wall time for which the engine's own thread was on a core: it works or spins in
// all of a step, so a share below one means that somebody else ran instead. One thread.
#include <chrono>
#include <cstdint>

namespace loadline::llama {

class ThreadChoice {
 public:
  using Seconds = std::chrono::duration<double>;
  struct Limits {
    double share_min = 0.75;  // below this, averaged over `memory`, the cores are not ours
    Seconds memory{0.5};
    Seconds hold_min{2};  // with one thread before all are tried again
    Seconds hold_max{30};
  };
  explicit ThreadChoice(std::uint32_t threads_max) : ThreadChoice(threads_max, Limits()) {}
  ThreadChoice(std::uint32_t threads_max, const Limits& limits);

  std::uint32_t threads() const { return reduced_ ? 1 : threads_max_; }
  /// After each step: how long it took, and how long the engine's thread was on a core meanwhile.
  void observe(Seconds wall, Seconds on_core);

 private:
  const std::uint32_t threads_max_;
  const Limits limits_;
  bool reduced_ = false;
  double share_ = 1.0;
  Seconds hold_;
  Seconds held_{0};
};

}  // namespace loadline::llama

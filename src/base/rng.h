#pragma once
// Random numbers with a seed that can be printed: PCG32 (O'Neill 2014, pcg-random.org). Same seed, same
// numbers on every machine. Not for keys or ids that must not be guessed. One thread per object.
#include <cstdint>

namespace loadline {

class Rng {
 public:
  explicit Rng(std::uint64_t seed, std::uint64_t stream = 1) : state_(0), increment_((stream << 1) | 1) {
    next();
    state_ += seed;
    next();
  }

  std::uint32_t next() {
    const std::uint64_t old = state_;
    state_ = old * 6364136223846793005ULL + increment_;
    const auto shifted = static_cast<std::uint32_t>(((old >> 18) ^ old) >> 27);
    const auto rotation = static_cast<std::uint32_t>(old >> 59);
    return (shifted >> rotation) | (shifted << ((32 - rotation) & 31));
  }

  /// Uniform in [0, bound); bound > 0. Without modulo bias.
  std::uint32_t below(std::uint32_t bound) {
    const std::uint32_t threshold = (0U - bound) % bound;
    for (;;) {
      const std::uint32_t value = next();
      if (value >= threshold) return value % bound;
    }
  }

  /// Uniform in [0, 1) with 32 bits.
  double uniform() { return next() * (1.0 / 4294967296.0); }

 private:
  std::uint64_t state_;
  std::uint64_t increment_;
};

}  // namespace loadline

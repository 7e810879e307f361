#pragma once
// Slows down who guesses: after some wrong admin keys an address is not listened to for a time that doubles
// with each further one. Also the right key is refused meanwhile, or guessing could go on unseen.
//
// Knows addresses only as text; who shares one (behind a proxy) shares its fate for `wait_max` at most, and
// the command line works on the files all the time. When more than `addresses_max` guess at once, the one
// that was quiet for the longest time is forgotten. Thread-safe.
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace loadline {

class GuessBrake {
 public:
  static constexpr std::uint32_t free_tries = 5;
  static constexpr Duration wait_first = std::chrono::seconds(1);
  static constexpr Duration wait_max = std::chrono::seconds(60);
  /// Wrong tries are forgotten after so long without another.
  static constexpr Duration memory = std::chrono::minutes(15);
  static constexpr std::size_t addresses_max = 4096;

  explicit GuessBrake(const Clock& clock) : clock_(clock) {}

  /// How long this address is not listened to; zero: it may try.
  Duration wait(std::string_view address) const;
  void failed(std::string_view address);
  void passed(std::string_view address);

 private:
  struct Tries {
    std::uint32_t wrong = 0;
    Instant last{}, until{};
  };
  void forget_one(Instant now);

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Tries, std::less<>> tries_;  // guarded by mutex_
};

}  // namespace loadline

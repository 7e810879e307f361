#include "base/clock.h"

namespace loadline {

std::int64_t SystemClock::unix_millis() const {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace loadline

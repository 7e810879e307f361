#pragma once
// Requests and tokens per minute, and calls at one time, by key, team and route.
//
// The minute slides: in no 60 seconds are there more than the limit. Counts are kept by second, so something
// leaves the window up to one second later than it could; never earlier. A call counts its prompt and allowed
// output when it is admitted, and is corrected to what it used. All limits concerned, or none, under one
// short lock. Time comes from the clock given. Thread-safe.
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "governance/identity.h"
#include "governance/refusal.h"

namespace loadline {

class RequestLimits;

struct LimitOwner {
  OwnerKind kind = OwnerKind::key;
  std::string_view name;
  RateLimits limits;
};

/// One admitted call; ends its share of `concurrent` when destroyed. Belongs to one thread at a time; must
/// not outlive its RequestLimits.
class Permit {
 public:
  Permit() = default;
  Permit(Permit&& other) noexcept;
  Permit& operator=(Permit&& other) noexcept;
  ~Permit() { finish(); }

  /// Corrects the tokens counted at admission to those used.
  void used_tokens(std::uint64_t tokens);
  void finish();

 private:
  friend class RequestLimits;
  struct Share;
  RequestLimits* limits_ = nullptr;
  std::array<std::shared_ptr<Share>, 3> shares_{};
  std::int64_t second_ = 0;  // of admission
  std::uint64_t tokens_ = 0;
};

struct Admission {
  Permit permit;
  std::optional<Refusal> refused;
};

class RequestLimits {
 public:
  static constexpr std::size_t owners_max = 3;        // of a call
  static constexpr std::size_t tracked_max = 50'000;  // owners with limits that are busy in the last minute
  static constexpr std::int64_t window_seconds = 60;

  explicit RequestLimits(const Clock& clock) : clock_(clock) {}

  /// At most one owner of each kind. `tokens`: prompt and allowed output. Refused by the limit that takes
  /// longest to renew; `concurrent` renews when another call ends, which nobody knows: retry_after_ms is 1000
  /// then.
  Admission admit(std::span<const LimitOwner> owners, std::uint64_t tokens);

  /// For the rate limit headers: what is left in this minute. Absent where there is no limit.
  struct Left {
    std::optional<std::uint64_t> requests, tokens;
  };
  Left left(const LimitOwner& owner) const;

 private:
  friend class Permit;
  std::shared_ptr<Permit::Share> share_of(const LimitOwner& owner, std::int64_t second);
  void forget_idle(std::int64_t second);
  std::int64_t now_ms() const;
  using Owner = std::pair<OwnerKind, std::string_view>;
  struct OwnerOrder {
    using is_transparent = void;
    static Owner view(const std::pair<OwnerKind, std::string>& owner) { return {owner.first, owner.second}; }
    static Owner view(const Owner& owner) { return owner; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return view(a) < view(b);
    }
  };

  const Clock& clock_;
  mutable std::mutex mutex_;
  // guarded by mutex_
  std::map<std::pair<OwnerKind, std::string>, std::shared_ptr<Permit::Share>, OwnerOrder> shares_;
  std::int64_t swept_ = -1;  // second of the last search for idle ones
};

}  // namespace loadline

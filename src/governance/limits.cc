#include "governance/limits.h"

#include <algorithm>

#include "base/assert.h"

namespace loadline {

namespace {

constexpr std::int64_t concurrent_retry_ms = 1000;  // nobody knows when a call ends

// Amounts by second over the last 60 whole seconds and the running one, which together hold everything that
// is less than 60 s old. The caller's lock guards it.
class Window {
 public:
  static constexpr std::int64_t seconds = RequestLimits::window_seconds + 1;

  void move_to(std::int64_t second) {
    if (second <= newest_) return;
    const std::int64_t steps = std::min(second - newest_, seconds);
    for (std::int64_t i = 1; i <= steps; ++i) sum_ -= std::exchange(slot(newest_ + i), 0);
    if (steps == seconds) amounts_.fill(0), sum_ = 0;
    newest_ = second;
  }
  void add(std::uint64_t amount) { slot(newest_) += amount, sum_ += amount; }
  // What was added in `second` becomes `now` instead of `before`, if it still counts.
  void correct(std::int64_t second, std::uint64_t before, std::uint64_t now) {
    if (second <= newest_ - seconds || second > newest_) return;
    sum_ = sum_ - before + now;
    slot(second) = slot(second) - before + now;
  }
  std::uint64_t sum() const { return sum_; }
  // The first second in which `amount` more fits below `limit`. Nothing: never.
  std::optional<std::int64_t> fits_in(std::uint64_t amount, std::uint64_t limit) const {
    if (amount > limit) return std::nullopt;
    std::uint64_t sum = sum_;
    for (std::int64_t oldest = newest_ - seconds + 1; sum > limit - amount; ++oldest) {
      sum -= amounts_[index(oldest)];
      if (sum <= limit - amount) return oldest + seconds;
    }
    return newest_;
  }

 private:
  static std::size_t index(std::int64_t second) {
    return static_cast<std::size_t>((second % seconds + seconds) % seconds);
  }
  std::uint64_t& slot(std::int64_t second) { return amounts_[index(second)]; }

  std::array<std::uint64_t, seconds> amounts_{};
  std::uint64_t sum_ = 0;
  std::int64_t newest_ = 0;
};

// The limit that keeps a call out for the longest time.
class Longest {
 public:
  explicit Longest(std::int64_t now_ms) : now_ms_(now_ms) {}

  void window(const LimitOwner& owner, const char* what, std::uint64_t limit, const Window& window,
              std::uint64_t amount) {
    const auto second = window.fits_in(amount, limit);
    if (!second)
      return keep(owner, never,
                  std::to_string(limit) + " " + what + " per minute, and this call alone needs " +
                      std::to_string(amount));
    const std::int64_t wait = *second * 1000 - now_ms_;
    if (wait > 0)
      keep(owner, wait,
           std::to_string(limit) + " " + what + " per minute, of which " +
               std::to_string(limit - std::min(limit, window.sum())) + " are left");
  }

  void concurrent(const LimitOwner& owner, std::uint32_t limit, std::uint32_t running) {
    if (running < limit) return;
    keep(owner, limit == 0 ? never : concurrent_retry_ms, std::to_string(limit) + " calls at one time");
  }

  std::optional<Refusal> refusal() const {
    if (wait_ == 0) return std::nullopt;
    std::optional<std::int64_t> retry;
    if (wait_ != never) retry = wait_;
    return Refusal{Error(Code::resource_exhausted, text_), retry};
  }

 private:
  static constexpr std::int64_t never = INT64_MAX;

  void keep(const LimitOwner& owner, std::int64_t wait, const std::string& what) {
    if (wait <= wait_) return;
    wait_ = wait;
    text_ = std::string("the ") + owner_kind_name(owner.kind) + " '" + std::string(owner.name) +
            "' may have " + what;
  }

  const std::int64_t now_ms_;
  std::int64_t wait_ = 0;
  std::string text_;
};

bool limited(const RateLimits& limits) {
  return limits.requests_per_minute || limits.tokens_per_minute || limits.concurrent;
}

}  // namespace

struct Permit::Share {
  Window requests, tokens;
  std::uint32_t running = 0;

  void move_to(std::int64_t second) { requests.move_to(second), tokens.move_to(second); }
  bool idle() const { return running == 0 && requests.sum() == 0 && tokens.sum() == 0; }
};

Permit::Permit(Permit&& other) noexcept { *this = std::move(other); }

Permit& Permit::operator=(Permit&& other) noexcept {
  if (this == &other) return *this;
  finish();
  limits_ = std::exchange(other.limits_, nullptr);
  shares_ = std::move(other.shares_);
  second_ = other.second_, tokens_ = other.tokens_;
  return *this;
}

void Permit::used_tokens(std::uint64_t tokens) {
  if (limits_ == nullptr) return;
  std::lock_guard lock(limits_->mutex_);
  for (const auto& share : shares_)
    if (share) share->tokens.correct(second_, tokens_, tokens);
  tokens_ = tokens;
}

void Permit::finish() {
  if (limits_ == nullptr) return;
  std::lock_guard lock(std::exchange(limits_, nullptr)->mutex_);
  for (const auto& share : shares_)
    if (share) --share->running;
  shares_ = {};
}

std::int64_t RequestLimits::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now().time_since_epoch()).count();
}

std::shared_ptr<Permit::Share> RequestLimits::share_of(const LimitOwner& owner, std::int64_t second) {
  auto at = shares_.find(Owner{owner.kind, owner.name});
  if (at == shares_.end()) {
    if (shares_.size() >= tracked_max) forget_idle(second);
    if (shares_.size() >= tracked_max) return nullptr;
    at = shares_
             .emplace(std::make_pair(owner.kind, std::string(owner.name)), std::make_shared<Permit::Share>())
             .first;
  }
  at->second->move_to(second);
  return at->second;
}

// At most once a second, because it looks at all.
void RequestLimits::forget_idle(std::int64_t second) {
  if (std::exchange(swept_, second) == second) return;
  std::erase_if(shares_, [&](const auto& entry) {
    entry.second->move_to(second);
    return entry.second->idle();
  });
}

Admission RequestLimits::admit(std::span<const LimitOwner> owners, std::uint64_t tokens) {
  LOADLINE_ASSERT(owners.size() <= owners_max);
  const std::int64_t now = now_ms(), second = now / 1000;
  std::array<std::shared_ptr<Permit::Share>, owners_max> shares{};
  Longest longest(now);
  Admission result;
  std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < owners.size(); ++i) {
    const LimitOwner& owner = owners[i];
    if (owner.name.empty() || !limited(owner.limits)) continue;
    shares[i] = share_of(owner, second);
    if (!shares[i]) {
      result.refused = {Error(Code::resource_exhausted, "more than " + std::to_string(tracked_max) +
                                                            " keys, teams and routes with limits are busy"),
                        concurrent_retry_ms};
      return result;
    }
    if (const auto& limit = owner.limits.requests_per_minute)
      longest.window(owner, "requests", *limit, shares[i]->requests, 1);
    if (const auto& limit = owner.limits.tokens_per_minute)
      longest.window(owner, "tokens", *limit, shares[i]->tokens, tokens);
    if (const auto& limit = owner.limits.concurrent) longest.concurrent(owner, *limit, shares[i]->running);
  }
  result.refused = longest.refusal();
  if (result.refused) return result;
  for (const auto& share : shares)
    if (share) share->requests.add(1), share->tokens.add(tokens), ++share->running;
  result.permit.limits_ = this;
  result.permit.shares_ = std::move(shares);
  result.permit.second_ = second;
  result.permit.tokens_ = tokens;
  return result;
}

RequestLimits::Left RequestLimits::left(const LimitOwner& owner) const {
  const std::int64_t second = now_ms() / 1000;
  std::lock_guard lock(mutex_);
  const auto at = shares_.find(Owner{owner.kind, owner.name});
  std::uint64_t requests = 0, tokens = 0;
  if (at != shares_.end()) {
    at->second->move_to(second);
    requests = at->second->requests.sum(), tokens = at->second->tokens.sum();
  }
  Left left;
  if (const auto limit = owner.limits.requests_per_minute)
    left.requests = *limit - std::min<std::uint64_t>(*limit, requests);
  if (const auto limit = owner.limits.tokens_per_minute) left.tokens = *limit - std::min(*limit, tokens);
  return left;
}

}  // namespace loadline

#pragma once
// The bytes that request bodies take together, and their bound: one budget for memory, another for uploads on
// disk.
//
// Whoever keeps a body holds a BodyCharge and grows it before it takes more bytes, so that the sum of all
// bodies never exceeds the bound; what does not fit is refused with 429. Small bodies have the last part of
// the budget to themselves: large ones cannot shut them out.
//
// Thread rule: BodyBudget from any thread; a BodyCharge from one at a time.
#include <atomic>
#include <cstdint>
#include <utility>

namespace loadline {

class BodyBudget {
 public:
  /// A body that takes no more than this may use the whole budget, a larger one all but an eighth.
  static constexpr std::uint64_t small_bytes_max = 65536;

  /// `held` is the gauge that is kept; it must outlive the budget.
  BodyBudget(std::uint64_t bytes_max, std::atomic<std::uint64_t>& held)
      : bytes_max_(bytes_max), held_(held) {}

  /// The largest body that can ever fit.
  std::uint64_t largest() const { return bytes_max_ - bytes_max_ / 8; }
  /// Whether a body of so many bytes would fit now.
  bool has_room(std::uint64_t bytes) const { return held_.load() + bytes <= limit_for(bytes); }

 private:
  friend class BodyCharge;
  std::uint64_t limit_for(std::uint64_t bytes) const {
    return bytes <= small_bytes_max ? bytes_max_ : largest();
  }
  /// Makes `from` of what is held `to`.
  bool change(std::uint64_t from, std::uint64_t to) const {
    std::uint64_t held = held_.load();
    do
      if (held - from + to > limit_for(to)) return false;
    while (!held_.compare_exchange_weak(held, held - from + to));
    return true;
  }

  const std::uint64_t bytes_max_;
  std::atomic<std::uint64_t>& held_;
};

/// What one body takes; given back when this ends.
class BodyCharge {
 public:
  BodyCharge() = default;
  explicit BodyCharge(const BodyBudget& budget) : budget_(&budget) {}
  BodyCharge(BodyCharge&& other) noexcept : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  BodyCharge& operator=(BodyCharge&& other) noexcept {
    release();
    budget_ = other.budget_;
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }
  ~BodyCharge() { release(); }

  /// The body is to take `bytes` in all. False: there is no room, and nothing changed.
  bool grow_to(std::uint64_t bytes) {
    if (bytes <= bytes_) return true;
    if (!budget_->change(bytes_, bytes)) return false;
    bytes_ = bytes;
    return true;
  }
  /// The body takes so many bytes already, whether they fit or not.
  void adopt(std::uint64_t bytes) {
    release();
    budget_->held_.fetch_add(bytes_ = bytes);
  }
  std::uint64_t bytes() const { return bytes_; }
  void release() {
    if (bytes_ > 0) budget_->held_.fetch_sub(std::exchange(bytes_, 0));
  }

 private:
  const BodyBudget* budget_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace loadline

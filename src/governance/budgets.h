#pragma once
// Money that may be spent, by key, team and route, per UTC day and UTC calendar month.
//
// A call reserves what it may cost before it starts, in all budgets concerned or in none, and is settled to
// what it did cost. What is reserved counts as spent, so N calls at once cannot together pass a limit, and
// one short lock over all accounts makes "fits" exact: nothing is refused because another call was half way
// through being refused itself. Spending counts in the day and month in which it was reserved.
//
// The limits come with each call (from the key and the route), so a changed limit counts at once. Spending is
// kept also where there is no limit yet. Thread-safe; no call waits for more than some additions.
#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "governance/identity.h"
#include "governance/refusal.h"

namespace loadline {

class Budgets;

struct BudgetOwner {
  OwnerKind kind = OwnerKind::key;
  std::string_view name;
  BudgetLimits limits;
};

/// Money held for one call. Given back when it is destroyed without having been settled. Belongs to one
/// thread at a time; must not outlive its Budgets.
class Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation() { release(); }

  NanoDollars amount() const { return amount_; }
  bool active() const { return budgets_ != nullptr; }
  /// What was really spent; may be more than was reserved (an upstream that did not keep to its limit), then
  /// the budgets show it. Does nothing when not active.
  void settle(NanoDollars spent);
  void release() { settle(0); }

 private:
  friend class Budgets;
  Budgets* budgets_ = nullptr;
  NanoDollars amount_ = 0;
  std::int32_t day_ = 0, month_ = 0;
  std::array<std::uint32_t, 3> accounts_{};  // one for each owner
  std::uint8_t account_count_ = 0;
};

struct ReserveResult {
  Reservation reservation;         // active unless refused
  std::optional<Refusal> refused;  // which budget, how much is left, when it renews
};

class Budgets {
 public:
  static constexpr std::size_t owners_max = 3;          // of a call
  static constexpr std::size_t accounts_max = 200'000;  // more are not kept; a limit on such an owner refuses

  explicit Budgets(const Clock& clock) : clock_(clock) {}

  struct Wanted {
    NanoDollars least = 0;  // refused below this
    NanoDollars most = 0;   // as much of this as all budgets have left
  };
  /// At most one owner of each kind; those with an empty name are passed over. Refused by the tightest
  /// budget.
  ReserveResult reserve(std::span<const BudgetOwner> owners, Wanted wanted);
  /// Makes an active reservation larger by `more`, in all its budgets or none (another attempt, a dearer
  /// model). `owners` as given to `reserve`. Refused when it does not fit; the reservation is then unchanged.
  std::optional<Refusal> extend(Reservation& reservation, std::span<const BudgetOwner> owners,
                                NanoDollars more);

  struct Spent {
    NanoDollars day = 0, month = 0;  // reserved money included
  };
  Spent spent(OwnerKind kind, std::string_view name) const;
  /// Adds what was spent before this process began (from the ledger), in the day and month of now.
  void restore(OwnerKind kind, std::string_view name, Spent spent);

 private:
  friend class Reservation;
  struct Account {
    std::int32_t day = 0, month = 0;  // which ones `spent` is about
    NanoDollars day_spent = 0, month_spent = 0;
  };
  struct Now {
    std::int64_t ms;
    std::int32_t day, month;
  };
  struct Tightest;
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
  Now now_locked() const;
  std::optional<std::uint32_t> account_of(OwnerKind kind, std::string_view name, bool make);
  static void turn(Account& account, const Now& now);
  void add(const Reservation& reservation, NanoDollars amount);
  void add_locked(const Reservation& reservation, NanoDollars amount);

  const Clock& clock_;
  mutable std::mutex mutex_;
  // guarded by mutex_
  mutable std::int32_t latest_day_ = 0;  // a clock that is set back does not bring a window back
  std::vector<Account> accounts_;
  std::map<std::pair<OwnerKind, std::string>, std::uint32_t, OwnerOrder> index_;
};

}  // namespace loadline

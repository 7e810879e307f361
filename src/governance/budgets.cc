#include "governance/budgets.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "governance/calendar.h"

namespace loadline {

Reservation::Reservation(Reservation&& other) noexcept { *this = std::move(other); }

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this == &other) return *this;
  release();
  budgets_ = std::exchange(other.budgets_, nullptr);
  amount_ = std::exchange(other.amount_, 0);
  day_ = other.day_, month_ = other.month_;
  accounts_ = other.accounts_, account_count_ = other.account_count_;
  return *this;
}

void Reservation::settle(NanoDollars spent) {
  if (budgets_ == nullptr) return;
  const NanoDollars change = std::clamp<NanoDollars>(spent, 0, amount_max) - amount_;
  std::exchange(budgets_, nullptr)->add(*this, change);
  amount_ = 0;
}

// The budget that has the least left, over the accounts of a call.
struct Budgets::Tightest {
  NanoDollars left = std::numeric_limits<NanoDollars>::max();
  OwnerKind kind = OwnerKind::key;
  std::string_view name;
  bool month = false;

  void look_at(const BudgetOwner& owner, std::optional<NanoDollars> limit, NanoDollars spent, bool of_month) {
    if (!limit) return;
    const NanoDollars here = std::max<NanoDollars>(*limit - spent, 0);
    // Of two that are equally empty the one that takes longer to renew is told.
    if (here > left || (here == left && !of_month)) return;
    left = here, kind = owner.kind, name = owner.name, month = of_month;
  }

  Refusal refusal(NanoDollars wanted, const Now& now) const {
    const std::int32_t renews = month ? first_day_of(now.month + 1) : now.day + 1;
    return {Error(Code::resource_exhausted,
                  std::string("the ") + (month ? "month" : "day") + " budget of the " +
                      owner_kind_name(kind) + " '" + std::string(name) + "' has " + show_dollars(left) +
                      " dollars left, and this call may cost " + show_dollars(wanted) + "; it renews at " +
                      show_day(renews) + "T00:00Z. Allow less output, or have the budget raised"),
            std::int64_t{renews} * 86'400'000 - now.ms};
  }
};

Budgets::Now Budgets::now_locked() const {
  const std::int64_t ms = clock_.unix_millis();
  latest_day_ = std::max(latest_day_, utc_day(ms));
  return {ms, latest_day_, utc_month(latest_day_)};
}

void Budgets::turn(Account& account, const Now& now) {
  if (now.day > account.day) account.day = now.day, account.day_spent = 0;
  if (now.month > account.month) account.month = now.month, account.month_spent = 0;
}

std::optional<std::uint32_t> Budgets::account_of(OwnerKind kind, std::string_view name, bool make) {
  const auto at = index_.find(Owner{kind, name});
  if (at != index_.end()) return at->second;
  if (!make || accounts_.size() >= accounts_max) return std::nullopt;
  const auto number = static_cast<std::uint32_t>(accounts_.size());
  accounts_.push_back(Account{});
  index_.emplace(std::make_pair(kind, std::string(name)), number);
  return number;
}

ReserveResult Budgets::reserve(std::span<const BudgetOwner> owners, Wanted wanted) {
  LOADLINE_ASSERT(owners.size() <= owners_max && wanted.least >= 0 && wanted.least <= wanted.most);
  wanted.most = std::min(wanted.most, amount_max);
  ReserveResult result;
  Reservation& made = result.reservation;
  std::lock_guard lock(mutex_);
  const Now at = now_locked();
  made.day_ = at.day, made.month_ = at.month;
  Tightest tightest;
  for (const BudgetOwner& owner : owners) {
    if (owner.name.empty()) continue;
    const auto number = account_of(owner.kind, owner.name, true);
    if (!number) {
      if (!owner.limits.day && !owner.limits.month) continue;
      result.refused = {
          Error(Code::resource_exhausted, "more keys, teams and routes than budgets can be kept for (" +
                                              std::to_string(accounts_max) + ")"),
          std::nullopt};
      return result;
    }
    Account& account = accounts_[*number];
    turn(account, at);
    tightest.look_at(owner, owner.limits.day, account.day_spent, false);
    tightest.look_at(owner, owner.limits.month, account.month_spent, true);
    made.accounts_[made.account_count_++] = *number;
  }
  if (tightest.left < wanted.least || (tightest.left == 0 && wanted.most > 0)) {
    result.refused = tightest.refusal(wanted.least, at);
    return result;
  }
  made.amount_ = std::min(wanted.most, tightest.left);
  made.budgets_ = this;
  add_locked(made, made.amount_);
  return result;
}

std::optional<Refusal> Budgets::extend(Reservation& reservation, std::span<const BudgetOwner> owners,
                                       NanoDollars more) {
  LOADLINE_ASSERT(reservation.budgets_ == this && more >= 0);
  std::lock_guard lock(mutex_);
  const Now at = now_locked();
  Tightest tightest;
  for (const BudgetOwner& owner : owners) {
    const auto number = owner.name.empty() ? std::nullopt : account_of(owner.kind, owner.name, false);
    if (!number) continue;
    const Account& account = accounts_[*number];
    // After midnight the reservation still belongs to the day before, whose limit no longer holds anything
    // back.
    if (account.day == reservation.day_) tightest.look_at(owner, owner.limits.day, account.day_spent, false);
    if (account.month == reservation.month_)
      tightest.look_at(owner, owner.limits.month, account.month_spent, true);
  }
  more = std::min(more, amount_max - reservation.amount_);
  if (tightest.left < more) return tightest.refusal(more, at);
  add_locked(reservation, more);
  reservation.amount_ += more;
  return std::nullopt;
}

void Budgets::add(const Reservation& reservation, NanoDollars amount) {
  std::lock_guard lock(mutex_);
  add_locked(reservation, amount);
}

// Only to the windows in which it was reserved; those that are over are not kept.
void Budgets::add_locked(const Reservation& reservation, NanoDollars amount) {
  for (std::size_t i = 0; i < reservation.account_count_; ++i) {
    Account& account = accounts_[reservation.accounts_[i]];
    if (account.day == reservation.day_) account.day_spent += amount;
    if (account.month == reservation.month_) account.month_spent += amount;
  }
}

Budgets::Spent Budgets::spent(OwnerKind kind, std::string_view name) const {
  std::lock_guard lock(mutex_);
  const Now at = now_locked();
  const auto found = index_.find(Owner{kind, name});
  if (found == index_.end()) return {};
  const Account& account = accounts_[found->second];
  return {account.day >= at.day ? account.day_spent : 0, account.month >= at.month ? account.month_spent : 0};
}

void Budgets::restore(OwnerKind kind, std::string_view name, Spent spent) {
  std::lock_guard lock(mutex_);
  const Now at = now_locked();
  const auto number = account_of(kind, name, true);
  if (!number) return;
  Account& account = accounts_[*number];
  turn(account, at);
  account.day_spent += spent.day;
  account.month_spent += spent.month;
}

}  // namespace loadline

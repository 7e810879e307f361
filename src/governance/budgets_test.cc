#include "governance/budgets.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/rng.h"
#include "governance/calendar.h"

namespace loadline {
namespace {

constexpr NanoDollars dollar = nanos_per_dollar;

BudgetOwner key_with(std::optional<NanoDollars> day, std::optional<NanoDollars> month = {},
                     std::string_view name = "k") {
  return {OwnerKind::key, name, {day, month}};
}

TEST(Budgets, reserve_settle_and_release) {
  ManualClock clock;
  Budgets budgets(clock);
  const BudgetOwner owners[] = {key_with(dollar), {OwnerKind::team, "t", {}}};
  {
    auto first = budgets.reserve(owners, {.least = dollar / 2, .most = dollar / 2});
    ASSERT_FALSE(first.refused);
    EXPECT_EQ(first.reservation.amount(), dollar / 2);
    EXPECT_EQ(budgets.spent(OwnerKind::key, "k").day, dollar / 2);
    first.reservation.settle(dollar / 10);
    EXPECT_FALSE(first.reservation.active());
    first.reservation.settle(dollar);  // only once
    EXPECT_EQ(budgets.spent(OwnerKind::key, "k").day, dollar / 10);
    const auto second = budgets.reserve(owners, {.least = dollar / 2, .most = dollar / 2});
    ASSERT_FALSE(second.refused);
  }  // not settled: given back
  EXPECT_EQ(budgets.spent(OwnerKind::key, "k").month, dollar / 10);
  EXPECT_EQ(budgets.spent(OwnerKind::team, "t").day, dollar / 10);
  EXPECT_EQ(budgets.spent(OwnerKind::route, "k").day, 0);
}

TEST(Budgets, gives_what_is_left_between_least_and_most) {
  ManualClock clock;
  Budgets budgets(clock);
  const BudgetOwner owners[] = {key_with(dollar)};
  auto held = budgets.reserve(owners, {.least = 0, .most = dollar * 7 / 10});
  const auto rest = budgets.reserve(owners, {.least = dollar / 10, .most = dollar});
  ASSERT_FALSE(rest.refused);
  EXPECT_EQ(rest.reservation.amount(), dollar * 3 / 10);
  EXPECT_TRUE(budgets.reserve(owners, {.least = 1, .most = 1}).refused);
  EXPECT_TRUE(budgets.reserve(owners, {.least = 0, .most = 1}).refused);
  EXPECT_FALSE(budgets.reserve(owners, {.least = 0, .most = 0}).refused);  // what is free needs no money
}

TEST(Budgets, all_budgets_or_none_and_the_tightest_is_told) {
  ManualClock clock;
  Budgets budgets(clock);
  const BudgetOwner owners[] = {key_with(5 * dollar, 9 * dollar),
                                {OwnerKind::team, "blue", {{}, 2 * dollar}},
                                {OwnerKind::route, "r", {3 * dollar, {}}}};
  const auto refused = budgets.reserve(owners, {.least = dollar * 5 / 2, .most = dollar * 5 / 2});
  ASSERT_TRUE(refused.refused);
  EXPECT_FALSE(refused.reservation.active());
  const std::string& text = refused.refused->error.message();
  EXPECT_EQ(refused.refused->error.code(), Code::resource_exhausted);
  EXPECT_NE(text.find("month budget of the team 'blue' has 2.00 dollars left"), std::string::npos) << text;
  EXPECT_NE(text.find("2023-12-01T00:00Z"), std::string::npos) << text;  // the clock stands at 2023-11-14
  EXPECT_EQ(clock.unix_millis() + *refused.refused->retry_after_ms,
            std::int64_t{*parse_day("2023-12-01")} * 86'400'000);
  EXPECT_EQ(budgets.spent(OwnerKind::key, "k").day, 0);
  EXPECT_EQ(budgets.spent(OwnerKind::route, "r").day, 0);
}

TEST(Budgets, days_and_months_turn_at_midnight_utc_and_late_settlements_stay_where_they_began) {
  ManualClock clock;
  Budgets budgets(clock);
  const BudgetOwner owners[] = {key_with(dollar, 10 * dollar)};
  auto late = budgets.reserve(owners, {.least = dollar, .most = dollar});
  auto refused = budgets.reserve(owners, {.least = 1, .most = 1});
  ASSERT_TRUE(refused.refused);
  clock.advance(std::chrono::milliseconds(*refused.refused->retry_after_ms - 1));
  EXPECT_TRUE(budgets.reserve(owners, {.least = 1, .most = 1}).refused);
  clock.advance(std::chrono::milliseconds(1));
  auto next = budgets.reserve(owners, {.least = dollar / 2, .most = dollar / 2});
  ASSERT_FALSE(next.refused);
  late.reservation.settle(dollar / 4);
  EXPECT_EQ(budgets.spent(OwnerKind::key, "k").day, dollar / 2);
  EXPECT_EQ(budgets.spent(OwnerKind::key, "k").month, dollar * 3 / 4);
  clock.advance(std::chrono::hours(24 * 20));  // December
  EXPECT_EQ(budgets.spent(OwnerKind::key, "k").month, 0);
  clock.advance(-std::chrono::hours(24 * 20));  // a clock set back
  const NanoDollars before = budgets.spent(OwnerKind::key, "k").day;
  auto set_back = budgets.reserve(owners, {.least = dollar / 2, .most = dollar / 2});
  EXPECT_EQ(budgets.spent(OwnerKind::key, "k").day, before + dollar / 2);
}

TEST(Budgets, a_reservation_grows_or_stays_and_overruns_are_shown) {
  ManualClock clock;
  Budgets budgets(clock);
  const BudgetOwner owners[] = {key_with(dollar)};
  auto held = budgets.reserve(owners, {.least = dollar / 2, .most = dollar / 2});
  EXPECT_FALSE(budgets.extend(held.reservation, owners, dollar / 2));
  EXPECT_EQ(held.reservation.amount(), dollar);
  EXPECT_TRUE(budgets.extend(held.reservation, owners, 1));
  EXPECT_EQ(held.reservation.amount(), dollar);
  held.reservation.settle(3 * dollar);  // an upstream that did not keep to its limit: told, not hidden
  EXPECT_EQ(budgets.spent(OwnerKind::key, "k").day, 3 * dollar);
  EXPECT_TRUE(budgets.reserve(owners, {.least = 1, .most = 1}).refused);
}

TEST(Budgets, restored_spending_counts) {
  ManualClock clock;
  Budgets budgets(clock);
  budgets.restore(OwnerKind::key, "k", {.day = dollar / 2, .month = 4 * dollar});
  const BudgetOwner owners[] = {key_with(dollar, 10 * dollar)};
  EXPECT_TRUE(budgets.reserve(owners, {.least = dollar * 6 / 10, .most = dollar}).refused);
  EXPECT_EQ(budgets.reserve(owners, {.least = 0, .most = dollar}).reservation.amount(), dollar / 2);
}

// A thousand callers of one key, all at once: what is held and spent together never passes the dollar, and
// nobody is refused while what they want fits.
TEST(Budgets, a_thousand_calls_at_once_never_pass_a_dollar) {
  ManualClock clock;
  Budgets budgets(clock);
  constexpr int threads = 8, calls_each = 125;
  constexpr NanoDollars each = dollar / 300;
  std::atomic<NanoDollars> held{0};
  std::atomic<int> admitted{0}, refused{0};
  std::atomic<bool> go{false};
  std::vector<std::vector<Reservation>> kept(threads);
  std::vector<std::thread> callers;
  for (int t = 0; t < threads; ++t)
    callers.emplace_back([&, t] {
      const std::string route = "route " + std::to_string(t % 3);
      const BudgetOwner owners[] = {key_with(dollar), {OwnerKind::route, route, {}}};
      while (!go) std::this_thread::yield();
      for (int i = 0; i < calls_each; ++i) {
        auto result = budgets.reserve(owners, {.least = each, .most = each});
        if (result.refused) {
          ++refused;
          continue;
        }
        ++admitted;
        EXPECT_LE(held += each, dollar);
        kept[static_cast<std::size_t>(t)].push_back(std::move(result.reservation));
      }
    });
  go = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(admitted, dollar / each);  // exactly as many as fit
  EXPECT_EQ(admitted + refused, threads * calls_each);
  EXPECT_EQ(budgets.spent(OwnerKind::key, "k").day, held);
}

// Calls that reserve, spend less and settle, from many threads, with a team that refuses some: the sum of
// what was settled is what the budgets say, and never over a limit.
TEST(Budgets, races_settle_to_the_cent) {
  ManualClock clock;
  Budgets budgets(clock);
  constexpr int threads = 6;
  std::atomic<NanoDollars> settled{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < threads; ++t)
    callers.emplace_back([&, t] {
      Rng rng(static_cast<std::uint64_t>(t));
      const BudgetOwner owners[] = {key_with(3 * dollar), {OwnerKind::team, "t", {2 * dollar, {}}}};
      for (int i = 0; i < 3000; ++i) {
        const NanoDollars most = rng.below(20'000'000);
        auto result = budgets.reserve(owners, {.least = most / 2, .most = most});
        EXPECT_LE(budgets.spent(OwnerKind::team, "t").day, 2 * dollar);
        if (result.refused) continue;
        if (rng.below(4) == 0) continue;  // failed: released
        const NanoDollars spent = static_cast<NanoDollars>(result.reservation.amount() * rng.uniform());
        settled += spent;
        result.reservation.settle(spent);
      }
    });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(budgets.spent(OwnerKind::team, "t").day, settled);
  EXPECT_EQ(budgets.spent(OwnerKind::key, "k").month, settled);
  EXPECT_GT(settled, dollar);
}

TEST(Calendar, days_and_months) {
  EXPECT_EQ(show_day(0), "1970-01-01");
  EXPECT_EQ(utc_day(-1), -1);
  EXPECT_EQ(utc_day(86'399'999), 0);
  for (std::int32_t day = -40000; day < 60000; day += 13) {
    ASSERT_EQ(*parse_day(show_day(day)), day);
    const std::int32_t month = utc_month(day);
    ASSERT_LE(first_day_of(month), day);
    ASSERT_GT(first_day_of(month + 1), day);
  }
  for (const char* text :
       {"", "2026-13-01", "2026-02-29", "2026-2-9", "2026/02/09", "20260-2-09", "x026-02-09"})
    EXPECT_FALSE(parse_day(text).ok()) << text;
}

}  // namespace
}  // namespace loadline

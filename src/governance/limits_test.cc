#include "governance/limits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>

#include "base/rng.h"
#include "governance/fair_queue.h"

namespace loadline {
namespace {

using std::chrono::milliseconds;

LimitOwner key_with(RateLimits limits, std::string_view name = "k") { return {OwnerKind::key, name, limits}; }

TEST(RequestLimits, calls_at_one_time) {
  ManualClock clock;
  RequestLimits limits(clock);
  const LimitOwner owners[] = {key_with({.concurrent = 2})};
  auto a = limits.admit(owners, 1);
  auto b = limits.admit(owners, 1);
  ASSERT_FALSE(a.refused || b.refused);
  const auto c = limits.admit(owners, 1);
  ASSERT_TRUE(c.refused);
  EXPECT_EQ(c.refused->error.message(), "the key 'k' may have 2 calls at one time");
  EXPECT_EQ(c.refused->retry_after_ms, 1000);
  a.permit.finish();
  const auto d = limits.admit(owners, 1);
  EXPECT_FALSE(d.refused);
  const LimitOwner none[] = {key_with({.concurrent = 0}, "x")};
  EXPECT_EQ(limits.admit(none, 1).refused->retry_after_ms, std::nullopt);
}

// In no 60 seconds more than the limit; a refusal's time is enough and a millisecond less is not.
TEST(RequestLimits, the_minute_slides_and_retry_after_is_right) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    ManualClock clock;
    RequestLimits limits(clock);
    const std::uint32_t per_minute = 1 + rng.below(40);
    const std::uint64_t tokens_limit = 500 + rng.below(5000);
    const LimitOwner owners[] = {key_with({.requests_per_minute = per_minute}),
                                 {OwnerKind::team, "t", {.tokens_per_minute = tokens_limit}}};
    std::deque<std::pair<Instant, std::uint64_t>> admitted;
    std::uint64_t in_window = 0;
    for (int i = 0; i < 400; ++i) {
      clock.advance(milliseconds(rng.below(4) == 0 ? rng.below(9000) : rng.below(300)));
      const std::uint64_t tokens = 1 + rng.below(500);
      auto result = limits.admit(owners, tokens);
      if (result.refused) {
        ASSERT_TRUE(result.refused->retry_after_ms);
        ASSERT_LE(*result.refused->retry_after_ms, 61'000);
        if (rng.below(2) == 0) continue;
        clock.advance(milliseconds(*result.refused->retry_after_ms - 1));
        ASSERT_TRUE(limits.admit(owners, tokens).refused) << "told to wait too long";
        clock.advance(milliseconds(1));
        result = limits.admit(owners, tokens);
        ASSERT_FALSE(result.refused) << "told to wait too short";
      }
      admitted.emplace_back(clock.now(), tokens);
      in_window += tokens;
      while (clock.now() - admitted.front().first >= std::chrono::seconds(60)) {
        in_window -= admitted.front().second;
        admitted.pop_front();
      }
      ASSERT_LE(admitted.size(), per_minute);
      ASSERT_LE(in_window, tokens_limit);
    }
  }
}

TEST(RequestLimits, nothing_is_refused_that_fits_once_61_seconds_are_over) {
  ManualClock clock;
  RequestLimits limits(clock);
  const LimitOwner owners[] = {key_with({.requests_per_minute = 100, .tokens_per_minute = 500'000})};
  for (int minute = 0; minute < 5; ++minute) {
    for (int i = 0; i < 100; ++i) ASSERT_FALSE(limits.admit(owners, 5000).refused) << minute << " " << i;
    ASSERT_TRUE(limits.admit(owners, 5000).refused);
    clock.advance(std::chrono::seconds(61));
  }
}

TEST(RequestLimits, tokens_are_corrected_to_those_used) {
  ManualClock clock;
  RequestLimits limits(clock);
  const LimitOwner owners[] = {key_with({.tokens_per_minute = 1000})};
  auto call = limits.admit(owners, 900);
  EXPECT_TRUE(limits.admit(owners, 200).refused);
  EXPECT_EQ(limits.left(owners[0]).tokens, 100U);
  clock.advance(std::chrono::seconds(5));
  call.permit.used_tokens(300);
  EXPECT_EQ(limits.left(owners[0]).tokens, 700U);
  EXPECT_FALSE(limits.admit(owners, 700).refused);
  call.permit.used_tokens(350);  // again: the difference to the last correction
  EXPECT_EQ(limits.left(owners[0]).tokens, 0U);
  clock.advance(std::chrono::seconds(56));  // the first call is out of the window, the second is not
  EXPECT_EQ(limits.left(owners[0]).tokens, 300U);
  call.permit.used_tokens(0);  // too late to count
  EXPECT_EQ(limits.left(owners[0]).tokens, 300U);
  const auto never = limits.admit(owners, 1001);
  ASSERT_TRUE(never.refused);
  EXPECT_FALSE(never.refused->retry_after_ms);
  EXPECT_NE(never.refused->error.message().find("this call alone needs 1001"), std::string::npos);
}

TEST(RequestLimits, all_or_none_and_names_without_limits_cost_nothing) {
  ManualClock clock;
  RequestLimits limits(clock);
  const LimitOwner owners[] = {key_with({.requests_per_minute = 10}),
                               {OwnerKind::route, "r", {.concurrent = 1}},
                               {OwnerKind::team, "", {}}};
  auto first = limits.admit(owners, 1);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(limits.admit(owners, 1).refused);
  EXPECT_EQ(limits.left(owners[0]).requests, 9U);  // refused calls did not count
}

TEST(RequestLimits, threads_never_hold_more_than_allowed) {
  SystemClock clock;
  RequestLimits limits(clock);
  std::atomic<int> running{0}, most{0}, admitted{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 6; ++t)
    callers.emplace_back([&] {
      const LimitOwner owners[] = {key_with({.concurrent = 3})};
      for (int i = 0; i < 2000; ++i) {
        auto call = limits.admit(owners, 1);
        if (call.refused) continue;
        const int now = ++running;
        int seen = most;
        while (seen < now && !most.compare_exchange_weak(seen, now)) {
        }
        ++admitted;
        call.permit.used_tokens(2);
        --running;
      }
    });
  for (std::thread& caller : callers) caller.join();
  EXPECT_LE(most, 3);
  EXPECT_GT(admitted, 1000);
}

FairQueue::Ticket ticket(std::string_view key, std::uint32_t weight = 1, std::uint32_t priority = 0,
                         std::uint64_t cost = 1) {
  return {key, weight, priority, cost, Instant::max()};
}

TEST(FairQueue, a_key_with_many_waiting_does_not_hold_up_one_with_few) {
  FairQueue queue({.waiting_max = 100, .waiting_per_key_max = 50});
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(queue.push(ticket("busy")));
  EXPECT_FALSE(queue.push(ticket("busy")));
  const auto quiet = queue.push(ticket("quiet"));
  int before = 0;
  while (queue.pop(Instant{}) != quiet) ++before;
  EXPECT_LE(before, 1);
}

TEST(FairQueue, keys_share_by_weight_and_cost) {
  FairQueue queue({.waiting_max = 3000, .waiting_per_key_max = 1000});
  std::map<FairQueue::Id, char> owner;
  for (int i = 0; i < 1000; ++i) {
    owner[*queue.push(ticket("a", 3))] = 'a';
    owner[*queue.push(ticket("b", 1))] = 'b';
    owner[*queue.push(ticket("c", 3, 0, 3))] = 'c';
  }
  std::map<char, int> served;
  for (int i = 0; i < 500; ++i) ++served[owner[*queue.pop(Instant{})]];
  EXPECT_NEAR(served['a'], 300, 3);
  EXPECT_NEAR(served['b'], 100, 3);
  EXPECT_NEAR(served['c'], 100, 3);  // three times the weight, three times the cost
}

TEST(FairQueue, priority_first_deadlines_and_cancellation) {
  FairQueue queue({});
  const auto low = queue.push(ticket("a"));
  const auto high = queue.push(ticket("b", 1, 5));
  const auto gone = queue.push(ticket("b", 1, 9));
  FairQueue::Ticket short_one = ticket("c", 1, 9);
  short_one.deadline = Instant{} + milliseconds(10);
  const auto late = queue.push(short_one);
  EXPECT_EQ(queue.next_deadline(), short_one.deadline);
  EXPECT_TRUE(queue.remove(*gone));
  EXPECT_FALSE(queue.remove(*gone));
  const Instant now = Instant{} + milliseconds(10);
  EXPECT_EQ(queue.pop(now), high);
  EXPECT_EQ(queue.expire(now), std::vector{*late});
  EXPECT_EQ(queue.pop(now), low);
  EXPECT_FALSE(queue.pop(now));
  EXPECT_EQ(queue.size(), 0U);
}

// Whatever happens: as many come out as went in, and a key that always waits is served at least its share.
TEST(FairQueue, random_traffic_loses_nobody_and_starves_nobody) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng(seed);
    FairQueue queue({.waiting_max = 64, .waiting_per_key_max = 16});
    std::set<FairQueue::Id> waiting;
    std::optional<FairQueue::Id> steady;
    int served = 0, steady_served = 0;
    for (int i = 0; i < 5000; ++i) {
      if (!steady && (steady = queue.push(ticket("steady")))) waiting.insert(*steady);
      if (rng.below(3) < 2) {
        const auto id = queue.push(ticket(std::string(1, static_cast<char>('a' + rng.below(3)))));
        if (id) ASSERT_TRUE(waiting.insert(*id).second);
      }
      if (rng.below(20) == 0 && !waiting.empty() && *waiting.begin() != steady) {
        ASSERT_TRUE(queue.remove(*waiting.begin()));
        waiting.erase(waiting.begin());
      }
      if (rng.below(3) > 0) continue;
      const auto id = queue.pop(Instant{});
      ASSERT_EQ(id.has_value(), !waiting.empty());
      if (!id) continue;
      ASSERT_EQ(waiting.erase(*id), 1U);
      ++served;
      if (id == steady) ++steady_served, steady.reset();
    }
    EXPECT_EQ(queue.size(), waiting.size());
    EXPECT_GE(steady_served, served / 4 - 20);  // four keys of one weight
  }
}

}  // namespace
}  // namespace loadline

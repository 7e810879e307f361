#include "governance/call_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>

#include "base/rng.h"
#include "governance/identity.h"

namespace loadline {
namespace {

using std::chrono::milliseconds;

GateCaller caller(std::string_view key, std::uint32_t weight = 1, std::uint32_t priority = 0,
                  std::uint64_t cost = 1) {
  return {key, weight, priority, cost, std::chrono::seconds(30)};
}

TEST(CallGate, runs_waits_refuses_and_gives_places_on) {
  ManualClock clock;
  const auto gate = CallGate::make("m", {.concurrent = 1, .waiting = 4}, clock);
  int woken = 0;
  auto first = gate->enter(caller("a"), [&] { ++woken; });
  ASSERT_TRUE(first.entry && first.entry->runs());
  auto second = gate->enter(caller("a"), [&] { ++woken; });
  auto third = gate->enter(caller("a"), [&] { ++woken; });
  ASSERT_TRUE(second.entry && third.entry);
  EXPECT_FALSE(second.entry->runs());
  const auto half = gate->enter(caller("a"), nullptr);
  ASSERT_TRUE(half.refused);
  EXPECT_EQ(half.refused->error.message(),
            "the model 'm' takes 1 calls at one time, and 2 calls of this key wait for it already");
  auto fourth = gate->enter(caller("b"), nullptr), fifth = gate->enter(caller("c"), nullptr);
  ASSERT_TRUE(fourth.entry && fifth.entry);
  EXPECT_TRUE(gate->enter(caller("d"), nullptr).refused) << "full";
  EXPECT_EQ(gate->try_enter(), nullptr);
  fourth.entry.reset(), fifth.entry.reset();
  second.entry.reset();  // its caller left
  EXPECT_EQ(gate->counts().waiting, 1U);
  EXPECT_EQ(woken, 0);
  first.entry.reset();
  EXPECT_EQ(woken, 1);
  EXPECT_TRUE(third.entry->runs());
  third.entry.reset();
  EXPECT_EQ(gate->counts().running, 0U);
  EXPECT_NE(gate->try_enter(), nullptr);
}

// A place that is given to somebody who is about to leave goes on to the next one.
TEST(CallGate, a_place_given_to_who_leaves_is_not_lost) {
  ManualClock clock;
  const auto gate = CallGate::make("m", {.concurrent = 1, .waiting = 4}, clock);
  auto first = gate->enter(caller("a"), nullptr);
  auto second = gate->enter(caller("b"), [] {});
  int woken = 0;
  auto third = gate->enter(caller("c"), [&] { ++woken; });
  first.entry.reset();
  EXPECT_TRUE(second.entry->runs());
  second.entry.reset();
  EXPECT_EQ(woken, 1);
  EXPECT_TRUE(third.entry->runs());
}

TEST(CallGate, other_bounds_count_at_once) {
  ManualClock clock;
  const auto gate = CallGate::make("m", {.concurrent = 1, .waiting = 8}, clock);
  std::vector<CallGate::Entered> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(gate->enter(caller("a"), [] {}));
  gate->use({.concurrent = 3, .waiting = 8});
  EXPECT_EQ(gate->counts().running, 3U);
  gate->use({.concurrent = 1, .waiting = 0});
  calls.erase(calls.begin());
  EXPECT_EQ(gate->counts().running, 2U) << "who runs goes on, and nobody new begins";
  EXPECT_EQ(gate->counts().waiting, 1U);
  CallGates gates(clock);
  EXPECT_EQ(gates.of("m", {.concurrent = 1, .waiting = 1}), gates.of("m", {.concurrent = 2, .waiting = 1}));
}

// One place, calls of the same length, keys that always have more to do: in virtual time, by counts.
class Saturated {
 public:
  explicit Saturated(GateBounds bounds) : gate_(CallGate::make("m", bounds, clock_)) {}

  struct Key {
    std::string name;
    std::uint32_t weight = 1, priority = 0;
    std::uint64_t cost = 1;
    std::size_t wanted = 4;  // calls that it has at one time
    std::uint64_t served = 0;
    std::vector<std::unique_ptr<CallGate::Entry>> calls{};
  };

  static std::vector<Key> keys_of(Key a, Key b) {
    std::vector<Key> keys;
    keys.push_back(std::move(a));
    keys.push_back(std::move(b));
    return keys;
  }

  void run(std::vector<Key>& keys, int rounds) {
    for (int i = 0; i < rounds; ++i) {
      for (Key& key : keys) fill(key);
      clock_.advance(milliseconds(10));
      for (Key& key : keys)
        std::erase_if(key.calls, [&](const auto& call) {
          const bool ends = call->runs() && !ended_;
          if (ends) ++key.served, ended_ = true;
          return ends;
        });
      ended_ = false;
    }
    for (Key& key : keys) key.calls.clear();  // before the clock goes
  }

 private:
  void fill(Key& key) {
    while (key.calls.size() < key.wanted) {
      auto entered = gate_->enter(caller(key.name, key.weight, key.priority, key.cost), [] {});
      ASSERT_TRUE(entered.entry) << entered.refused->error.message();
      key.calls.push_back(std::move(entered.entry));
    }
  }
  ManualClock clock_;
  std::shared_ptr<CallGate> gate_;
  bool ended_ = false;  // one call ends in each round
};

TEST(CallGate, keys_share_by_weight_under_saturation) {
  auto keys = Saturated::keys_of({.name = "three", .weight = 3}, {.name = "one", .weight = 1});
  Saturated(GateBounds{.concurrent = 1, .waiting = 64}).run(keys, 4000);
  EXPECT_NEAR(static_cast<double>(keys[0].served), 3000, 5);
  EXPECT_NEAR(static_cast<double>(keys[1].served), 1000, 5);
}

TEST(CallGate, shares_are_counted_in_work_not_in_calls) {
  auto keys = Saturated::keys_of({.name = "short", .cost = 100}, {.name = "long", .cost = 500});
  Saturated(GateBounds{.concurrent = 1, .waiting = 64}).run(keys, 3000);
  const double work_short = static_cast<double>(keys[0].served) * 100,
               work_long = static_cast<double>(keys[1].served) * 500;
  EXPECT_NEAR(work_short / work_long, 1, 0.02);
}

// The smallest share beside the largest one, and one call at a time beside thirty.
TEST(CallGate, the_smallest_weight_is_served_beside_the_largest) {
  auto keys = Saturated::keys_of({.name = "huge", .weight = Scopes::weight_max, .wanted = 30},
                                 {.name = "tiny", .weight = 1, .wanted = 1});
  Saturated(GateBounds{.concurrent = 1, .waiting = 64}).run(keys, 10'010);
  EXPECT_GE(keys[1].served, 9U);
  EXPECT_LE(keys[1].served, 12U);
  auto equal = Saturated::keys_of({.name = "many", .wanted = 30}, {.name = "few", .wanted = 2});
  Saturated(GateBounds{.concurrent = 1, .waiting = 64}).run(equal, 1000);
  EXPECT_NEAR(static_cast<double>(equal[1].served), 500, 5);
}

TEST(CallGate, a_higher_priority_goes_first_and_who_waits_too_long_is_told) {
  auto keys = Saturated::keys_of({.name = "high", .priority = 5, .wanted = 2}, {.name = "low", .wanted = 2});
  Saturated(GateBounds{.concurrent = 1, .waiting = 64}).run(keys, 100);
  EXPECT_GE(keys[0].served, 99U);
  ManualClock clock;
  const auto gate = CallGate::make("m", {.concurrent = 1, .waiting = 8}, clock);
  auto running = gate->enter(caller("a"), nullptr);
  auto waiting = gate->enter(caller("b"), nullptr);
  clock.advance(std::chrono::seconds(31));
  running.entry.reset();
  EXPECT_FALSE(waiting.entry->runs()) << "its time is over: a place is not wasted on it";
  EXPECT_EQ(gate->waited_too_long().error.code(), Code::resource_exhausted);
}

// Calls that take equally long, and no new ones: who waits as long as told is let in at once.
TEST(CallGate, retry_after_is_enough) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    ManualClock clock;
    const GateBounds bounds{.concurrent = 1 + rng.below(6), .waiting = rng.below(40)};
    const auto gate = CallGate::make("m", bounds, clock);
    constexpr int ticks = 40;
    const milliseconds tick(2 + rng.below(250)), takes = tick * ticks;
    struct Call {
      std::unique_ptr<CallGate::Entry> entry;
      std::shared_ptr<Instant> begun;
    };
    std::deque<Call> calls;
    const auto arrive = [&](std::string_view key) -> std::optional<Refusal> {
      const auto begun = std::make_shared<Instant>(clock.now());
      auto entered = gate->enter({.key = key, .patience = std::chrono::hours(1)},
                                 [begun, &clock] { *begun = clock.now(); });
      if (entered.entry) calls.push_back({std::move(entered.entry), begun});
      return entered.refused;
    };
    const auto step = [&] {
      clock.advance(tick);
      std::erase_if(
          calls, [&](const Call& call) { return call.entry->runs() && clock.now() - *call.begun >= takes; });
    };
    // Twice as many as it can serve, until one is refused when some have ended.
    std::optional<Refusal> refused;
    for (int i = 0; i < 2000; ++i) {
      refused = arrive(std::to_string(rng.below(5)));
      if (refused && i > 100) break;
      const int pause = std::max(1, ticks / static_cast<int>(2 * bounds.concurrent));
      for (int k = 0; k < pause; ++k) step();
    }
    ASSERT_TRUE(refused);
    const milliseconds told(*refused->retry_after_ms);
    for (milliseconds waited(0); waited < told; waited += tick) step();
    EXPECT_NE(gate->try_enter(), nullptr)
        << "told " << told.count() << " of calls that take " << takes.count();
  }
}

TEST(CallGate, threads_lose_no_place_and_no_caller) {
  SystemClock clock;
  const auto gate = CallGate::make("m", {.concurrent = 2, .waiting = 64}, clock);
  std::atomic<int> running{0}, most{0}, served{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 6; ++t)
    callers.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        // `wake` may be on its way when the caller has long left: it owns what it touches.
        const auto woken = std::make_shared<std::atomic<bool>>(false);
        auto entered = gate->enter(caller(std::to_string(t)), [woken] { *woken = true; });
        if (!entered.entry) continue;
        if (i % 7 == 0 && !entered.entry->runs()) {
          entered.entry.reset();  // leaves while waiting
          continue;
        }
        while (!entered.entry->runs()) std::this_thread::yield();
        const int now = ++running;
        int seen = most;
        while (seen < now && !most.compare_exchange_weak(seen, now)) {
        }
        ++served;
        --running;
      }
    });
  for (std::thread& thread : callers) thread.join();
  EXPECT_LE(most, 2);
  EXPECT_GT(served, 1000);
  EXPECT_EQ(gate->counts().running, 0U);
  EXPECT_EQ(gate->counts().waiting, 0U);
}

}  // namespace
}  // namespace loadline

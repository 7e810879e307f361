#include "gateway/route_plan.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>

namespace loadline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Instant start{seconds(1000)};
constexpr NanoDollars million = 1'000'000;

struct Table {
  std::deque<UpstreamHealth> health;
  std::vector<RouteModel> models;

  std::uint32_t add(const std::string& name, Clearance clearance = {255, 0}) {
    RouteModel model;
    model.name = name;
    model.clearance = clearance;
    model.health = &health.emplace_back();
    models.push_back(model);
    return static_cast<std::uint32_t>(models.size() - 1);
  }
};

RoutePolicy policy_of(std::initializer_list<std::uint32_t> models) {
  RoutePolicy policy;
  policy.name = "r";
  for (const std::uint32_t model : models) policy.candidates.push_back({.model = model});
  return policy;
}

AttemptFailure failure(FailureKind kind) { return {.kind = kind}; }

using Kind = RouteStep::Kind;

TEST(RoutePlan, FallsBackInOrderAndTriesTheFirstAgainAfterABackOff) {
  Table table;
  RoutePolicy policy = policy_of({table.add("a"), table.add("b")});
  policy.attempts_max = 4;
  RouteState state(policy);
  Rng random(1);
  RoutePlan plan(policy, state, table.models, {}, random, start);
  RouteStep step = plan.next(start);
  ASSERT_EQ(step.kind, Kind::attempt);
  EXPECT_EQ(step.model, 0U);
  plan.failed(0, failure(FailureKind::server), start);
  step = plan.next(start);
  ASSERT_EQ(step.kind, Kind::attempt);
  EXPECT_EQ(step.model, 1U);
  plan.failed(1, failure(FailureKind::connect), start);
  step = plan.next(start);
  ASSERT_EQ(step.kind, Kind::wait);
  EXPECT_GT(step.until, start);
  EXPECT_LE(step.until, start + policy.backoff_first);
  step = plan.next(step.until);
  ASSERT_EQ(step.kind, Kind::attempt);
  EXPECT_EQ(step.model, 0U);
  plan.answered(0, start + seconds(1));
  plan.succeeded(0);
  EXPECT_EQ(plan.attempts(), 3U);
}

TEST(RoutePlan, AttemptsAreBounded) {
  Table table;
  const RoutePolicy policy = policy_of({table.add("a"), table.add("b"), table.add("c"), table.add("d")});
  RouteState state(policy);
  Rng random(1);
  RoutePlan plan(policy, state, table.models, {}, random, start);
  for (std::uint32_t i = 0; i < policy.attempts_max; ++i) {
    const RouteStep step = plan.next(start);
    ASSERT_EQ(step.kind, Kind::attempt);
    plan.failed(step.model, failure(FailureKind::server), start);
  }
  const RouteStep step = plan.next(start);
  EXPECT_EQ(step.kind, Kind::give_up);
  EXPECT_EQ(step.error.code(), Code::unavailable);
  EXPECT_EQ(step.error.message(), "the route 'r' failed after 3 attempts; the last one: server");
}

TEST(RoutePlan, AWrongRequestIsNotTriedElsewhere) {
  Table table;
  const RoutePolicy policy = policy_of({table.add("a"), table.add("b")});
  RouteState state(policy);
  Rng random(1);
  RoutePlan plan(policy, state, table.models, {}, random, start);
  plan.failed(plan.next(start).model, failure(FailureKind::client), start);
  EXPECT_EQ(plan.next(start).kind, Kind::give_up);
  EXPECT_EQ(table.health[0].state(start), BreakerState::closed);
}

TEST(RoutePlan, RetryAfterIsWaitedForIfShortAndToldIfLong) {
  for (const bool is_long : {false, true}) {
    Table table;
    const RoutePolicy policy = policy_of({table.add("a")});
    RouteState state(policy);
    Rng random(1);
    RoutePlan plan(policy, state, table.models, {}, random, start);
    AttemptFailure limited = failure(FailureKind::rate_limited);
    limited.retry_after = is_long ? seconds(30) : seconds(2);
    plan.failed(plan.next(start).model, limited, start);
    const RouteStep step = plan.next(start);
    if (is_long) {
      ASSERT_EQ(step.kind, Kind::give_up);
      EXPECT_EQ(step.error.code(), Code::resource_exhausted);
      EXPECT_EQ(step.retry_after, seconds(30));
    } else {
      ASSERT_EQ(step.kind, Kind::wait);
      EXPECT_EQ(step.until, start + seconds(2));
      EXPECT_EQ(plan.next(step.until).kind, Kind::attempt);
    }
  }
}

TEST(RoutePlan, WhatWasDeliveredDecidesByTheRoutesWord) {
  for (const WhenCut when : {WhenCut::fail, WhenCut::restart, WhenCut::continue_}) {
    for (const bool delivered : {false, true}) {
      Table table;
      RoutePolicy policy = policy_of({table.add("a"), table.add("b"), table.add("c")});
      table.models[2].capabilities |= cap_prefill;
      policy.when_cut = when;
      RouteState state(policy);
      Rng random(1);
      RoutePlan plan(policy, state, table.models, {}, random, start);
      EXPECT_EQ(plan.next(start).model, 0U);
      plan.answered(0, start);
      AttemptFailure cut = failure(FailureKind::cut);
      cut.delivered = delivered;
      plan.failed(0, cut, start);
      const RouteStep step = plan.next(start);
      if (!delivered) {
        EXPECT_EQ(step.model, 1U);
        EXPECT_FALSE(step.continue_from);
      } else if (when == WhenCut::continue_) {
        EXPECT_EQ(step.model, 2U) << "only c can continue";
        EXPECT_TRUE(step.continue_from);
      } else {
        EXPECT_EQ(step.kind, Kind::give_up);
      }
    }
  }
}

TEST(RoutePlan, RetriesAreABudgetOfTheRoute) {
  Table table;
  RoutePolicy policy = policy_of({table.add("a"), table.add("b")});
  policy.retry_burst = 3;
  policy.retry_ratio = 0.1;
  RouteState state(policy);
  Rng random(1);
  int retries = 0;
  constexpr int requests = 100;
  for (int i = 0; i < requests; ++i) {
    const Instant now = start + seconds(100 * i);
    RoutePlan plan(policy, state, table.models, {}, random, now);
    plan.failed(plan.next(now).model, failure(FailureKind::first_byte), now);
    const RouteStep step = plan.next(now);
    if (step.kind != Kind::attempt) continue;
    ++retries;
    plan.answered(step.model, now);
    plan.succeeded(step.model);
  }
  EXPECT_GE(retries, 3 + requests / 10 - 1);
  EXPECT_LE(retries, 3 + requests / 10);
}

TEST(RoutePlan, CostIsCappedOverAllAttempts) {
  Table table;
  RoutePolicy policy = policy_of({table.add("dear"), table.add("cheap"), table.add("free")});
  table.models[0].price.output = 1000 * million;
  table.models[1].price.output = 60 * million;
  policy.cost_max = 10'000;
  policy.strategy = Strategy::lowest_cost;
  RouteState state(policy);
  Rng random(1);
  RouteNeed need;
  need.output_tokens = 100;
  RoutePlan plan(policy, state, table.models, need, random, start);
  ASSERT_EQ(plan.removed().size(), 1U);
  EXPECT_EQ(plan.removed()[0].why, Removal::cost);
  EXPECT_EQ(plan.order(), (std::vector<std::uint32_t>{2, 1}));
  AttemptFailure dear = failure(FailureKind::cut);
  dear.spent = 5'000;
  plan.failed(plan.next(start).model, dear, start);
  const RouteStep step = plan.next(start);  // 5,000 spent and 6,000 to come: only the free one is left
  EXPECT_EQ(step.kind, Kind::wait);
  EXPECT_EQ(plan.next(step.until).model, 2U);
}

TEST(RoutePlan, UnderABudgetOnlyModelsWhosePriceIsKnown) {
  Table table;
  RoutePolicy policy = policy_of({table.add("unknown"), table.add("short"), table.add("priced")});
  table.models[0].price_known = false;
  table.models[1].price.prompt_tokens_max = 1000;
  RouteState state(policy);
  Rng random(1);
  const auto need = [](std::uint64_t prompt_tokens, bool budgeted) {
    RouteNeed made;
    made.prompt_tokens = prompt_tokens;
    made.budgeted = budgeted;
    return made;
  };
  const auto order = [&](const RouteNeed& needed) {
    return RoutePlan(policy, state, table.models, needed, random, start).order();
  };
  EXPECT_EQ(order(need(1001, false)), (std::vector<std::uint32_t>{0, 1, 2})) << "nothing is limited";
  EXPECT_EQ(order(need(1000, true)), (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(order(need(1001, true)), (std::vector<std::uint32_t>{2}));
  policy.cost_max = million;
  EXPECT_EQ(order({}), (std::vector<std::uint32_t>{1, 2}));
  policy.candidates = {{.model = 0}};
  RoutePlan plan(policy, state, table.models, need(0, true), random, start);
  EXPECT_EQ(plan.removed()[0].why, Removal::price);
  const RouteStep step = plan.next(start);
  ASSERT_EQ(step.kind, Kind::give_up);
  EXPECT_EQ(step.error.code(), Code::failed_precondition);
}

TEST(RoutePlan, WeightsAreSharesAndTheRestFollows) {
  Table table;
  RoutePolicy policy = policy_of({table.add("a"), table.add("b"), table.add("off")});
  policy.strategy = Strategy::weighted;
  policy.candidates[0].weight = 3;
  policy.candidates[1].weight = 1;
  policy.candidates[2].weight = 0;
  RouteState state(policy);
  Rng random(7);
  std::map<std::uint32_t, int> first;
  for (int i = 0; i < 4000; ++i) {
    RoutePlan plan(policy, state, table.models, {}, random, start);
    ++first[plan.order()[0]];
    EXPECT_EQ(plan.order().back(), 2U);
  }
  EXPECT_NEAR(first[0], 3000, 150);
  EXPECT_NEAR(first[1], 1000, 150);
}

TEST(RoutePlan, LeastLatencyAvoidsTheSlowOne) {
  Table table;
  RoutePolicy policy = policy_of({table.add("slow"), table.add("fast"), table.add("fast too")});
  policy.strategy = Strategy::least_latency;
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(table.health[i].begin(start));
    table.health[i].answered(start, i == 0 ? seconds(2) : milliseconds(10));
    table.health[i].succeeded();
  }
  RouteState state(policy);
  Rng random(7);
  for (int i = 0; i < 100; ++i) {
    RoutePlan plan(policy, state, table.models, {}, random, start);
    EXPECT_NE(plan.order()[0], 0U);
  }
}

TEST(RoutePlan, HedgesAskAnotherModelOnceAndBothAreClosed) {
  Table table;
  const RoutePolicy policy = policy_of({table.add("a"), table.add("b")});
  RouteState state(policy);
  Rng random(1);
  {
    RoutePlan plan(policy, state, table.models, {}, random, start);
    EXPECT_EQ(plan.next(start).model, 0U);
    EXPECT_EQ(plan.hedge(start), 1U);
    EXPECT_EQ(plan.hedge(start), std::nullopt);
    EXPECT_EQ(table.health[0].in_flight() + table.health[1].in_flight(), 2U);
    plan.answered(1, start + milliseconds(5));
    plan.abandoned(0, 100);
    plan.succeeded(1);
  }
  EXPECT_EQ(table.health[0].in_flight() + table.health[1].in_flight(), 0U);
}

TEST(RoutePlan, AllRestingIsSaidAtOnceWithTheTime) {
  Table table;
  RoutePolicy policy = policy_of({table.add("a")});
  policy.backoff_max = milliseconds(500);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(table.health[0].begin(start));
    table.health[0].failed(start);
  }
  RouteState state(policy);
  Rng random(1);
  RoutePlan plan(policy, state, table.models, {}, random, start);
  const RouteStep step = plan.next(start);
  EXPECT_EQ(step.kind, Kind::give_up);
  EXPECT_EQ(step.retry_after, seconds(1));
  EXPECT_EQ(plan.attempts(), 0U);
}

// --- no byte to a model that may not see it, whatever is configured and whatever fails

struct Chaos {
  explicit Chaos(std::uint64_t seed) : random(seed) {}

  bool one_in(std::uint32_t n) { return random.below(n) == 0; }

  void make() {
    const std::uint32_t count = 1 + random.below(6);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t id = table.add(
          "m", {static_cast<std::uint8_t>(random.below(4)), static_cast<std::uint8_t>(random.below(70))});
      if (one_in(2)) table.models[id].capabilities |= cap_prefill;
      if (one_in(3)) table.models[id].capabilities |= cap_tools;
      table.models[id].price.output = random.below(100) * million;
    }
    policy = policy_of({});
    for (std::uint32_t i = 0; i < 1 + random.below(8); ++i)
      policy.candidates.push_back({.model = random.below(count), .weight = random.below(4)});
    // A model stands once in a route, as the manifest demands.
    std::sort(policy.candidates.begin(), policy.candidates.end(),
              [](const RouteCandidate& a, const RouteCandidate& b) { return a.model < b.model; });
    policy.candidates.erase(
        std::unique(policy.candidates.begin(), policy.candidates.end(),
                    [](const RouteCandidate& a, const RouteCandidate& b) { return a.model == b.model; }),
        policy.candidates.end());
    policy.strategy = static_cast<Strategy>(random.below(4));
    policy.when_cut = static_cast<WhenCut>(random.below(3));
    policy.attempts_max = 1 + random.below(6);
    if (one_in(3)) policy.cost_max = random.below(20000);
    need.label.level = static_cast<std::uint8_t>(random.below(4));
    if (one_in(2)) need.label.regions = (std::uint64_t{random.next()} << 32) | random.next();
    if (one_in(4)) need.capabilities |= cap_tools;
    need.output_tokens = random.below(200);
  }

  // Gives how many bytes went to models that may not see them.
  int run() {
    int leaked = 0;
    Instant now = start;
    RouteState state(policy);
    RoutePlan plan(policy, state, table.models, need, random, now);
    for (const RemovedCandidate& removed : plan.removed())
      forbidden += removed.why == Removal::data_class || removed.why == Removal::region ? 1 : 0;
    const auto sent_to = [&](std::uint32_t model) {
      const RouteModel& chosen = table.models[model];
      const std::uint8_t at = chosen.clearance.region;
      const bool region = at < 64 ? (need.label.regions >> at & 1) == 1 : need.label.regions == every_region;
      leaked += need.label.level > chosen.clearance.level_max || !region ? 1 : 0;
      EXPECT_TRUE(plan.may_open(model));
      ++calls;
      EXPECT_EQ(need.capabilities & ~chosen.capabilities, 0U);
    };
    for (int steps = 0; steps < 64; ++steps) {
      const RouteStep step = plan.next(now);
      if (step.kind == Kind::give_up) return leaked;
      if (step.kind == Kind::wait) {
        EXPECT_GT(step.until, now);
        now = step.until;
        continue;
      }
      sent_to(step.model);
      if (one_in(4)) {
        if (const auto hedge = plan.hedge(now)) {
          sent_to(*hedge);
          plan.abandoned(*hedge, random.below(100));
        }
      }
      now += milliseconds(random.below(1000));
      const bool answered = one_in(2);
      if (answered) plan.answered(step.model, now);
      if (answered && one_in(3)) {
        plan.succeeded(step.model);
        return leaked;
      }
      AttemptFailure failed = failure(static_cast<FailureKind>(random.below(10)));
      failed.delivered = answered && one_in(2);
      if (one_in(4)) failed.retry_after = milliseconds(random.below(8000));
      failed.spent = random.below(100);
      plan.failed(step.model, failed, now);
    }
    ADD_FAILURE() << "the plan does not come to an end";
    return leaked;
  }

  Rng random;
  Table table;
  RoutePolicy policy;
  RouteNeed need;
  std::uint64_t calls = 0;
  std::uint64_t forbidden = 0;  // candidates that were removed for their class or region
};

TEST(RoutePlan, NoByteToAForbiddenModelIn100000RandomCases) {
  constexpr std::uint64_t cases = 100'000;
  int leaked = 0;
  std::uint64_t calls = 0, forbidden = 0;
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    Chaos chaos(seed);
    chaos.make();
    leaked += chaos.run();
    calls += chaos.calls;
    forbidden += chaos.forbidden;
    for (const UpstreamHealth& health : chaos.table.health)
      ASSERT_EQ(health.in_flight(), 0U) << "seed " << seed;
    ASSERT_EQ(leaked, 0) << "seed " << seed;
  }
  // The cases are worth something: many calls were made beside many that were forbidden.
  EXPECT_GT(calls, cases / 2);
  EXPECT_GT(forbidden, cases);
}

}  // namespace
}  // namespace loadline

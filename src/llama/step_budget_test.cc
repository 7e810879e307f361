#include "llama/step_budget.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace loadline::llama {
namespace {

using Seconds = std::chrono::duration<double>;

double true_cost(std::size_t tokens, double cells) {
  return 0.03 + 0.004 * static_cast<double>(tokens) + 2e-7 * static_cast<double>(tokens) * cells;
}

TEST(StepBudget, LearnsTheMachine) {
  StepBudget budget(StepBudget::Limits{});
  Rng rng(1);
  for (int i = 0; i < 200; ++i) {
    const std::size_t tokens = 1 + rng.below(300);
    const double cells = rng.below(4000);
    budget.observe(tokens, cells, Seconds(true_cost(tokens, cells) * (0.97 + 0.06 * rng.uniform())));
  }
  for (const std::size_t tokens : {1, 20, 100, 300})
    EXPECT_NEAR(budget.predict(tokens, 1000).count() / true_cost(tokens, 1000), 1.0, 0.1);
  // 0.25 s hold (0.25 - 0.03) / 0.0042 = 52 tokens beside 4 running ones; a second holds 230.
  EXPECT_NEAR(static_cast<double>(budget.prompt_tokens(4, 1000)), 48, 8);
  EXPECT_NEAR(static_cast<double>(budget.prompt_tokens(0, 1000)), 230, 32);
}

TEST(StepBudget, StaysWithinItsLimitsAndAlwaysAdvances) {
  StepBudget::Limits limits;
  limits.tokens_max = 128;
  StepBudget fast(limits);
  StepBudget slow(limits);
  for (int i = 0; i < 50; ++i) {
    fast.observe(128, 100, Seconds(0.001));
    slow.observe(16, 100, Seconds(5));
  }
  EXPECT_EQ(fast.prompt_tokens(0, 0), 128U);
  EXPECT_EQ(slow.prompt_tokens(3, 100), limits.tokens_min);
}

TEST(StepBudget, FollowsAMachineThatBecomesSlower) {
  StepBudget budget(StepBudget::Limits{});
  for (int i = 0; i < 100; ++i)
    budget.observe(1 + static_cast<std::size_t>(i % 7) * 20, 100, Seconds(0.01 + 0.002 * (i % 7) * 20));
  for (int i = 0; i < 150; ++i)
    budget.observe(1 + static_cast<std::size_t>(i % 7) * 20, 100, Seconds(0.02 + 0.02 * (i % 7) * 20));
  EXPECT_NEAR(budget.predict(100, 100).count(), 2.0, 0.3);
}

// Thousands of identical steps must not blow up the filter.
TEST(StepBudget, MonotonousWorkKeepsItSound) {
  StepBudget budget(StepBudget::Limits{});
  for (int i = 0; i < 100000; ++i) budget.observe(1, 500, Seconds(0.03));
  EXPECT_NEAR(budget.predict(1, 500).count(), 0.03, 0.003);
  for (int i = 0; i < 20; ++i) budget.observe(100, 500, Seconds(1.0));
  EXPECT_NEAR(budget.predict(100, 500).count(), 1.0, 0.2);
}

}  // namespace
}  // namespace loadline::llama

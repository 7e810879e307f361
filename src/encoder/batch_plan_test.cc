#include "encoder/batch_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace loadline {
namespace {

/// Property: every index once, no batch over its limit unless it is a single sequence, longest first.
TEST(PlanBatches, CoversAllWithinTheLimit) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::size_t> lengths(random() % 60);
    for (auto& length : lengths) length = 2 + random() % 300;
    const BatchLimits limits{.tokens_max = 16 + random() % 400, .tokens_min = 48, .lanes = 1 + random() % 4};
    std::vector<std::size_t> seen;
    std::size_t last = 1000;
    for (const auto& batch : plan_batches(lengths, limits)) {
      std::size_t tokens = 0;
      for (std::size_t i : batch) {
        EXPECT_LE(lengths[i], last);
        last = lengths[i];
        tokens += lengths[i];
        seen.push_back(i);
      }
      EXPECT_TRUE(batch.size() == 1 || tokens <= limits.tokens_max);
      EXPECT_FALSE(batch.empty());
    }
    std::ranges::sort(seen);
    ASSERT_EQ(seen.size(), lengths.size());
    for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], i);
  }
}

TEST(PlanBatches, SharesLittleWorkAmongTheLanes) {
  const std::size_t lengths[] = {100, 100, 100, 100};
  EXPECT_EQ(plan_batches(lengths, {.tokens_max = 1000, .tokens_min = 48, .lanes = 2}).size(), 2u);
  EXPECT_EQ(plan_batches(lengths, {.tokens_max = 1000, .tokens_min = 48, .lanes = 4}).size(), 4u);
}

TEST(PlanBatches, DoesNotSplitTinyWork) {
  const std::size_t lengths[] = {10, 10, 10};
  EXPECT_EQ(plan_batches(lengths, {.tokens_max = 1000, .tokens_min = 48, .lanes = 2}).size(), 1u);
}

}  // namespace
}  // namespace loadline

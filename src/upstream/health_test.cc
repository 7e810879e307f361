#include "upstream/health.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Instant start{seconds(1000)};

void fail_times(UpstreamHealth& health, int times, Instant now) {
  for (int i = 0; i < times; ++i) {
    ASSERT_TRUE(health.begin(now));
    health.failed(now);
  }
}

TEST(UpstreamHealth, OpensAfterFailuresInARow) {
  UpstreamHealth health;
  fail_times(health, 4, start);
  EXPECT_EQ(health.state(start), BreakerState::closed);
  ASSERT_TRUE(health.begin(start));
  health.answered(start, milliseconds(5));
  health.succeeded();  // the row is broken
  fail_times(health, 4, start);
  EXPECT_TRUE(health.begin(start));
  health.failed(start);
  EXPECT_EQ(health.state(start), BreakerState::open);
  EXPECT_FALSE(health.begin(start));
  EXPECT_EQ(health.resting_until(start), start + seconds(1));
}

TEST(UpstreamHealth, OneProbeAtATimeAndLongerRests) {
  UpstreamHealth health;
  fail_times(health, 5, start);
  Instant now = start + seconds(1);
  EXPECT_EQ(health.state(now), BreakerState::half_open);
  ASSERT_TRUE(health.begin(now));
  EXPECT_FALSE(health.begin(now));
  EXPECT_TRUE(health.resting_until(now).has_value());
  health.failed(now);
  EXPECT_EQ(health.resting_until(now), now + seconds(2));
  now += seconds(2);
  ASSERT_TRUE(health.begin(now));
  health.abandoned();  // no verdict: the next may probe
  ASSERT_TRUE(health.begin(now));
  health.answered(now, milliseconds(1));
  EXPECT_EQ(health.state(now), BreakerState::closed);
  EXPECT_TRUE(health.begin(now));
  EXPECT_EQ(health.in_flight(), 2U);
  health.failed(now);  // the stream was cut: it is no better than before
  EXPECT_EQ(health.state(now), BreakerState::open);
}

TEST(UpstreamHealth, CutStreamsOpenItThoughEachBeganWell) {
  UpstreamHealth health;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(health.begin(start));
    health.answered(start, milliseconds(1));
    health.failed(start);
  }
  EXPECT_EQ(health.state(start), BreakerState::open);
}

TEST(UpstreamHealth, RestsAreBounded) {
  UpstreamHealth health;
  fail_times(health, 5, start);
  Instant now = start;
  for (int i = 0; i < 12; ++i) {
    now = *health.resting_until(now);
    ASSERT_TRUE(health.begin(now));
    health.failed(now);
  }
  EXPECT_EQ(*health.resting_until(now) - now, seconds(60));
}

TEST(UpstreamHealth, ALateFailureOfAnEarlierCallDoesNotProlongTheRest) {
  UpstreamHealth health;
  ASSERT_TRUE(health.begin(start));
  fail_times(health, 5, start);
  health.failed(start + milliseconds(500));
  EXPECT_EQ(health.resting_until(start + milliseconds(500)), start + seconds(1));
}

TEST(UpstreamHealth, RetryAfterIsObeyedAndIsNoFailure) {
  UpstreamHealth health;
  ASSERT_TRUE(health.begin(start));
  health.told_to_wait(start, start + seconds(7));
  EXPECT_FALSE(health.begin(start + seconds(6)));
  EXPECT_EQ(health.state(start), BreakerState::closed);
  EXPECT_TRUE(health.begin(start + seconds(7)));
  EXPECT_EQ(health.in_flight(), 1U);
}

TEST(UpstreamHealth, ASlowAnswerCountsAtOnceAFastOneSlowly) {
  UpstreamHealth health;
  ASSERT_TRUE(health.begin(start));
  health.answered(start, milliseconds(100));
  health.succeeded();
  ASSERT_TRUE(health.begin(start));
  health.answered(start, seconds(2));
  health.succeeded();
  EXPECT_DOUBLE_EQ(health.load(start), 2.0);
  ASSERT_TRUE(health.begin(start + milliseconds(100)));
  health.answered(start + milliseconds(100), milliseconds(10));
  health.succeeded();
  EXPECT_GT(health.load(start + milliseconds(100)), 1.9);
  const double idle = health.load(start + seconds(1));
  ASSERT_TRUE(health.begin(start + seconds(1)));
  EXPECT_DOUBLE_EQ(health.load(start + seconds(1)), 2 * idle);
}

}  // namespace
}  // namespace loadline

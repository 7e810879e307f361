#include "llama/thread_choice.h"

#include <gtest/gtest.h>

namespace loadline::llama {
namespace {

using Seconds = ThreadChoice::Seconds;

double steps_until(ThreadChoice& choice, std::uint32_t threads, double share) {
  double time = 0;
  for (int i = 0; i < 10000 && choice.threads() != threads; ++i) {
    choice.observe(Seconds(0.05), Seconds(0.05 * share));
    time += 0.05;
  }
  return time;
}

TEST(ThreadChoice, StaysWithAllThreadsOnAFreeMachine) {
  ThreadChoice choice(4);
  for (int i = 0; i < 1000; ++i) choice.observe(Seconds(0.03), Seconds(i % 20 == 0 ? 0.02 : 0.0299));
  EXPECT_EQ(choice.threads(), 4U);
}

TEST(ThreadChoice, GivesWayAndComesBack) {
  ThreadChoice choice(2);
  EXPECT_LT(steps_until(choice, 1, 0.5), 1.0);
  EXPECT_NEAR(steps_until(choice, 2, 1.0), 2.0, 0.2);
  for (int i = 0; i < 100; ++i) choice.observe(Seconds(0.05), Seconds(0.05));
  EXPECT_EQ(choice.threads(), 2U);
}

TEST(ThreadChoice, WaitsLongerEachTimeItDoesNotHelp) {
  ThreadChoice choice(2);
  double last = 0;
  for (int round = 0; round < 4; ++round) {
    steps_until(choice, 1, 0.4);
    const double held = steps_until(choice, 2, 0.4);
    EXPECT_GT(held, last * 1.5);
    last = held;
  }
  for (int round = 0; round < 6; ++round) {
    steps_until(choice, 1, 0.4);
    last = steps_until(choice, 2, 0.4);
  }
  EXPECT_NEAR(last, 30, 1);
}

TEST(ThreadChoice, OneThreadIsOneThread) {
  ThreadChoice choice(1);
  for (int i = 0; i < 100; ++i) choice.observe(Seconds(0.05), Seconds(0.001));
  EXPECT_EQ(choice.threads(), 1U);
}

}  // namespace
}  // namespace loadline::llama

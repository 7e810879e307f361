#include "encoder/lane_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <set>

namespace loadline {
namespace {

TEST(LanePool, RunsEachPartOnce) {
  LanePool pool(3);
  std::vector<std::atomic<int>> runs(100);
  const auto work = [&](std::size_t part, std::size_t lane) -> Status {
    EXPECT_LT(lane, 3u);
    ++runs[part];
    return {};
  };
  EXPECT_TRUE(pool.run(runs.size(), work).ok());
  for (const auto& count : runs) EXPECT_EQ(count.load(), 1);
  EXPECT_TRUE(pool.run(0, work).ok());
}

TEST(LanePool, ALaneNeverRunsTwoPartsAtOnce) {
  LanePool pool(4);
  std::vector<std::atomic<int>> busy(4);
  const auto work = [&](std::size_t, std::size_t lane) -> Status {
    EXPECT_EQ(busy[lane].fetch_add(1), 0);
    busy[lane].fetch_sub(1);
    return {};
  };
  std::vector<std::thread> callers;
  for (int i = 0; i < 6; ++i) callers.emplace_back([&] { EXPECT_TRUE(pool.run(200, work).ok()); });
  for (std::thread& caller : callers) caller.join();
}

TEST(LanePool, StopsAfterTheFirstFailure) {
  LanePool pool(1);
  std::size_t started = 0;
  const auto work = [&](std::size_t part, std::size_t) -> Status {
    ++started;
    if (part == 3) return Error(Code::cancelled, "enough");
    return {};
  };
  const Status status = pool.run(50, work);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), Code::cancelled);
  EXPECT_EQ(started, 4u);
  EXPECT_TRUE(pool.run(1, [](std::size_t, std::size_t) { return Status(); }).ok());
}

/// A single part that comes while a long job runs is done long before that job.
TEST(LanePool, JobsTakeTurns) {
  LanePool pool(1);
  std::latch begun(1);
  std::atomic<bool> small_called{false};
  std::atomic<std::size_t> done{0}, done_when_small_ran{0};
  std::thread large([&] {
    const auto work = [&](std::size_t part, std::size_t) -> Status {
      if (part == 0) begun.count_down();
      while (!small_called) std::this_thread::yield();
      ++done;
      return {};
    };
    EXPECT_TRUE(pool.run(100'000, work).ok());
  });
  begun.wait();
  std::thread small([&] {
    const auto work = [&](std::size_t, std::size_t) -> Status {
      done_when_small_ran = done.load();
      return {};
    };
    small_called = true;
    EXPECT_TRUE(pool.run(1, work).ok());
  });
  small.join();
  large.join();
  EXPECT_EQ(done.load(), 100'000u);
  EXPECT_LT(done_when_small_ran.load(), 100'000u);
}

}  // namespace
}  // namespace loadline

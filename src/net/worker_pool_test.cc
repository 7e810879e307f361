#include "net/worker_pool.h"

#include <gtest/gtest.h>

#include <future>

namespace loadline {
namespace {

TEST(WorkerPool, RefusesBeyondItsThreadsAndTakesWorkAgain) {
  WorkerPool pool("test", 2);
  std::promise<void> open;
  std::shared_future<void> gate(open.get_future());
  std::promise<void> over[2];
  for (auto& one : over)
    ASSERT_TRUE(pool.try_run([gate, &one] {
      gate.wait();
      one.set_value();
    }));
  EXPECT_FALSE(pool.try_run([] {})) << "both threads are busy, nothing may wait in a queue";
  EXPECT_EQ(pool.busy(), 2U);
  open.set_value();
  for (auto& one : over) one.get_future().wait();
  std::promise<void> third;
  while (!pool.try_run([&third] { third.set_value(); }))
    std::this_thread::yield();  // until a thread is idle again
  third.get_future().wait();
}

TEST(WorkerPool, EndsAfterItsWork) {
  std::atomic<int> done{0};
  {
    WorkerPool pool("test", 4);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(pool.try_run([&done] { ++done; }));
  }
  EXPECT_EQ(done.load(), 4);
}

}  // namespace
}  // namespace loadline

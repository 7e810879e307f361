#include "api/pool_wait.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>

namespace loadline {
namespace {

namespace asio = boost::asio;

/// An exchange that nothing is sent to.
class SilentExchange final : public AsyncExchange {
 public:
  explicit SilentExchange(asio::any_io_executor executor) : executor_(std::move(executor)) {}
  const HttpRequest& request() const override { return request_; }
  std::uint32_t tag() const override { return 0; }
  const CallContext& context() const override { return context_; }
  asio::any_io_executor executor() override { return executor_; }
  std::size_t thread_index() const override { return 0; }
  void on_cancelled(std::function<void()> notify) override { notify_ = std::move(notify); }
  asio::awaitable<bool> respond(HttpResponse) override { co_return true; }
  void begin_stream(HttpResponse) override {}
  asio::awaitable<bool> write(std::string_view) override { co_return true; }
  asio::awaitable<bool> flush() override { co_return true; }
  asio::awaitable<bool> end_stream(std::string_view) override { co_return true; }

  void client_leaves() {
    if (notify_) notify_();
  }
  bool is_listening() const { return static_cast<bool>(notify_); }

 private:
  asio::any_io_executor executor_;
  HttpRequest request_;
  CallContext context_;
  std::function<void()> notify_;
};

constexpr Duration long_enough = std::chrono::minutes(5);

class PoolWaitTest : public ::testing::Test {
 protected:
  /// Waits for `work` and notes how it went.
  asio::awaitable<void> wait(std::function<void()> work, Duration time_max) {
    const PoolWait how = co_await wait_for_pool(exchange_, pool_, std::move(work), time_max);
    how_ = how;
  }
  PoolWait run(std::function<void()> work, Duration time_max) {
    asio::co_spawn(io_, wait(std::move(work), time_max), asio::detached);
    io_.run();
    io_.restart();
    EXPECT_FALSE(exchange_.is_listening());
    return *how_;
  }

  asio::io_context io_;
  SilentExchange exchange_{io_.get_executor()};
  std::promise<void> release_;
  std::shared_future<void> released_{release_.get_future()};
  WorkerPool pool_{"test", 1};
  std::optional<PoolWait> how_;
};

TEST_F(PoolWaitTest, WhatTheWorkWroteIsThereWhenItIsDone) {
  for (int round = 0; round < 200; ++round) {
    int value = 0;
    PoolWait how = PoolWait::full;
    while (how == PoolWait::full)  // the thread of the round before may still be on its way back
      how = run([&value, round] { value = round; }, long_enough);
    EXPECT_EQ(how, PoolWait::done);
    EXPECT_EQ(value, round);
  }
}

TEST_F(PoolWaitTest, LateAndFullAreTold) {
  EXPECT_EQ(run([released = released_] { released.wait(); }, std::chrono::milliseconds(1)), PoolWait::late);
  EXPECT_EQ(run([] {}, long_enough), PoolWait::full) << "its only thread still works";
  release_.set_value();
}

TEST_F(PoolWaitTest, AClientThatLeavesEndsTheWait) {
  asio::post(io_, [this] { asio::post(io_, [this] { exchange_.client_leaves(); }); });
  EXPECT_EQ(run([released = released_] { released.wait(); }, long_enough), PoolWait::cancelled);
  release_.set_value();
}

}  // namespace
}  // namespace loadline

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "base/bounded_queue.h"
#include "base/call_context.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/nearest_name.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/utf8.h"

namespace loadline {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Error(Code::invalid_argument, "odd number");
  return n / 2;
}

Result<int> quarter(int n) {
  LOADLINE_ASSIGN(const int once, half(n));
  return half(once);
}

TEST(Result, carries_a_value_or_an_error) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().code(), Code::invalid_argument);
  EXPECT_EQ(quarter(6).error().within("quarter of 6").to_string(),
            "invalid_argument: quarter of 6: odd number");
}

TEST(ResultDeathTest, reading_the_value_of_a_failure_aborts) {
  EXPECT_DEATH((void)half(3).value(), "ok\\(\\)");
}

TEST(CallContext, tells_deadline_and_cancel) {
  ManualClock clock;
  CallContext context;
  context.clock = &clock;
  const CallContext limited = context.with_time_limit(std::chrono::seconds(1));
  EXPECT_TRUE(limited.check().ok());
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(limited.check().error().code(), Code::deadline_exceeded);
  EXPECT_TRUE(context.check().ok());
  limited.cancel.cancel();
  EXPECT_EQ(context.check().error().code(), Code::cancelled) << "copies share the token";
}

TEST(BoundedQueue, refuses_when_full_and_drains_after_close) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.try_push(1));
  EXPECT_TRUE(queue.try_push(2));
  EXPECT_FALSE(queue.try_push(3));
  queue.close();
  EXPECT_FALSE(queue.push(4));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, keeps_every_item_between_threads) {
  BoundedQueue<int> queue(4);
  long sum = 0;
  std::thread consumer([&] {
    while (const auto item = queue.pop()) sum += *item;
  });
  for (int i = 1; i <= 1000; ++i) ASSERT_TRUE(queue.push(i));
  queue.close();
  consumer.join();
  EXPECT_EQ(sum, 500500);
}

TEST(Utf8, replaces_what_is_invalid_and_keeps_the_rest) {
  EXPECT_TRUE(is_valid_utf8("a\xC3\xA9\xF0\x9F\x98\x80"));
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"}) {
    EXPECT_FALSE(is_valid_utf8(bad));
    EXPECT_TRUE(is_valid_utf8(to_valid_utf8(bad)));
  }
  EXPECT_EQ(to_valid_utf8("x\xFFy"), "x\xEF\xBF\xBDy");
  EXPECT_EQ(utf8_boundary("a\xC3\xA9", 2), 1U);
}

TEST(Log, writes_one_json_object_a_line) {
  ManualClock clock;
  std::string line;
  Log log(clock, LogLevel::info, [&](std::string_view text) { line = text; });
  log.debug("hidden");
  EXPECT_EQ(line, "");
  log.info("started", {{"port", 8080}, {"name", "a\"b\n"}, {"ok", true}});
  EXPECT_EQ(line,
            R"({"ts":1700000000000,"level":"info","event":"started","port":8080,"name":"a\"b\n","ok":true})");
}

TEST(Hash, crc32c_of_the_check_string) { EXPECT_EQ(crc32c("123456789", 9), 0xE3069283U); }
TEST(Hash, crc32c_continues_from_a_seed) { EXPECT_EQ(crc32c("6789", 4, crc32c("12345", 5)), 0xE3069283U); }

TEST(Rng, same_seed_same_numbers_and_bounds_hold) {
  Rng a(7), b(7), c(8);
  bool differs = false;
  for (int i = 0; i < 1000; ++i) {
    const std::uint32_t value = a.below(10);
    EXPECT_LT(value, 10U);
    EXPECT_EQ(value, b.below(10));
    differs |= value != c.below(10);
  }
  EXPECT_TRUE(differs);
}

TEST(NearestName, finds_typing_errors_and_nothing_else) {
  constexpr std::array<std::string_view, 3> known = {"models", "knowledge", "routes"};
  EXPECT_EQ(nearest_name("modles", known), "models");
  EXPECT_EQ(nearest_name("knowlege", known), "knowledge");
  EXPECT_EQ(nearest_name("pipelines", known), "");
}

}  // namespace
}  // namespace loadline

#include "governance/prices.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/rng.h"
#include "governance/calendar.h"

namespace loadline {
namespace {

TEST(Money, dollars_read_and_show_without_loss) {
  const std::pair<const char*, NanoDollars> good[] = {
      {"0", 0},           {"12", 12'000'000'000},  {"0.15", 150'000'000},
      {"0.000000001", 1}, {"1000000", amount_max}, {"3.50", 3'500'000'000}};
  for (const auto& [text, nanos] : good) {
    const auto read = parse_dollars(text);
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_EQ(*read, nanos) << text;
    EXPECT_EQ(*parse_dollars(show_dollars(nanos)), nanos) << text;
  }
  for (const char* text : {"", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "0.0000000001", "1000000.01",
                           "99999999", " 1", "1 ", "0x1"})
    EXPECT_FALSE(parse_dollars(text).ok()) << text;
  EXPECT_EQ(show_dollars(150'000'000), "0.15");
  EXPECT_EQ(show_dollars(0), "0.00");
  EXPECT_EQ(show_dollars(-1), "-0.000000001");
  Rng rng(3);
  for (int i = 0; i < 2000; ++i) {
    const NanoDollars amount = static_cast<NanoDollars>(rng.next()) * rng.below(200000);
    ASSERT_EQ(*parse_dollars(show_dollars(amount)), amount);
  }
}

TEST(Prices, parts_cost_their_own_price_and_the_sum_is_rounded_up_once) {
  const Price price{
      .input = 2'500'000'000, .output = 10'000'000'000, .cached = 1'250'000'000, .reasoning = 20'000'000'000};
  EXPECT_EQ(cost_of(price, {.input = 1000, .output = 100}), 2'500'000 + 1'000'000);
  EXPECT_EQ(cost_of(price, {.input = 1000, .output = 100, .cached = 600}), 1'000'000 + 750'000 + 1'000'000);
  EXPECT_EQ(cost_of(price, {.input = 0, .output = 100, .cached = 0, .reasoning = 40}), 600'000 + 800'000);
  EXPECT_EQ(cost_of(price, {.input = 10, .output = {}, .cached = 999}),
            12'500);  // a part is never more than the whole
  EXPECT_EQ(cost_of(price, {}), 0);
  const Price odd{.input = 1, .output = 1};  // a millionth of a nano-dollar each
  EXPECT_EQ(cost_of(odd, {.input = 1, .output = 1}), 1);
  EXPECT_EQ(cost_of(odd, {.input = 600'000, .output = 400'000}), 1);
  EXPECT_EQ(cost_of(odd, {.input = 600'000, .output = 400'001}), 2);
  EXPECT_EQ(cost_of({.per_request = 7}, {}), 7);
  const std::uint64_t absurd = UINT64_MAX;  // of a broken upstream: bounded, no overflow
  EXPECT_EQ(cost_of(price, {.input = absurd, .output = absurd, .cached = absurd, .reasoning = absurd}),
            21'250 * nanos_per_dollar);
}

TEST(Prices, what_a_reservation_covers_never_costs_more_than_it) {
  Rng rng(11);
  for (int i = 0; i < 20000; ++i) {
    Price price{.input = rng.below(2'000'000'000), .output = rng.below(2'000'000'000)};
    if (rng.below(2) == 0) price.cached = rng.below(2'000'000'000);
    if (rng.below(2) == 0) price.reasoning = rng.below(2'000'000'000);
    if (rng.below(4) == 0) price.per_request = rng.below(100'000);
    if (rng.below(10) == 0) price.output = 0;
    const std::uint64_t prompt = rng.below(200'000);
    const NanoDollars reserved = rng.below(1'000'000'000);
    const std::uint64_t output = allowed_output(price, prompt, reserved);
    if (output == 0) {
      ASSERT_GT(most_cost_of(price, prompt, 1), reserved);
      continue;
    }
    ASSERT_LE(most_cost_of(price, prompt, output), reserved);
    if (output < billed_tokens_max) ASSERT_GT(most_cost_of(price, prompt, output + 1), reserved);
    // Whatever share of it is cached or reasoning: what is really billed stays within.
    const auto part = static_cast<std::uint32_t>(std::min<std::uint64_t>(output, UINT32_MAX - 1)) + 1;
    const TokenCounts real{.input = prompt,
                           .output = output,
                           .cached = rng.below(static_cast<std::uint32_t>(prompt) + 1),
                           .reasoning = rng.below(part)};
    ASSERT_LE(cost_of(price, real), reserved);
  }
}

TEST(Prices, the_table_knows_dated_names_and_the_manifest_goes_first) {
  PriceTable table = PriceTable::with_list_prices();
  EXPECT_GT(table.size(), 20U);
  std::set<std::string_view> names;
  for (const ListPrice& row : list_prices()) {
    EXPECT_TRUE(names.insert(row.model).second) << row.model << " stands there twice";
    EXPECT_TRUE(parse_day(row.seen_on)) << row.model;
    EXPECT_TRUE(row.source == "vendor" || row.source == "recalled") << row.model;
    EXPECT_TRUE(!row.vendor.empty() && row.price.input > 0) << row.model;
    EXPECT_LE(row.price.cached.value_or(0), row.price.input) << row.model;
  }
  ASSERT_TRUE(table.find("gpt-4o-mini"));
  EXPECT_EQ(table.find("gpt-4o-mini")->input, 150'000'000);
  EXPECT_EQ(table.find("gpt-4o-mini-2024-07-18"), table.find("gpt-4o-mini"));
  EXPECT_EQ(table.find("claude-sonnet-4-20250514"), table.find("claude-sonnet-4"));
  EXPECT_EQ(table.find("mistral-small-latest"), table.find("mistral-small"));
  EXPECT_FALSE(table.find("gpt-4o-turbo"));  // another model, not a cheaper guess
  EXPECT_FALSE(table.find("gpt-4o-2024"));
  EXPECT_FALSE(table.find(""));
  table.set("gpt-4o-mini", {.input = 1, .output = 2});
  EXPECT_EQ(table.find("gpt-4o-mini")->output, 2);
}

}  // namespace
}  // namespace loadline

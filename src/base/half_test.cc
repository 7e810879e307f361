#include "base/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace loadline {
namespace {

constexpr std::uint32_t halves = 0x10000;

// The definition of the format, in double arithmetic.
double value_of(std::uint32_t half) {
  const int exponent = static_cast<int>((half >> 10) & 31);
  const double fraction = half & 0x3FF;
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

TEST(Half, each_of_all_halves_is_its_definition_and_comes_back) {
  for (std::uint32_t bits = 0; bits < halves; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = float_from_half(half);
    ASSERT_EQ(std::signbit(value), (bits & 0x8000) != 0) << bits;
    if ((bits & 0x7C00) != 0x7C00) {
      ASSERT_EQ(static_cast<double>(value), value_of(bits)) << bits;
    } else if ((bits & 0x3FF) == 0) {
      ASSERT_TRUE(std::isinf(value)) << bits;
    } else {
      ASSERT_TRUE(std::isnan(value)) << bits;
      ASSERT_TRUE(std::isnan(float_from_half(half_from_float(value)))) << bits;
      continue;
    }
    ASSERT_EQ(half_from_float(value), half);
  }
}

// Between any two neighbours: just below the middle goes down, just above goes up, the middle to the even
// one.
TEST(Half, rounds_to_the_nearest_and_ties_to_even_between_all_neighbours) {
  for (std::uint32_t bits = 0; bits < 0x7C00; ++bits) {
    const auto low = static_cast<std::uint16_t>(bits), high = static_cast<std::uint16_t>(bits + 1);
    // Above the largest finite half the next one would be 65536.
    const double next = bits == 0x7BFF ? 65536.0 : value_of(bits + 1);
    const auto middle = static_cast<float>((value_of(bits) + next) / 2);
    const std::uint16_t even = (bits & 1) == 0 ? low : high;
    ASSERT_EQ(half_from_float(middle), even) << bits;
    ASSERT_EQ(half_from_float(std::nextafter(middle, 0.0F)), low) << bits;
    ASSERT_EQ(half_from_float(std::nextafter(middle, 1e9F)), high) << bits;
    ASSERT_EQ(half_from_float(-middle), even | 0x8000) << bits;
  }
  EXPECT_EQ(half_from_float(std::numeric_limits<float>::max()), 0x7C00);
  EXPECT_EQ(half_from_float(-std::numeric_limits<float>::infinity()), 0xFC00);
}

TEST(Half, each_bfloat16_is_the_upper_half_of_its_float) {
  for (std::uint32_t bits = 0; bits < halves; ++bits) {
    const float value = float_from_bfloat16(static_cast<std::uint16_t>(bits));
    ASSERT_EQ(std::bit_cast<std::uint32_t>(value), bits << 16);
  }
  EXPECT_EQ(float_from_bfloat16(0x4049), 3.140625F);
}

}  // namespace
}  // namespace loadline

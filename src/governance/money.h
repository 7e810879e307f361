#pragma once
// Money is an integer: nano-dollars (1 dollar = 1,000,000,000). An int64 holds nine billion dollars.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

using NanoDollars = std::int64_t;
inline constexpr NanoDollars nanos_per_dollar = 1'000'000'000;
/// No single amount is larger (a million dollars), so that sums of many cannot overflow.
inline constexpr NanoDollars amount_max = 1'000'000 * nanos_per_dollar;

/// "12", "0.15", "0.000000001": a decimal of dollars, at most nine places, nothing lost. invalid_argument:
/// any other form, negative, or over amount_max.
Result<NanoDollars> parse_dollars(std::string_view text);

/// With as many places as are needed, at least two: "0.15", "0.000123".
std::string show_dollars(NanoDollars amount);

}  // namespace loadline

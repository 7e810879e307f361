#pragma once
// UTC days and months as numbers: what budgets and sums are kept by. Leap seconds do not exist here, as in
// Unix time.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

/// Days since 1970-01-01 UTC.
constexpr std::int32_t utc_day(std::int64_t unix_ms) {
  return static_cast<std::int32_t>((unix_ms >= 0 ? unix_ms : unix_ms - 86'399'999) / 86'400'000);
}
/// Months since January 1970.
std::int32_t utc_month(std::int32_t day);
/// The first day of a month.
std::int32_t first_day_of(std::int32_t month);
/// "2026-11-25".
std::string show_day(std::int32_t day);
/// invalid_argument: not a date of that form.
Result<std::int32_t> parse_day(std::string_view text);

}  // namespace loadline

#include "governance/calendar.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace loadline {
namespace {
std::chrono::year_month_day date_of(std::int32_t day) {
  return std::chrono::sys_days(std::chrono::days(day));
}
}  // namespace

std::int32_t utc_month(std::int32_t day) {
  const auto date = date_of(day);
  return (static_cast<int>(date.year()) - 1970) * 12 +
         static_cast<std::int32_t>(static_cast<unsigned>(date.month())) - 1;
}

std::int32_t first_day_of(std::int32_t month) {
  const std::chrono::year year(1970 + (month >= 0 ? month : month - 11) / 12);
  const std::chrono::month in_year(static_cast<unsigned>((month % 12 + 12) % 12) + 1);
  return static_cast<std::int32_t>(std::chrono::sys_days(year / in_year / 1).time_since_epoch().count());
}

std::string show_day(std::int32_t day) {
  const auto date = date_of(day);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

Result<std::int32_t> parse_day(std::string_view text) {
  const auto wrong = [] { return Error(Code::invalid_argument, "a day is written like 2026-11-25"); };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return wrong();
  std::array<int, 3> parts{};
  std::size_t part = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7) {
      ++part;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') return wrong();
    parts[part] = parts[part] * 10 + (text[i] - '0');
  }
  const std::chrono::year_month_day date{std::chrono::year(parts[0]),
                                         std::chrono::month(static_cast<unsigned>(parts[1])),
                                         std::chrono::day(static_cast<unsigned>(parts[2]))};
  if (!date.ok()) return wrong();
  return static_cast<std::int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

}  // namespace loadline

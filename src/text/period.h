#pragma once
// Years, quarters and dates in text. Pure functions, thread-safe.
#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace loadline {

struct Period {
  int year = 0;     // 1900 to 2099; 0: not stated ("Q4 results")
  int quarter = 0;  // 1 to 4; 0: not a quarter
  int month = 0, day = 0;
  std::size_t begin = 0, end = 0;

  /// "2022", "2022-Q4", "2022-12", "2022-12-31".
  std::string name() const;
};

/// "FY2022", "FY22", "fiscal 2022", "2022", "Q4 2022", "2022Q4", "fourth quarter of fiscal 2022", "4Q22",
/// "December 31, 2022", "31 December 2022", "2022-12-31", "12/31/2022", in order of place, longest reading
/// first.
std::vector<Period> find_periods(std::string_view text);

}  // namespace loadline

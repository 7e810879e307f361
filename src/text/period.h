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
  int half = 0;     // 1 or 2; 0: not a half-year
  int month = 0, day = 0;
  std::size_t begin = 0, end = 0;

  /// "2022", "2022-Q4", "2022-H1", "2022-12", "2022-12-31".
  std::string name() const;
  /// Whether something that is said of this period answers what is asked of `asked`: equal as far as `asked`
  /// says. A period without a year ("Q2" over a column) covers none with one.
  bool covers(const Period& asked) const;
  /// As `covers`, and no smaller part of the year than asked for: a quarter does not stand for its year.
  bool stands_for(const Period& asked) const;
};

/// "FY2022", "FY22", "fiscal 2022", "2022", "Q4 2022", "2022Q4", "fourth quarter of fiscal 2022", "4Q22",
/// "H1 2022", "first half of 2022", "first six months of 2022", "December 31, 2022", "31 December 2022",
/// "2022-12-31", "12/31/2022", in order of place, longest reading first.
std::vector<Period> find_periods(std::string_view text);

/// Whether `known` periods cover `asked`: one of them does, or one without a year names the part ("Q2") while
/// another names the year.
bool covered_by(const Period& asked, const std::vector<Period>& known);

}  // namespace loadline

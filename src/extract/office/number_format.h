#pragma once
// Spreadsheet numbers as a reader of the sheet sees them: format codes as Excel has them
// ("#,##0.00;[Red](#,##0.00)", "yyyy-mm-dd", "0.0%", "[h]:mm").
//
// Follows ECMA-376 part 1, 18.8.30 and 18.8.31. What depends on the reader's country is made unambiguous:
// point and comma as in English, English month names, built-in date formats as ISO dates. Plain functions,
// thread-safe.
#include <string>
#include <string_view>

namespace loadline {

/// The code of a built-in format (numFmtId below 164); "General" for unknown ids.
std::string_view builtin_number_format(int id);

/// `value` under `code`. Dates count days from 1899-12-30, or from 1904-01-01 if `date1904`. A code that
/// cannot be understood is treated as "General".
std::string format_number(double value, std::string_view code, bool date1904);

/// A text under the fourth part of `code`, if it has one.
std::string format_text(std::string_view text, std::string_view code);

}  // namespace loadline

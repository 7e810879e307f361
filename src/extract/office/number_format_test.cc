#include "extract/office/number_format.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

struct Case {
  double value;
  const char* code;
  const char* shown;
};

class NumberFormat : public ::testing::TestWithParam<Case> {};

TEST_P(NumberFormat, shows_what_the_sheet_shows) {
  const Case& c = GetParam();
  EXPECT_EQ(format_number(c.value, c.code, false), c.shown) << c.value << " under " << c.code;
}

INSTANTIATE_TEST_SUITE_P(
    numbers, NumberFormat,
    ::testing::Values(
        Case{1234.5, "General", "1234.5"}, Case{0.1 + 0.2, "General", "0.3"}, Case{1e20, "General", "1E+20"},
        Case{123456789012, "General", "123456789012"}, Case{-7, "General", "-7"}, Case{0, "General", "0"},
        Case{1234.567, "0.00", "1234.57"}, Case{0.5, "#.00", ".50"},
        Case{1234567.891, "#,##0.00", "1,234,567.89"}, Case{-1234.5, "#,##0.00", "-1,234.50"},
        Case{-1234.5, "#,##0.00;(#,##0.00)", "(1,234.50)"},
        Case{-1234.5, "#,##0.00;[Red](#,##0.00)", "(1,234.50)"}, Case{0, "#,##0;(#,##0);\"-\"", "-"},
        Case{0, "_(* #,##0_);_(* (#,##0);_(* \"-\"?\?_);_(@_)", "-"},
        Case{1234, "_($* #,##0.00_);_($* (#,##0.00);_($* \"-\"?\?_);_(@_)", "$1,234.00"},
        Case{1234, "[$€-407] #,##0.00", "€ 1,234.00"}, Case{1234, "#,##0.00 [$€-1]", "1,234.00 €"},
        Case{0.125, "0.00", "0.13"}, Case{1.005, "0.00", "1.01"}, Case{0.0825, "0.0%", "8.3%"},
        Case{0.5, "0%", "50%"}, Case{1.5, "0 \"basis points\"", "2 basis points"},
        Case{12345678, "#,##0,", "12,346"}, Case{12345678, "0.0,,\" m\"", "12.3 m"}, Case{5, "000", "005"},
        Case{5551234567, "(000) 000-0000", "(555) 123-4567"}, Case{12345, "0.00E+00", "1.23E+04"},
        Case{0.00012, "0.0E+0", "1.2E-4"}, Case{12345, "##0.0E+0", "12.3E+3"},
        Case{9.999, "0.0E+0", "1.0E+1"}, Case{2.75, "# ?/?", "2 3/4"}, Case{0.333, "# ?\?/?\?", "1/3"},
        Case{3, "# ?/?", "3"}, Case{150, "[>100]\"high\";[<=100]\"low\"", "high"},
        Case{50, "[>100]\"high\";[<=100]\"low\"", "low"}, Case{-0.001, "0.00", "0.00"},
        Case{1.2345, "0.0##", "1.235"}, Case{1.2, "0.0##", "1.2"}, Case{7, "@", "7"}, Case{42, ";;;", ""},
        Case{42, "\"x", "x"}, Case{42, "0\\ \\k\\g", "42 kg"}));

INSTANTIATE_TEST_SUITE_P(
    dates, NumberFormat,
    ::testing::Values(Case{44926, "yyyy-mm-dd", "2022-12-31"}, Case{44926, "d/m/yy", "31/12/22"},
                      Case{44926, "dddd, d mmmm yyyy", "Saturday, 31 December 2022"},
                      Case{44926, "mmm-yy", "Dec-22"}, Case{44926.5, "yyyy-mm-dd hh:mm", "2022-12-31 12:00"},
                      Case{0.75, "h:mm AM/PM", "6:00 PM"}, Case{0.999999, "hh:mm:ss", "00:00:00"},
                      Case{1.5, "[h]:mm", "36:00"}, Case{0.00076388889, "mm:ss", "01:06"},
                      Case{44926.123456789, "hh:mm:ss.00", "02:57:46.66"},
                      Case{1, "yyyy-mm-dd", "1900-01-01"}, Case{59, "yyyy-mm-dd", "1900-02-28"},
                      Case{61, "yyyy-mm-dd", "1900-03-01"},
                      Case{44926, "[$-409]mmmm d, yyyy;@", "December 31, 2022"},
                      Case{36585, "d.m.yyyy", "29.2.2000"}));

TEST(NumberFormatBuiltin, covers_the_standard_ids) {
  EXPECT_EQ(format_number(44926, builtin_number_format(14), false), "2022-12-31");
  EXPECT_EQ(format_number(0.125, builtin_number_format(10), false), "12.50%");
  EXPECT_EQ(format_number(-3, builtin_number_format(37), false), "(3)");
  EXPECT_EQ(builtin_number_format(200), "General");
}

TEST(NumberFormat1904, dates_start_later) {
  EXPECT_EQ(format_number(43464, "yyyy-mm-dd", true), "2022-12-31");
}

TEST(NumberFormatText, uses_the_text_section) {
  EXPECT_EQ(format_text("x", "0;0;0;\"Text: \"@"), "Text: x");
  EXPECT_EQ(format_text("x", "General"), "x");
  EXPECT_EQ(format_text("x", ""), "x");
}

}  // namespace
}  // namespace loadline

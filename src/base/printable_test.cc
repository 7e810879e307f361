#include "base/printable.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

TEST(Printable, keeps_ordinary_names) {
  EXPECT_EQ(printable("Jahresbericht für 2022 – Übersicht.pdf"), "Jahresbericht für 2022 – Übersicht.pdf");
}

TEST(Printable, stays_on_one_line_and_says_what_was_there) {
  EXPECT_EQ(printable("a\nb\tc\\n\x1B[31m.txt"), "a\\nb\\tc\\\\n\\x1B[31m.txt");
  EXPECT_EQ(printable("caf\xE9.txt"), "caf\\xE9.txt");
  EXPECT_EQ(printable("\xE2\x80\xAE"
                      "fdp.exe"),
            "\\u{202E}fdp.exe");
  EXPECT_EQ(printable("\xEF\xBF\xBD"), "\xEF\xBF\xBD");  // a real U+FFFD is no damage
}

TEST(Printable, is_cut_at_the_bound) { EXPECT_EQ(printable(std::string(500, 'x'), 10), "xxxxxxxxxx…"); }

}  // namespace
}  // namespace loadline

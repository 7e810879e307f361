#include "extract/grid_builder.h"

#include <gtest/gtest.h>

#include <set>

#include "base/rng.h"
#include "extract/table_shape.h"

namespace loadline {
namespace {

TEST(GridBuilder, random_spans_never_overlap_or_leave_the_grid) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng random(seed);
    GridBuilder grid;
    for (std::uint32_t row = 1 + random.below(6); row > 0; --row) {
      grid.start_row();
      for (std::uint32_t cell = random.below(5); cell > 0; --cell)
        grid.add("x", random.below(4), random.below(4));
    }
    const Table table = std::move(grid).finish();
    std::set<std::pair<std::uint32_t, std::uint32_t>> taken;
    for (const TableCell& cell : table.cells) {
      ASSERT_LE(cell.row + cell.row_span, table.rows);
      ASSERT_LE(cell.column + cell.column_span, table.columns);
      for (std::uint32_t r = 0; r < cell.row_span; ++r)
        for (std::uint32_t c = 0; c < cell.column_span; ++c)
          EXPECT_TRUE(taken.insert({cell.row + r, cell.column + c}).second);
    }
  }
}

TEST(TableShape, amounts_and_names) {
  for (const char* value : {"1,234.5", "(17)", "$ 12", "45%", "-", "—", "n/a", "3.14", "2022.5", "€5"})
    EXPECT_TRUE(is_value_text(value)) << value;
  for (const char* name : {"2022", "Q1", "31 December 2022", "", "Sales", "5 years", "1 May"})
    EXPECT_FALSE(is_value_text(name)) << name;
}

std::uint32_t headers(const std::vector<std::vector<std::string>>& rows) {
  return guess_header_rows(table_from_rows(rows));
}

TEST(TableShape, header_rows) {
  EXPECT_EQ(headers({{"", "2022", "2021"}, {"Sales", "5", "4"}}), 1U);
  EXPECT_EQ(headers({{"", "2022", "2021"}, {"", "EUR m", "EUR m"}, {"Sales", "5", "4"}}), 2U);
  EXPECT_EQ(headers({{"Sales", "5", "4"}, {"Costs", "3", "2"}}), 0U);
  EXPECT_EQ(headers({{"Name", "City"}, {"Ann", "Selwyn"}, {"Bob", "Wexcombe"}}), 1U);
  EXPECT_EQ(headers({{"Name", "Name"}, {"Ann", "Selwyn"}}), 0U);
  EXPECT_EQ(headers({{"Only one row", "x"}}), 0U);
}

}  // namespace
}  // namespace loadline

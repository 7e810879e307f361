#include <gtest/gtest.h>

#include "model/chunk.h"
#include "model/document.h"

namespace loadline {
namespace {

TEST(TableText, keeps_empty_places_and_row_labels) {
  Table table;
  table.rows = 2, table.columns = 3;
  table.cells = {{0, 1, 1, 1, "2022", {}},
                 {0, 2, 1, 1, "2021", {}},
                 {1, 0, 1, 1, "Net sales", {}},
                 {1, 2, 1, 1, "7", {}}};
  EXPECT_EQ(table_text(table), " | 2022 | 2021\nNet sales |  | 7");
}

TEST(Box, union_ignores_empty_ones) {
  EXPECT_EQ(united({}, {1, 1, 2, 2}), (Box{1, 1, 2, 2}));
  EXPECT_EQ(united({0, 0, 1, 5}, {1, 1, 2, 2}), (Box{0, 0, 2, 5}));
}

TEST(Chunk, context_stands_before_the_text) {
  Chunk chunk;
  chunk.text = "text";
  EXPECT_EQ(indexed_text(chunk), "text");
  chunk.context = "Title";
  EXPECT_EQ(indexed_text(chunk), "Title\ntext");
}

}  // namespace
}  // namespace loadline

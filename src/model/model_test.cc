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

TEST(Chunk, a_quote_stands_where_most_of_it_does) {
  Chunk chunk;
  chunk.pages = {{4, {{0, 10, {1, 1, 9, 2}}, {12, 20, {1, 3, 5, 4}}}}, {5, {{22, 40, {1, 7, 9, 8}}}}};
  const auto place = [&](std::size_t begin, std::size_t end) {
    const auto found = place_of_quote(chunk, begin, end);
    return found ? std::to_string(found->page) + " at " + std::to_string(static_cast<int>(found->box.y0)) +
                       "-" + std::to_string(static_cast<int>(found->box.y1))
                 : "nowhere";
  };
  EXPECT_EQ(place(2, 8), "4 at 1-2");
  EXPECT_EQ(place(8, 14), "4 at 1-4");
  EXPECT_EQ(place(24, 30), "5 at 7-8");
  EXPECT_EQ(place(15, 30), "5 at 7-8");
  EXPECT_EQ(place(12, 26), "4 at 3-4");
  EXPECT_EQ(place(20, 22), "nowhere");
  chunk.pages = {{4, {{0, 0, {1, 1, 9, 2}}}}};  // from a store of before
  EXPECT_EQ(place(2, 8), "nowhere");
}

}  // namespace
}  // namespace loadline

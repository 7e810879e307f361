#include "storage/page_codec.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace loadline {
namespace {

std::string random_text(Rng& rng) {
  std::string text;
  for (std::uint32_t i = rng.below(12); i > 0; --i) text += static_cast<char>(rng.below(256));
  return text;
}

Box random_box(Rng& rng) {
  if (rng.below(3) == 0) return {};
  const auto real = [&] { return static_cast<float>(rng.uniform() * 1000); };
  return {real(), real(), real(), real()};
}

Block random_block(Rng& rng) {
  Block block;
  block.kind = static_cast<BlockKind>(rng.below(6));
  block.level = static_cast<int>(rng.below(7));
  block.box = random_box(rng);
  block.text = random_text(rng);
  if (rng.below(2) == 0) return block;
  Table table;
  table.rows = rng.below(4), table.columns = rng.below(4), table.header_rows = rng.below(2);
  table.caption = random_text(rng);
  for (std::uint32_t row = 0; row < table.rows; ++row)
    for (std::uint32_t column = 0; column < table.columns; ++column)
      if (rng.below(3) > 0)
        table.cells.push_back({row, column, 1, 1 + rng.below(2), random_text(rng), random_box(rng)});
  if (rng.below(2) == 0) block.text = table_text(table);
  block.table = std::move(table);
  return block;
}

void expect_equal(const Block& a, const Block& b) {
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.level, b.level);
  EXPECT_EQ(a.text, b.text);
  EXPECT_EQ(a.box, b.box);
  ASSERT_EQ(a.table.has_value(), b.table.has_value());
  if (!a.table) return;
  EXPECT_EQ(a.table->rows, b.table->rows);
  EXPECT_EQ(a.table->columns, b.table->columns);
  EXPECT_EQ(a.table->header_rows, b.table->header_rows);
  EXPECT_EQ(a.table->caption, b.table->caption);
  ASSERT_EQ(a.table->cells.size(), b.table->cells.size());
  for (std::size_t i = 0; i < a.table->cells.size(); ++i) {
    const TableCell &x = a.table->cells[i], &y = b.table->cells[i];
    EXPECT_TRUE(x.row == y.row && x.column == y.column && x.row_span == y.row_span &&
                x.column_span == y.column_span && x.text == y.text && x.box == y.box);
  }
}

TEST(PageCodec, blocks_read_back_as_written_and_damage_is_noticed_or_harmless) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    std::vector<Block> blocks;
    for (std::uint32_t i = rng.below(6); i > 0; --i) blocks.push_back(random_block(rng));
    const std::string bytes = encode_blocks(blocks);
    const auto back = decode_blocks(bytes);
    ASSERT_TRUE(back.ok());
    ASSERT_EQ(back->size(), blocks.size());
    for (std::size_t i = 0; i < blocks.size(); ++i) expect_equal((*back)[i], blocks[i]);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      const auto damaged = decode_blocks(std::string_view(bytes).substr(0, cut));
      ASSERT_FALSE(damaged.ok());
      EXPECT_EQ(damaged.error().code(), Code::data_loss);
    }
    for (int i = 0; i < 50; ++i) {
      std::string changed = bytes;
      changed[rng.below(static_cast<std::uint32_t>(changed.size()))] ^= static_cast<char>(1 + rng.below(255));
      (void)decode_blocks(changed);  // any answer, but no crash (the sanitizers look on)
    }
  }
}

TEST(PageCodec, lists_and_places_read_back) {
  const std::vector<PageBoxes> places = {{1, {{0, 9, {1, 2, 3, 4}}, {11, 300, {}}}}, {7, {}}};
  EXPECT_EQ(*decode_places(encode_places(places)), places);
  const std::vector<std::string> texts = {"", "a\0b", "\xFF"};
  EXPECT_EQ(*decode_texts(encode_texts(texts)), texts);
  const TextPairs pairs = {{"k", "v"}, {"", ""}};
  EXPECT_EQ(*decode_pairs(encode_pairs(pairs)), pairs);
  EXPECT_FALSE(decode_texts("").ok());
  EXPECT_FALSE(decode_pairs("\x01\xFF\xFF\xFF\xFF\x0F").ok());
}

TEST(PageCodec, places_of_the_first_format_are_boxes_without_their_text) {
  std::string first = "\x01\x01\x07\x01\x01";  // one page, number 7, with one box that stands
  for (const char* real : {"\0\0\x80\x3f", "\0\0\0\x40", "\0\0\x40\x40", "\0\0\x80\x40"})
    first.append(real, 4);
  const auto places = decode_places(first);
  ASSERT_TRUE(places.ok());
  EXPECT_EQ(*places, (std::vector<PageBoxes>{{7, {{0, 0, {1, 2, 3, 4}}}}}));
  first[0] = 3;
  EXPECT_FALSE(decode_places(first).ok());
}

}  // namespace
}  // namespace loadline

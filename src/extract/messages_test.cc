#include "extract/messages.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"
#include "base/utf8.h"

namespace loadline {
namespace {

std::string random_text(Rng& random) {
  std::string text;
  for (std::size_t i = random.next() % 40; i > 0; --i) {
    const char32_t ranges[] = {'a' + random.next() % 26, 0xC0 + random.next() % 64,
                               0x4E00 + random.next() % 500, 0x1F600 + random.next() % 9};
    append_utf8(text, ranges[random.next() % 4]);
  }
  return text;
}

Box random_box(Rng& random) {
  if (random.next() % 3 == 0) return {};
  const auto length = [&] { return static_cast<float>(random.next() % 10000) / 7.0F; };
  return {length(), length(), length(), length()};
}

Table random_table(Rng& random) {
  Table table;
  table.rows = 1 + random.next() % 6, table.columns = 1 + random.next() % 6;
  table.header_rows = random.next() % (table.rows + 1);
  table.caption = random_text(random);
  for (std::uint32_t row = 0; row < table.rows; ++row)
    for (std::uint32_t column = 0; column < table.columns; ++column)
      if (random.next() % 3 != 0)
        table.cells.push_back({row, column,
                               static_cast<std::uint32_t>(1 + random.next() % (table.rows - row)),
                               static_cast<std::uint32_t>(1 + random.next() % (table.columns - column)),
                               random_text(random), random_box(random)});
  return table;
}

ExtractedPage random_page(Rng& random) {
  ExtractedPage page;
  page.number = 1 + static_cast<int>(random.next() % 100000);
  page.width = 595.3F, page.height = 842;
  page.recognised = random.next() % 2 == 0;
  if (random.next() % 5 == 0) page.lost_reason = random_text(random);
  for (std::size_t i = random.next() % 10; i > 0; --i) {
    Block block;
    block.kind = static_cast<BlockKind>(random.next() % 6);
    block.level = static_cast<int>(random.next() % 7);
    block.box = random_box(random);
    if (block.kind == BlockKind::table) {
      block.table = random_table(random);
      block.text = table_text(*block.table);
    } else {
      block.text = random_text(random);
    }
    page.blocks.push_back(std::move(block));
  }
  return page;
}

void expect_equal(const ExtractedPage& a, const ExtractedPage& b) {
  // The encoding is canonical, so equal bytes are equal pages; the texts of tables are not in it.
  EXPECT_EQ(encode(a), encode(b));
  ASSERT_EQ(a.blocks.size(), b.blocks.size());
  for (std::size_t i = 0; i < a.blocks.size(); ++i) EXPECT_EQ(a.blocks[i].text, b.blocks[i].text);
}

TEST(Messages, pages_come_back_equal) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng random(seed);
    const ExtractedPage page = random_page(random);
    const auto decoded = decode_page(encode(page));
    ASSERT_TRUE(decoded.ok()) << decoded.error().message();
    expect_equal(page, *decoded);
  }
}

TEST(Messages, damaged_pages_are_refused_or_still_keep_every_promise) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng random(seed);
    std::string bytes = encode(random_page(random));
    for (int change = 0; change < 3; ++change)
      bytes[random.next() % bytes.size()] = static_cast<char>(random.next());
    if (random.next() % 2 == 0) bytes.resize(random.next() % (bytes.size() + 1));
    const auto decoded = decode_page(bytes);
    if (!decoded.ok()) {
      EXPECT_EQ(decoded.error().code(), Code::data_loss);
      continue;
    }
    EXPECT_EQ(broken_page_bound(*decoded), "");
    for (const Block& block : decoded->blocks) {
      EXPECT_TRUE(is_valid_utf8(block.text));
      EXPECT_TRUE(std::isfinite(block.box.x0 + block.box.y0 + block.box.x1 + block.box.y1));
      EXPECT_EQ(block.kind == BlockKind::table, block.table.has_value());
      if (!block.table) continue;
      for (const TableCell& cell : block.table->cells) {
        EXPECT_LE(cell.row + cell.row_span, block.table->rows);
        EXPECT_LE(cell.column + cell.column_span, block.table->columns);
      }
    }
  }
}

TEST(Messages, small_bytes_cannot_ask_for_much_memory) {
  // One table of 2^16 x 2^16 places, and a page that claims 2^32 - 1 blocks.
  ExtractedPage page;
  page.number = 1;
  Block block;
  block.kind = BlockKind::table;
  block.table = Table{.rows = 65536, .columns = 65536, .cells = {}, .caption = ""};
  page.blocks.push_back(block);
  EXPECT_NE(broken_page_bound(page), "");
  EXPECT_FALSE(decode_page(encode(page)).ok());
  // Many grids of which each alone is allowed.
  page.blocks.clear();
  block.table->rows = 1000, block.table->columns = 1000;
  page.blocks.assign(100, block);
  EXPECT_NE(broken_page_bound(page), "");
  EXPECT_FALSE(decode_page(encode(page)).ok());
}

TEST(Messages, pages_are_made_sendable) {
  ExtractedPage page;
  page.number = 1, page.width = NAN;
  Block block;
  block.text = "caf\xE9";
  block.box = {INFINITY, 0, 1, 1};
  page.blocks.push_back(block);
  EXPECT_FALSE(decode_page(encode(page)).ok());
  make_sendable(page);
  const auto decoded = decode_page(encode(page));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->blocks[0].text, "caf\xEF\xBF\xBD");
}

TEST(Messages, orders_properties_and_failures_come_back_equal) {
  ExtractOrder order{"na\nme\xFF.pdf", 17, false, 123456789012, 99, 4711, {3, 500}, {}};
  order.libraries.add(ForeignLibrary::tesseract);
  const auto order_back = decode_order(encode(order));
  ASSERT_TRUE(order_back.ok());
  EXPECT_EQ(order_back->file_name, order.file_name);
  EXPECT_EQ(order_back->first_page, 17);
  EXPECT_FALSE(order_back->recognise_scans);
  EXPECT_EQ(order_back->memory_bytes, order.memory_bytes);
  EXPECT_EQ(order_back->cpu_seconds, 99U);
  EXPECT_EQ(order_back->parent, 4711);
  EXPECT_EQ(order_back->skip, order.skip);
  EXPECT_EQ(*decode_working(encode_working(70'000)), 70'000);
  EXPECT_FALSE(decode_working("").ok());
  EXPECT_TRUE(order_back->libraries.contains(ForeignLibrary::tesseract));
  EXPECT_FALSE(order_back->libraries.contains(ForeignLibrary::pdfium));
  EXPECT_EQ(*decode_needs(encode_needs(ForeignLibrary::tesseract)), ForeignLibrary::tesseract);
  EXPECT_FALSE(decode_needs("\x02").ok());
  EXPECT_FALSE(decode_order("").ok());

  const DocumentProperties properties{"application/pdf", "Title", "Author", "2022", 12};
  const auto properties_back = decode_properties(encode(properties));
  ASSERT_TRUE(properties_back.ok());
  EXPECT_EQ(properties_back->title, "Title");
  EXPECT_EQ(properties_back->page_count, 12);

  const auto failure = decode_failure(encode(ExtractFailure{Code::resource_exhausted, "too much", true}));
  ASSERT_TRUE(failure.ok());
  EXPECT_EQ(failure->code, Code::resource_exhausted);
  EXPECT_TRUE(failure->page_only);
  EXPECT_FALSE(decode_failure(std::string("\0\0\0", 3)).ok());
}

}  // namespace
}  // namespace loadline

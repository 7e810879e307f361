#include "extract/messages.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/utf8.h"

namespace loadline {
namespace {

class Writer {
 public:
  void u8(std::uint8_t value) { bytes_ += static_cast<char>(value); }
  void u32(std::uint32_t value) {
    for (int i = 0; i < 4; ++i) u8(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void u64(std::uint64_t value) {
    u32(static_cast<std::uint32_t>(value));
    u32(static_cast<std::uint32_t>(value >> 32));
  }
  void f32(float value) { u32(std::bit_cast<std::uint32_t>(value)); }
  /// 7 bits a byte, lowest first: most numbers of a page are small.
  void varint(std::uint32_t value) {
    for (; value >= 0x80; value >>= 7) u8(static_cast<std::uint8_t>(value | 0x80));
    u8(static_cast<std::uint8_t>(value));
  }
  void text(std::string_view value) {
    varint(static_cast<std::uint32_t>(value.size()));
    bytes_ += value;
  }
  void box(const Box& box) {
    const bool some = box != Box{};
    u8(some ? 1 : 0);
    if (some) f32(box.x0), f32(box.y0), f32(box.x1), f32(box.y1);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads fields in order. After the first wrong one everything reads as zero and `good()` stays false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t u8() {
    if (rest_.empty()) return fail(), 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  bool flag() {
    const std::uint8_t value = u8();
    if (value > 1) fail();
    return value == 1;
  }
  std::uint32_t u32() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(u8()) << (8 * i);
    return value;
  }
  std::uint64_t u64() {
    const std::uint64_t low = u32();
    return low | (static_cast<std::uint64_t>(u32()) << 32);
  }
  std::uint32_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const std::uint8_t byte = u8();
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) {
        if (value > std::numeric_limits<std::uint32_t>::max()) fail();
        return static_cast<std::uint32_t>(value);
      }
    }
    return fail(), 0;
  }
  std::uint32_t varint_up_to(std::uint32_t most) {
    const std::uint32_t value = varint();
    if (value > most) return fail(), 0;
    return value;
  }
  /// A count of things that take at least `least_bytes` each: never more than the rest can hold.
  std::uint32_t count(std::size_t least_bytes) {
    const std::uint32_t value = varint();
    if (value > rest_.size() / least_bytes) return fail(), 0;
    return value;
  }
  std::string bytes() {
    const std::uint32_t size = varint();
    if (size > rest_.size()) return fail(), std::string();
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }
  std::string text() {
    std::string value = bytes();
    if (!is_valid_utf8(value)) fail();
    return value;
  }
  float length() {
    const auto value = std::bit_cast<float>(u32());
    // 10^6 points are 350 m: further out is no page.
    if (!std::isfinite(value) || std::fabs(value) > 1e6F) return fail(), 0;
    return value;
  }
  Box box() {
    if (!flag()) return {};
    Box box;
    box.x0 = length(), box.y0 = length(), box.x1 = length(), box.y1 = length();
    return box;
  }
  /// Counts towards the bounds of the page.
  void spend_places(std::uint64_t places) {
    places_ += places;
    if (places > page_table_places_max || places_ > page_table_places_max) fail();
  }
  void spend_cells(std::uint64_t cells) {
    cells_ += cells;
    if (cells_ > page_cells_max) fail();
  }
  void fail() { good_ = false, rest_ = {}; }
  /// True if every field was right and nothing is left over.
  bool finished() const { return good_ && rest_.empty(); }
  bool good() const { return good_; }

 private:
  std::string_view rest_;
  bool good_ = true;
  std::uint64_t places_ = 0;
  std::uint64_t cells_ = 0;
};

Error damaged(const char* what) {
  return Error(Code::data_loss, std::string("The extractor's answer is damaged: ") + what + ".");
}

void put_table(Writer& out, const Table& table) {
  out.varint(table.rows), out.varint(table.columns), out.varint(table.header_rows);
  out.text(table.caption);
  out.varint(static_cast<std::uint32_t>(table.cells.size()));
  for (const TableCell& cell : table.cells) {
    out.varint(cell.row), out.varint(cell.column), out.varint(cell.row_span), out.varint(cell.column_span);
    out.text(cell.text);
    out.box(cell.box);
  }
}

// Cells must lie inside the grid, in order and not on the same place. Overlapping spans are not looked for:
// they cost nothing but a strange table.
Table get_table(Reader& in) {
  Table table;
  table.rows = in.varint(), table.columns = in.varint();
  in.spend_places(std::uint64_t{table.rows} * table.columns);
  table.header_rows = in.varint_up_to(table.rows);
  table.caption = in.text();
  constexpr std::size_t cell_bytes_least = 6;
  const std::uint32_t cells = in.count(cell_bytes_least);
  in.spend_cells(cells);
  if (!in.good()) return table;
  table.cells.reserve(cells);
  std::uint64_t after = 0;  // the first place that the next cell may have
  for (std::uint32_t i = 0; i < cells && in.good(); ++i) {
    TableCell cell;
    cell.row = in.varint(), cell.column = in.varint();
    cell.row_span = in.varint(), cell.column_span = in.varint();
    cell.text = in.text();
    cell.box = in.box();
    const std::uint64_t place = std::uint64_t{cell.row} * table.columns + cell.column;
    const bool inside = cell.row_span >= 1 && cell.column_span >= 1 && cell.row < table.rows &&
                        cell.column < table.columns && cell.row_span <= table.rows - cell.row &&
                        cell.column_span <= table.columns - cell.column;
    if (!inside || place < after) return in.fail(), table;
    after = place + 1;
    table.cells.push_back(std::move(cell));
  }
  return table;
}

Block get_block(Reader& in) {
  Block block;
  block.kind = static_cast<BlockKind>(in.varint_up_to(static_cast<std::uint32_t>(BlockKind::running_footer)));
  block.level = static_cast<int>(in.varint_up_to(1000));
  block.box = in.box();
  if (in.flag()) {
    block.table = get_table(in);
    if (in.good()) block.text = table_text(*block.table);
  } else {
    block.text = in.text();
  }
  if ((block.kind == BlockKind::table) != block.table.has_value()) in.fail();
  return block;
}

float sendable(float length) { return std::isfinite(length) ? std::clamp(length, -1e6F, 1e6F) : 0; }

void make_sendable(Box& box) {
  box = {sendable(box.x0), sendable(box.y0), sendable(box.x1), sendable(box.y1)};
}

void make_sendable(std::string& text) {
  if (!is_valid_utf8(text)) text = to_valid_utf8(text);
}

}  // namespace

std::string broken_page_bound(const ExtractedPage& page) {
  if (page.blocks.size() > page_blocks_max) return "The page has more than 1,000,000 paragraphs.";
  std::uint64_t places = 0;
  std::uint64_t cells = 0;
  for (const Block& block : page.blocks) {
    if (!block.table) continue;
    places += std::uint64_t{block.table->rows} * block.table->columns;
    cells += block.table->cells.size();
  }
  if (cells > page_cells_max) return "Its tables have more than 2,000,000 filled cells.";
  if (places > page_table_places_max)
    return "Its tables have more than 8,000,000 places, nearly all of them empty.";
  return "";
}

void make_sendable(ExtractedPage& page) {
  page.width = std::max(0.0F, sendable(page.width)), page.height = std::max(0.0F, sendable(page.height));
  make_sendable(page.lost_reason);
  for (Block& block : page.blocks) {
    block.level = std::clamp(block.level, 0, 1000);
    make_sendable(block.text);
    make_sendable(block.box);
    if (!block.table) continue;
    make_sendable(block.table->caption);
    for (TableCell& cell : block.table->cells) make_sendable(cell.text), make_sendable(cell.box);
  }
}

std::string encode(const ExtractOrder& order) {
  Writer out;
  out.text(std::string_view(order.file_name).substr(0, order_name_bytes_max));
  out.u32(static_cast<std::uint32_t>(order.first_page));
  out.u8(order.recognise_scans ? 1 : 0);
  out.u64(order.memory_bytes), out.u64(order.cpu_seconds);
  out.u32(static_cast<std::uint32_t>(order.parent));
  const std::size_t skipped = std::min(order.skip.size(), order_skip_max);
  out.varint(static_cast<std::uint32_t>(skipped));
  for (std::size_t i = 0; i < skipped; ++i) out.varint(static_cast<std::uint32_t>(order.skip[i]));
  for (std::uint8_t i = 0; i < foreign_libraries; ++i)
    out.u8(order.libraries.contains(static_cast<ForeignLibrary>(i)) ? 1 : 0);
  return out.take();
}

Result<ExtractOrder> decode_order(std::string_view bytes) {
  Reader in(bytes);
  ExtractOrder order;
  order.file_name = in.bytes();
  const std::uint32_t first_page = in.u32();
  order.recognise_scans = in.flag();
  order.memory_bytes = in.u64(), order.cpu_seconds = in.u64();
  order.parent = static_cast<std::int32_t>(in.u32());
  for (std::uint32_t left = in.count(1); left > 0 && in.good(); --left)
    order.skip.push_back(static_cast<int>(in.varint_up_to(std::numeric_limits<std::int32_t>::max())));
  for (std::uint8_t i = 0; i < foreign_libraries; ++i)
    if (in.flag()) order.libraries.add(static_cast<ForeignLibrary>(i));
  if (!in.finished() || first_page < 1 || first_page > std::numeric_limits<std::int32_t>::max())
    return damaged("the order cannot be read");
  order.first_page = static_cast<int>(first_page);
  return order;
}

std::string encode(const DocumentProperties& properties) {
  Writer out;
  out.text(properties.media_type), out.text(properties.title), out.text(properties.author);
  out.text(properties.created);
  out.varint(static_cast<std::uint32_t>(properties.page_count));
  return out.take();
}

Result<DocumentProperties> decode_properties(std::string_view bytes) {
  Reader in(bytes);
  DocumentProperties properties;
  properties.media_type = in.text(), properties.title = in.text(), properties.author = in.text();
  properties.created = in.text();
  properties.page_count = static_cast<int>(in.varint_up_to(std::numeric_limits<std::int32_t>::max()));
  if (!in.finished()) return damaged("the document's properties cannot be read");
  return properties;
}

std::string encode(const ExtractedPage& page) {
  Writer out;
  out.varint(static_cast<std::uint32_t>(page.number));
  out.f32(page.width), out.f32(page.height);
  out.u8(page.recognised ? 1 : 0);
  out.text(page.lost_reason);
  out.varint(static_cast<std::uint32_t>(page.blocks.size()));
  for (const Block& block : page.blocks) {
    out.varint(static_cast<std::uint32_t>(block.kind)), out.varint(static_cast<std::uint32_t>(block.level));
    out.box(block.box);
    out.u8(block.table ? 1 : 0);
    if (block.table) {
      put_table(out, *block.table);
    } else {
      out.text(block.text);
    }
  }
  return out.take();
}

Result<ExtractedPage> decode_page(std::string_view bytes) {
  Reader in(bytes);
  ExtractedPage page;
  page.number = static_cast<int>(in.varint_up_to(std::numeric_limits<std::int32_t>::max()));
  page.width = in.length(), page.height = in.length();
  page.recognised = in.flag();
  page.lost_reason = in.text();
  constexpr std::size_t block_bytes_least = 5;
  const std::uint32_t blocks = in.count(block_bytes_least);
  if (blocks > page_blocks_max) in.fail();
  if (in.good()) page.blocks.reserve(blocks);
  for (std::uint32_t i = 0; i < blocks && in.good(); ++i) page.blocks.push_back(get_block(in));
  if (!in.finished() || page.number < 1 || page.width < 0 || page.height < 0)
    return damaged("a page cannot be read");
  return page;
}

std::string encode(const ExtractFailure& failure) {
  Writer out;
  out.u8(static_cast<std::uint8_t>(failure.code));
  out.text(failure.message);
  out.u8(failure.page_only ? 1 : 0);
  return out.take();
}

Result<ExtractFailure> decode_failure(std::string_view bytes) {
  Reader in(bytes);
  ExtractFailure failure;
  const std::uint8_t code = in.u8();
  failure.message = in.text();
  failure.page_only = in.flag();
  if (!in.finished() || code < static_cast<std::uint8_t>(Code::cancelled) ||
      code > static_cast<std::uint8_t>(Code::internal))
    return damaged("its error cannot be read");
  failure.code = static_cast<Code>(code);
  return failure;
}

std::string encode_working(int page) {
  Writer out;
  out.u32(static_cast<std::uint32_t>(page));
  return out.take();
}

Result<int> decode_working(std::string_view bytes) {
  Reader in(bytes);
  const std::uint32_t page = in.u32();
  if (!in.finished() || page < 1 || page > std::numeric_limits<std::int32_t>::max())
    return damaged("it works on no page");
  return static_cast<int>(page);
}

std::string encode_needs(ForeignLibrary library) {
  Writer out;
  out.u8(static_cast<std::uint8_t>(library));
  return out.take();
}

Result<ForeignLibrary> decode_needs(std::string_view bytes) {
  Reader in(bytes);
  const std::uint8_t library = in.u8();
  if (!in.finished() || library >= foreign_libraries) return damaged("it needs no known library");
  return static_cast<ForeignLibrary>(library);
}

}  // namespace loadline

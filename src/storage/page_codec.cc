#include "storage/page_codec.h"

#include <bit>
#include <cstdint>

namespace loadline {
namespace {

constexpr char format_byte = 1;
constexpr char places_format_byte = 2;              // format 1 had boxes without the text they are around
constexpr std::uint32_t table_rows_max = 1U << 22;  // more are stored with their text, not derived

class Writer {
 public:
  explicit Writer(char format = format_byte) { bytes_ += format; }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(static_cast<unsigned char>(value | 0x80));
    bytes_ += static_cast<char>(static_cast<unsigned char>(value));
  }
  void real(float value) {
    auto bits = std::bit_cast<std::uint32_t>(value);
    for (int i = 0; i < 4; ++i, bits >>= 8)
      bytes_ += static_cast<char>(static_cast<unsigned char>(bits & 255));
  }
  void text(std::string_view value) {
    number(value.size());
    bytes_ += value;
  }
  void box(const Box& box) {
    const bool stands = box != Box{};
    number(stands ? 1 : 0);
    if (stands) real(box.x0), real(box.y0), real(box.x1), real(box.y1);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Sticky failure: after the first bad byte everything reads as zero and `ok` is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes, char newest_format = format_byte) : bytes_(bytes) {
    if (bytes_.empty() || bytes_[0] < format_byte || bytes_[0] > newest_format) ok_ = false;
    at_ = 1;
  }
  char format() const { return ok_ ? bytes_[0] : '\0'; }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (!ok_ || at_ >= bytes_.size()) return fail();
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return fail();
  }
  // A count of things that take at least a byte each.
  std::size_t count() {
    const std::uint64_t value = number();
    if (!ok_ || value > bytes_.size() - at_) return static_cast<std::size_t>(fail());
    return static_cast<std::size_t>(value);
  }
  float real() {
    if (!ok_ || bytes_.size() - at_ < 4) return static_cast<float>(fail());
    std::uint32_t bits = 0;
    for (int i = 0; i < 4; ++i)
      bits |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes_[at_++])) << (8 * i);
    return std::bit_cast<float>(bits);
  }
  std::string text() {
    const std::size_t size = count();
    std::string value(bytes_.substr(ok_ ? at_ : bytes_.size(), ok_ ? size : 0));
    at_ += size;
    return value;
  }
  Box box() {
    if (number() == 0) return {};
    Box box;
    box.x0 = real(), box.y0 = real(), box.x1 = real(), box.y1 = real();
    return box;
  }
  void refuse() { ok_ = false; }
  bool ok() const { return ok_; }
  bool finished() const { return ok_ && at_ == bytes_.size(); }

 private:
  std::uint64_t fail() { return ok_ = false, 0; }
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

Error damaged(std::string_view what) {
  return Error(Code::data_loss, "stored " + std::string(what) + " cannot be read");
}

void write_table(Writer& out, const Table& table) {
  out.number(table.rows), out.number(table.columns), out.number(table.header_rows);
  out.text(table.caption);
  out.number(table.cells.size());
  for (const TableCell& cell : table.cells) {
    out.number(cell.row), out.number(cell.column), out.number(cell.row_span), out.number(cell.column_span);
    out.text(cell.text);
    out.box(cell.box);
  }
}

Table read_table(Reader& in) {
  const auto small = [&] { return static_cast<std::uint32_t>(in.number()); };
  Table table;
  table.rows = small(), table.columns = small(), table.header_rows = small();
  table.caption = in.text();
  const std::size_t cells = in.count();
  for (std::size_t i = 0; i < cells && in.ok(); ++i) {
    TableCell cell;
    cell.row = small(), cell.column = small(), cell.row_span = small(), cell.column_span = small();
    cell.text = in.text();
    cell.box = in.box();
    table.cells.push_back(std::move(cell));
  }
  return table;
}

Block read_block(Reader& in) {
  Block block;
  block.kind = static_cast<BlockKind>(in.number());
  block.level = static_cast<int>(in.number());
  block.box = in.box();
  // A table's text is the grid's: it is stored once.
  if (in.number() != 0) block.table = read_table(in);
  const bool derived = in.number() != 0;
  if (derived && (!block.table || block.table->rows > table_rows_max)) in.refuse();
  if (in.ok()) block.text = derived ? table_text(*block.table) : in.text();
  return block;
}

}  // namespace

std::string encode_blocks(const std::vector<Block>& blocks) {
  Writer out;
  out.number(blocks.size());
  for (const Block& block : blocks) {
    out.number(static_cast<std::uint64_t>(block.kind));
    out.number(static_cast<std::uint64_t>(block.level < 0 ? 0 : block.level));
    out.box(block.box);
    out.number(block.table ? 1 : 0);
    if (block.table) write_table(out, *block.table);
    const bool derived =
        block.table && block.table->rows <= table_rows_max && table_text(*block.table) == block.text;
    out.number(derived ? 1 : 0);
    if (!derived) out.text(block.text);
  }
  return out.take();
}

Result<std::vector<Block>> decode_blocks(std::string_view bytes) {
  Reader in(bytes);
  std::vector<Block> blocks;
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && in.ok(); ++i) blocks.push_back(read_block(in));
  if (!in.finished()) return damaged("page");
  return blocks;
}

std::string encode_places(const std::vector<PageBoxes>& places) {
  Writer out(places_format_byte);
  out.number(places.size());
  for (const PageBoxes& place : places) {
    out.number(static_cast<std::uint64_t>(place.page));
    out.number(place.boxes.size());
    for (const TextBox& run : place.boxes) out.number(run.begin), out.number(run.end), out.box(run.box);
  }
  return out.take();
}

Result<std::vector<PageBoxes>> decode_places(std::string_view bytes) {
  Reader in(bytes, places_format_byte);
  const bool has_runs = in.format() == places_format_byte;
  std::vector<PageBoxes> places;
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    PageBoxes& place = places.emplace_back();
    place.page = static_cast<int>(in.number());
    const std::size_t boxes = in.count();
    for (std::size_t b = 0; b < boxes && in.ok(); ++b) {
      TextBox& run = place.boxes.emplace_back();
      if (has_runs) run.begin = static_cast<std::uint32_t>(in.number());
      if (has_runs) run.end = static_cast<std::uint32_t>(in.number());
      run.box = in.box();
    }
  }
  if (!in.finished()) return damaged("place of a chunk");
  return places;
}

std::string encode_texts(const std::vector<std::string>& texts) {
  Writer out;
  out.number(texts.size());
  for (const std::string& text : texts) out.text(text);
  return out.take();
}

Result<std::vector<std::string>> decode_texts(std::string_view bytes) {
  Reader in(bytes);
  std::vector<std::string> texts;
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && in.ok(); ++i) texts.push_back(in.text());
  if (!in.finished()) return damaged("list");
  return texts;
}

std::string encode_pairs(const TextPairs& pairs) {
  Writer out;
  out.number(pairs.size());
  for (const auto& [key, value] : pairs) out.text(key), out.text(value);
  return out.take();
}

Result<TextPairs> decode_pairs(std::string_view bytes) {
  Reader in(bytes);
  TextPairs pairs;
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    std::string key = in.text();
    pairs.emplace_back(std::move(key), in.text());
  }
  if (!in.finished()) return damaged("metadata");
  return pairs;
}

}  // namespace loadline

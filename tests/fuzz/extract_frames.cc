// Fuzz target: what a process that reads untrusted files may send to Loadline (extract/frames.h,
// extract/messages.h).
//
// The first byte chooses: 0 the stream of frames, otherwise one kind of message without its envelope, whose
// checksum would stop random changes. What is accepted must keep the promises of the decoder, and survive a
// second passage.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "base/utf8.h"
#include "extract/frames.h"
#include "extract/messages.h"

namespace loadline {
namespace {

void check_box(const Box& box) {
  LOADLINE_ASSERT(std::isfinite(box.x0) && std::isfinite(box.y0) && std::isfinite(box.x1) &&
                  std::isfinite(box.y1));
}

void check_table(const Table& table) {
  LOADLINE_ASSERT(table.header_rows <= table.rows);
  for (const TableCell& cell : table.cells) {
    LOADLINE_ASSERT(cell.row_span >= 1 && cell.row + cell.row_span <= table.rows);
    LOADLINE_ASSERT(cell.column_span >= 1 && cell.column + cell.column_span <= table.columns);
    LOADLINE_ASSERT(is_valid_utf8(cell.text));
    check_box(cell.box);
  }
}

void check_page(std::string_view bytes) {
  const Result<ExtractedPage> page = decode_page(bytes);
  if (!page.ok()) return;
  LOADLINE_ASSERT(page->number >= 1 && broken_page_bound(*page).empty());
  for (const Block& block : page->blocks) {
    LOADLINE_ASSERT(is_valid_utf8(block.text) && block.table.has_value() == (block.kind == BlockKind::table));
    check_box(block.box);
    if (block.table) check_table(*block.table);
  }
  const Result<ExtractedPage> again = decode_page(encode(*page));
  LOADLINE_ASSERT(again.ok() && encode(*again) == encode(*page));
}

void check_stream(std::string_view bytes) {
  FrameDecoder decoder;
  // Cut at places that the input itself chooses.
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), 1 + static_cast<unsigned char>(bytes[0]));
    decoder.feed(bytes.substr(0, size));
    bytes.remove_prefix(size);
    for (;;) {
      const auto frame = decoder.next();
      if (!frame.ok()) return;
      if (!frame->has_value()) break;
      if ((*frame)->type == FrameType::page) check_page((*frame)->payload);
    }
  }
}

}  // namespace
}  // namespace loadline

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      loadline::check_stream(bytes);
      break;
    case 1:
      loadline::check_page(bytes);
      break;
    case 2:
      static_cast<void>(loadline::decode_properties(bytes).ok());
      break;
    case 3:
      static_cast<void>(loadline::decode_failure(bytes).ok());
      break;
    default:
      static_cast<void>(loadline::decode_order(bytes).ok());
  }
  return 0;
}

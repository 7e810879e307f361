#include "extract/page_writer.h"

#include <utility>

#include "extract/messages.h"

namespace loadline {

Error sink_stopped() { return Error(Code::cancelled, "The reader of the pages stopped."); }

Block table_block(Table table, Box box) {
  Block block;
  block.kind = BlockKind::table;
  // A grid out of bounds loses its page (broken_page_bound); its text is not worth the memory.
  if (std::uint64_t{table.rows} * table.columns <= page_table_places_max) block.text = table_text(table);
  block.box = box;
  block.table = std::move(table);
  return block;
}

Status PageWriter::add(Block block) {
  if (block.text.empty() && !block.table) return {};
  page_bytes_ += block.text.size();
  page_.blocks.push_back(std::move(block));
  if (page_bytes_ > page_text_bytes_max) return end_page();
  return {};
}

Status PageWriter::add(BlockKind kind, int level, std::string text) {
  Block block;
  block.kind = kind, block.level = level, block.text = std::move(text);
  return add(std::move(block));
}

Status PageWriter::add(Table table, Box box) {
  if (table.cells.empty()) return {};
  return add(table_block(std::move(table), box));
}

Status PageWriter::end_page() {
  page_.width = width_, page_.height = height_;
  page_bytes_ = 0;
  if (!sink_.on_page(std::exchange(page_, numbered_page(page_.number + 1)))) return sink_stopped();
  return {};
}

Status PageWriter::finish() {
  if (page_.blocks.empty() && page_.number > 1) return {};
  return end_page();
}

Status PageBuffer::give(DocumentProperties properties, int first_page, PageSink& sink) {
  properties.page_count = static_cast<int>(pages_.size());
  if (!sink.on_properties(properties)) return sink_stopped();
  for (ExtractedPage& page : pages_)
    if (page.number >= first_page && !sink.on_page(std::move(page))) return sink_stopped();
  return {};
}

}  // namespace loadline

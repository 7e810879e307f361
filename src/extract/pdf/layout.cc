#include "extract/pdf/layout.h"

#include <iterator>
#include <utility>

#include "extract/pdf/columns.h"
#include "extract/pdf/paragraphs.h"

namespace loadline::pdf {
namespace {

void append_running(std::span<const Row> rows, BlockKind kind, const DocumentProfile& profile,
                    std::vector<Block>& out) {
  for (const Row& row : rows) {
    Block block;
    block.kind = kind;
    block.text = text_of_rows({&row, 1}, profile.vocabulary());
    block.box = row.box;
    out.push_back(std::move(block));
  }
}

void turn_to_page_view(const Frame& frame, Block& block) {
  block.box = to_page_view(frame, block.box);
  if (!block.table) return;
  for (TableCell& cell : block.table->cells) cell.box = to_page_view(frame, cell.box);
}

}  // namespace

std::vector<Block> layout_frame(const Frame& frame, std::vector<Row> rows, const RunningRows& running,
                                const DocumentProfile& profile) {
  std::vector<Block> blocks;
  const auto top = static_cast<std::ptrdiff_t>(running.top);
  const auto bottom = static_cast<std::ptrdiff_t>(rows.size() - running.bottom);
  append_running({rows.begin(), rows.begin() + top}, BlockKind::running_header, profile, blocks);
  Region body(std::make_move_iterator(rows.begin() + top), std::make_move_iterator(rows.begin() + bottom));
  for (const Region& region : reading_order(std::move(body))) append_text_blocks(region, profile, blocks);
  append_running({rows.begin() + bottom, rows.end()}, BlockKind::running_footer, profile, blocks);
  for (Block& block : blocks) turn_to_page_view(frame, block);
  return blocks;
}

}  // namespace loadline::pdf

#include "extract/pdf/layout.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "extract/pdf/columns.h"
#include "extract/pdf/paragraphs.h"
#include "extract/pdf/table_builder.h"
#include "extract/pdf/table_finder.h"

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

bool is_caption(const Block& block) {
  constexpr std::size_t caption_bytes_max = 200;
  return (block.kind == BlockKind::heading || block.kind == BlockKind::paragraph) && !block.table &&
         block.text.size() <= caption_bytes_max;
}

// What stands directly above a table: its title, and a line like "(in millions)" between them.
std::string caption_of(const std::vector<Block>& above, const Box& table, float size) {
  constexpr float gap_max = 5.0F;
  std::string caption;
  float edge = table.y0;
  constexpr std::size_t lines_max = 2;
  for (std::size_t at = above.size(), taken = 0; at > 0 && taken < lines_max; --at, ++taken) {
    const Block& block = above[at - 1];
    if (!is_caption(block) || edge - block.box.y1 > gap_max * size || block.box.y1 > edge + size) break;
    const bool remark = block.text.starts_with("(") || block.kind == BlockKind::paragraph;
    caption = caption.empty() ? block.text : block.text + " " + caption;
    edge = block.box.y0;
    if (!remark) break;
  }
  return caption;
}

void append_table(Table table, std::span<const Row> rows, std::vector<Block>& out) {
  Block block;
  block.kind = BlockKind::table;
  block.box = rows.front().box;
  for (const Row& row : rows) block.box = united(block.box, row.box);
  float size = 0;
  for (const Row& row : rows) size = std::max(size, row.size);
  table.caption = caption_of(out, block.box, size);
  block.text = table_text(table);
  block.table = std::move(table);
  out.push_back(std::move(block));
}

// Tables where they are, text between them.
void append_region(const Region& region, std::span<const Rule> rules, const DocumentProfile& profile,
                   std::vector<Block>& out) {
  const std::vector<GridRow> grid = grid_rows(region);
  const std::span<const Row> rows(region);
  std::size_t done = 0;
  for (const TableRange& range : find_tables(grid, rules)) {
    std::optional<Table> table = build_table(grid, range, rules);
    if (!table) continue;
    append_text_blocks(rows.subspan(done, range.begin - done), profile, out);
    append_table(*std::move(table), rows.subspan(range.begin, range.end - range.begin), out);
    done = range.end;
  }
  append_text_blocks(rows.subspan(done), profile, out);
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
  for (const Region& region : reading_order(std::move(body)))
    append_region(region, frame.rules, profile, blocks);
  append_running({rows.begin() + bottom, rows.end()}, BlockKind::running_footer, profile, blocks);
  for (Block& block : blocks) turn_to_page_view(frame, block);
  return blocks;
}

}  // namespace loadline::pdf

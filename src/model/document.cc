#include "model/document.h"

#include <algorithm>

namespace loadline {

Box united(const Box& a, const Box& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {std::min(a.x0, b.x0), std::min(a.y0, b.y0), std::max(a.x1, b.x1), std::max(a.y1, b.y1)};
}

bool in_extracted_text(const Block& block) {
  if (block.kind == BlockKind::running_header || block.kind == BlockKind::running_footer) return false;
  return block.text.find_first_not_of(" \t\n\v\f\r") != std::string::npos;
}

void append_extracted_text(std::string& text, const std::vector<Block>& blocks) {
  for (const Block& block : blocks) {
    if (!in_extracted_text(block)) continue;
    if (!text.empty()) text += block_separator;
    text += block.text;
  }
}

std::string table_row_text(const Table& table, std::uint32_t row) {
  std::string line;
  std::uint32_t column = 0;
  const auto first = std::lower_bound(table.cells.begin(), table.cells.end(), row,
                                      [](const TableCell& cell, std::uint32_t r) { return cell.row < r; });
  for (auto cell = first; cell != table.cells.end() && cell->row == row; ++cell) {
    for (; column < cell->column; ++column) line += column == 0 ? "" : " | ";
    if (column > 0) line += " | ";
    line += cell->text;
    ++column;
  }
  return line;
}

std::string table_text(const Table& table) {
  std::string text;
  for (std::uint32_t row = 0; row < table.rows; ++row) {
    if (row > 0) text += '\n';
    text += table_row_text(table, row);
  }
  return text;
}

}  // namespace loadline

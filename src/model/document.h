#pragma once
// What an extracted document looks like: pages of blocks, each with its place on the page.
//
// The *extracted text* of a document version is one UTF-8 string: the texts of its blocks in reading order,
// joined by "\n\n" (also across pages). Running headers and footers and blank blocks are left out. Everything
// that cites refers to byte ranges of it. Plain values, no thread rule.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadline {

/// A rectangle on a page, in points (1/72 inch), origin at the top left of the page as a reader sees it
/// (after rotation), y growing downwards. All zero: the format has no places (HTML, text).
struct Box {
  float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  bool empty() const { return x1 <= x0 || y1 <= y0; }
  bool operator==(const Box&) const = default;
};

/// The smallest box around both; an empty one adds nothing.
Box united(const Box& a, const Box& b);

enum class BlockKind : std::uint8_t { heading, paragraph, list_item, table, running_header, running_footer };

struct TableCell {
  std::uint32_t row = 0, column = 0;  // from 0
  std::uint32_t row_span = 1, column_span = 1;
  std::string text;
  Box box;
};

/// A grid of cells, header rows first. Cells are sorted by row, then column; a spanned place has no cell of
/// its own.
struct Table {
  std::uint32_t rows = 0, columns = 0;
  std::uint32_t header_rows = 0;  // how many rows at the top are headers
  std::vector<TableCell> cells;
  std::string caption;  // "" if none was found
};

struct Block {
  BlockKind kind = BlockKind::paragraph;
  int level = 0;  // headings: 1 to 6; list items: depth from 1
  std::string
      text;  // tables: `table_text` of the grid. Running headers and footers keep theirs but are not chunked
  Box box;
  std::optional<Table> table;
};

/// What stands between two blocks in the extracted text.
inline constexpr std::string_view block_separator = "\n\n";

/// How often values of a type were taken out.
struct RedactedCount {
  std::string type;  // as in manifests, e.g. "iban"
  std::uint32_t count = 0;
  bool operator==(const RedactedCount&) const = default;
};

/// One page: of a PDF the page, of a presentation the slide, of a workbook the sheet, otherwise what page
/// breaks make.
struct ExtractedPage {
  int number = 0;               // from 1
  float width = 0, height = 0;  // points; 0 where the format has none
  bool recognised = false;      // text came from OCR
  std::string lost_reason;      // not empty: the page could not be read, and why (safe to show)
  std::vector<Block> blocks;
  std::vector<RedactedCount> redacted;  // by type; empty where nothing was looked for or found
};

/// What is known of a document as a whole, from its metadata and first pages.
struct DocumentProperties {
  std::string media_type;  // as recognised from the content, e.g. "application/pdf"
  std::string title;       // "" if the file states none
  std::string author;
  std::string created;  // as stated, "" if none
  int page_count = 0;   // pages the file has, also those that were lost
};

/// Whether a block is part of the extracted text.
bool in_extracted_text(const Block& block);
/// Appends the blocks of the next page to the extracted text of those before it.
void append_extracted_text(std::string& text, const std::vector<Block>& blocks);

/// A table's text: one line a row, cells joined by " | ", empty cells left empty, caption not included.
std::string table_text(const Table& table);
/// The same for one row of the grid.
std::string table_row_text(const Table& table, std::uint32_t row);

}  // namespace loadline

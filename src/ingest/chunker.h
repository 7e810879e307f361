#pragma once
// Pages of blocks in, chunks out, one page at a time. A chunk
//  - is exactly a byte range of the extracted text; together the chunks hold everything in it that is not
//    blank, once and in order;
//  - never reaches over a heading: headings stand only at its front;
//  - is either text or (part of) one table. A table is cut between rows; the parts behind the first carry the
//    header rows in their context;
//  - keeps the items of a list together, with the sentence that introduces them, where they fit;
//  - has about `target_tokens` tokens: small neighbours are merged, long paragraphs cut between sentences;
//  - mostly stays on one page: it goes over a page's end only in the middle of a sentence, or when there
//    would be next to nothing in it.
// What stands in front for search (the document's line, the heading path, caption, header) is in `context`,
// and the hard rule is that `indexed_text` never has more tokens than the embedder reads.
//
// Bounded memory: it holds the chunk in progress and one block. One thread per object.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ingest/text_pieces.h"
#include "model/chunk.h"
#include "model/document.h"
#include "model/embedder.h"

namespace loadline {

struct ChunkerOptions {
  std::size_t target_tokens = 200;
  std::size_t special_tokens = 2;        // that the embedder puts around a text
  std::size_t document_tokens_max = 24;  // of the document's line
  std::size_t headings_tokens_max = 32;
  std::size_t caption_tokens_max = 32;
  std::size_t header_tokens_max = 64;
  std::size_t text_bytes_max = 8192;
  std::size_t page_end_tokens = 24;  // with at least so many, a chunk ends with its page
};

class Chunker {
 public:
  /// Chunks come with ordinals, without ids. An error of the sink ends the work.
  using Sink = std::function<Status(Chunk chunk)>;

  /// `document_line` stands first in every chunk's context. The embedder must outlive the chunker.
  Chunker(const Embedder& embedder, std::string_view document_line, ChunkerOptions options, Sink sink);

  /// In order of pages.
  Status add_page(const ExtractedPage& page);
  /// After the last page.
  Status finish();

  /// Names everything here that determines the chunks; part of the ledger's stage version.
  static std::string version();

 private:
  struct Part {
    std::uint64_t begin = 0, end = 0;  // of the extracted text
    std::size_t tokens = 0;
    int page = 0;
    Box box;
    bool heading = false;
  };
  struct Heading {
    int level = 0;
    std::string text;
  };
  struct Path {
    std::vector<Heading> headings;
    std::size_t context_tokens = 0;  // of the context that it makes
  };
  struct TableFrame {
    std::string caption;  // for the context
    std::string header;
    std::string stated_caption;
  };

  Status add_block(const Block& block, int page);
  Status add_heading(const Block& block, std::vector<Part> parts);
  Status add_text(std::vector<Part> parts);
  Status add_list_item(std::vector<Part> parts);
  Status end_list();
  Status add_table(const Table& table, const Block& block, std::uint64_t begin, int page);
  std::vector<Part> table_parts(const Table& table, const Block& block, std::uint64_t begin, int page,
                                std::size_t& header_parts) const;
  Status emit_rows(const std::vector<Part>& parts, std::size_t header_parts, const TableFrame& frame);

  std::vector<Part> text_parts(const Block& block, std::uint64_t begin, int page) const;
  Status add_evenly(const std::vector<Part>& parts);
  Status add_part(const Part& part);
  Status flush();
  Status emit(const std::vector<Part>& parts, const TableFrame* table, bool header_included);
  std::string context_of(const Path& path, const TableFrame* table, bool header_included) const;
  void measure(Path& path) const;
  Chunk chunk_of(const std::vector<Part>& parts) const;

  std::string_view text_of(std::uint64_t begin, std::uint64_t end) const;
  std::size_t room() const;
  std::size_t pending_tokens() const;
  bool ends_with_page(const Part& next) const;
  void forget_text_before(std::uint64_t offset);

  const Embedder& embedder_;
  const std::size_t indexed_tokens_max_;
  const ChunkerOptions options_;
  const std::string document_line_;
  const Sink sink_;

  std::string text_;  // the extracted text from text_begin_ on
  std::uint64_t text_begin_ = 0;
  std::uint64_t text_size_ = 0;  // of the whole extracted text so far
  Path path_;
  Path path_before_;  // when the chunk in progress began: its own headings are not in it
  std::vector<Part> pending_;
  std::vector<std::vector<Part>> list_;  // items that wait for the end of their list
  std::string lead_in_;                  // the last sentence before a table
  std::uint32_t ordinal_ = 0;
};

}  // namespace loadline

#pragma once
// Chunks: the pieces of extracted text that are indexed, retrieved and quoted.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/document.h"
#include "model/ids.h"

namespace loadline {

/// A run of a chunk's text (a block or a table row, or what of it is in the chunk) and the box around it.
struct TextBox {
  std::uint32_t begin = 0, end = 0;  // bytes of the chunk's text; both 0: chunked before runs were kept
  Box box;                           // empty where the format has no places
  bool operator==(const TextBox&) const = default;
};

/// Where a chunk stands: one entry for each page it touches, in order, with its runs there.
struct PageBoxes {
  int page = 0;  // from 1
  std::vector<TextBox> boxes;
  bool operator==(const PageBoxes&) const = default;
};

struct QuotePlace {
  int page = 0;
  Box box;
};

struct Chunk {
  ChunkId id;
  DocumentId document;
  VersionId version;
  std::uint32_t ordinal = 0;     // 0, 1, 2 ... in reading order within the version
  std::uint64_t text_begin = 0;  // byte range in the extracted text; `text` is exactly these bytes
  std::uint64_t text_end = 0;
  std::string text;
  std::string context;  // title, period, heading path (and a table's repeated header): indexed, never quoted
  std::vector<PageBoxes> pages;  // never empty
  bool is_table = false;
  std::uint32_t tokens = 0;           // of `text`, by the embedder's tokenizer
  std::vector<std::string> headings;  // heading path, outermost first
  std::string table_header;           // header rows' text if this is a table chunk
  std::string table_caption;
};

/// What embedder and keyword index are given for a chunk: context, a newline, text.
std::string indexed_text(const Chunk& chunk);

/// The page that holds most of the bytes [begin, end) of the chunk's text, and the box around what of them
/// stands there. Nothing if the chunk does not know its runs, or none of them is in the range.
std::optional<QuotePlace> place_of_quote(const Chunk& chunk, std::size_t begin, std::size_t end);

}  // namespace loadline

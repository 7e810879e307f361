#pragma once
// Chunks: the pieces of extracted text that are indexed, retrieved and quoted.
#include <cstdint>
#include <string>
#include <vector>

#include "model/document.h"
#include "model/ids.h"

namespace loadline {

/// Where a chunk stands: one entry for each page it touches, in order; boxes of its blocks (or table rows)
/// there.
struct PageBoxes {
  int page = 0;  // from 1
  std::vector<Box> boxes;
  bool operator==(const PageBoxes&) const = default;
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

}  // namespace loadline

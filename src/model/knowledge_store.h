#pragma once
// The read side of the document store, as retrieval and answering need it. Only live (served) document
// versions are visible here; the write side belongs to ingestion.
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/chunk.h"
#include "model/ids.h"

namespace loadline {

/// What is known about a served document, found at ingest; evidence for ranking and filters.
struct DocumentRecord {
  DocumentId id;
  VersionId version;
  CollectionId collection;
  std::string name;   // file name within the collection, e.g. "reports/2022.pdf"
  std::string title;  // from metadata or the first heading
  std::string media_type;
  std::string kind;  // what the document calls itself: "annual report", "press release", "" ...
  std::vector<std::string> entities;  // names of organisations that stand out on the first pages, best first
  std::vector<std::string> periods;   // "2022", "2022-Q4", "2022-12-31", most specific statements first
  std::vector<std::pair<std::string, std::string>> metadata;  // given by the user: key, value
  std::string label;                                          // data class
  int page_count = 0;
  std::uint32_t chunk_count = 0;
};

/// What stands in a chunk, without where: views that are good during one call.
struct ChunkText {
  ChunkId id;
  std::string_view text, table_header, table_caption;
  std::span<const std::string> headings;
  bool is_table = false;
};

/// Thread-safe. Every call sees one consistent state.
class KnowledgeStore {
 public:
  virtual ~KnowledgeStore() = default;
  virtual Result<CollectionId> find_collection(std::string_view name) const = 0;
  /// Grows with every change of what is served; equal numbers mean that caches are still right.
  virtual Result<std::uint64_t> generation() const = 0;
  virtual Result<std::vector<DocumentRecord>> documents(CollectionId collection) const = 0;
  /// In the order asked; ids that are not served (any more) are left out.
  virtual Result<std::vector<Chunk>> chunks(std::span<const ChunkId> ids) const = 0;
  /// Calls `take` for each of these chunks, in the order asked, ids that are not served left out. For reading
  /// through a thousand of them: nothing is copied. `take` must not use the store.
  virtual Status read_texts(std::span<const ChunkId> ids,
                            const std::function<void(const ChunkText&)>& take) const = 0;
  /// The chunks of one served document with ordinals in [first, last], in order.
  virtual Result<std::vector<Chunk>> chunk_range(DocumentId document, std::uint32_t first,
                                                 std::uint32_t last) const = 0;
  /// All chunks that touch a page.
  virtual Result<std::vector<Chunk>> page_chunks(DocumentId document, int page) const = 0;
  /// Ids of all served chunks of a collection with their document and first page, sorted by id: for filters
  /// and page-level ranking without reading texts. `previous` non-null and still current returns quickly.
  struct ChunkPlace {
    ChunkId chunk;
    DocumentId document;
    std::int32_t page = 0;
    std::uint32_t ordinal = 0;
  };
  virtual Result<std::vector<ChunkPlace>> chunk_places(CollectionId collection) const = 0;
};

}  // namespace loadline

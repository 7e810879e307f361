#pragma once
// What ranking needs to know of a whole collection without reading texts: its documents and where every chunk
// stands. Made once for each state of the store and shared by the searches of that state.
//
// A CollectionView is immutable. CollectionViews is thread-safe; it keeps the views of at most `views_max`
// collections.
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/result.h"
#include "model/knowledge_store.h"
#include "retrieval/rank/document_evidence.h"

namespace loadline {

/// What the ranking stages call a page: the chunks that begin on one page of a document; where there are more
/// than unit_chunks_max (a text without pages is one page) a run of them.
struct PageUnit {
  std::uint32_t document = 0;  // number in CollectionView::documents()
  int page = 0;
  std::uint32_t run = 0;
  auto operator<=>(const PageUnit&) const = default;
};
inline constexpr std::uint32_t unit_chunks_max = 12;

class CollectionView {
 public:
  using Place = KnowledgeStore::ChunkPlace;

  CollectionView(std::vector<DocumentRecord> documents, std::vector<Place> places);

  const std::vector<DocumentRecord>& documents() const { return documents_; }
  const DocumentEvidence& evidence() const { return evidence_; }
  std::size_t chunk_count() const { return places_.size(); }

  /// Null if the chunk is not served.
  const Place* find(ChunkId chunk) const;
  /// The number of a document in documents(); documents().size() if it is not there.
  std::uint32_t document_number(DocumentId document) const;
  /// The unit that a served chunk belongs to, and the chunks of a unit in order.
  PageUnit unit_of(ChunkId chunk) const;
  std::span<const Place> unit(const PageUnit& unit) const;
  std::size_t chunks_of(std::uint32_t document) const;

 private:
  std::span<const Place> page(std::uint32_t document, int page) const;

  std::vector<DocumentRecord> documents_;    // sorted by id
  std::vector<Place> places_;                // sorted by id
  std::vector<Place> by_page_;               // sorted by document, page, ordinal
  std::vector<std::size_t> document_begin_;  // in by_page_, one more than documents
  std::vector<std::uint32_t> by_id_;         // place of id (id - first id) + 1, if ids lie close together
  DocumentEvidence evidence_;
};

class CollectionViews {
 public:
  static constexpr std::size_t views_max = 64;

  explicit CollectionViews(const KnowledgeStore& store) : store_(store) {}
  Result<std::shared_ptr<const CollectionView>> get(CollectionId collection);

 private:
  struct Entry {
    std::uint64_t generation = 0;
    std::uint64_t used = 0;
    std::shared_ptr<const CollectionView> view;
  };

  const KnowledgeStore& store_;
  std::mutex mutex_;
  std::map<CollectionId, Entry> entries_;  // guarded by mutex_
  std::uint64_t uses_ = 0;                 // guarded by mutex_
};

}  // namespace loadline

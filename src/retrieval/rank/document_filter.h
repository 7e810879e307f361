#pragma once
// SearchFilter as a set of documents, and that set as a ChunkFilter for the indexes. Immutable; thread-safe.
// The view must outlive what is made of it.
#include <cstdint>
#include <vector>

#include "model/search_index.h"
#include "retrieval/rank/collection_view.h"
#include "retrieval/retriever.h"

namespace loadline {

/// Which documents of a view may be searched.
class DocumentSet {
 public:
  /// All documents that the filter lets through.
  DocumentSet(const CollectionView& view, const SearchFilter& filter);
  /// Some documents of another set.
  DocumentSet(const DocumentSet& of, const std::vector<std::uint32_t>& numbers);

  bool all() const { return all_; }  // nothing is excluded
  bool holds(std::uint32_t number) const { return number < allowed_.size() && allowed_[number]; }
  std::uint64_t chunks() const { return chunks_; }
  /// Refers to this set.
  ChunkFilter chunk_filter() const;

 private:
  const CollectionView* view_;
  std::vector<bool> allowed_;
  std::uint64_t chunks_ = 0;
  bool all_ = true;
};

}  // namespace loadline

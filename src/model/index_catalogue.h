#pragma once
// Which indexes belong to a collection. Ingestion writes to them, retrieval reads them; the program decides
// where they lie. The references stay valid as long as the catalogue lives. Thread-safe.
#include <cstddef>

#include "base/result.h"
#include "model/ids.h"
#include "model/search_index.h"

namespace loadline {

struct CollectionIndexes {
  KeywordIndex* keyword = nullptr;  // never null in a result
  VectorIndex* vector = nullptr;
};

class IndexCatalogue {
 public:
  virtual ~IndexCatalogue() = default;
  /// Opens them at first use, makes them if they are not there. Damaged ones, and a vector index of other
  /// dimensions, come back empty with applied_change 0: ingestion then fills them from the store.
  virtual Result<CollectionIndexes> open(CollectionId collection, std::size_t dimensions) = 0;
};

}  // namespace loadline

#pragma once
// Brings the two indexes of a collection to the state of the store: replays the changes that an index does
// not have, or builds it anew where that is not possible. Idempotent; after a crash it simply runs again. The
// caller holds the writer lock.
#include <cstdint>

#include "base/call_context.h"
#include "base/result.h"
#include "model/index_catalogue.h"
#include "model/ingest_store.h"

namespace loadline {

/// How many chunks are read from the store and given to an index at a time.
inline constexpr std::size_t follow_batch_chunks = 2048;

class IndexFollower {
 public:
  IndexFollower(const IngestStore& store, CollectionId collection, CollectionIndexes indexes)
      : store_(store), collection_(collection), indexes_(indexes) {}

  /// Notices what other processes did to the index files.
  Status refresh();
  /// Both indexes hold every change of the log afterwards.
  Status follow(const CallContext& context);
  /// After `follow`: no file of an index tells of removed chunks.
  Status purge();
  Status settle(const CallContext& context);
  /// The change that both have.
  std::uint64_t applied() const;
  bool up_to_date(std::uint64_t last_change) const;

 private:
  const IngestStore& store_;
  const CollectionId collection_;
  const CollectionIndexes indexes_;
};

}  // namespace loadline

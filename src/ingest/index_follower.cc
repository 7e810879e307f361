#include "ingest/index_follower.h"

#include <algorithm>
#include <vector>

namespace loadline {
namespace {

Status apply_to(KeywordIndex& index, const IndexRows& rows, std::span<const ChunkId> removes,
                std::uint64_t change) {
  std::vector<KeywordEntry> entries;
  entries.reserve(rows.ids.size());
  for (std::size_t i = 0; i < rows.ids.size(); ++i) entries.push_back({rows.ids[i], rows.texts[i]});
  return index.apply(entries, removes, change);
}

Status apply_to(VectorIndex& index, const IndexRows& rows, std::span<const ChunkId> removes,
                std::uint64_t change) {
  if (!rows.ids.empty() && rows.vectors.columns != index.dimensions())
    return Error(Code::failed_precondition, "the vector index has " + std::to_string(index.dimensions()) +
                                                " dimensions, the stored vectors " +
                                                std::to_string(rows.vectors.columns) +
                                                "; use the embedder that the collection was made with");
  std::vector<VectorEntry> entries;
  entries.reserve(rows.ids.size());
  for (std::size_t i = 0; i < rows.ids.size(); ++i) entries.push_back({rows.ids[i], rows.vectors.row(i)});
  return index.apply(entries, removes, change);
}

// Damage in the store is not the index's: it must not lead to the index being made anew.
Error of_the_store(const Error& error) {
  return error.code() == Code::data_loss ? Error(Code::unavailable, error.message()) : error;
}

// Collects rows and removals and gives them to the index in bounded steps. Until everything up to a change is
// in, the index is told the number before it, so that a crash in between makes it come again.
template <class Index>
class Replay {
 public:
  Replay(Index& index, const IngestStore& store, const CallContext& context)
      : index_(index), store_(store), context_(context), done_(index.applied_change()) {}

  Status add(VersionId version) {
    for (ChunkId after;;) {
      LOADLINE_TRY(context_.check());
      auto read = store_.index_rows(version, after, follow_batch_chunks);
      if (!read) return of_the_store(read.error());
      IndexRows more = *std::move(read);
      if (more.ids.empty()) return {};
      after = more.ids.back();
      const bool removed_before = std::any_of(more.ids.begin(), more.ids.end(), [&](ChunkId id) {
        return std::binary_search(removes_.begin(), removes_.end(), id);
      });
      if (removed_before || rows_.ids.size() >= follow_batch_chunks) LOADLINE_TRY(give(done_));
      append(std::move(more));
    }
  }

  Status remove(ChunkId first, ChunkId last) {
    const bool added_before = std::any_of(rows_.ids.begin(), rows_.ids.end(),
                                          [&](ChunkId id) { return id >= first && id <= last; });
    if (added_before) LOADLINE_TRY(give(done_));
    const auto middle = static_cast<std::ptrdiff_t>(removes_.size());
    for (std::uint64_t id = first.value; id <= last.value; ++id) removes_.push_back({id});
    std::inplace_merge(removes_.begin(), removes_.begin() + middle, removes_.end());
    return {};
  }

  /// Everything up to `change` was added and removed.
  Status finish(std::uint64_t change) { return give(change); }

 private:
  void append(IndexRows more) {
    if (rows_.ids.empty()) {
      rows_ = std::move(more);
      return;
    }
    rows_.ids.insert(rows_.ids.end(), more.ids.begin(), more.ids.end());
    std::move(more.texts.begin(), more.texts.end(), std::back_inserter(rows_.texts));
    rows_.vectors.values.insert(rows_.vectors.values.end(), more.vectors.values.begin(),
                                more.vectors.values.end());
    rows_.vectors.rows += more.vectors.rows;
  }

  Status give(std::uint64_t change) {
    LOADLINE_TRY(apply_to(index_, rows_, removes_, change));
    rows_ = {};
    removes_.clear();
    return {};
  }

  Index& index_;
  const IngestStore& store_;
  const CallContext& context_;
  const std::uint64_t done_;
  IndexRows rows_;
  std::vector<ChunkId> removes_;  // sorted
};

template <class Index>
Status rebuild(Index& index, const IngestStore& store, CollectionId collection, std::uint64_t last,
               const CallContext& context) {
  LOADLINE_TRY(index.clear());
  LOADLINE_ASSIGN(const std::vector<VersionId> versions, store.indexed_versions(collection));
  Replay<Index> replay(index, store, context);
  for (const VersionId version : versions) LOADLINE_TRY(replay.add(version));
  return replay.finish(last);
}

template <class Index>
Status follow_one(Index& index, const IngestStore& store, CollectionId collection,
                  const CallContext& context) {
  LOADLINE_ASSIGN(const std::uint64_t last, store.last_change(collection));
  const std::uint64_t applied = index.applied_change();
  if (applied == last) return {};
  LOADLINE_ASSIGN(const std::uint64_t dropped, store.dropped_changes(collection));
  if (applied > last || applied < dropped) return rebuild(index, store, collection, last, context);
  LOADLINE_ASSIGN(const std::vector<IndexChange> changes, store.changes_after(collection, applied));
  for (const IndexChange& change : changes)
    if (change.rebuild) return rebuild(index, store, collection, last, context);
  Replay<Index> replay(index, store, context);
  for (const IndexChange& change : changes) {
    if (change.version)
      LOADLINE_TRY(replay.add(change.version));
    else
      LOADLINE_TRY(replay.remove(change.first, change.last));
  }
  return replay.finish(last);
}

// A damaged index is made anew from the store, once.
template <class Index>
Status follow_or_repair(Index& index, const IngestStore& store, CollectionId collection,
                        const CallContext& context) {
  Status followed = follow_one(index, store, collection, context);
  if (followed || followed.error().code() != Code::data_loss) return followed;
  LOADLINE_ASSIGN(const std::uint64_t last, store.last_change(collection));
  return rebuild(index, store, collection, last, context);
}

}  // namespace

Status IndexFollower::refresh() {
  LOADLINE_TRY(indexes_.keyword->refresh());
  return indexes_.vector->refresh();
}

Status IndexFollower::follow(const CallContext& context) {
  if (Status status = follow_or_repair(*indexes_.keyword, store_, collection_, context); !status)
    return status.error().within("keyword index");
  if (Status status = follow_or_repair(*indexes_.vector, store_, collection_, context); !status)
    return status.error().within("vector index");
  return {};
}

Status IndexFollower::purge() {
  LOADLINE_TRY(indexes_.keyword->purge());
  return indexes_.vector->purge();
}

Status IndexFollower::settle(const CallContext& context) {
  LOADLINE_TRY(indexes_.keyword->settle(context));
  return indexes_.vector->settle(context);
}

std::uint64_t IndexFollower::applied() const {
  return std::min(indexes_.keyword->applied_change(), indexes_.vector->applied_change());
}

bool IndexFollower::up_to_date(std::uint64_t last_change) const {
  return indexes_.keyword->applied_change() == last_change &&
         indexes_.vector->applied_change() == last_change;
}

}  // namespace loadline

#pragma once
// An IngestStore that can die: at a chosen writing step, before or after the step took effect, it reports an
// error and from then on fails every call, as for a process that was killed. What it stands on keeps what was
// done.
#include <functional>
#include <utility>

#include "model/ingest_store.h"

namespace loadline {

/// Counts steps of everything that is durable; shared by the store and the fake indexes.
class CrashPoint {
 public:
  static Error dead() { return {Code::unavailable, "the process was killed"}; }

  /// Dies at step `step` (0: never), each step counted once before and once after it happens.
  void arm(std::size_t step) { at_ = step, steps_ = 0, dead_ = false; }
  Status pass() {
    if (dead_) return dead();
    if (++steps_ == at_) {
      dead_ = true;
      return dead();
    }
    return {};
  }
  bool is_dead() const { return dead_; }
  std::size_t steps() const { return steps_; }

 private:
  std::atomic<std::size_t> at_ = 0, steps_ = 0;
  std::atomic<bool> dead_ = false;
};

class CrashingStore final : public IngestStore {
 public:
  CrashingStore(IngestStore& store, CrashPoint& point) : store_(store), point_(point) {}

  Result<std::unique_ptr<WriterLock>> lock_for_writing(const CallContext& context) override {
    return store_.lock_for_writing(context);
  }
  std::string writer() const override { return store_.writer(); }

#define LOADLINE_WRITES(type, name, parameters, arguments) \
  type name parameters override {                          \
    LOADLINE_TRY(point_.pass());                           \
    auto result = store_.name arguments;                   \
    LOADLINE_TRY(point_.pass());                           \
    return result;                                         \
  }
#define LOADLINE_READS(type, name, parameters, arguments) \
  type name parameters const override {                   \
    if (point_.is_dead()) return CrashPoint::dead();      \
    return store_.name arguments;                         \
  }
  using Pairs = std::span<const std::pair<std::string, std::string>>;
  using Ids = std::span<const VersionId>;

  LOADLINE_WRITES(Result<CollectionRecord>, ensure_collection, (std::string_view n), (n))
  LOADLINE_READS(Result<std::vector<CollectionRecord>>, collections, (), ())
  LOADLINE_READS(Result<std::vector<DocumentEntry>>, document_entries, (CollectionId c), (c))
  LOADLINE_READS(Result<std::optional<DocumentEntry>>, document_entry, (CollectionId c, std::string_view n),
                 (c, n))
  LOADLINE_READS(Result<VersionRecord>, version_record, (VersionId v), (v))
  LOADLINE_WRITES(Result<VersionRecord>, create_version, (const NewVersion& v), (v))
  LOADLINE_WRITES(Result<VersionRecord>, rewind_version, (VersionId v, IngestStage f, const StageVersions& s),
                  (v, f, s))
  LOADLINE_WRITES(Status, drop_version, (VersionId v), (v))
  LOADLINE_WRITES(Status, update_document, (DocumentId d, std::string_view s, std::string_view l, Pairs m),
                  (d, s, l, m))
  LOADLINE_WRITES(Status, begin_stage, (VersionId v, IngestStage s, int p, const StageLease& l), (v, s, p, l))
  LOADLINE_WRITES(Status, store_properties, (VersionId v, const DocumentProperties& p), (v, p))
  LOADLINE_WRITES(Status, store_pages, (VersionId v, std::span<const ExtractedPage> p, const StageLease& l),
                  (v, p, l))
  LOADLINE_READS(Result<std::vector<ExtractedPage>>, pages, (VersionId v, int f, int c), (v, f, c))
  LOADLINE_READS(Result<DocumentProperties>, properties, (VersionId v), (v))
  LOADLINE_WRITES(Status, store_description, (VersionId v, const DocumentDescription& d), (v, d))
  LOADLINE_READS(Result<DocumentDescription>, description, (VersionId v), (v))
  LOADLINE_WRITES(Result<ChunkId>, begin_chunks, (VersionId v), (v))
  LOADLINE_WRITES(Status, store_chunks, (VersionId v, std::span<const Chunk> c), (v, c))
  LOADLINE_READS(Result<std::vector<Chunk>>, chunks_to_embed, (VersionId v, std::uint32_t f, std::size_t c),
                 (v, f, c))
  LOADLINE_WRITES(Status, choose_embedder, (VersionId v, const EmbedderInfo& e), (v, e))
  LOADLINE_WRITES(Status, store_vectors,
                  (VersionId v, std::span<const Chunk> c, const Matrix& m, const StageLease& l), (v, c, m, l))
  LOADLINE_WRITES(Status, finish_stage, (VersionId v, IngestStage s), (v, s))
  LOADLINE_WRITES(Status, fail_stage, (VersionId v, IngestStage s, const Error& e, bool l), (v, s, e, l))
  LOADLINE_WRITES(Result<std::uint64_t>, log_additions, (Ids v), (v))
  LOADLINE_WRITES(Status, publish, (Ids v), (v))
  LOADLINE_WRITES(Status, publish_embedder, (CollectionId c, Ids v), (c, v))
  LOADLINE_READS(Result<std::vector<IndexChange>>, changes_after, (CollectionId c, std::uint64_t n), (c, n))
  LOADLINE_READS(Result<std::uint64_t>, last_change, (CollectionId c), (c))
  LOADLINE_READS(Result<std::uint64_t>, dropped_changes, (CollectionId c), (c))
  LOADLINE_READS(Result<std::vector<VersionId>>, indexed_versions, (CollectionId c), (c))
  LOADLINE_READS(Result<IndexRows>, index_rows, (VersionId v, ChunkId a, std::size_t c), (v, a, c))
  LOADLINE_WRITES(Status, drop_retired, (CollectionId c, std::uint64_t a), (c, a))
  LOADLINE_WRITES(Result<DeletionReceipt>, begin_delete, (DocumentId d), (d))
  LOADLINE_WRITES(Result<DeletionReceipt>, finish_delete, (DocumentId d), (d))
  LOADLINE_READS(Result<std::vector<DeletionReceipt>>, receipts, (CollectionId c), (c))
  LOADLINE_READS(Result<std::vector<LedgerRow>>, ledger, (VersionId v), (v))
  LOADLINE_READS(Result<StoreAudit>, audit, (CollectionId c), (c))
  LOADLINE_READS(Result<std::string>, extracted_text, (DocumentId d), (d))
#undef LOADLINE_WRITES
#undef LOADLINE_READS

 private:
  IngestStore& store_;
  CrashPoint& point_;
};

}  // namespace loadline

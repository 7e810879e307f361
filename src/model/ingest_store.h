#pragma once
// The IngestStore port: the write side of the document store, and the stage ledger in it.
//
// A *document* is a name in a collection. Each content it ever had is a *version*. At most one version of a
// document is live (served); at most one is working (on its way). A working version passes the stages in
// order; what a stage produced is stored in bounded pieces, each together with its ledger row in one
// transaction, so that after a crash the next run goes on behind the last stored piece. `publish` makes
// working versions live and retires the old ones in one transaction.
//
// The two indexes follow the *change log*: numbered rows "chunks of version v were added" and "chunks a..b
// were removed" (see search_index.h). Rows are durable before an index may hold them.
//
// Thread-safe. Writing needs the WriterLock, which one holder in the world has at a time; every writing call
// is one transaction. Common errors: unavailable (disk full, busy), data_loss (damaged), failed_precondition
// (the caller does not hold the lock), internal.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "model/chunk.h"
#include "model/document.h"
#include "model/embedder.h"
#include "model/ids.h"

namespace loadline {

enum class IngestStage : std::uint8_t { extract = 1, describe, chunk, embed, index, publish, finished };
std::string_view stage_name(IngestStage stage);

enum class DocumentState : std::uint8_t { queued = 1, running, done, partial, failed, deleted };
std::string_view state_name(DocumentState state);

/// What determines the output of each stage; a stage whose version changed is run again, and all after it.
struct StageVersions {
  std::string extract, describe, chunk, embed;
  bool operator==(const StageVersions&) const = default;
};

struct LostPage {
  int page = 0;
  std::string reason;
  bool operator==(const LostPage&) const = default;
};

struct VersionRecord {
  VersionId id;
  DocumentId document;
  std::string content_hash;  // SHA-256, hex
  std::uint64_t bytes = 0;
  StageVersions stages;
  IngestStage next = IngestStage::extract;  // the first stage that is not done; `finished` once published
  DocumentState state = DocumentState::queued;
  Code failure = Code::internal;  // if state is failed
  std::string reason;             // if state is failed: the sentence for the user
  int next_page = 1;              // extract: the first page that is not stored
  int pages = 0;                  // of the file, as far as known
  std::uint32_t chunks = 0;
  std::uint32_t failed_attempts = 0;  // of stage `next`, at its present place, that ended with an error
  std::uint32_t cut_attempts = 0;     // of the same, that ended with the process
  std::string lease_holder;           // "" if nobody works on it
  std::int64_t lease_until = 0;       // unix milliseconds
  std::int64_t started = 0;           // unix milliseconds
  std::vector<LostPage> lost_pages;
  std::vector<RedactedCount> redacted;  // of the pages stored so far, by type
};

struct DocumentEntry {
  DocumentId id;
  CollectionId collection;
  std::string name;
  std::string source;  // absolute path as escaped UTF-8; "" if it was uploaded
  std::string label;
  std::vector<std::pair<std::string, std::string>> metadata;
  bool deleting = false;  // a delete was begun and not finished
  std::optional<VersionRecord> live;
  std::optional<VersionRecord> working;  // also a failed one, until the content or a stage changes
};

struct NewVersion {
  CollectionId collection;
  std::string name;
  std::string source;
  std::string content_hash;
  std::uint64_t bytes = 0;
  StageVersions stages;
  VersionId copy_from;                       // take over the stored output of this version ...
  IngestStage first = IngestStage::extract;  // ... for all stages before this one
};

/// Found at ingest; see DocumentRecord.
struct DocumentDescription {
  std::string title;
  std::string kind;
  std::vector<std::string> entities;
  std::vector<std::string> periods;
};

struct StageLease {
  std::string holder;
  std::int64_t until = 0;  // unix milliseconds
};

struct CollectionRecord {
  CollectionId id;
  std::string name;
  std::string embedder;         // name of the model that made the served vectors; "" if none yet
  std::string embedder_digest;  // with its precision, see embedder_identity
  std::size_t dimensions = 0;
};

/// What makes vectors comparable: the weights and the precision they ran in.
std::string embedder_identity(const EmbedderInfo& embedder);

/// What the indexes must do to follow the store.
struct IndexChange {
  std::uint64_t number = 0;
  VersionId version;  // of an addition: all chunks of it
  ChunkId first;      // of a removal: this range, both ends included
  ChunkId last;
  bool rebuild = false;  // everything before is void: begin from an empty index with all indexed versions
};

/// Chunks with what the indexes need of them; `vectors` has a row for each.
struct IndexRows {
  std::vector<ChunkId> ids;
  std::vector<std::string> texts;  // indexed_text
  Matrix vectors;
};

/// What a delete removed. Kept for good; holds no content.
struct DeletionReceipt {
  std::uint64_t id = 0;
  DocumentId document_id;
  std::string collection;
  std::string document;
  std::string content_hash;  // of the live version, "" if there was none
  std::uint64_t versions = 0, pages = 0, blocks = 0, chunks = 0, vectors = 0, ledger_rows = 0;
  std::uint64_t text_bytes = 0;
  std::int64_t requested = 0, finished = 0;  // unix milliseconds; finished 0: not yet
  bool log_truncated = false;                // the write-ahead log holds nothing of it either
};

struct StoreAudit {
  std::vector<std::string> orphans;   // one sentence for each kind with its count; empty: none
  std::vector<ChunkId> indexed;       // ids that the indexes must hold now, sorted
  std::vector<ChunkId> unpublished;   // ids that they may hold: of versions on their way in or out, sorted
  std::uint64_t receipts = 0;         // deletions on record
  std::vector<std::string> leftover;  // documents with a finished receipt that are still there
};

/// One row of the ledger, for status and tests.
struct LedgerRow {
  VersionId version;
  IngestStage stage = IngestStage::extract;
  std::string stage_version;
  int first_page = 0, last_page = 0;
  std::string input_hash;
  std::uint32_t attempt = 0;
  std::string holder;
  std::string outcome;  // "running", "done", "failed", "cut"
  std::string reason;
};

/// Held for the length of a job; released by the destructor.
class WriterLock {
 public:
  virtual ~WriterLock() = default;
};

class IngestStore {
 public:
  virtual ~IngestStore() = default;

  // The lock -------------------------------------------------------------------------------------------
  /// Waits for writers of this process as long as the context allows; another process that holds it is
  /// failed_precondition at once, and the message names its process id.
  virtual Result<std::unique_ptr<WriterLock>> lock_for_writing(const CallContext& context) = 0;
  /// Who holds it now, e.g. "pid 4711"; "" if nobody does: then nothing is on its way.
  virtual std::string writer() const = 0;

  // Collections and documents ---------------------------------------------------------------------------
  virtual Result<CollectionRecord> ensure_collection(std::string_view name) = 0;
  virtual Result<std::vector<CollectionRecord>> collections() const = 0;
  virtual Result<std::vector<DocumentEntry>> document_entries(CollectionId collection) const = 0;
  virtual Result<std::optional<DocumentEntry>> document_entry(CollectionId collection,
                                                              std::string_view name) const = 0;
  virtual Result<VersionRecord> version_record(VersionId version) const = 0;
  /// Makes the document if it is new; an older working version of it is dropped with all it stored.
  virtual Result<VersionRecord> create_version(const NewVersion& version) = 0;
  /// The working version goes back to `first`: the output of that stage and of later ones is dropped.
  virtual Result<VersionRecord> rewind_version(VersionId version, IngestStage first,
                                               const StageVersions& stages) = 0;
  /// The working version goes away with all it stored.
  virtual Status drop_version(VersionId version) = 0;
  /// What the user says of a document. Served at once, also for the live version.
  virtual Status update_document(DocumentId document, std::string_view source, std::string_view label,
                                 std::span<const std::pair<std::string, std::string>> metadata) = 0;

  // Stages ------------------------------------------------------------------------------------------------
  /// Opens a ledger row for `stage` from `first_page` on. A row that the same holder left open goes away; one
  /// of another holder, which must be dead, becomes "cut".
  virtual Status begin_stage(VersionId version, IngestStage stage, int first_page,
                             const StageLease& lease) = 0;
  virtual Status store_properties(VersionId version, const DocumentProperties& properties) = 0;
  /// The next pages, in order; closes the open row at the last of them and opens one behind it.
  virtual Status store_pages(VersionId version, std::span<const ExtractedPage> pages,
                             const StageLease& lease) = 0;
  virtual Result<std::vector<ExtractedPage>> pages(VersionId version, int first, int count) const = 0;
  virtual Result<DocumentProperties> properties(VersionId version) const = 0;
  virtual Status store_description(VersionId version, const DocumentDescription& description) = 0;
  virtual Result<DocumentDescription> description(VersionId version) const = 0;
  /// Drops chunks that an unfinished chunk stage of any version left behind, then gives the id of ordinal 0.
  virtual Result<ChunkId> begin_chunks(VersionId version) = 0;
  /// In order of ordinals, ids counted on from begin_chunks. They are invisible until the version is live.
  virtual Status store_chunks(VersionId version, std::span<const Chunk> chunks) = 0;
  /// Chunks of a version that have no vector yet, in order, from the ordinal `from` on, at most `count`.
  virtual Result<std::vector<Chunk>> chunks_to_embed(VersionId version, std::uint32_t from,
                                                     std::size_t count) const = 0;
  /// Which model this version's vectors are of. failed_precondition if it has vectors of another one. Chunks
  /// that are the same in the live version take over their vectors, if those are of this model.
  virtual Status choose_embedder(VersionId version, const EmbedderInfo& embedder) = 0;
  /// A row for each chunk, of the chosen model. Closes the open ledger row as store_pages does.
  virtual Status store_vectors(VersionId version, std::span<const Chunk> chunks, const Matrix& vectors,
                               const StageLease& lease) = 0;
  /// Closes the stage's row as done; the version goes on to the next stage.
  virtual Status finish_stage(VersionId version, IngestStage stage) = 0;
  /// Closes the row as failed, or, if the job was cancelled, as cut. `last`: the version becomes failed for
  /// good, else it waits for another try.
  virtual Status fail_stage(VersionId version, IngestStage stage, const Error& reason, bool last) = 0;

  // Indexes and publishing ----------------------------------------------------------------------------
  /// Logs the addition of these versions' chunks, durably; gives the number of the last change.
  virtual Result<std::uint64_t> log_additions(std::span<const VersionId> versions) = 0;
  /// Makes them live and retires what they replace, logging the removals, durably.
  virtual Status publish(std::span<const VersionId> versions) = 0;
  /// As publish, when the versions' model is not the one that the collection serves: all of its documents
  /// change over at once, and the log tells the indexes to begin anew. failed_precondition if a live document
  /// is not among them.
  virtual Status publish_embedder(CollectionId collection, std::span<const VersionId> versions) = 0;
  virtual Result<std::vector<IndexChange>> changes_after(CollectionId collection,
                                                         std::uint64_t number) const = 0;
  virtual Result<std::uint64_t> last_change(CollectionId collection) const = 0;
  /// Changes up to this number are not in the log any more: an index that has less must be built anew.
  virtual Result<std::uint64_t> dropped_changes(CollectionId collection) const = 0;
  /// Versions whose chunks belong in the indexes now: the live ones, and those logged but not yet live.
  virtual Result<std::vector<VersionId>> indexed_versions(CollectionId collection) const = 0;
  /// Chunks of a version after id `after`, at most `count`, with vectors. Empty if it is gone.
  virtual Result<IndexRows> index_rows(VersionId version, ChunkId after, std::size_t count) const = 0;
  /// Nothing that was dropped before is left in what the store keeps for its own safety (the write-ahead
  /// log).
  virtual Status forget_dropped() { return {}; }
  /// Drops what is stored of retired versions, and the log rows up to `applied`, which both indexes have.
  virtual Status drop_retired(CollectionId collection, std::uint64_t applied) = 0;

  // Delete -------------------------------------------------------------------------------------------------
  /// The document is not served from here on; its chunks' removal is logged, its receipt is begun.
  virtual Result<DeletionReceipt> begin_delete(DocumentId document) = 0;
  /// After the indexes followed and purged: erases all that is stored of it, overwriting the bytes, and
  /// truncates the write-ahead log. If readers kept the log from being truncated, calling again tries again.
  virtual Result<DeletionReceipt> finish_delete(DocumentId document) = 0;
  virtual Result<std::vector<DeletionReceipt>> receipts(CollectionId collection) const = 0;

  // Looking ------------------------------------------------------------------------------------------------
  virtual Result<std::vector<LedgerRow>> ledger(VersionId version) const = 0;
  virtual Result<StoreAudit> audit(CollectionId collection) const = 0;
  /// The extracted text of the live version (see document.h). not_found.
  virtual Result<std::string> extracted_text(DocumentId document) const = 0;
};

}  // namespace loadline

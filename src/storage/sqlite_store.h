#pragma once
// The document store on SQLite: both its ports, in one file `store.sqlite` of the data folder.
//
// Write-ahead logging: any number of processes read while one writes. There is one writing connection, used
// by one thread at a time, and a bounded pool of reading ones; each reading call is one snapshot. Content
// that is removed is overwritten (secure_delete). What an index may come to hold is synced to disk first;
// pieces before that are written without waiting for the disk, so a power cut may cost the last of them,
// never their order.
#include <memory>
#include <string>

#include "base/clock.h"
#include "model/ingest_store.h"
#include "model/knowledge_store.h"

namespace loadline {

struct SqliteStoreOptions {
  int busy_millis = 10'000;     // how long a write waits for another process's transaction
  std::size_t readers_max = 8;  // connections; further readers wait
};

/// Thread-safe. `clock` must outlive it.
class SqliteStore final : public KnowledgeStore, public IngestStore {
 public:
  /// Makes the folder and the file if they are not there and brings an older one up to date. unavailable,
  /// data_loss, failed_precondition (written by a newer program).
  static Result<std::unique_ptr<SqliteStore>> open(const std::string& folder, const Clock& clock,
                                                   SqliteStoreOptions options = {});
  ~SqliteStore() override;
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  // KnowledgeStore
  Result<CollectionId> find_collection(std::string_view name) const override;
  Result<std::uint64_t> generation() const override;
  Result<std::vector<DocumentRecord>> documents(CollectionId collection) const override;
  Result<std::vector<Chunk>> chunks(std::span<const ChunkId> ids) const override;
  Status read_texts(std::span<const ChunkId> ids,
                    const std::function<void(const ChunkText&)>& take) const override;
  Result<std::vector<Chunk>> chunk_range(DocumentId document, std::uint32_t first,
                                         std::uint32_t last) const override;
  Result<std::vector<Chunk>> page_chunks(DocumentId document, int page) const override;
  Result<std::vector<ChunkPlace>> chunk_places(CollectionId collection) const override;

  // IngestStore
  Result<std::unique_ptr<WriterLock>> lock_for_writing(const CallContext& context) override;
  std::string writer() const override;
  Result<CollectionRecord> ensure_collection(std::string_view name) override;
  Result<std::vector<CollectionRecord>> collections() const override;
  Result<std::vector<DocumentEntry>> document_entries(CollectionId collection) const override;
  Result<std::optional<DocumentEntry>> document_entry(CollectionId collection,
                                                      std::string_view name) const override;
  Result<VersionRecord> version_record(VersionId version) const override;
  Result<VersionRecord> create_version(const NewVersion& version) override;
  Result<VersionRecord> rewind_version(VersionId version, IngestStage first,
                                       const StageVersions& stages) override;
  Status drop_version(VersionId version) override;
  Status update_document(DocumentId document, std::string_view source, std::string_view label,
                         std::span<const std::pair<std::string, std::string>> metadata) override;
  Status begin_stage(VersionId version, IngestStage stage, int first_page, const StageLease& lease) override;
  Status store_properties(VersionId version, const DocumentProperties& properties) override;
  Status store_pages(VersionId version, std::span<const ExtractedPage> pages,
                     const StageLease& lease) override;
  Result<std::vector<ExtractedPage>> pages(VersionId version, int first, int count) const override;
  Result<DocumentProperties> properties(VersionId version) const override;
  Status store_description(VersionId version, const DocumentDescription& description) override;
  Result<DocumentDescription> description(VersionId version) const override;
  Result<ChunkId> begin_chunks(VersionId version) override;
  Status store_chunks(VersionId version, std::span<const Chunk> chunks) override;
  Result<std::vector<Chunk>> chunks_to_embed(VersionId version, std::uint32_t from,
                                             std::size_t count) const override;
  Status choose_embedder(VersionId version, const EmbedderInfo& embedder) override;
  Status store_vectors(VersionId version, std::span<const Chunk> chunks, const Matrix& vectors,
                       const StageLease& lease) override;
  Status finish_stage(VersionId version, IngestStage stage) override;
  Status fail_stage(VersionId version, IngestStage stage, const Error& reason, bool last) override;
  Result<std::uint64_t> log_additions(std::span<const VersionId> versions) override;
  Status publish(std::span<const VersionId> versions) override;
  Status publish_embedder(CollectionId collection, std::span<const VersionId> versions) override;
  Result<std::vector<IndexChange>> changes_after(CollectionId collection,
                                                 std::uint64_t number) const override;
  Result<std::uint64_t> last_change(CollectionId collection) const override;
  Result<std::uint64_t> dropped_changes(CollectionId collection) const override;
  Result<std::vector<VersionId>> indexed_versions(CollectionId collection) const override;
  Result<IndexRows> index_rows(VersionId version, ChunkId after, std::size_t count) const override;
  Status forget_dropped() override;
  Status drop_retired(CollectionId collection, std::uint64_t applied) override;
  Result<DeletionReceipt> begin_delete(DocumentId document) override;
  Result<DeletionReceipt> finish_delete(DocumentId document) override;
  Result<std::vector<DeletionReceipt>> receipts(CollectionId collection) const override;
  Result<std::vector<LedgerRow>> ledger(VersionId version) const override;
  Result<StoreAudit> audit(CollectionId collection) const override;
  Result<std::string> extracted_text(DocumentId document) const override;

 private:
  class Impl;
  explicit SqliteStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace loadline

#pragma once
// Ingestion: files in, served documents out. Finds the files, moves each one through the stages of the ledger
// (extract, describe, chunk, embed, index, publish), and takes documents away again.
//
// One call of `run` is one job; it holds the writer lock of the data folder. Whatever a job did before it
// ended (finished, cancelled, killed) is in the store, and the next job goes on from there. Documents are
// served as soon as they are whole; a new version replaces the old one in one step, and until then the old
// one is served.
//
// Two threads work in a job: one extracts the next document while the caller's describes, chunks, embeds and
// publishes this one. The queue between them is bounded, and so is what each of them holds in memory.
// Thread-safe; jobs of one process run one after the other. All references must outlive the Ingestor.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "model/document_extractor.h"
#include "model/embedder.h"
#include "model/index_catalogue.h"
#include "model/ingest_store.h"
#include "model/page_redactor.h"
#include "model/source_files.h"

namespace loadline {

/// Every bound of ingestion, with its default.
struct IngestLimits {
  std::size_t files_max = 1'000'000;  // of one job
  std::chrono::seconds extract_time{1800};
  std::chrono::seconds describe_time{60};
  std::chrono::seconds chunk_time{600};
  std::chrono::seconds embed_batch_time{300};
  std::chrono::seconds index_time{1800};
  std::uint32_t attempts_max = 3;       // that end with an error worth repeating, at one place
  std::uint32_t cut_attempts_max = 50;  // that end with the process, at one place
  std::size_t pages_per_commit = 16;    // extracted pages lost at most by a crash
  std::size_t page_bytes_per_commit = 4U << 20;
  std::size_t chunks_per_embed = 128;  // chunks embedded again at most after a crash
  std::size_t extracted_queue = 4;     // documents that wait for embedding
  std::size_t publish_chunks = 4096;   // documents are published together up to so many chunks ...
  std::size_t publish_documents = 64;  // ... or so many documents
};

/// A file that came by another way than a path of the user's, e.g. an upload. `path` must stay until done.
struct IngestUpload {
  std::string path;
  std::string name;
};

struct IngestRequest {
  std::string collection;
  /// Files, folders, globs ("**" crosses folders). A document's name is its path below the folder (or below
  /// the fixed front part of the glob), of a single file its file name. Empty: goes on with what is
  /// unfinished.
  std::vector<std::string> paths;
  std::vector<IngestUpload> uploads;
  /// Removes documents whose file was below one of `paths` when ingested and is not there any more.
  bool prune = false;
  /// Tries again what failed, and what lost pages.
  bool retry = false;
  std::string label;                                          // data class of these documents; "" keeps
  std::vector<std::pair<std::string, std::string>> metadata;  // of these documents; empty keeps
};

struct DocumentOutcome {
  std::string name;
  DocumentState state = DocumentState::queued;
  bool unchanged = false;  // nothing had to be done
  int pages = 0;
  std::vector<LostPage> lost_pages;
  std::uint32_t chunks = 0;
  std::vector<RedactedCount> redacted;  // what was taken out of it, by type
  double seconds = 0;
  Code failure = Code::internal;  // if failed
  std::string reason;             // if failed: a sentence for the user
};

struct IngestSummary {
  std::vector<DocumentOutcome> documents;  // in the order of the names' bytes, removed ones last
  std::size_t done = 0, partial = 0, failed = 0, unchanged = 0, removed = 0;
  std::size_t waiting = 0;                              // for another job: `reason` says why
  std::uint64_t pages = 0, lost_pages = 0, chunks = 0;  // of what this job worked on
  std::size_t embedded = 0;                             // chunks given to the embedder
  double seconds = 0;
  std::vector<std::string> warnings;  // e.g. folders that could not be read
};

/// Told as it goes; calls come one at a time, from the job's threads. Must not call back.
class IngestObserver {
 public:
  virtual ~IngestObserver() = default;
  /// `done` of `all` pages (extract) or chunks (embed); `all` 0 while unknown.
  virtual void on_progress(std::string_view document, IngestStage stage, std::size_t done, std::size_t all) {
    (void)document, (void)stage, (void)done, (void)all;
  }
  virtual void on_document(const DocumentOutcome& outcome) { (void)outcome; }
};

struct DocumentStatus {
  std::string name;
  DocumentState state = DocumentState::queued;
  bool served = false;  // a version of it is
  int pages = 0;
  std::vector<LostPage> lost_pages;
  std::uint32_t chunks = 0;
  std::vector<RedactedCount> redacted;
  std::string stage;      // of an unfinished one: where it stands
  std::string waits_for;  // of an unfinished one: a sentence
  std::string reason;     // of a failed one
};

struct CollectionStatus {
  std::string name;
  std::string embedder;
  std::vector<DocumentStatus> documents;
  IndexStats keyword, vector;
  std::uint64_t store_change = 0, keyword_change = 0, vector_change = 0;  // equal: the indexes are up to date
};

struct VerifyReport {
  std::vector<std::string> findings;  // empty: no orphan anywhere
  std::uint64_t chunks = 0;           // that must be in both indexes
  std::uint64_t receipts = 0;
};

class Ingestor {
 public:
  Ingestor(IngestStore& store, IndexCatalogue& indexes, DocumentExtractor& extractor,
           const Embedder& embedder, const SourceFiles& files, const Clock& clock, IngestLimits limits = {},
           const PageRedactors* redactors = nullptr);  // null: everything is stored as it is

  /// Ok also if documents failed: the summary says so. Errors of the job as a whole: invalid_argument (the
  /// collection's name, a bad glob), not_found (no path leads to a file), failed_precondition (another
  /// process writes), unavailable (disk), cancelled, deadline_exceeded.
  Result<IngestSummary> run(const IngestRequest& request, IngestObserver& observer,
                            const CallContext& context);

  /// Removes a document everywhere and durably: chunks, vectors, keyword index, text, ledger. not_found.
  Result<DeletionReceipt> remove_document(std::string_view collection, std::string_view name,
                                          const CallContext& context);

  /// Brings both indexes of every collection to the state of the store, finishes deletes that were cut off.
  /// Does nothing (and takes no lock) when that is the case already; call it when serving starts.
  Status synchronise(const CallContext& context);

  /// not_found: no such collection.
  Result<CollectionStatus> status(std::string_view collection) const;

  /// Looks for orphans both ways: store against indexes, indexes against store, receipts against both. Waits
  /// for jobs of this process; another process that writes is failed_precondition.
  Result<VerifyReport> verify(std::string_view collection, const CallContext& context) const;

 private:
  IngestStore& store_;
  IndexCatalogue& indexes_;
  DocumentExtractor& extractor_;
  const Embedder& embedder_;
  const SourceFiles& files_;
  const Clock& clock_;
  const IngestLimits limits_;
  const PageRedactors* const redactors_;  // may be null
};

}  // namespace loadline

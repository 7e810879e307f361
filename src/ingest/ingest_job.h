#pragma once
// One ingest job over one collection: decides what to do with each file, runs the pipeline on two threads,
// publishes in groups, and cleans up. Used once; the caller holds the writer lock and calls from one thread.
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/bounded_queue.h"
#include "ingest/document_pipeline.h"
#include "ingest/document_plan.h"
#include "ingest/index_follower.h"
#include "ingest/ingestor.h"
#include "ingest/source_scan.h"

namespace loadline {

struct IngestJobParts {
  IngestStore& store;
  IndexCatalogue& indexes;
  DocumentExtractor& extractor;
  const Embedder& embedder;
  const SourceFiles& files;
  const Clock& clock;
  const IngestLimits& limits;
  const PageRedactor* redactor = nullptr;
};

/// Finishes deletes that were begun, in one go for all of them: indexes, purge, store.
Result<std::vector<DeletionReceipt>> finish_deletes(IngestStore& store, CollectionId collection,
                                                    IndexFollower& follower, const CallContext& context);

class IngestJob {
 public:
  IngestJob(const IngestJobParts& parts, const IngestRequest& request, CollectionRecord collection,
            IngestObserver& observer);

  Result<IngestSummary> run(SourceScan scan, const CallContext& context);

 private:
  struct Task {
    DocumentInWork document;
    std::size_t outcome = 0;  // in summary_.documents
    Instant begun;
    bool extracted = false;
  };
  using Tasks = std::deque<Task>;

  // Planning
  Status open_indexes(std::size_t dimensions, const CallContext& context);
  Status plan_files(const SourceScan& scan, const CallContext& context);
  Status plan_file(const SourceFile& file, const std::optional<DocumentEntry>& entry,
                   const CallContext& context);
  Status plan_unfinished(const CallContext& context);
  Status plan_other_documents();
  Status plan_stored(const DocumentEntry& entry, const std::string& content_hash);
  Result<VersionRecord> carry_out(const DocumentPlan& plan, const SourceFile& file, const std::string& hash,
                                  std::uint64_t bytes, const StageVersions& stages);
  Status describe_document(const DocumentEntry& entry, const std::string& source);
  void report(DocumentOutcome outcome);
  void report_without_work(const std::string& name, const VersionRecord& version, bool unchanged);
  void report_failure(const std::string& name, const Error& error);
  void add_task(const std::string& name, const std::string& path, const FileStamp& stamp,
                VersionRecord version);

  // Working
  Status work(const CallContext& context);
  void extract_all(const CallContext& context);
  Status consume(const CallContext& context);
  Status prepare(Task& task, const CallContext& context);
  Status publish_group(const CallContext& context);
  Status publish_new_embedder(const CallContext& context);
  void finish_task(Task& task, const VersionRecord& version);
  bool is_new_embedder() const;

  Status withdraw(Task& task, const CallContext& context);
  Status warn_of_other_rules();
  Status prune(const SourceScan& scan, const CallContext& context);
  void add_up();

  const IngestJobParts& parts_;
  const IngestRequest& request_;
  CollectionRecord collection_;
  IngestObserver& observer_;
  const Instant begun_;
  const StageVersions stages_;
  const std::string identity_;  // of the embedder

  std::mutex observer_mutex_;
  std::atomic<bool> stop_ = false;
  PipelineParts pipeline_parts_;
  DocumentPipeline pipeline_;
  std::optional<IndexFollower> follower_;

  IngestSummary summary_;  // of the caller's thread
  Tasks tasks_;            // each belongs to the extracting thread until it is in the queue
  BoundedQueue<Task*> extracted_;
  std::vector<Task*> ready_;  // prepared, to be published
  std::size_t ready_chunks_ = 0;
  bool rule_changed_ = false;  // documents were stored under another rule about personal data
  Status extract_status_;      // of the extracting thread; read after it ended
};

}  // namespace loadline

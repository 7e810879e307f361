#include "ingest/ingest_job.h"

#include <unistd.h>

#include <algorithm>
#include <set>
#include <thread>

#include "ingest/source_name.h"

namespace loadline {
namespace {

double seconds_between(Instant begin, Instant end) {
  return std::chrono::duration<double>(end - begin).count();
}

DocumentOutcome outcome_of(const std::string& name, const VersionRecord& version) {
  DocumentOutcome outcome;
  outcome.name = name;
  outcome.state = version.state;
  outcome.pages = version.pages;
  outcome.lost_pages = version.lost_pages;
  outcome.chunks = version.chunks;
  outcome.redacted = version.redacted;
  outcome.failure = version.failure;
  outcome.reason = version.reason;
  return outcome;
}

}  // namespace

Result<std::vector<DeletionReceipt>> finish_deletes(IngestStore& store, CollectionId collection,
                                                    IndexFollower& follower, const CallContext& context) {
  std::vector<DeletionReceipt> finished;
  LOADLINE_ASSIGN(const std::vector<DeletionReceipt> receipts, store.receipts(collection));
  const auto is_open = [](const DeletionReceipt& r) { return r.finished == 0 || !r.log_truncated; };
  if (std::none_of(receipts.begin(), receipts.end(), is_open)) return finished;
  LOADLINE_TRY(follower.follow(context));
  LOADLINE_TRY(follower.purge());
  for (const DeletionReceipt& receipt : receipts) {
    if (!is_open(receipt)) continue;
    LOADLINE_ASSIGN(DeletionReceipt done, store.finish_delete(receipt.document_id));
    finished.push_back(std::move(done));
  }
  return finished;
}

IngestJob::IngestJob(const IngestJobParts& parts, const IngestRequest& request, CollectionRecord collection,
                     IngestObserver& observer)
    : parts_(parts),
      request_(request),
      collection_(std::move(collection)),
      observer_(observer),
      begun_(parts.clock.now()),
      stages_(current_stages(parts.extractor, parts.embedder, parts.redactor)),
      identity_(embedder_identity(parts.embedder.info())),
      pipeline_parts_{
          parts.store,
          parts.extractor,
          parts.embedder,
          parts.files,
          parts.clock,
          parts.limits,
          parts.redactor,
          "pid " + std::to_string(::getpid()) + " since " + std::to_string(parts.clock.unix_millis()),
          [this](std::string_view document, IngestStage stage, std::size_t done, std::size_t all) {
            std::lock_guard lock(observer_mutex_);
            observer_.on_progress(document, stage, done, all);
          },
          [this] { return stop_.load(); }},
      pipeline_(pipeline_parts_),
      extracted_(parts.limits.extracted_queue) {}

Result<IngestSummary> IngestJob::run(SourceScan scan, const CallContext& context) {
  const std::size_t dimensions =
      collection_.dimensions > 0 ? collection_.dimensions : parts_.embedder.info().dimensions;
  LOADLINE_TRY(open_indexes(dimensions, context));
  if (auto finished = finish_deletes(parts_.store, collection_.id, *follower_, context); !finished)
    return finished.error();
  summary_.warnings = scan.warnings;
  LOADLINE_TRY(plan_files(scan, context));
  if (request_.paths.empty() && request_.uploads.empty()) LOADLINE_TRY(plan_unfinished(context));
  if (is_new_embedder()) LOADLINE_TRY(plan_other_documents());
  LOADLINE_TRY(work(context));
  LOADLINE_TRY(prune(scan, context));
  LOADLINE_TRY(follower_->follow(context));
  LOADLINE_TRY(parts_.store.drop_retired(collection_.id, follower_->applied()));
  LOADLINE_TRY(follower_->settle(context));
  if (rule_changed_) {  // what the old rule let in stands nowhere any more
    LOADLINE_TRY(follower_->purge());
    LOADLINE_TRY(parts_.store.forget_dropped());
  }
  LOADLINE_TRY(warn_of_other_rules());
  add_up();
  return std::move(summary_);
}

Status IngestJob::open_indexes(std::size_t dimensions, const CallContext& context) {
  LOADLINE_ASSIGN(const CollectionIndexes indexes, parts_.indexes.open(collection_.id, dimensions));
  follower_.emplace(parts_.store, collection_.id, indexes);
  LOADLINE_TRY(follower_->refresh());
  return follower_->follow(context.with_time_limit(parts_.limits.index_time));
}

bool IngestJob::is_new_embedder() const {
  return !collection_.embedder_digest.empty() && collection_.embedder_digest != identity_;
}

// Planning ------------------------------------------------------------------------------------------------

Status IngestJob::plan_files(const SourceScan& scan, const CallContext& context) {
  for (const UnusablePath& path : scan.unusable)
    if (!(request_.prune && path.error.code() == Code::not_found)) report_failure(path.name, path.error);
  for (const SourceFile& file : scan.files) {
    LOADLINE_TRY(context.check());
    LOADLINE_ASSIGN(const std::optional<DocumentEntry> entry,
                    parts_.store.document_entry(collection_.id, file.name));
    LOADLINE_TRY(plan_file(file, entry, context));
  }
  return {};
}

Status IngestJob::plan_file(const SourceFile& file, const std::optional<DocumentEntry>& entry,
                            const CallContext& context) {
  const auto stamp = parts_.files.stamp(file.path);
  const auto hash = stamp ? parts_.files.sha256(file.path, context) : Result<std::string>(stamp.error());
  if (!hash) {
    LOADLINE_TRY(context.check());
    report_failure(file.name, hash.error());
    return {};
  }
  const DocumentPlan plan = plan_document(entry, *hash, stages_, request_.retry);
  if (entry && entry->live && redaction_of(entry->live->stages.extract) != redaction_of(stages_.extract))
    rule_changed_ = true;
  if (plan.drop) LOADLINE_TRY(parts_.store.drop_version(plan.drop));
  if (entry) LOADLINE_TRY(describe_document(*entry, file.source));
  if (plan.kind == DocumentPlan::Kind::unchanged || plan.kind == DocumentPlan::Kind::failed_before) {
    const bool unchanged = plan.kind == DocumentPlan::Kind::unchanged;
    report_without_work(file.name, unchanged ? *entry->live : *entry->working, true);
    return {};
  }
  LOADLINE_ASSIGN(VersionRecord version, carry_out(plan, file, *hash, stamp->bytes, stages_));
  if (!entry) {
    LOADLINE_ASSIGN(const auto made, parts_.store.document_entry(collection_.id, file.name));
    if (made) LOADLINE_TRY(describe_document(*made, file.source));
  }
  add_task(file.name, file.path, *stamp, std::move(version));
  return {};
}

Result<VersionRecord> IngestJob::carry_out(const DocumentPlan& plan, const SourceFile& file,
                                           const std::string& hash, std::uint64_t bytes,
                                           const StageVersions& stages) {
  switch (plan.kind) {
    case DocumentPlan::Kind::resume:
      return parts_.store.version_record(plan.version);
    case DocumentPlan::Kind::rewind:
      return parts_.store.rewind_version(plan.version, plan.first, stages);
    default:
      break;
  }
  return parts_.store.create_version(
      {collection_.id, file.name, file.source, hash, bytes, stages, plan.version, plan.first});
}

// What the request says of its documents; what it does not say stays.
Status IngestJob::describe_document(const DocumentEntry& entry, const std::string& source) {
  const std::string& label = request_.label.empty() ? entry.label : request_.label;
  const auto& metadata = request_.metadata.empty() ? entry.metadata : request_.metadata;
  if (source == entry.source && label == entry.label && metadata == entry.metadata) return {};
  return parts_.store.update_document(entry.id, source, label, metadata);
}

// Without paths: goes on with what earlier jobs left.
Status IngestJob::plan_unfinished(const CallContext& context) {
  LOADLINE_ASSIGN(const std::vector<DocumentEntry> entries, parts_.store.document_entries(collection_.id));
  for (const DocumentEntry& entry : entries) {
    if (!entry.working || entry.working->state == DocumentState::failed || entry.deleting) continue;
    const SourceFile file{unescaped_name(entry.source), entry.name, entry.source};
    const bool there = !entry.source.empty() && parts_.files.stamp(file.path).ok();
    if (there) {
      LOADLINE_TRY(plan_file(file, entry, context));
    } else if (entry.working->next == IngestStage::extract) {
      const Error gone(Code::not_found,
                       "its file is not there any more; ingest it again, or delete the document");
      LOADLINE_TRY(parts_.store.fail_stage(entry.working->id, IngestStage::extract, gone, true));
      report_failure(entry.name, gone);
    } else {
      LOADLINE_TRY(plan_stored(entry, entry.working->content_hash));
    }
  }
  return {};
}

// Under a new embedder the collection changes over as a whole: the documents that this job was not asked for
// are embedded again from what is stored of them.
Status IngestJob::plan_other_documents() {
  LOADLINE_ASSIGN(const std::vector<DocumentEntry> entries, parts_.store.document_entries(collection_.id));
  std::set<DocumentId> planned;
  for (const Task& task : tasks_) planned.insert(task.document.version.document);
  for (const DocumentEntry& entry : entries)
    if (entry.live && !planned.contains(entry.id)) LOADLINE_TRY(plan_stored(entry, entry.live->content_hash));
  return {};
}

// A document whose file is not looked at: its pages are stored.
Status IngestJob::plan_stored(const DocumentEntry& entry, const std::string& content_hash) {
  const bool is_working = entry.working && entry.working->content_hash == content_hash;
  const VersionRecord& from = is_working ? *entry.working : *entry.live;
  StageVersions stages = stages_;
  stages.extract = from.stages.extract;
  const DocumentPlan plan = plan_document(entry, content_hash, stages, false);
  if (plan.kind == DocumentPlan::Kind::unchanged || plan.kind == DocumentPlan::Kind::failed_before) return {};
  const SourceFile file{"", entry.name, entry.source};
  LOADLINE_ASSIGN(VersionRecord version, carry_out(plan, file, content_hash, from.bytes, stages));
  add_task(entry.name, "", {}, std::move(version));
  return {};
}

void IngestJob::add_task(const std::string& name, const std::string& path, const FileStamp& stamp,
                         VersionRecord version) {
  Task& task = tasks_.emplace_back();
  task.outcome = summary_.documents.size();
  DocumentOutcome outcome;
  outcome.name = name;
  summary_.documents.push_back(std::move(outcome));
  task.document = {std::move(version), name, path, stamp, 0};
}

void IngestJob::report(DocumentOutcome outcome) {
  {
    std::lock_guard lock(observer_mutex_);
    observer_.on_document(outcome);
  }
  summary_.documents.push_back(std::move(outcome));
}

void IngestJob::report_without_work(const std::string& name, const VersionRecord& version, bool unchanged) {
  DocumentOutcome outcome = outcome_of(name, version);
  outcome.unchanged = unchanged;
  report(std::move(outcome));
}

void IngestJob::report_failure(const std::string& name, const Error& error) {
  DocumentOutcome outcome;
  outcome.name = name;
  outcome.state = DocumentState::failed;
  outcome.failure = error.code();
  outcome.reason = error.message();
  report(std::move(outcome));
}

// Working -------------------------------------------------------------------------------------------------

Status IngestJob::work(const CallContext& context) {
  if (tasks_.empty()) return {};
  std::thread extracting([&] { extract_all(context); });
  Status status = consume(context);
  stop_ = true;
  extracted_.close();
  extracting.join();
  if (!status) return status;
  LOADLINE_TRY(extract_status_);
  LOADLINE_TRY(publish_group(context));
  return is_new_embedder() ? publish_new_embedder(context) : Status();
}

// The extracting thread: documents in order; those that are extracted already pass through.
void IngestJob::extract_all(const CallContext& context) {
  for (Task& task : tasks_) {
    if (stop_) break;
    task.begun = parts_.clock.now();
    task.extracted = true;
    if (task.document.version.next == IngestStage::extract) {
      const auto end = pipeline_.extract(task.document, context);
      if (!end) {
        extract_status_ = end.error();
        break;
      }
      task.extracted = *end == StageEnd::done;
    }
    if (!extracted_.push(&task)) break;
  }
  extracted_.close();
}

Status IngestJob::consume(const CallContext& context) {
  for (;;) {
    std::optional<Task*> next = extracted_.try_pop();
    if (!next) {
      // Nothing to do meanwhile: what is ready need not wait.
      LOADLINE_TRY(publish_group(context));
      next = extracted_.pop();
    }
    if (!next) return {};
    LOADLINE_TRY(prepare(**next, context));
    if (ready_chunks_ >= parts_.limits.publish_chunks || ready_.size() >= parts_.limits.publish_documents)
      LOADLINE_TRY(publish_group(context));
  }
}

Status IngestJob::prepare(Task& task, const CallContext& context) {
  if (task.extracted) {
    LOADLINE_ASSIGN(const StageEnd end, pipeline_.prepare(task.document, context));
    summary_.embedded += task.document.embedded;
    if (end == StageEnd::done) {
      ready_.push_back(&task);
      ready_chunks_ += task.document.version.chunks;
      return {};
    }
  }
  if (task.document.refused) LOADLINE_TRY(withdraw(task, context));
  finish_task(task, task.document.version);
  return {};
}

// A document that its collection refuses now, and was served under another rule: not any more. Its entry
// begins anew, to say why.
Status IngestJob::withdraw(Task& task, const CallContext& context) {
  DocumentInWork& document = task.document;
  LOADLINE_ASSIGN(const std::optional<DocumentEntry> entry,
                  parts_.store.document_entry(collection_.id, document.name));
  if (!entry || !entry->live || entry->live->content_hash != document.version.content_hash) return {};
  const std::string hash = document.version.content_hash;
  const std::uint64_t bytes = document.version.bytes;
  if (auto begun = parts_.store.begin_delete(entry->id); !begun) return begun.error();
  if (auto finished = finish_deletes(parts_.store, collection_.id, *follower_, context); !finished)
    return finished.error();
  LOADLINE_ASSIGN(document.version,
                  parts_.store.create_version({collection_.id, document.name, entry->source, hash, bytes,
                                               stages_, VersionId{}, IngestStage::extract}));
  LOADLINE_TRY(parts_.store.fail_stage(document.version.id, IngestStage::extract, *document.refused, true));
  LOADLINE_ASSIGN(document.version, parts_.store.version_record(document.version.id));
  return {};
}

// What came by an upload cannot be read again: it stays as an earlier rule left it, and that is said.
Status IngestJob::warn_of_other_rules() {
  if (parts_.redactor == nullptr) return {};
  LOADLINE_ASSIGN(const std::vector<DocumentEntry> entries, parts_.store.document_entries(collection_.id));
  std::size_t others = 0;
  std::string first;
  for (const DocumentEntry& entry : entries) {
    if (!entry.live || entry.deleting) continue;
    if (redaction_of(entry.live->stages.extract) == redaction_of(stages_.extract)) continue;
    if (others++ == 0) first = entry.name;
  }
  if (others > 0)
    summary_.warnings.push_back(std::to_string(others) + " documents (" + first +
                                (others > 1 ? ", ..." : "") +
                                ") are served as they were stored under another privacy rule of the "
                                "collection; ingest their files again, or delete them");
  return {};
}

Status IngestJob::publish_group(const CallContext& context) {
  if (ready_.empty() || is_new_embedder()) return {};
  const CallContext limited = context.with_time_limit(parts_.limits.index_time);
  const StageLease lease = pipeline_.lease(parts_.limits.index_time);
  std::vector<VersionId> versions;
  for (const Task* task : ready_) {
    versions.push_back(task->document.version.id);
    LOADLINE_TRY(parts_.store.begin_stage(versions.back(), IngestStage::index, 1, lease));
  }
  LOADLINE_ASSIGN(const std::uint64_t logged, parts_.store.log_additions(versions));
  (void)logged;
  LOADLINE_TRY(follower_->follow(limited));
  for (const VersionId version : versions) {
    LOADLINE_TRY(parts_.store.finish_stage(version, IngestStage::index));
    LOADLINE_TRY(parts_.store.begin_stage(version, IngestStage::publish, 1, lease));
  }
  LOADLINE_TRY(parts_.store.publish(versions));
  for (Task* task : ready_) {
    LOADLINE_ASSIGN(const VersionRecord version, parts_.store.version_record(task->document.version.id));
    finish_task(*task, version);
  }
  ready_.clear();
  ready_chunks_ = 0;
  return {};
}

// All documents change over to the new embedder in one step, once each of them is ready for it.
Status IngestJob::publish_new_embedder(const CallContext& context) {
  LOADLINE_ASSIGN(const std::vector<DocumentEntry> entries, parts_.store.document_entries(collection_.id));
  std::vector<VersionId> versions;
  for (const DocumentEntry& entry : entries) {
    const bool ready = entry.working && entry.working->next >= IngestStage::index &&
                       entry.working->stages.embed == identity_;
    if (ready) versions.push_back(entry.working->id);
    if (entry.live && !ready) {
      summary_.warnings.push_back("the collection is still served with the vectors of " +
                                  collection_.embedder + ": document " + entry.name +
                                  " could not be embedded with " + parts_.embedder.info().name);
      for (Task* task : ready_) finish_task(*task, task->document.version);
      ready_.clear();
      return {};
    }
  }
  LOADLINE_TRY(parts_.store.publish_embedder(collection_.id, versions));
  collection_.embedder = parts_.embedder.info().name;
  collection_.embedder_digest = identity_;
  LOADLINE_TRY(open_indexes(parts_.embedder.info().dimensions, context));
  for (Task* task : ready_) {
    LOADLINE_ASSIGN(const VersionRecord version, parts_.store.version_record(task->document.version.id));
    finish_task(*task, version);
  }
  ready_.clear();
  return {};
}

void IngestJob::finish_task(Task& task, const VersionRecord& version) {
  DocumentOutcome outcome = outcome_of(task.document.name, version);
  outcome.seconds = seconds_between(task.begun, parts_.clock.now());
  summary_.pages += static_cast<std::uint64_t>(std::max(0, version.pages));
  summary_.lost_pages += version.lost_pages.size();
  summary_.chunks += version.chunks;
  summary_.documents[task.outcome] = outcome;
  std::lock_guard lock(observer_mutex_);
  observer_.on_document(outcome);
}

// Ending --------------------------------------------------------------------------------------------------

Status IngestJob::prune(const SourceScan& scan, const CallContext& context) {
  if (!request_.prune) return {};
  std::set<std::string> names, sources;
  for (const SourceFile& file : scan.files) names.insert(file.name), sources.insert(file.source);
  LOADLINE_ASSIGN(const std::vector<DocumentEntry> entries, parts_.store.document_entries(collection_.id));
  std::vector<const DocumentEntry*> vanished;
  for (const DocumentEntry& entry : entries) {
    const bool covered = std::any_of(scan.roots.begin(), scan.roots.end(),
                                     [&](const SourceRoot& root) { return root.covers(entry.source); });
    if (covered && !names.contains(entry.name) && !sources.contains(entry.source)) vanished.push_back(&entry);
  }
  for (const DocumentEntry* entry : vanished)
    if (auto begun = parts_.store.begin_delete(entry->id); !begun) return begun.error();
  if (auto finished = finish_deletes(parts_.store, collection_.id, *follower_, context); !finished)
    return finished.error();
  for (const DocumentEntry* entry : vanished) {
    DocumentOutcome outcome;
    outcome.name = entry->name;
    outcome.state = DocumentState::deleted;
    report(std::move(outcome));
  }
  return {};
}

void IngestJob::add_up() {
  for (const DocumentOutcome& outcome : summary_.documents) {
    summary_.unchanged += outcome.unchanged ? 1 : 0;
    summary_.done += outcome.state == DocumentState::done ? 1 : 0;
    summary_.partial += outcome.state == DocumentState::partial ? 1 : 0;
    summary_.failed += outcome.state == DocumentState::failed ? 1 : 0;
    summary_.waiting +=
        outcome.state == DocumentState::queued || outcome.state == DocumentState::running ? 1 : 0;
    summary_.removed += outcome.state == DocumentState::deleted ? 1 : 0;
  }
  summary_.seconds = seconds_between(begun_, parts_.clock.now());
}

}  // namespace loadline

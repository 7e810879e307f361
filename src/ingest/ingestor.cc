#include "ingest/ingestor.h"

#include <algorithm>
#include <iterator>

#include "base/nearest_name.h"
#include "ingest/index_follower.h"
#include "ingest/ingest_job.h"
#include "ingest/source_name.h"
#include "ingest/source_scan.h"

namespace loadline {
namespace {

constexpr std::size_t collection_name_bytes_max = 128;

Status check_collection_name(std::string_view name) {
  if (name.empty()) return Error(Code::invalid_argument, "the collection needs a name");
  if (name.size() > collection_name_bytes_max)
    return Error(Code::invalid_argument, "a collection's name has at most 128 bytes");
  if (name.find('/') != std::string_view::npos || escaped_name(name) != name)
    return Error(Code::invalid_argument, "a collection's name has no slash, backslash or control character");
  return {};
}

Result<CollectionRecord> find_record(const IngestStore& store, std::string_view name) {
  LOADLINE_ASSIGN(const std::vector<CollectionRecord> collections, store.collections());
  for (const CollectionRecord& collection : collections)
    if (collection.name == name) return collection;
  return Error(Code::not_found,
               "there is no collection \"" + escaped_name(name) + "\"; ingest documents into it first");
}

Error no_document(std::string_view name, std::string_view collection,
                  const std::vector<DocumentEntry>& entries) {
  std::vector<std::string_view> names;
  for (const DocumentEntry& entry : entries) names.push_back(entry.name);
  std::string message =
      "there is no document \"" + escaped_name(name) + "\" in collection \"" + std::string(collection) + "\"";
  const std::string nearest = nearest_name(name, names);
  if (!nearest.empty()) message += "; did you mean \"" + nearest + "\"?";
  return Error(Code::not_found, std::move(message));
}

std::string waits_for(const DocumentEntry& entry, const std::string& writer) {
  if (entry.deleting) return "the end of its deletion: the next ingest or start of the server finishes it";
  const VersionRecord& version = *entry.working;
  const std::string stage(stage_name(version.next));
  const std::string again = entry.source.empty() ? "send the file again" : "run ingest again";
  if (!writer.empty() && version.state == DocumentState::running)
    return "stage " + stage + ", which is running (" + writer + ")";
  if (!writer.empty()) return "its turn in the job that is running (" + writer + ")";
  if (!version.reason.empty())
    return "another try of stage " + stage + ", which ended with: " + version.reason + "; " + again;
  if (version.state == DocumentState::running)
    return "the job that was cut off in stage " + stage + " to be run again: " + again;
  return "a job: " + again;
}

DocumentStatus status_of(const DocumentEntry& entry, const std::string& writer) {
  DocumentStatus status;
  status.name = entry.name;
  status.served = entry.live.has_value();
  const VersionRecord* shown = entry.working ? &*entry.working : entry.live ? &*entry.live : nullptr;
  if (shown != nullptr) {
    status.state = shown->state;
    status.pages = shown->pages;
    status.lost_pages = shown->lost_pages;
    status.chunks = shown->chunks;
    status.redacted = shown->redacted;
  }
  const bool failed = shown != nullptr && shown->state == DocumentState::failed;
  if (failed) status.reason = shown->reason;
  if (entry.deleting) status.state = DocumentState::deleted;
  if (entry.deleting || (entry.working && !failed)) {
    status.stage = entry.deleting ? "delete" : std::string(stage_name(entry.working->next));
    status.waits_for = waits_for(entry, writer);
  }
  return status;
}

std::vector<ChunkId> missing_from(const std::vector<ChunkId>& wanted, const std::vector<ChunkId>& there) {
  std::vector<ChunkId> missing;
  std::set_difference(wanted.begin(), wanted.end(), there.begin(), there.end(), std::back_inserter(missing));
  return missing;
}

template <class Index>
Status compare(const Index& index, std::string_view name, const StoreAudit& audit, std::uint64_t last_change,
               std::vector<std::string>& findings) {
  const auto finding = [&](std::size_t count, const std::string& what) {
    if (count > 0) findings.push_back(std::to_string(count) + " " + what);
  };
  LOADLINE_ASSIGN(const std::vector<ChunkId> there, index.chunk_ids());
  finding(missing_from(audit.indexed, there).size(), "served chunks are not in the " + std::string(name));
  const std::vector<ChunkId> not_served = missing_from(there, audit.indexed);
  finding(missing_from(not_served, audit.unpublished).size(),
          "chunks in the " + std::string(name) + " are not in the store");
  if (index.applied_change() != last_change)
    findings.push_back("the " + std::string(name) + " is at change " +
                       std::to_string(index.applied_change()) + ", the store at " +
                       std::to_string(last_change) + "; the next ingest or start of the server " +
                       "brings it up to date");
  return {};
}

}  // namespace

Ingestor::Ingestor(IngestStore& store, IndexCatalogue& indexes, DocumentExtractor& extractor,
                   const Embedder& embedder, const SourceFiles& files, const Clock& clock,
                   IngestLimits limits, const PageRedactors* redactors)
    : store_(store),
      indexes_(indexes),
      extractor_(extractor),
      embedder_(embedder),
      files_(files),
      clock_(clock),
      limits_(limits),
      redactors_(redactors) {}

Result<IngestSummary> Ingestor::run(const IngestRequest& request, IngestObserver& observer,
                                    const CallContext& context) {
  LOADLINE_TRY(check_collection_name(request.collection));
  LOADLINE_TRY(extractor_.prepare());
  LOADLINE_TRY(embedder_.prepare());
  LOADLINE_ASSIGN(SourceScan scan, scan_sources(request.paths, files_, limits_.files_max, context));
  for (const IngestUpload& upload : request.uploads)
    scan.files.push_back({upload.path, escaped_name(upload.name), ""});
  const bool asked = !request.paths.empty() || !request.uploads.empty();
  if (asked && scan.files.empty() && scan.unusable.empty() && !request.prune)
    return Error(Code::not_found, "no file to ingest: the folder is empty or nothing matches the pattern");
  LOADLINE_ASSIGN(const std::unique_ptr<WriterLock> lock, store_.lock_for_writing(context));
  LOADLINE_ASSIGN(CollectionRecord collection, store_.ensure_collection(request.collection));
  const PageRedactor* const redactor = redactors_ == nullptr ? nullptr : redactors_->of(request.collection);
  const IngestJobParts parts{store_, indexes_, extractor_, embedder_, files_, clock_, limits_, redactor};
  IngestJob job(parts, request, std::move(collection), observer);
  return job.run(std::move(scan), context);
}

Result<DeletionReceipt> Ingestor::remove_document(std::string_view collection, std::string_view name,
                                                  const CallContext& context) {
  LOADLINE_ASSIGN(const CollectionRecord record, find_record(store_, collection));
  LOADLINE_ASSIGN(const std::unique_ptr<WriterLock> lock, store_.lock_for_writing(context));
  LOADLINE_ASSIGN(const std::optional<DocumentEntry> entry, store_.document_entry(record.id, name));
  if (!entry) {
    LOADLINE_ASSIGN(const std::vector<DocumentEntry> entries, store_.document_entries(record.id));
    return no_document(name, collection, entries);
  }
  const std::size_t dimensions = record.dimensions > 0 ? record.dimensions : embedder_.info().dimensions;
  LOADLINE_ASSIGN(const CollectionIndexes indexes, indexes_.open(record.id, dimensions));
  IndexFollower follower(store_, record.id, indexes);
  LOADLINE_TRY(follower.refresh());
  if (auto begun = store_.begin_delete(entry->id); !begun) return begun.error();
  LOADLINE_ASSIGN(const std::vector<DeletionReceipt> finished,
                  finish_deletes(store_, record.id, follower, context));
  LOADLINE_TRY(store_.drop_retired(record.id, follower.applied()));
  for (const DeletionReceipt& receipt : finished)
    if (receipt.document_id == entry->id) return receipt;
  return Error(Code::internal, "the deletion left no receipt");
}

Status Ingestor::synchronise(const CallContext& context) {
  LOADLINE_ASSIGN(const std::vector<CollectionRecord> collections, store_.collections());
  std::unique_ptr<WriterLock> lock;
  for (const CollectionRecord& collection : collections) {
    const std::size_t dimensions =
        collection.dimensions > 0 ? collection.dimensions : embedder_.info().dimensions;
    LOADLINE_ASSIGN(const CollectionIndexes indexes, indexes_.open(collection.id, dimensions));
    IndexFollower follower(store_, collection.id, indexes);
    LOADLINE_TRY(follower.refresh());
    LOADLINE_ASSIGN(const std::uint64_t last, store_.last_change(collection.id));
    LOADLINE_ASSIGN(const std::vector<DeletionReceipt> receipts, store_.receipts(collection.id));
    const bool deleting = std::any_of(receipts.begin(), receipts.end(), [](const DeletionReceipt& r) {
      return r.finished == 0 || !r.log_truncated;
    });
    if (follower.up_to_date(last) && !deleting) continue;
    if (!lock) {
      LOADLINE_ASSIGN(lock, store_.lock_for_writing(context));
    }
    LOADLINE_TRY(follower.follow(context));
    if (auto finished = finish_deletes(store_, collection.id, follower, context); !finished)
      return finished.error();
    LOADLINE_TRY(store_.drop_retired(collection.id, follower.applied()));
  }
  return {};
}

Result<CollectionStatus> Ingestor::status(std::string_view collection) const {
  LOADLINE_ASSIGN(const CollectionRecord record, find_record(store_, collection));
  CollectionStatus status;
  status.name = record.name;
  status.embedder = record.embedder;
  const std::string writer = store_.writer();
  LOADLINE_ASSIGN(const std::vector<DocumentEntry> entries, store_.document_entries(record.id));
  for (const DocumentEntry& entry : entries) status.documents.push_back(status_of(entry, writer));
  const std::size_t dimensions = record.dimensions > 0 ? record.dimensions : embedder_.info().dimensions;
  LOADLINE_ASSIGN(const CollectionIndexes indexes, indexes_.open(record.id, dimensions));
  LOADLINE_TRY(indexes.keyword->refresh());
  LOADLINE_TRY(indexes.vector->refresh());
  status.keyword = indexes.keyword->stats();
  status.vector = indexes.vector->stats();
  status.keyword_change = indexes.keyword->applied_change();
  status.vector_change = indexes.vector->applied_change();
  LOADLINE_ASSIGN(status.store_change, store_.last_change(record.id));
  return status;
}

Result<VerifyReport> Ingestor::verify(std::string_view collection, const CallContext& context) const {
  LOADLINE_ASSIGN(const CollectionRecord record, find_record(store_, collection));
  LOADLINE_ASSIGN(const std::unique_ptr<WriterLock> lock, store_.lock_for_writing(context));
  const std::size_t dimensions = record.dimensions > 0 ? record.dimensions : embedder_.info().dimensions;
  LOADLINE_ASSIGN(const CollectionIndexes indexes, indexes_.open(record.id, dimensions));
  LOADLINE_TRY(indexes.keyword->refresh());
  LOADLINE_TRY(indexes.vector->refresh());
  LOADLINE_ASSIGN(const std::uint64_t last, store_.last_change(record.id));
  LOADLINE_ASSIGN(const StoreAudit audit, store_.audit(record.id));
  VerifyReport report;
  report.findings = audit.orphans;
  for (const std::string& name : audit.leftover)
    report.findings.push_back("document " + name + " has a receipt of its deletion and is still stored");
  LOADLINE_TRY(compare(*indexes.keyword, "keyword index", audit, last, report.findings));
  LOADLINE_TRY(compare(*indexes.vector, "vector index", audit, last, report.findings));
  report.chunks = audit.indexed.size();
  report.receipts = audit.receipts;
  return report;
}

}  // namespace loadline

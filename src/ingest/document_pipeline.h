#pragma once
// The stages of one document version, each behind its ledger row: takes leases, obeys time limits, stores
// output in bounded pieces, turns failures into states. Extraction may run on another thread than the rest.
//
// Two kinds of errors: one of the document (a damaged file, a time limit) ends that document's way and is a
// StageEnd; one of the job (the store cannot write, it was cancelled) is the Result's error and ends the job.
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/call_context.h"
#include "base/result.h"
#include "ingest/ingestor.h"
#include "model/ingest_store.h"

namespace loadline {

enum class StageEnd : std::uint8_t {
  done,
  failed,  // for good; the version's record has the reason
  later,   // it waits for another job
};

/// Shared by the stages of a job; all references outlive it.
struct PipelineParts {
  IngestStore& store;
  DocumentExtractor& extractor;
  const Embedder& embedder;
  const SourceFiles& files;
  const Clock& clock;
  const IngestLimits& limits;
  const PageRedactor* redactor;  // may be null
  std::string holder;            // of the leases
  std::function<void(std::string_view document, IngestStage stage, std::size_t done, std::size_t all)>
      progress;
  std::function<bool()> stopped;  // the job ends early
};

/// One version on its way, in memory.
struct DocumentInWork {
  VersionRecord version;
  std::string name;
  std::string path;                // raw bytes
  FileStamp stamp;                 // when its content was hashed
  std::size_t embedded = 0;        // chunks given to the embedder
  std::optional<Error> refused{};  // the collection's rule does not let it in
};

/// The stage versions of today's extractor, rules and embedder. `redactor` may be null.
StageVersions current_stages(const DocumentExtractor& extractor, const Embedder& embedder,
                             const PageRedactor* redactor);
/// The part of an extract stage's version that is the redactor's; "" if there was none.
std::string_view redaction_of(std::string_view extract_version);

class DocumentPipeline {
 public:
  explicit DocumentPipeline(const PipelineParts& parts) : parts_(parts) {}

  /// Page by page. A page that stops the extractor is recorded as lost, with the reason, and it goes on
  /// behind it; after several in a row, or when time is up, the rest is given up. A document without one
  /// readable page fails.
  Result<StageEnd> extract(DocumentInWork& document, const CallContext& context) const;
  /// Describe, chunk and embed, as far as they are not done.
  Result<StageEnd> prepare(DocumentInWork& document, const CallContext& context) const;

  StageLease lease(std::chrono::seconds time_limit) const;

 private:
  /// The work of a stage: its error is the job's; `problem` is the document's.
  using Work = std::function<Status(std::optional<Error>& problem)>;

  Status extract_once(DocumentInWork& document, const CallContext& limited, const CallContext& context,
                      std::optional<Error>& problem) const;
  Result<StageEnd> refuse(DocumentInWork& document) const;
  Result<StageEnd> finish_extract(DocumentInWork& document) const;
  Status give_up(DocumentInWork& document, int last_page, const std::string& reason) const;

  Status describe(DocumentInWork& document) const;
  Status chunk(DocumentInWork& document, const CallContext& context, std::optional<Error>& problem) const;
  Status embed(DocumentInWork& document, const CallContext& context, std::optional<Error>& problem) const;
  Result<StageEnd> run_stage(DocumentInWork& document, IngestStage stage, std::chrono::seconds limit,
                             const Work& work) const;
  Result<StageEnd> fail(DocumentInWork& document, IngestStage stage, const Error& error, bool for_good) const;
  bool cut_too_often(const DocumentInWork& document) const;
  Status reload(DocumentInWork& document) const;

  const PipelineParts& parts_;
};

}  // namespace loadline

#include "retrieval_workspace.h"

#include <cstdio>
#include <cstdlib>

namespace loadline {
namespace {

class Reporter final : public IngestObserver {
 public:
  void on_document(const DocumentOutcome& outcome) override {
    if (!outcome.unchanged)
      std::fprintf(stderr, "%s: %s, %d pages, %u chunks, %.1f s %s\n", outcome.name.c_str(),
                   std::string(state_name(outcome.state)).c_str(), outcome.pages, outcome.chunks,
                   outcome.seconds, outcome.reason.c_str());
  }
};

}  // namespace

Result<std::unique_ptr<RetrievalWorkspace>> RetrievalWorkspace::open(const WorkspaceOptions& options) {
  std::unique_ptr<RetrievalWorkspace> space(new RetrievalWorkspace);
  space->extractor_path_ = options.extractor;
  LOADLINE_ASSIGN(space->store_, SqliteStore::open(options.folder, space->clock_));
  LOADLINE_ASSIGN(space->embedder_, BertEncoder::open({.model_folder = options.model}));
  space->indexes_ = std::make_unique<IndexFolders>(space->files_, options.folder);
  return space;
}

CallContext RetrievalWorkspace::context() const {
  CallContext context;
  context.clock = &clock_;
  return context;
}

Status RetrievalWorkspace::ingest(const std::string& collection, const std::vector<std::string>& paths) {
  ExtractorOptions options;
  options.program = extractor_path_;
  LOADLINE_ASSIGN(const auto extractor, ExtractorProcess::open(options));
  Ingestor ingestor(*store_, *indexes_, *extractor, *embedder_, sources_, clock_);
  Reporter reporter;
  IngestRequest request;
  request.collection = collection;
  request.paths = paths;
  LOADLINE_ASSIGN(const IngestSummary summary, ingestor.run(request, reporter, context()));
  std::fprintf(stderr, "%s: %zu done, %zu partial, %zu failed, %zu unchanged\n", collection.c_str(),
               summary.done, summary.partial, summary.failed, summary.unchanged);
  return {};
}

std::string bench_data_folder() {
  const char* const set = std::getenv("LOADLINE_BENCH_DATA");
  return set != nullptr && *set != '\0' ? set : "../shared/data";
}

std::string bench_model_folder() {
  const char* const cache = std::getenv("LOADLINE_CACHE");
  const char* const home = std::getenv("HOME");
  const std::string base = cache != nullptr && *cache != '\0' ? cache
                           : home != nullptr                  ? std::string(home) + "/.cache/loadline"
                                                              : ".cache/loadline";
  return base + "/models/all-minilm-l6-v2";
}

}  // namespace loadline

// Ingests a folder with everything real (confined extractor, encoder, indexes, store) into a fresh data
// folder and prints where the time went, then what a second run costs, and what was found about each
// document.
//
//   loadline_ingest_bench MODEL_FOLDER DOCUMENTS DATA_FOLDER [--evidence]
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "encoder/bert_encoder.h"
#include "extract/extractor_process.h"
#include "ingest/describe.h"
#include "ingest/ingestor.h"
#include "retrieval/keyword/keyword_index.h"
#include "retrieval/vector/vector_index.h"
#include "storage/posix_file_system.h"
#include "storage/posix_source_files.h"
#include "storage/sqlite_store.h"

namespace loadline {
namespace {

double seconds_since(Instant begin, const Clock& clock) {
  return std::chrono::duration<double>(clock.now() - begin).count();
}

/// An Embedder that measures the time spent in it.
class TimedEmbedder final : public Embedder {
 public:
  TimedEmbedder(const Embedder& embedder, const Clock& clock) : embedder_(embedder), clock_(clock) {}
  const EmbedderInfo& info() const override { return embedder_.info(); }
  Result<Matrix> embed(std::span<const std::string_view> texts, const CallContext& context) const override {
    const Instant begin = clock_.now();
    auto rows = embedder_.embed(texts, context);
    seconds += seconds_since(begin, clock_);
    return rows;
  }
  Result<Matrix> token_vectors(std::string_view text, std::vector<TokenSpan>& tokens,
                               const CallContext& context) const override {
    return embedder_.token_vectors(text, tokens, context);
  }
  std::vector<TokenSpan> tokenize(std::string_view text) const override { return embedder_.tokenize(text); }

  mutable double seconds = 0;

 private:
  const Embedder& embedder_;
  const Clock& clock_;
};

class TimedExtractor final : public DocumentExtractor {
 public:
  TimedExtractor(DocumentExtractor& extractor, const Clock& clock) : extractor_(extractor), clock_(clock) {}
  Status extract(const ExtractRequest& request, PageSink& sink, const CallContext& context) override {
    const Instant begin = clock_.now();
    Status status = extractor_.extract(request, sink, context);
    seconds += seconds_since(begin, clock_);
    return status;
  }
  std::string version() const override { return extractor_.version(); }
  double seconds = 0;

 private:
  DocumentExtractor& extractor_;
  const Clock& clock_;
};

class OneCollection final : public IndexCatalogue {
 public:
  OneCollection(FileSystem& files, std::string folder) : files_(files), folder_(std::move(folder)) {}
  Result<CollectionIndexes> open(CollectionId, std::size_t dimensions) override {
    if (!keyword_) {
      LOADLINE_TRY(files_.create_folder(folder_ + "/keyword"));
      LOADLINE_TRY(files_.create_folder(folder_ + "/vector"));
      LOADLINE_ASSIGN(keyword_, open_keyword_index(files_, folder_ + "/keyword"));
      LOADLINE_ASSIGN(vector_, open_vector_index(files_, folder_ + "/vector", dimensions));
    }
    return CollectionIndexes{keyword_.get(), vector_.get()};
  }

 private:
  FileSystem& files_;
  const std::string folder_;
  std::unique_ptr<KeywordIndex> keyword_;
  std::unique_ptr<VectorIndex> vector_;
};

void print_chunks(const SqliteStore& store, CollectionId collection) {
  const auto places = store.chunk_places(collection);
  std::vector<ChunkId> ids;
  for (const auto& place : *places) ids.push_back(place.chunk);
  const auto chunks = store.chunks(ids);
  std::vector<std::uint32_t> text, table;
  std::size_t pages = 0;
  for (const Chunk& chunk : *chunks) {
    (chunk.is_table ? table : text).push_back(chunk.tokens);
    pages += chunk.pages.size() > 1 ? 1 : 0;
  }
  for (auto* kind : {&text, &table}) {
    std::sort(kind->begin(), kind->end());
    const auto at = [&](double q) {
      return kind->empty() ? 0 : (*kind)[static_cast<std::size_t>(q * static_cast<double>(kind->size() - 1))];
    };
    std::printf("%s chunks: %zu, tokens p10 %u p50 %u p90 %u max %u\n", kind == &text ? "text" : "table",
                kind->size(), at(0.1), at(0.5), at(0.9), at(1));
  }
  std::printf("chunks over two pages: %zu\n", pages);
}

void print_evidence(const SqliteStore& store, CollectionId collection) {
  const auto records = store.documents(collection);
  for (const DocumentRecord& record : *records) {
    std::printf("%s\n  title %s\n  kind %s\n  entities", record.name.c_str(), record.title.c_str(),
                record.kind.c_str());
    for (const std::string& entity : record.entities) std::printf(" [%s]", entity.c_str());
    std::printf("\n  periods");
    for (const std::string& period : record.periods) std::printf(" %s", period.c_str());
    std::printf("\n");
  }
}

Status run(const std::string& model, const std::string& documents, const std::string& data, bool evidence) {
  const SystemClock clock;
  CallContext context;
  context.clock = &clock;
  PosixFileSystem files;
  const PosixSourceFiles sources;
  LOADLINE_ASSIGN(const auto store, SqliteStore::open(data, clock));
  LOADLINE_ASSIGN(const auto encoder, BertEncoder::open({.model_folder = model}));
  LOADLINE_ASSIGN(const auto process, ExtractorProcess::open({}));
  OneCollection catalogue(files, data);
  const TimedEmbedder embedder(*encoder, clock);
  TimedExtractor extractor(*process, clock);
  Ingestor ingestor(*store, catalogue, extractor, embedder, sources, clock);
  IngestRequest request;
  request.collection = "bench";
  request.paths = {documents};
  IngestObserver silent;
  for (const char* name : {"first", "second"}) {
    LOADLINE_ASSIGN(const IngestSummary summary, ingestor.run(request, silent, context));
    struct rusage usage {};
    ::getrusage(RUSAGE_SELF, &usage);
    std::printf(
        "%s run: %.2f s, %llu pages (%llu lost), %llu chunks, %zu embedded; in the extractor %.2f s, in the "
        "embedder %.2f s; peak memory %ld MiB\n",
        name, summary.seconds, static_cast<unsigned long long>(summary.pages),
        static_cast<unsigned long long>(summary.lost_pages), static_cast<unsigned long long>(summary.chunks),
        summary.embedded, extractor.seconds, embedder.seconds, usage.ru_maxrss / 1024);
    for (const DocumentOutcome& outcome : summary.documents)
      if (!outcome.unchanged)
        std::printf("  %-40s %-8s %5d pages %5u chunks %7.2f s %s\n", outcome.name.c_str(),
                    std::string(state_name(outcome.state)).c_str(), outcome.pages, outcome.chunks,
                    outcome.seconds, outcome.reason.c_str());
  }
  LOADLINE_ASSIGN(const CollectionId collection, store->find_collection("bench"));
  print_chunks(*store, collection);
  if (evidence) print_evidence(*store, collection);
  LOADLINE_ASSIGN(const VerifyReport report, ingestor.verify("bench", context));
  for (const std::string& finding : report.findings) std::printf("verify: %s\n", finding.c_str());
  std::printf("verify: %zu findings\n", report.findings.size());
  return {};
}

}  // namespace
}  // namespace loadline

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s MODEL_FOLDER DOCUMENTS DATA_FOLDER [--evidence]\n", argv[0]);
    return 2;
  }
  const bool evidence = argc > 4 && std::strcmp(argv[4], "--evidence") == 0;
  const loadline::Status status = loadline::run(argv[1], argv[2], argv[3], evidence);
  if (!status) std::fprintf(stderr, "%s\n", status.error().to_string().c_str());
  return status.ok() ? 0 : 1;
}

// A data folder with a collection of so many chunks, for bench/server.py:
//
//   loadline_server_collection FOLDER CHUNKS EXTRACTOR MODEL_FOLDER
//
// Everything goes its ordinary way (files, extractor, chunks by the embedder's tokenizer, both indexes)
// except for the vectors, which are random: to embed 100,000 chunks takes minutes and changes neither memory
// nor starting time.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "apps/loadline/index_folders.h"
#include "base/hash.h"
#include "base/rng.h"
#include "encoder/bert_encoder.h"
#include "extract/extractor_process.h"
#include "ingest/ingestor.h"
#include "storage/posix_file_system.h"
#include "storage/posix_source_files.h"
#include "storage/sqlite_store.h"

namespace loadline {
namespace {

constexpr std::size_t chunks_per_document = 100;
constexpr std::size_t words_per_paragraph = 55;  // one chunk
constexpr std::uint32_t vocabulary = 30'000;

class RandomVectors final : public Embedder {
 public:
  explicit RandomVectors(const Embedder& real) : real_(real) {}
  const EmbedderInfo& info() const override { return real_.info(); }
  std::vector<TokenSpan> tokenize(std::string_view text) const override { return real_.tokenize(text); }
  std::size_t count_tokens(std::string_view text) const override { return real_.count_tokens(text); }
  Result<Matrix> token_vectors(std::string_view text, std::vector<TokenSpan>& tokens,
                               const CallContext& context) const override {
    return real_.token_vectors(text, tokens, context);
  }
  Result<Matrix> embed(std::span<const std::string_view> texts, const CallContext&) const override {
    const std::size_t columns = info().dimensions;
    Matrix out{texts.size(), columns, std::vector<float>(texts.size() * columns)};
    for (std::size_t r = 0; r < texts.size(); ++r) {
      Rng rng(hash64(texts[r]));
      float norm = 0;
      for (std::size_t c = 0; c < columns; ++c) {
        float& value = out.values[r * columns + c];
        value = static_cast<float>(rng.uniform()) - 0.5F;
        norm += value * value;
      }
      for (std::size_t c = 0; c < columns; ++c) out.values[r * columns + c] /= std::sqrt(norm);
    }
    return out;
  }

 private:
  const Embedder& real_;
};

// Words by Zipf's law, as long words as syllables make them.
std::string paragraph(Rng& rng) {
  static constexpr const char* syllables[] = {"ka", "mi", "ro", "ten", "sol", "ba", "ven", "dor"};
  std::string text;
  for (std::size_t i = 0; i < words_per_paragraph; ++i) {
    auto word =
        static_cast<std::uint32_t>(std::exp(rng.uniform() * std::log(static_cast<double>(vocabulary))));
    if (!text.empty()) text += i % 12 == 0 ? ". " : " ";
    do text += syllables[word % 8];
    while ((word /= 8) > 0);
  }
  return text + ".\n\n";
}

void write_documents(const std::string& folder, std::size_t documents) {
  std::filesystem::create_directories(folder);
  for (std::size_t d = 0; d < documents; ++d) {
    Rng rng(d + 1);
    std::ofstream out(folder + "/report-" + std::to_string(d) + ".txt");
    for (std::size_t i = 0; i < chunks_per_document; ++i) out << paragraph(rng);
  }
}

Status make(const std::string& folder, std::size_t chunks, const std::string& program,
            const std::string& model) {
  const std::string documents = folder + "-documents";
  write_documents(documents, (chunks + chunks_per_document - 1) / chunks_per_document);
  SystemClock clock;
  PosixFileSystem files;
  PosixSourceFiles sources;
  LOADLINE_ASSIGN(const auto store, SqliteStore::open(folder, clock));
  LOADLINE_ASSIGN(const auto encoder, BertEncoder::open({.model_folder = model, .name = "all-minilm-l6-v2"}));
  const RandomVectors embedder(*encoder);
  IndexFolders indexes(files, folder);
  LOADLINE_ASSIGN(const auto extractor, ExtractorProcess::open({.program = program, .limits = {}}));
  Ingestor ingestor(*store, indexes, *extractor, embedder, sources, clock);
  IngestRequest request;
  request.collection = "reports";
  request.paths = {documents};
  IngestObserver silent;
  CallContext context;
  context.clock = &clock;
  LOADLINE_ASSIGN(const IngestSummary summary, ingestor.run(request, silent, context));
  std::printf("%zu documents, %zu failed, %llu chunks, %.0f s\n", summary.documents.size(), summary.failed,
              static_cast<unsigned long long>(summary.chunks), summary.seconds);
  std::filesystem::remove_all(documents);
  return {};
}

}  // namespace
}  // namespace loadline

int main(int argc, char** argv) {
  if (argc != 5)
    return std::fprintf(stderr, "usage: loadline_server_collection FOLDER CHUNKS EXTRACTOR MODEL_FOLDER\n"),
           2;
  const loadline::Status status = loadline::make(argv[1], std::stoul(argv[2]), argv[3], argv[4]);
  if (!status) return std::fprintf(stderr, "error: %s\n", status.error().message().c_str()), 1;
  return 0;
}

// Recall of the vector index on the embeddings of real texts, against the exact scan.
//
//   loadline_index_recall --model DIR --texts FILE [--cache FILE]
//
// FILE has one text a line; every 50th is a query, cut to its first half so that it equals no chunk, the
// others are the chunks. The vectors are kept in --cache, because making them takes longest. The index is
// built in memory by changes of 50 chunks, as ingestion does, with a tenth of them removed again.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "encoder/bert_encoder.h"
#include "model/memory_file_system.h"
#include "retrieval/vector/vector_index.h"

namespace loadline {
namespace {

constexpr std::size_t query_every = 50;
constexpr std::size_t batch = 512;

struct Arguments {
  std::string model, texts, cache;
};

struct Vectors {
  std::size_t dimensions = 0;
  std::vector<float> values;
  std::size_t rows() const { return values.size() / dimensions; }
  std::span<const float> row(std::size_t i) const {
    return std::span(values).subspan(i * dimensions, dimensions);
  }
};

template <class T>
T must(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "index_recall: %s\n", result.error().to_string().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

std::vector<std::string> read_texts(const std::string& path) {
  std::vector<std::string> texts;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (texts.size() % query_every == 0) line.resize(line.size() / 2);
    texts.push_back(line);
  }
  return texts;
}

Vectors vectors_of(const Arguments& arguments, const CallContext& context) {
  const std::vector<std::string> texts = read_texts(arguments.texts);
  BertEncoderOptions options;
  options.model_folder = arguments.model;
  const auto encoder = must(BertEncoder::open(options));
  Vectors vectors{encoder->info().dimensions, {}};
  vectors.values.resize(texts.size() * vectors.dimensions);
  std::ifstream cached(arguments.cache, std::ios::binary);
  const auto bytes = static_cast<std::streamsize>(vectors.values.size() * sizeof(float));
  if (cached.read(reinterpret_cast<char*>(vectors.values.data()), bytes)) return vectors;
  vectors.values.clear();
  for (std::size_t at = 0; at < texts.size(); at += batch) {
    const std::vector<std::string_view> part(
        texts.begin() + static_cast<std::ptrdiff_t>(at),
        texts.begin() + static_cast<std::ptrdiff_t>(std::min(texts.size(), at + batch)));
    const Matrix rows = must(encoder->embed(part, context));
    vectors.values.insert(vectors.values.end(), rows.values.begin(), rows.values.end());
  }
  if (!arguments.cache.empty()) {
    std::ofstream(arguments.cache, std::ios::binary)
        .write(reinterpret_cast<const char*>(vectors.values.data()), bytes);
  }
  return vectors;
}

void fill(VectorIndex& index, const Vectors& vectors, const CallContext& context) {
  std::vector<VectorEntry> entries;
  std::vector<ChunkId> removed;
  std::uint64_t change = 0;
  for (std::size_t i = 0; i < vectors.rows(); ++i) {
    if (i % query_every == 0) continue;
    entries.push_back({ChunkId{i}, vectors.row(i)});
    if (i % 10 == 3) removed.push_back(ChunkId{i});
    if (entries.size() < query_every) continue;
    must(index.apply(entries, {}, ++change));
    entries.clear();
  }
  must(index.apply(entries, removed, ++change));
  must(index.settle(context));
}

double recall(const VectorIndex& index, const VectorIndex& exact, const Vectors& vectors, std::size_t k,
              const ChunkFilter* filter, const CallContext& context) {
  std::size_t right = 0, all = 0;
  for (std::size_t q = 0; q < vectors.rows(); q += query_every) {
    const auto wanted = must(exact.search(vectors.row(q), k, filter, context));
    const auto got = must(index.search(vectors.row(q), k, filter, context));
    for (const ScoredChunk& hit : wanted) {
      right += std::any_of(got.begin(), got.end(), [&](const ScoredChunk& g) { return g.chunk == hit.chunk; })
                   ? 1
                   : 0;
    }
    all += wanted.size();
  }
  return static_cast<double>(right) / static_cast<double>(all);
}

int run(const Arguments& arguments) {
  const SystemClock clock;
  CallContext context;
  context.clock = &clock;
  const Vectors vectors = vectors_of(arguments, context);
  MemoryFileSystem files;
  const auto index = must(open_vector_index(files, "index", vectors.dimensions));
  fill(*index, vectors, context);
  VectorIndexOptions scan_only;
  scan_only.exact_share = 1;
  const auto exact = must(open_vector_index(files, "index", vectors.dimensions, scan_only));
  const IndexStats stats = index->stats();
  std::printf("%llu chunks, %llu deleted ones still in %llu segments\n",
              static_cast<unsigned long long>(stats.chunks), static_cast<unsigned long long>(stats.deleted),
              static_cast<unsigned long long>(stats.segments));
  std::printf("recall@1 %.4f  @10 %.4f  @100 %.4f\n", recall(*index, *exact, vectors, 1, nullptr, context),
              recall(*index, *exact, vectors, 10, nullptr, context),
              recall(*index, *exact, vectors, 100, nullptr, context));
  for (const std::uint64_t modulus : {2, 3, 5, 10, 100, 1000}) {
    const ChunkFilter filter{stats.chunks / modulus + 1,
                             [modulus](ChunkId id) { return id.value % modulus == 1; }};
    std::printf("filter leaves 1 in %llu: recall@10 %.4f\n", static_cast<unsigned long long>(modulus),
                recall(*index, *exact, vectors, 10, &filter, context));
  }
  return 0;
}

}  // namespace
}  // namespace loadline

int main(int count, char** values) {
  loadline::Arguments arguments;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = values[i];
    if (name == "--model") arguments.model = values[i + 1];
    if (name == "--texts") arguments.texts = values[i + 1];
    if (name == "--cache") arguments.cache = values[i + 1];
  }
  if (arguments.model.empty() || arguments.texts.empty()) {
    std::fprintf(stderr, "usage: index_recall --model DIR --texts FILE [--cache FILE]\n");
    return 2;
  }
  return loadline::run(arguments);
}

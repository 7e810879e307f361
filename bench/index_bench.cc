// Search latency, recall, memory and opening time of both indexes at 100,000 chunks, without query embedding.
//
//   loadline_index_bench [--chunks N] [--queries N] [--folder DIR] [--seed N] [--rebuild]
//
// The chunks are generated: texts of about 150 words whose words follow Zipf's law with the topics of their
// document, a third of them tables full of numbers; vectors of 384 dimensions in clusters of documents and
// topics. Queries are questions made from a chunk's rarer words among common ones, and vectors near a
// chunk's. The indexes are built once into --folder (default: bench-index in the temporary folder) by changes
// of one document each, as ingestion does, and used again by later runs.
//
// Peers in the same run: BM25 scored exhaustively term by term over an inverted index in memory, and the
// exact scan of all vectors by the same kernels. The peers come last, so that the memory printed is the
// indexes' own.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/rng.h"
#include "retrieval/keyword/analyzer.h"
#include "retrieval/keyword/keyword_index.h"
#include "retrieval/keyword/query_terms.h"
#include "retrieval/segments/top_k.h"
#include "retrieval/vector/vector_index.h"
#include "storage/posix_file_system.h"

namespace loadline {
namespace {

constexpr std::size_t dimensions = 384;
constexpr std::size_t results = 100;

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct Arguments {
  std::size_t chunks = 100'000;
  std::size_t queries = 2000;
  std::string folder = (std::filesystem::temp_directory_path() / "bench-index").string();
  std::uint64_t seed = 1;
  bool rebuild = false;
};

template <class T>
T must(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "index_bench: %s\n", result.error().to_string().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

double resident_mib(const char* field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return std::strtod(line.c_str() + std::strlen(field), nullptr) / 1024;
  }
  return 0;
}

// Texts and vectors that can be made again from the seed and the number of the chunk.
class Corpus {
 public:
  explicit Corpus(std::uint64_t seed) : seed_(seed) {
    Rng rng(seed, 99);
    for (std::uint32_t i = 0; i < vocabulary; ++i) words_.push_back(make_word(i, rng));
    common_direction_ = gaussian(rng);
    for (std::uint32_t i = 0; i < topics; ++i) topic_directions_.push_back(gaussian(rng));
  }

  static std::uint32_t document_of(std::size_t chunk) {
    return static_cast<std::uint32_t>(chunk / chunks_per_document);
  }
  static constexpr std::size_t chunks_per_document = 60;

  std::string text(std::size_t chunk) const {
    Rng rng(seed_ + chunk, 1);
    const std::uint32_t document = document_of(chunk);
    std::string text = words_[title_word(document, 0)] + " " + words_[title_word(document, 1)] +
                       " annual report " + std::to_string(2008 + document % 16) + "\n";
    const bool is_table = rng.below(3) == 0;
    const std::uint32_t topic = topic_of(chunk);
    for (std::uint32_t n = 90 + rng.below(90); n > 0; --n) {
      if (is_table ? rng.below(5) < 3 : rng.below(25) == 0) {
        text += number(rng);
      } else {
        text += words_[word(rng, document, topic)];
      }
      text += rng.below(12) == 0 ? ". " : " ";
    }
    return text;
  }

  std::string question(std::size_t chunk, Rng& rng) const {
    static constexpr const char* openings[] = {"what was the ", "how much ", "which ", "did the ",
                                               "what is "};
    std::string text = openings[rng.below(5)];
    const std::uint32_t document = document_of(chunk), topic = topic_of(chunk);
    for (std::uint32_t n = 5 + rng.below(6); n > 0; --n) text += words_[word(rng, document, topic)] + " ";
    text += words_[title_word(document, 0)] + " " + words_[title_word(document, 1)] + " in FY" +
            std::to_string(2008 + document % 16) + "?";
    return text;
  }

  std::vector<float> vector(std::size_t chunk) const {
    Rng rng(seed_ + chunk, 2);
    Rng document_rng(seed_ + document_of(chunk), 3);
    std::vector<float> vector = gaussian(rng);
    const std::vector<float> document = gaussian(document_rng);
    const std::vector<float>& topic = topic_directions_[topic_of(chunk)];
    for (std::size_t i = 0; i < dimensions; ++i) {
      vector[i] = 0.62F * vector[i] + 0.5F * document[i] + 0.5F * topic[i] + 0.33F * common_direction_[i];
    }
    return unit(std::move(vector));
  }

  std::vector<float> query_vector(std::size_t chunk, Rng& rng) const {
    std::vector<float> near = vector(chunk);
    const std::vector<float> noise = gaussian(rng);
    for (std::size_t i = 0; i < dimensions; ++i) near[i] += 0.75F * noise[i];
    return unit(std::move(near));
  }

 private:
  static constexpr std::uint32_t vocabulary = 120'000;
  static constexpr std::uint32_t topics = 3000;

  static std::string make_word(std::uint32_t rank, Rng& rng) {
    static constexpr const char* stop_words[] = {
        "the", "of", "and", "to",  "in", "a",  "for",  "on", "is",   "that", "with",  "as", "by",
        "was", "or", "our", "are", "we", "at", "from", "be", "what", "how",  "which", "did"};
    if (rank < std::size(stop_words)) return stop_words[rank];
    static constexpr char consonants[] = "bcdfglmnprstvz", vowels[] = "aeiou";
    std::string word;
    for (std::uint32_t n = 2 + rng.below(3); n > 0; --n) {
      word += consonants[rng.below(14)];
      word += vowels[rng.below(5)];
      if (rng.below(3) == 0) word += consonants[rng.below(14)];
    }
    return word;
  }

  // Zipf with exponent 1: rank of a uniform number on a logarithmic scale.
  static std::uint32_t zipf(Rng& rng, double limit) {
    return static_cast<std::uint32_t>(std::exp(rng.uniform() * std::log(limit)) - 1);
  }
  std::uint32_t title_word(std::uint32_t document, std::uint32_t which) const {
    return 2000 + (document * 2654435761U + which * 40503U) % 30'000;
  }
  std::uint32_t topic_of(std::size_t chunk) const {
    return static_cast<std::uint32_t>((chunk / 6 * 2654435761ULL + seed_) % topics);
  }
  // Two words of three are anybody's, the third one is of the topic's or the document's own list.
  std::uint32_t word(Rng& rng, std::uint32_t document, std::uint32_t topic) const {
    if (rng.below(3) != 0) return zipf(rng, vocabulary);
    const std::uint32_t own = zipf(rng, 400);
    const std::uint32_t list = rng.below(2) == 0 ? topic * 7919U : document * 104729U + 17;
    return 500 + (list + own * own * 31U) % (vocabulary - 500);
  }
  static std::string number(Rng& rng) {
    std::string digits = std::to_string(rng.below(rng.below(2) == 0 ? 1000 : 2'000'000));
    if (digits.size() > 3) digits.insert(digits.size() - 3, ",");
    switch (rng.below(6)) {
      case 0:
        return "$" + digits;
      case 1:
        return digits.substr(0, 2) + "." + std::to_string(rng.below(10)) + "%";
      default:
        return digits;
    }
  }
  static std::vector<float> gaussian(Rng& rng) {  // of length about one
    std::vector<float> vector(dimensions);
    for (float& value : vector) {
      double sum = -6;
      for (int i = 0; i < 12; ++i) sum += rng.uniform();
      value = static_cast<float>(sum / std::sqrt(static_cast<double>(dimensions)));
    }
    return vector;
  }
  static std::vector<float> unit(std::vector<float> vector) {
    double square = 0;
    for (const float value : vector) square += static_cast<double>(value) * value;
    for (float& value : vector) value = static_cast<float>(value / std::sqrt(square));
    return vector;
  }

  const std::uint64_t seed_;
  std::vector<std::string> words_;
  std::vector<float> common_direction_;
  std::vector<std::vector<float>> topic_directions_;
};

struct Indexes {
  std::unique_ptr<KeywordIndex> keyword;
  std::unique_ptr<VectorIndex> vector;
};

Indexes open_indexes(FileSystem& files, const std::string& folder, const VectorIndexOptions& options = {}) {
  Indexes indexes;
  indexes.keyword = must(open_keyword_index(files, folder + "/keyword"));
  indexes.vector = must(open_vector_index(files, folder + "/vector", dimensions, options));
  return indexes;
}

void build(const Arguments& arguments, const Corpus& corpus, FileSystem& files, const CallContext& context) {
  Indexes indexes = open_indexes(files, arguments.folder);
  const std::uint64_t documents =
      (arguments.chunks + Corpus::chunks_per_document - 1) / Corpus::chunks_per_document;
  if (!arguments.rebuild && indexes.keyword->applied_change() == documents &&
      indexes.vector->applied_change() == documents) {
    std::printf("using the indexes in %s\n", arguments.folder.c_str());
    return;
  }
  must(indexes.keyword->clear());
  must(indexes.vector->clear());
  std::vector<double> keyword_ms, vector_ms;
  const double start = now_ms();
  for (std::uint64_t document = 0; document < documents; ++document) {
    std::vector<std::string> texts;
    std::vector<std::vector<float>> vectors;
    std::vector<KeywordEntry> keyword_entries;
    std::vector<VectorEntry> vector_entries;
    const std::size_t first = document * Corpus::chunks_per_document;
    const std::size_t last = std::min(arguments.chunks, first + Corpus::chunks_per_document);
    for (std::size_t chunk = first; chunk < last; ++chunk) {
      texts.push_back(corpus.text(chunk));
      vectors.push_back(corpus.vector(chunk));
    }
    for (std::size_t i = 0; i < texts.size(); ++i) {
      keyword_entries.push_back({ChunkId{first + i + 1}, texts[i]});
      vector_entries.push_back({ChunkId{first + i + 1}, vectors[i]});
    }
    const double begin = now_ms();
    must(indexes.keyword->apply(keyword_entries, {}, document + 1));
    const double middle = now_ms();
    must(indexes.vector->apply(vector_entries, {}, document + 1));
    keyword_ms.push_back(middle - begin);
    vector_ms.push_back(now_ms() - middle);
  }
  const double applied = now_ms();
  must(indexes.keyword->settle(context));
  must(indexes.vector->settle(context));
  std::sort(keyword_ms.begin(), keyword_ms.end());
  std::sort(vector_ms.begin(), vector_ms.end());
  std::printf(
      "built: %.1f s applying %zu documents (p50 keyword %.1f ms, vector %.1f ms; max %.0f, %.0f), then "
      "%.1f s settling; peak %.0f MiB\n",
      (applied - start) / 1000, keyword_ms.size(), keyword_ms[keyword_ms.size() / 2],
      vector_ms[vector_ms.size() / 2], keyword_ms.back(), vector_ms.back(), (now_ms() - applied) / 1000,
      resident_mib("VmHWM:"));
}

struct Timing {
  std::vector<double> ms;
  template <class Work>
  void measure(Work&& work) {
    const double begin = now_ms();
    work();
    ms.push_back(now_ms() - begin);
  }
  void print(const char* name) {
    std::sort(ms.begin(), ms.end());
    const auto at = [&](double share) {
      return ms[static_cast<std::size_t>(share * static_cast<double>(ms.size() - 1))];
    };
    std::printf("%-38s p50 %7.3f ms   p95 %7.3f ms   p99 %7.3f ms   max %7.3f ms\n", name, at(0.5), at(0.95),
                at(0.99), ms.back());
  }
};

// The peer: an inverted index in memory, every posting of every query term scored.
class ExhaustiveBm25 {
 public:
  void add(ChunkId id, std::string_view text, Analyzer& analyzer) {
    std::uint32_t length = 0;
    const auto row = static_cast<std::uint32_t>(ids_.size());
    analyzer.analyze(text, [&](std::string_view term, bool counts) {
      length += counts ? 1 : 0;
      auto& list = lists_[std::string(term)];
      if (list.empty() || list.back().first != row) list.emplace_back(row, 0);
      ++list.back().second;
    });
    ids_.push_back(id);
    lengths_.push_back(length);
    total_ += length;
  }

  std::vector<ScoredChunk> search(std::string_view query, std::size_t k, Analyzer& analyzer) {
    const Bm25 bm25({}, {ids_.size(), total_});
    sums_.assign(ids_.size(), 0);
    for (const QueryTerm& term : parse_query(query, analyzer)) {
      const auto list = lists_.find(term.term);
      if (list == lists_.end()) continue;
      const double weight = bm25.term_weight(list->second.size(), term.count);
      for (const auto& [row, tf] : list->second) sums_[row] += bm25.contribution(weight, tf, lengths_[row]);
    }
    TopK best(k);
    for (std::size_t row = 0; row < sums_.size(); ++row) {
      if (sums_[row] > 0) best.offer({ids_[row], static_cast<float>(sums_[row])});
    }
    return std::move(best).take();
  }

 private:
  std::unordered_map<std::string, std::vector<std::pair<std::uint32_t, std::uint32_t>>> lists_;
  std::vector<ChunkId> ids_;
  std::vector<std::uint32_t> lengths_;
  std::vector<double> sums_;
  std::uint64_t total_ = 0;
};

struct QuerySet {
  std::vector<std::string> texts;
  std::vector<std::vector<float>> vectors;
};

double bytes_mib(const IndexStats& stats) { return static_cast<double>(stats.bytes_on_disk) / 1048576; }

// Latency of the two legs, and of a filter that leaves one chunk in `modulus`.
void measure_search(const Indexes& indexes, const QuerySet& queries, const CallContext& context) {
  Timing keyword, vector, both;
  for (std::size_t q = 0; q < queries.texts.size(); ++q) {
    double begin = now_ms();
    const auto a = must(indexes.keyword->search(queries.texts[q], results, nullptr, context));
    keyword.ms.push_back(now_ms() - begin);
    begin = now_ms();
    const auto b = must(indexes.vector->search(queries.vectors[q], results, nullptr, context));
    vector.ms.push_back(now_ms() - begin);
    both.ms.push_back(keyword.ms.back() + vector.ms.back());
  }
  keyword.print("keyword, top 100");
  vector.print("vector, top 100");
  both.print("both, one after the other");
  for (const std::uint64_t modulus : {2, 10, 100, 1000}) {
    const std::uint64_t matches = indexes.vector->stats().chunks / modulus;
    const ChunkFilter filter{matches, [modulus](ChunkId id) { return id.value % modulus == 0; }};
    Timing filtered;
    for (std::size_t q = 0; q < queries.texts.size() / 4; ++q) {
      filtered.measure([&] {
        must(indexes.keyword->search(queries.texts[q], results, &filter, context));
        must(indexes.vector->search(queries.vectors[q], results, &filter, context));
      });
    }
    filtered.print(("both, filter leaves 1 in " + std::to_string(modulus)).c_str());
  }
}

double recall_of(const VectorIndex& index, const VectorIndex& exact, const QuerySet& queries, std::size_t k,
                 const ChunkFilter* filter, const CallContext& context) {
  std::size_t right = 0, all = 0;
  for (std::size_t q = 0; q < std::min<std::size_t>(queries.vectors.size(), 500); ++q) {
    const auto wanted = must(exact.search(queries.vectors[q], k, filter, context));
    const auto got = must(index.search(queries.vectors[q], k, filter, context));
    for (const ScoredChunk& hit : wanted) {
      right += std::any_of(got.begin(), got.end(), [&](const ScoredChunk& g) { return g.chunk == hit.chunk; })
                   ? 1
                   : 0;
    }
    all += wanted.size();
  }
  return static_cast<double>(right) / static_cast<double>(all);
}

void measure_recall(const Indexes& indexes, const Arguments& arguments, FileSystem& files,
                    const QuerySet& queries, const CallContext& context) {
  VectorIndexOptions scan_only;
  scan_only.exact_share = 1;
  const auto exact = must(open_vector_index(files, arguments.folder + "/vector", dimensions, scan_only));
  std::printf("recall@10 %.4f, recall@100 %.4f",
              recall_of(*indexes.vector, *exact, queries, 10, nullptr, context),
              recall_of(*indexes.vector, *exact, queries, 100, nullptr, context));
  for (const std::uint64_t modulus : {2, 5, 10, 100}) {
    const ChunkFilter filter{arguments.chunks / modulus,
                             [modulus](ChunkId id) { return id.value % modulus == 0; }};
    std::printf(", @10 of 1 in %d %.4f", static_cast<int>(modulus),
                recall_of(*indexes.vector, *exact, queries, 10, &filter, context));
  }
  std::printf("\n");
  Timing timing;
  for (std::size_t q = 0; q < std::min<std::size_t>(200, queries.vectors.size()); ++q) {
    timing.measure([&] { must(exact->search(queries.vectors[q], results, nullptr, context)); });
  }
  timing.print("peer: exact scan of all vectors");
}

void measure_exhaustive(const Indexes& indexes, const Arguments& arguments, const Corpus& corpus,
                        const QuerySet& queries, const CallContext& context) {
  Analyzer analyzer;
  ExhaustiveBm25 peer;
  for (std::size_t chunk = 0; chunk < arguments.chunks; ++chunk) {
    peer.add(ChunkId{chunk + 1}, corpus.text(chunk), analyzer);
  }
  Timing timing;
  std::size_t different = 0;
  const std::size_t count = std::min<std::size_t>(500, queries.texts.size());
  for (std::size_t q = 0; q < count; ++q) {
    std::vector<ScoredChunk> wanted;
    timing.measure([&] { wanted = peer.search(queries.texts[q], results, analyzer); });
    const auto got = must(indexes.keyword->search(queries.texts[q], results, nullptr, context));
    const bool equal = std::equal(got.begin(), got.end(), wanted.begin(), wanted.end(),
                                  [](auto& a, auto& b) { return a.chunk == b.chunk && a.score == b.score; });
    different += equal ? 0 : 1;
  }
  timing.print("peer: BM25 scored exhaustively");
  std::printf("keyword results that differ from the peer's: %zu of %zu\n", different, count);
}

int run(const Arguments& arguments) {
  const SystemClock clock;
  CallContext context;
  context.clock = &clock;
  PosixFileSystem files;
  {
    const Corpus corpus(arguments.seed);
    build(arguments, corpus, files, context);
  }
  const Corpus corpus(arguments.seed);
  QuerySet queries;
  Rng rng(arguments.seed, 7);
  for (std::size_t q = 0; q < arguments.queries; ++q) {
    const std::size_t chunk = rng.below(static_cast<std::uint32_t>(arguments.chunks));
    queries.texts.push_back(corpus.question(chunk, rng));
    queries.vectors.push_back(corpus.query_vector(chunk, rng));
  }
  const double before = resident_mib("VmRSS:");
  const double begin = now_ms();
  const Indexes indexes = open_indexes(files, arguments.folder);
  const double opened = now_ms() - begin;
  const IndexStats keyword = indexes.keyword->stats(), vector = indexes.vector->stats();
  std::printf("%llu chunks; keyword %.1f MiB in %llu segments, vector %.1f MiB in %llu segments\n",
              static_cast<unsigned long long>(keyword.chunks), bytes_mib(keyword),
              static_cast<unsigned long long>(keyword.segments), bytes_mib(vector),
              static_cast<unsigned long long>(vector.segments));
  std::printf("opened in %.0f ms (every byte checked), resident +%.0f MiB\n", opened,
              resident_mib("VmRSS:") - before);
  measure_search(indexes, queries, context);
  std::printf("resident after all searches: +%.0f MiB\n", resident_mib("VmRSS:") - before);
  measure_recall(indexes, arguments, files, queries, context);
  measure_exhaustive(indexes, arguments, corpus, queries, context);
  return 0;
}

}  // namespace
}  // namespace loadline

int main(int count, char** values) {
  loadline::Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string name = values[i];
    const char* const value = i + 1 < count ? values[i + 1] : "";
    if (name == "--rebuild") {
      arguments.rebuild = true;
      continue;
    }
    if (name == "--chunks") {
      arguments.chunks = std::strtoul(value, nullptr, 10);
    } else if (name == "--queries") {
      arguments.queries = std::strtoul(value, nullptr, 10);
    } else if (name == "--folder") {
      arguments.folder = value;
    } else if (name == "--seed") {
      arguments.seed = std::strtoul(value, nullptr, 10);
    } else {
      std::fprintf(stderr,
                   "usage: index_bench [--chunks N] [--queries N] [--folder DIR] [--seed N] [--rebuild]\n");
      return 2;
    }
    ++i;
  }
  return loadline::run(arguments);
}

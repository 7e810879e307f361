// Quality of the keyword index on the Cranfield collection: nDCG@10 and recall@100 for several BM25
// parameters, next to the straightforward exhaustive scorer, whose rankings must be the same.
//
//   loadline_index_cranfield [--data DIR]
//
// DIR has cran.all.1400, cran.qry and cranqrel; default: cranfield in LOADLINE_BENCH_DATA or ../shared/data.
// The collection is not part of the project.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "model/memory_file_system.h"
#include "retrieval/keyword/keyword_index.h"
#include "retrieval/keyword/reference_bm25.h"

namespace loadline {
namespace {

struct Collection {
  std::map<std::uint64_t, std::string> documents;
  std::vector<std::string> queries;
  std::vector<std::map<std::uint64_t, int>> gains;  // by query: document -> 1 to 4
};

// Records ".I n" with fields ".T", ".W" and others; `fields` names those to keep.
std::vector<std::pair<std::uint64_t, std::string>> read_records(const std::string& path,
                                                                const std::string& fields) {
  std::vector<std::pair<std::uint64_t, std::string>> records;
  std::ifstream in(path);
  bool keeps = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(".I ")) {
      records.emplace_back(std::strtoul(line.c_str() + 3, nullptr, 10), "");
      keeps = false;
    } else if (line.size() == 2 && line[0] == '.') {
      keeps = fields.find(line[1]) != std::string::npos;
    } else if (keeps && !records.empty()) {
      records.back().second += line + "\n";
    }
  }
  return records;
}

Collection read_collection(const std::string& folder) {
  Collection collection;
  for (auto& [id, text] : read_records(folder + "/cran.all.1400", "TW"))
    collection.documents[id] = std::move(text);
  for (auto& [id, text] : read_records(folder + "/cran.qry", "W"))
    collection.queries.push_back(std::move(text));
  collection.gains.resize(collection.queries.size());
  std::ifstream judgements(folder + "/cranqrel");  // numbers queries by their place; 1 is the best grade
  for (std::string line; std::getline(judgements, line);) {
    std::istringstream in(line);
    std::uint64_t query = 0, document = 0;
    int grade = 0;
    if (!(in >> query >> document >> grade) || query == 0 || query > collection.gains.size()) continue;
    if (grade >= 1 && grade <= 4) collection.gains[query - 1][document] = 5 - grade;
  }
  return collection;
}

double ndcg(const std::vector<ScoredChunk>& hits, const std::map<std::uint64_t, int>& gains, std::size_t k) {
  double sum = 0, best = 0;
  for (std::size_t i = 0; i < std::min(k, hits.size()); ++i) {
    const auto gain = gains.find(hits[i].chunk.value);
    if (gain != gains.end()) sum += gain->second / std::log2(static_cast<double>(i) + 2);
  }
  std::vector<int> ideal;
  for (const auto& [document, gain] : gains) ideal.push_back(gain);
  std::sort(ideal.rbegin(), ideal.rend());
  for (std::size_t i = 0; i < std::min(k, ideal.size()); ++i)
    best += ideal[i] / std::log2(static_cast<double>(i) + 2);
  return best > 0 ? sum / best : 0;
}

double recall(const std::vector<ScoredChunk>& hits, const std::map<std::uint64_t, int>& gains) {
  double found = 0;
  for (const ScoredChunk& hit : hits) found += gains.contains(hit.chunk.value) ? 1 : 0;
  return gains.empty() ? 0 : found / static_cast<double>(gains.size());
}

void measure(const Collection& collection, const Bm25Options& bm25, const CallContext& context) {
  MemoryFileSystem files;
  KeywordIndexOptions options;
  options.bm25 = bm25;
  options.background_merges = false;
  const auto index = open_keyword_index(files, "cranfield", options).value();
  ReferenceBm25 reference(bm25);
  std::uint64_t change = 0;
  std::vector<KeywordEntry> batch;
  for (const auto& [id, text] : collection.documents) {
    batch.push_back({ChunkId{id}, text});
    reference.add(ChunkId{id}, text);
    if (batch.size() == 50) {
      index->apply(batch, {}, ++change).value();
      batch.clear();
    }
  }
  index->apply(batch, {}, ++change).value();
  double sums[4] = {};
  std::size_t different = 0;
  for (std::size_t q = 0; q < collection.queries.size(); ++q) {
    const auto got = index->search(collection.queries[q], 100, nullptr, context).value();
    const auto wanted = reference.search(collection.queries[q], 100);
    different += std::equal(got.begin(), got.end(), wanted.begin(), wanted.end(),
                            [](auto& a, auto& b) { return a.chunk == b.chunk && a.score == b.score; })
                     ? 0
                     : 1;
    sums[0] += ndcg(got, collection.gains[q], 10);
    sums[1] += ndcg(wanted, collection.gains[q], 10);
    sums[2] += recall(got, collection.gains[q]);
    sums[3] += q % 2 == 0 ? ndcg(got, collection.gains[q], 10) : 0;
  }
  const auto n = static_cast<double>(collection.queries.size());
  std::printf(
      "k1 %.1f b %.2f   nDCG@10 %.4f (even queries %.4f)   exhaustive %.4f   recall@100 %.4f   different "
      "rankings %zu\n",
      bm25.k1, bm25.b, sums[0] / n, sums[3] / std::ceil(n / 2), sums[1] / n, sums[2] / n, different);
}

std::string default_folder() {
  const char* const data = std::getenv("LOADLINE_BENCH_DATA");
  return std::string(data != nullptr ? data : "../shared/data") + "/cranfield";
}

}  // namespace
}  // namespace loadline

int main(int count, char** values) {
  const std::string folder =
      count == 3 && std::string(values[1]) == "--data" ? values[2] : loadline::default_folder();
  const loadline::Collection collection = loadline::read_collection(folder);
  if (collection.documents.empty() || collection.queries.empty()) {
    std::printf("index_cranfield: no Cranfield collection in %s: nothing measured\n", folder.c_str());
    return 0;
  }
  const loadline::SystemClock clock;
  loadline::CallContext context;
  context.clock = &clock;
  std::printf("%zu documents, %zu queries\n", collection.documents.size(), collection.queries.size());
  for (const loadline::Bm25Options options :
       {loadline::Bm25Options{0.9, 0.4}, loadline::Bm25Options{1.2, 0.75}, loadline::Bm25Options{1.2, 0.4},
        loadline::Bm25Options{1.5, 0.6}, loadline::Bm25Options{2.0, 0.75}}) {
    loadline::measure(collection, options, context);
  }
}

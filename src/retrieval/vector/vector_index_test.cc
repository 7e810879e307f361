#include "retrieval/vector/vector_index.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/rng.h"
#include "model/memory_file_system.h"
#include "retrieval/keyword/keyword_index.h"

namespace loadline {
namespace {

constexpr std::size_t dimensions = 24;

CallContext call() {
  static const SystemClock clock;
  CallContext context;
  context.clock = &clock;
  return context;
}

// Everything small, so that few vectors already make graphs, extend them and rebuild them.
VectorIndexOptions small_graphs() {
  VectorIndexOptions options;
  options.merging.small = {
      .fan_in = 3, .smallest_class_rows = 16, .segment_rows_max = 100'000, .deleted_share_max = 0.3};
  options.merging.graph_rows_min = 200;
  options.merging.scanned_rows_max = 400;
  options.exact_rows = 20;
  options.exact_share = 0.02;
  options.graph.build_threads = 1;
  options.background_merges = false;
  return options;
}

std::unique_ptr<VectorIndex> opened(FileSystem& files, const VectorIndexOptions& options = small_graphs()) {
  auto index = open_vector_index(files, "index", dimensions, options);
  EXPECT_TRUE(index.ok()) << index.error().to_string();
  return index.ok() ? std::move(*index) : nullptr;
}

using Vector = std::vector<float>;

// Unit vectors around a few centres, as embeddings of documents lie.
class Cloud {
 public:
  explicit Cloud(Rng& rng) : rng_(rng) {
    for (int i = 0; i < 40; ++i) centres_.push_back(random(1));
  }
  Vector next() {
    Vector vector = centres_[rng_.below(static_cast<std::uint32_t>(centres_.size()))];
    const Vector noise = random(0.6);
    for (std::size_t i = 0; i < dimensions; ++i) vector[i] += noise[i];
    return unit(std::move(vector));
  }

 private:
  Vector random(double length) {
    Vector vector(dimensions);
    for (float& value : vector)
      value = static_cast<float>(rng_.uniform() + rng_.uniform() + rng_.uniform() - 1.5);
    vector = unit(std::move(vector));
    for (float& value : vector) value *= static_cast<float>(length);
    return vector;
  }
  static Vector unit(Vector vector) {
    double square = 0;
    for (const float value : vector) square += static_cast<double>(value) * value;
    for (float& value : vector) value = static_cast<float>(value / std::sqrt(square));
    return vector;
  }
  Rng& rng_;
  std::vector<Vector> centres_;
};

// Every vector in a map, every search a full sort.
class Reference {
 public:
  std::map<ChunkId, Vector> vectors;

  std::vector<ScoredChunk> search(const Vector& query, std::size_t k, const ChunkFilter* filter) const {
    std::vector<ScoredChunk> all;
    for (const auto& [id, vector] : vectors) {
      if (filter != nullptr && !filter->accepts(id)) continue;
      double dot = 0;
      for (std::size_t i = 0; i < dimensions; ++i) dot += static_cast<double>(query[i]) * vector[i];
      all.push_back({id, static_cast<float>(dot)});
    }
    std::sort(all.begin(), all.end(),
              [](auto& a, auto& b) { return a.score != b.score ? a.score > b.score : a.chunk < b.chunk; });
    if (all.size() > k) all.resize(k);
    return all;
  }
};

// How many of the true best are among the results, near ties (half precision) counted as right.
double recall(const std::vector<ScoredChunk>& got, const std::vector<ScoredChunk>& wanted) {
  if (wanted.empty()) return 1;
  std::size_t right = 0;
  for (const ScoredChunk& hit : got) right += hit.score >= wanted.back().score - 2e-3F ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(wanted.size());
}

void add(VectorIndex& index, Reference& reference, const std::vector<std::pair<ChunkId, Vector>>& rows,
         const std::vector<ChunkId>& removes, std::uint64_t change) {
  std::vector<VectorEntry> entries;
  for (const auto& [id, vector] : rows) entries.push_back({id, vector});
  const Status applied = index.apply(entries, removes, change);
  ASSERT_TRUE(applied.ok()) << applied.error().to_string();
  for (const ChunkId id : removes) reference.vectors.erase(id);
  for (const auto& [id, vector] : rows) reference.vectors[id] = vector;
}

// Scores of given chunks are exact, in their order, absent ones marked.
void check_scores(const VectorIndex& index, const Reference& reference, Cloud& cloud, Rng& rng) {
  const Vector query = cloud.next();
  std::vector<ChunkId> asked;
  for (const auto& [id, vector] : reference.vectors)
    if (rng.below(4) == 0) asked.insert(rng.below(2) == 0 ? asked.begin() : asked.end(), id);
  asked.push_back(ChunkId{1'000'000'007});
  const auto scores = index.scores(query, asked, call());
  ASSERT_TRUE(scores.ok());
  ASSERT_EQ(scores->size(), asked.size());
  for (std::size_t i = 0; i + 1 < asked.size(); ++i) {
    const Vector& vector = reference.vectors.at(asked[i]);
    double dot = 0;
    for (std::size_t d = 0; d < dimensions; ++d) dot += static_cast<double>(query[d]) * vector[d];
    EXPECT_NEAR((*scores)[i], dot, 2e-3);
  }
  EXPECT_EQ(scores->back(), VectorIndex::absent_score);
}

// The promise that holds without exception: min(k, matches) results, all live, all accepted, scores are
// cosines, best first. Returns the mean recall.
double check_searches(const VectorIndex& index, const Reference& reference, Cloud& cloud, Rng& rng,
                      int queries) {
  check_scores(index, reference, cloud, rng);
  double sum = 0;
  for (int q = 0; q < queries; ++q) {
    const Vector query = cloud.next();
    const std::size_t k = std::array<std::size_t, 4>{1, 10, 50, 3000}[rng.below(4)];
    const std::uint64_t modulus = std::array<std::uint64_t, 5>{1, 2, 10, 100, 1000}[rng.below(5)];
    ChunkFilter filter{0, [modulus](ChunkId id) { return id.value % modulus == 0; }};
    for (const auto& [id, vector] : reference.vectors) filter.matches += id.value % modulus == 0 ? 1 : 0;
    filter.matches += rng.below(50);  // it is only a bound
    const ChunkFilter* used = rng.below(3) == 0 ? nullptr : &filter;
    const auto got = index.search(query, k, used, call());
    EXPECT_TRUE(got.ok());
    const auto wanted = reference.search(query, k, used);
    EXPECT_EQ(got->size(), wanted.size())
        << "k " << k << " modulus " << modulus << " filtered " << (used != nullptr);
    std::set<ChunkId> seen;
    for (std::size_t i = 0; i < got->size(); ++i) {
      const ScoredChunk& hit = (*got)[i];
      EXPECT_TRUE(seen.insert(hit.chunk).second);
      EXPECT_TRUE(reference.vectors.contains(hit.chunk));
      EXPECT_TRUE(used == nullptr || used->accepts(hit.chunk));
      EXPECT_LE(hit.score, (*got)[i > 0 ? i - 1 : 0].score);
      const auto at = reference.vectors.find(hit.chunk);
      if (at == reference.vectors.end()) continue;
      double dot = 0;
      for (std::size_t d = 0; d < dimensions; ++d) dot += static_cast<double>(query[d]) * at->second[d];
      EXPECT_NEAR(hit.score, dot, 2e-3);
    }
    sum += recall(*got, wanted);
  }
  return sum / queries;
}

TEST(VectorIndex, finds_the_nearest_and_forgets_the_removed) {
  MemoryFileSystem files;
  const auto index = opened(files);
  Vector a(dimensions), b(dimensions);
  a[0] = 1, b[1] = 1;
  Reference reference;
  add(*index, reference, {{ChunkId{2}, a}, {ChunkId{1}, b}}, {}, 3);
  Vector query(dimensions);
  query[0] = 0.8F, query[1] = 0.6F;
  auto hits = *index->search(query, 5, nullptr, call());
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_EQ(hits[0].chunk, ChunkId{2});
  EXPECT_NEAR(hits[0].score, 0.8F, 1e-3);
  EXPECT_NEAR(hits[1].score, 0.6F, 1e-3);
  EXPECT_EQ(index->applied_change(), 3U);
  add(*index, reference, {}, {ChunkId{2}}, 4);
  hits = *index->search(query, 5, nullptr, call());
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_EQ(hits[0].chunk, ChunkId{1});
}

TEST(VectorIndex, refuses_what_has_no_direction) {
  MemoryFileSystem files;
  const auto index = opened(files);
  const Vector good(dimensions, 0.2F), zero(dimensions), short_one(dimensions - 1, 1);
  Vector nan = good, infinite = good;
  nan[3] = std::numeric_limits<float>::quiet_NaN();
  infinite[3] = std::numeric_limits<float>::infinity();
  for (const Vector& bad : {zero, short_one, nan, infinite}) {
    const std::vector<VectorEntry> entries = {{ChunkId{1}, good}, {ChunkId{2}, bad}};
    EXPECT_EQ(index->apply(entries, {}, 1).error().code(), Code::invalid_argument);
    EXPECT_EQ(index->search(bad, 1, nullptr, call()).error().code(), Code::invalid_argument);
  }
  EXPECT_EQ(index->stats().chunks, 0U);
  EXPECT_EQ(open_vector_index(files, "other", 0).error().code(), Code::invalid_argument);
  const VectorEntry no_id{ChunkId{0}, good};
  EXPECT_EQ(index->apply(std::span(&no_id, 1), {}, 1).error().code(), Code::invalid_argument);
}

TEST(VectorIndex, other_dimensions_are_a_precondition) {
  MemoryFileSystem files;
  opened(files)->clear().value();
  const auto other = open_vector_index(files, "index", dimensions + 1);
  EXPECT_EQ(other.error().code(), Code::failed_precondition);
  ASSERT_TRUE(discard_index(files, "index").ok());
  EXPECT_TRUE(open_vector_index(files, "index", dimensions + 1).ok());
}

class History : public testing::TestWithParam<std::uint64_t> {};

// Additions, replacements, deletions, merges with and without graphs, reopening, erasure.
TEST_P(History, always_min_k_matches_and_good_recall) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  Rng rng(GetParam());
  Cloud cloud(rng);
  MemoryFileSystem files;
  auto index = opened(files);
  Reference reference;
  std::uint64_t next_id = 1;
  double recall_sum = 0;
  int checks = 0;
  for (std::uint64_t change = 1; change <= 40; ++change) {
    std::vector<std::pair<ChunkId, Vector>> rows;
    std::set<ChunkId> used;
    for (std::uint32_t n = rng.below(rng.below(4) == 0 ? 300 : 40); n > 0; --n) {
      const ChunkId id{rng.below(8) == 0 ? 1 + rng.below(static_cast<std::uint32_t>(next_id)) : next_id++};
      const bool repeats = rng.below(10) == 0 && !reference.vectors.empty();
      if (used.insert(id).second) {
        rows.emplace_back(id, repeats ? reference.vectors.begin()->second : cloud.next());
      }
    }
    std::vector<ChunkId> removes;
    for (std::uint32_t n = rng.below(rng.below(4) == 0 ? 150 : 10); n > 0; --n) {
      removes.push_back(ChunkId{1 + rng.below(static_cast<std::uint32_t>(next_id))});
    }
    add(*index, reference, rows, removes, change);
    if (rng.below(6) == 0) {
      ASSERT_TRUE(index->purge().ok());
    }
    if (rng.below(6) == 0) index = opened(files);
    ASSERT_EQ(index->stats().chunks, reference.vectors.size());
    recall_sum += check_searches(*index, reference, cloud, rng, 6);
    ++checks;
    if (HasFatalFailure()) return;
  }
  EXPECT_GE(recall_sum / checks, 0.97);
}

INSTANTIATE_TEST_SUITE_P(Seeds, History, testing::Range<std::uint64_t>(1, 7));

// Filters of all selectivities over one large viewed graph, and the same through the exact scan.
TEST(VectorIndex, filtered_search_of_a_saved_graph_is_complete_and_precise) {
  const std::uint64_t seed = 77;
  SCOPED_TRACE(seed);
  Rng rng(seed);
  Cloud cloud(rng);
  MemoryFileSystem files;
  VectorIndexOptions options = small_graphs();
  options.exact_rows = 0;
  options.exact_share = 0;  // the graph whenever it can be used
  Reference reference;
  std::vector<std::pair<ChunkId, Vector>> rows;
  for (std::uint64_t id = 1; id <= 5000; ++id) rows.emplace_back(ChunkId{id}, cloud.next());
  add(*opened(files, options), reference, rows, {}, 1);
  const auto index = opened(files, options);  // saved, then viewed
  ASSERT_EQ(index->stats().segments, 1U);
  for (const std::uint64_t modulus : {1, 2, 10, 100, 1000, 6000}) {
    double sum = 0;
    for (int q = 0; q < 30; ++q) {
      const Vector query = cloud.next();
      const ChunkFilter filter{5000 / modulus, [modulus](ChunkId id) { return id.value % modulus == 0; }};
      const auto got = index->search(query, 10, &filter, call());
      ASSERT_TRUE(got.ok());
      ASSERT_EQ(got->size(), std::min<std::size_t>(10, 5000 / modulus));
      for (const ScoredChunk& hit : *got) ASSERT_EQ(hit.chunk.value % modulus, 0U);
      sum += recall(*got, reference.search(query, 10, &filter));
    }
    EXPECT_GE(sum / 30, 0.97) << "one in " << modulus;
  }
}

TEST(VectorIndex, many_equal_vectors_do_not_tear_the_graph) {
  MemoryFileSystem files;
  Rng rng(5);
  Cloud cloud(rng);
  Reference reference;
  const Vector same = cloud.next();
  std::vector<std::pair<ChunkId, Vector>> rows;
  for (std::uint64_t id = 1; id <= 1500; ++id)
    rows.emplace_back(ChunkId{id}, id % 3 == 0 ? cloud.next() : same);
  const auto index = opened(files);
  add(*index, reference, rows, {}, 1);
  for (const std::size_t k : {1, 10, 100}) {
    EXPECT_EQ(index->search(cloud.next(), k, nullptr, call())->size(), k);
    EXPECT_EQ(index->search(same, k, nullptr, call())->size(), k);
  }
  EXPECT_GE(check_searches(*index, reference, cloud, rng, 20), 0.97);
  // more of the same, some of them gone, erased, and the graph extended
  for (std::uint64_t id = 1501; id <= 1800; ++id)
    rows[id - 1501] = {ChunkId{id}, id % 2 == 0 ? cloud.next() : same};
  rows.resize(300);
  std::vector<ChunkId> removed;
  for (std::uint64_t id = 1; id <= 1500; id += 7) removed.push_back(ChunkId{id});
  add(*index, reference, rows, removed, 2);
  EXPECT_GE(check_searches(*index, reference, cloud, rng, 20), 0.97);
  ASSERT_TRUE(index->purge().ok());
  EXPECT_GE(check_searches(*index, reference, cloud, rng, 20), 0.97);
  EXPECT_EQ(*index->chunk_ids(), [&] {
    std::vector<ChunkId> ids;
    for (const auto& [id, vector] : reference.vectors) ids.push_back(id);
    return ids;
  }());
}

// After an erasure no file holds the ids or the vectors of what was removed.
TEST(VectorIndex, purge_leaves_no_trace) {
  MemoryFileSystem files;
  Rng rng(6);
  Cloud cloud(rng);
  Reference reference;
  std::vector<std::pair<ChunkId, Vector>> rows;
  for (std::uint64_t id = 1; id <= 1000; ++id)
    rows.emplace_back(ChunkId{id * 0x0101010101010101ULL}, cloud.next());
  const auto index = opened(files);
  add(*index, reference, rows, {}, 1);
  std::vector<ChunkId> removed;
  for (std::size_t i = 0; i < 100; ++i) removed.push_back(rows[i * 7].first);
  add(*index, reference, {}, removed, 2);
  ASSERT_TRUE(index->purge().ok());
  std::string all;
  const std::vector<std::string> names = *files.list("index");
  for (const std::string& name : names) {
    const auto view = files.open("index/" + name);
    all.append(reinterpret_cast<const char*>((*view)->bytes().data()), (*view)->bytes().size());
  }
  for (std::size_t i = 0; i < 100; ++i) {
    const auto& [id, vector] = rows[i * 7];
    EXPECT_EQ(all.find(std::string(reinterpret_cast<const char*>(&id), sizeof id)), std::string::npos);
    std::vector<float> padded(padded_elements(dimensions));
    std::copy(vector.begin(), vector.end(), padded.begin());
    std::vector<Half> halves(padded.size());
    best_vector_kernels().to_halves(padded.data(), halves.data(), halves.size());
    EXPECT_EQ(all.find(std::string(reinterpret_cast<const char*>(halves.data()), 16)), std::string::npos);
  }
  EXPECT_EQ(index->stats().chunks, 900U);
  EXPECT_GE(check_searches(*index, reference, cloud, rng, 20), 0.95);
}

TEST(VectorIndex, kernels_of_all_kinds_find_the_same) {
  Rng rng(8);
  Cloud cloud(rng);
  std::vector<std::pair<ChunkId, Vector>> rows;
  for (std::uint64_t id = 1; id <= 600; ++id) rows.emplace_back(ChunkId{id}, cloud.next());
  const Vector query = cloud.next();
  std::vector<std::vector<ScoredChunk>> results;
  for (const VectorKernels* kernels : usable_kernels()) {
    MemoryFileSystem files;
    VectorIndexOptions options = small_graphs();
    options.kernels = kernels;
    const auto index = opened(files, options);
    Reference reference;
    add(*index, reference, rows, {}, 1);
    results.push_back(*index->search(query, 10, nullptr, call()));
    ASSERT_EQ(results.back().size(), 10U);
    for (std::size_t i = 0; i < 10; ++i) EXPECT_NEAR(results.back()[i].score, results.front()[i].score, 1e-3);
  }
}

}  // namespace
}  // namespace loadline

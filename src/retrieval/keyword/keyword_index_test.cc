#include "retrieval/keyword/keyword_index.h"

#include <gtest/gtest.h>

#include <set>

#include "base/rng.h"
#include "model/memory_file_system.h"
#include "retrieval/keyword/reference_bm25.h"

namespace loadline {
namespace {

CallContext call() {
  static const SystemClock clock;
  CallContext context;
  context.clock = &clock;
  return context;
}

KeywordIndexOptions small_merges() {
  KeywordIndexOptions options;
  options.merging = {
      .fan_in = 3, .smallest_class_rows = 8, .segment_rows_max = 4000, .deleted_share_max = 0.3};
  options.background_merges = false;
  return options;
}

std::unique_ptr<KeywordIndex> opened(FileSystem& files, const KeywordIndexOptions& options = small_merges()) {
  auto index = open_keyword_index(files, "index", options);
  EXPECT_TRUE(index.ok()) << index.error().to_string();
  return index.ok() ? std::move(*index) : nullptr;
}

std::string random_word(Rng& rng) {
  // few words are common, many are rare
  const std::uint32_t rank = static_cast<std::uint32_t>(400 * rng.uniform() * rng.uniform() * rng.uniform());
  switch (rank % 7) {
    case 0:
      return "fy" + std::to_string(2000 + rank % 30);
    case 1:
      return std::to_string(rank) + ".5%";
    case 2:
      return "long-w" + std::string(1, static_cast<char>('a' + rank % 26));
    default:
      return "term" + std::string(1, static_cast<char>('a' + rank % 26)) + std::to_string(rank / 26);
  }
}

std::string random_text(Rng& rng, std::uint32_t words_max) {
  std::string text;
  for (std::uint32_t n = rng.below(words_max + 1); n > 0; --n) text += random_word(rng) + " ";
  return text;
}

void expect_equal(const std::vector<ScoredChunk>& got, const std::vector<ScoredChunk>& wanted,
                  const std::string& what) {
  ASSERT_EQ(got.size(), wanted.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].chunk, wanted[i].chunk) << what << " rank " << i;
    ASSERT_EQ(got[i].score, wanted[i].score) << what << " rank " << i;
  }
}

// Queries of all lengths with several k, with and without filters, against the exhaustive scorer.
void compare(const KeywordIndex& index, ReferenceBm25& reference, Rng& rng, int queries) {
  for (int q = 0; q < queries; ++q) {
    const std::string query = random_text(rng, 1 + rng.below(12));
    const std::size_t k = std::array<std::size_t, 5>{1, 3, 10, 100, 5000}[rng.below(5)];
    const std::uint64_t modulus = 1 + rng.below(9);
    const ChunkFilter filter{1'000'000, [&](ChunkId id) { return id.value % modulus == 0; }};
    const ChunkFilter* const used = rng.below(2) == 0 ? nullptr : &filter;
    const auto got = index.search(query, k, used, call());
    ASSERT_TRUE(got.ok()) << got.error().to_string();
    expect_equal(*got, reference.search(query, k, used), query);
    // a word of one term stands in as many chunks as a search for it finds
    const std::string word = "term" + std::string(1, static_cast<char>('a' + rng.below(26)));
    const auto counts = index.frequencies(std::vector<std::string_view>{word, "", "absent"}, call());
    ASSERT_TRUE(counts.ok());
    EXPECT_EQ(*counts, (std::vector<std::uint64_t>{reference.search(word, 1'000'000, nullptr).size(), 0, 0}));
  }
}

TEST(KeywordIndex, finds_ranks_and_forgets) {
  MemoryFileSystem files;
  const auto index = opened(files);
  const std::vector<KeywordEntry> entries = {{ChunkId{3}, "net interest margin rose"},
                                             {ChunkId{1}, "net interest income"},
                                             {ChunkId{2}, "credit losses"}};
  ASSERT_TRUE(index->apply(entries, {}, 5).ok());
  EXPECT_EQ(index->applied_change(), 5U);
  auto hits = *index->search("interest margins", 10, nullptr, call());
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_EQ(hits[0].chunk, ChunkId{3});
  const std::vector<ChunkId> removed = {ChunkId{3}, ChunkId{99}};
  ASSERT_TRUE(index->apply({}, removed, 6).ok());
  hits = *index->search("interest margins", 10, nullptr, call());
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_EQ(hits[0].chunk, ChunkId{1});
  EXPECT_EQ(index->stats().chunks, 2U);
  ASSERT_TRUE(index->clear().ok());
  EXPECT_EQ(index->applied_change(), 0U);
  EXPECT_TRUE(index->search("interest", 10, nullptr, call())->empty());
}

TEST(KeywordIndex, equal_scores_come_by_smaller_id_also_across_segments) {
  MemoryFileSystem files;
  KeywordIndexOptions options = small_merges();
  options.merging.fan_in = 100;
  const auto index = opened(files, options);
  for (const std::uint64_t id : {5, 2, 9, 1, 7}) {
    const KeywordEntry entry{ChunkId{id}, "same words here"};
    ASSERT_TRUE(index->apply(std::span(&entry, 1), {}, id).ok());
  }
  const auto hits = *index->search("words", 3, nullptr, call());
  ASSERT_EQ(hits.size(), 3U);
  EXPECT_EQ(hits[0].chunk, ChunkId{1});
  EXPECT_EQ(hits[1].chunk, ChunkId{2});
  EXPECT_EQ(hits[2].chunk, ChunkId{5});
}

TEST(KeywordIndex, refuses_id_zero_and_obeys_cancellation) {
  MemoryFileSystem files;
  const auto index = opened(files);
  const KeywordEntry zero{ChunkId{0}, "x"};
  EXPECT_EQ(index->apply(std::span(&zero, 1), {}, 1).error().code(), Code::invalid_argument);
  CallContext context = call();
  context.cancel.cancel();
  EXPECT_EQ(index->search("x", 1, nullptr, context).error().code(), Code::cancelled);
}

TEST(KeywordIndex, empty_index_empty_query_k_zero) {
  MemoryFileSystem files;
  const auto index = opened(files);
  EXPECT_TRUE(index->search("anything", 10, nullptr, call())->empty());
  const KeywordEntry entry{ChunkId{1}, ""};
  ASSERT_TRUE(index->apply(std::span(&entry, 1), {}, 1).ok());
  EXPECT_TRUE(index->search("anything", 10, nullptr, call())->empty());
  EXPECT_TRUE(index->search("", 10, nullptr, call())->empty());
  EXPECT_TRUE(index->search("anything", 0, nullptr, call())->empty());
  EXPECT_EQ(index->stats().chunks, 1U);
}

class Equality : public testing::TestWithParam<std::uint64_t> {};

// Random additions, replacements, deletions and merges; after each step the top k equal the exhaustive
// scorer's, scores included, and reopening changes nothing.
TEST_P(Equality, top_k_equals_the_exhaustive_scorer) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  Rng rng(GetParam());
  MemoryFileSystem files;
  auto index = opened(files);
  ReferenceBm25 reference;
  std::uint64_t next_id = 1;
  for (std::uint64_t change = 1; change <= 30; ++change) {
    std::vector<std::pair<ChunkId, std::string>> texts;
    for (std::uint32_t n = rng.below(rng.below(5) == 0 ? 300 : 12); n > 0; --n) {
      const std::uint64_t id =
          rng.below(6) == 0 ? 1 + rng.below(static_cast<std::uint32_t>(next_id)) : next_id;
      next_id += 1 + rng.below(3);
      texts.emplace_back(ChunkId{id}, random_text(rng, 60));
    }
    std::vector<KeywordEntry> adds;
    for (const auto& [id, text] : texts) adds.push_back({id, text});
    std::vector<ChunkId> removes;
    for (std::uint32_t n = rng.below(rng.below(4) == 0 ? 80 : 5); n > 0; --n) {
      removes.push_back(ChunkId{1 + rng.below(static_cast<std::uint32_t>(next_id))});
    }
    ASSERT_TRUE(index->apply(adds, removes, change).ok());
    for (const ChunkId id : removes) reference.remove(id);
    for (const auto& [id, text] : texts) reference.add(id, text);
    if (rng.below(10) == 0) {
      ASSERT_TRUE(index->purge().ok());
    }
    if (rng.below(8) == 0) index = opened(files);
    ASSERT_EQ(index->stats().chunks, reference.size());
    ASSERT_EQ(*index->chunk_ids(), reference.ids());
    compare(*index, reference, rng, 8);
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Equality, testing::Range<std::uint64_t>(1, 9));

// Windows, block maxima and optional terms only matter in segments of many rows.
TEST(KeywordIndex, large_segments_equal_the_exhaustive_scorer) {
  const std::uint64_t seed = 4242;
  SCOPED_TRACE(seed);
  Rng rng(seed);
  MemoryFileSystem files;
  KeywordIndexOptions options = small_merges();
  options.merging = {};
  const auto index = opened(files, options);
  ReferenceBm25 reference;
  std::vector<std::string> texts;
  std::vector<KeywordEntry> adds;
  for (int i = 0; i < 12'000; ++i) texts.push_back(random_text(rng, 25));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    adds.push_back({ChunkId{i + 1}, texts[i]});
    reference.add(ChunkId{i + 1}, texts[i]);
  }
  ASSERT_TRUE(index->apply(adds, {}, 1).ok());
  compare(*index, reference, rng, 25);
  std::vector<ChunkId> removes;
  for (int i = 0; i < 1500; ++i) removes.push_back(ChunkId{1 + rng.below(12'000)});
  ASSERT_TRUE(index->apply({}, removes, 2).ok());
  for (const ChunkId id : removes) reference.remove(id);
  compare(*index, reference, rng, 25);
}

// The textbook formula without our rounding gives the same scores to float precision.
TEST(KeywordIndex, scores_are_those_of_the_formula) {
  Rng rng(5);
  MemoryFileSystem files;
  const auto index = opened(files);
  ReferenceBm25 reference;
  std::vector<std::string> texts;
  std::vector<KeywordEntry> adds;
  for (int i = 0; i < 300; ++i) texts.push_back(random_text(rng, 40));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    adds.push_back({ChunkId{i + 1}, texts[i]});
    reference.add(ChunkId{i + 1}, texts[i]);
  }
  ASSERT_TRUE(index->apply(adds, {}, 1).ok());
  for (int q = 0; q < 50; ++q) {
    const std::string query = random_text(rng, 8);
    std::map<ChunkId, double> wanted;
    for (const auto& [chunk, score] : reference.scores(query)) wanted[chunk] = score;
    const auto hits = *index->search(query, 1000, nullptr, call());
    ASSERT_EQ(hits.size(), wanted.size());
    for (const ScoredChunk& hit : hits)
      EXPECT_NEAR(hit.score, wanted[hit.chunk], 1e-5 * (1 + wanted[hit.chunk]));
  }
}

}  // namespace
}  // namespace loadline

#include "retrieval/rank/fusion.h"

#include <gtest/gtest.h>

#include "retrieval/rank/duplicates.h"
#include "retrieval/rank/light_terms.h"

namespace loadline {
namespace {

ScoredChunk hit(std::uint64_t id, float score) { return {ChunkId{id}, score}; }

TEST(Fusion, UnitesBothListsWithRanks) {
  const std::vector<ScoredChunk> words = {hit(3, 9), hit(1, 4)}, meaning = {hit(2, 0.8F), hit(3, 0.7F)};
  const auto chunks = unite(words, meaning);
  ASSERT_EQ(chunks.size(), 3U);
  EXPECT_EQ(chunks[0].keyword_rank, 2U);
  EXPECT_EQ(chunks[0].vector_rank, 0U);
  EXPECT_EQ(chunks[2].keyword_rank, 1U);
  EXPECT_EQ(chunks[2].vector_rank, 2U);
}

TEST(Fusion, ScoresLieBetweenZeroAndOneUnderBothRules) {
  for (const FusionRule rule : {FusionRule::weighted_sum, FusionRule::reciprocal_rank}) {
    auto chunks = unite(std::vector{hit(3, 9), hit(1, 4)}, std::vector{hit(3, 0.8F), hit(2, 0.3F)});
    fuse(chunks, {.rule = rule});
    sort_by_score(chunks);
    EXPECT_EQ(chunks[0].chunk, ChunkId{3});
    EXPECT_NEAR(chunks[0].score, 1.0, 1e-9);
    for (const FusedChunk& chunk : chunks) EXPECT_TRUE(chunk.score >= 0 && chunk.score <= 1);
  }
}

TEST(Fusion, ALegOfEqualsDoesNotDecide) {
  // The vector leg hardly prefers 2; the keyword leg is clear about 1.
  auto chunks = unite(std::vector{hit(1, 10), hit(2, 1)}, std::vector{hit(2, 0.502F), hit(1, 0.5F)});
  fuse(chunks, {});
  sort_by_score(chunks);
  EXPECT_EQ(chunks[0].chunk, ChunkId{1});
}

TEST(Fusion, EmptyListsAndOneLegAlone) {
  std::vector<FusedChunk> none = unite({}, {});
  fuse(none, {});
  EXPECT_TRUE(none.empty());
  auto words = unite(std::vector{hit(1, 3), hit(2, 2)}, {});
  fuse(words, {});
  sort_by_score(words);
  EXPECT_EQ(words[0].chunk, ChunkId{1});
  EXPECT_GT(words[0].score, words[1].score);
}

TEST(Duplicates, SketchesOfTexts) {
  const std::string text = "The board met nine times in the year and approved the plan for new branches.";
  EXPECT_EQ(
      sketch_overlap(text_sketch(text), text_sketch("THE BOARD met nine times, in the year and approved the "
                                                    "plan for new branches")),
      1.0);
  EXPECT_LT(
      sketch_overlap(text_sketch(text), text_sketch("Deposits grew while loans to ships fell by a third.")),
      0.1);
  EXPECT_LT(
      sketch_overlap(text_sketch("Total | 1,200 | 1,100 | 900"), text_sketch("Total | 3,200 | 2,100 | 800")),
      duplicate_overlap);
  EXPECT_EQ(sketch_overlap(text_sketch(""), text_sketch("")), 0.0);
  EXPECT_EQ(sketch_overlap(text_sketch("yes"), text_sketch("Yes.")), 1.0);
}

TEST(LightTerms, StemsNumbersAndCodes) {
  EXPECT_EQ(light_stem("purchases"), light_stem("Purchase"));
  EXPECT_EQ(light_stem("companies"), light_stem("company"));
  EXPECT_EQ(light_stem("Pepper's"), light_stem("pepper"));
  EXPECT_EQ(light_stem("10-K"), "10k");
  const auto terms = light_terms("Net sales of $1,234.5 in the 10-K, 2022.");
  ASSERT_EQ(terms.size(), 8U);
  EXPECT_TRUE(terms[2].stop);
  EXPECT_TRUE(terms[3].number);
  EXPECT_EQ(terms[3].hash, light_terms("1234.5")[0].hash);
  EXPECT_FALSE(terms[6].number);
  EXPECT_TRUE(terms[7].number);
}

}  // namespace
}  // namespace loadline

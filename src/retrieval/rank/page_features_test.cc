#include "retrieval/rank/page_features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "retrieval/rank/memory_knowledge_test.h"
#include "retrieval/rank/page_model.h"

namespace loadline {
namespace {

float value(const PageFeatures& features, std::string_view name) {
  const auto at = std::find(page_feature_names.begin(), page_feature_names.end(), name);
  EXPECT_NE(at, page_feature_names.end()) << name;
  return features[static_cast<std::size_t>(at - page_feature_names.begin())];
}

// Pages of one document, each of one chunk: the text, and its cosines with the question, what is asked, a
// part.
class PageFeaturesTest : public ::testing::Test {
 protected:
  void add(const std::string& text, std::vector<float> cosines, float keyword, bool is_table = false) {
    Chunk chunk;
    chunk.text = text;
    chunk.is_table = is_table;
    PoolPage page;
    page.unit = {0, static_cast<int>(pool_.pages.size()) + 1, 0};
    page.chunks = {ChunkId{pool_.pages.size() + 1}};
    page.keyword = {keyword};
    page.cosines = {std::move(cosines)};
    page.digest = std::make_shared<const PageDigest>(digest_of({chunk}));
    pool_.pages.push_back(std::move(page));
  }
  std::vector<PageFeatures> features(std::string_view question) {
    return page_features(pool_, view_query(question, {}));
  }
  PagePool pool_;
};

TEST_F(PageFeaturesTest, LegsCompareWithinThePool) {
  add("cranes and quays", {0.6F, 0.5F, 0.7F}, 4);
  add("tugs and pilots", {0.3F, 0.5F, 0.2F}, 2);
  const auto all = features("cranes");
  EXPECT_EQ(value(all[0], "vector"), 1);
  EXPECT_EQ(value(all[1], "vector"), 0);
  EXPECT_EQ(value(all[0], "asked"), value(all[1], "asked"));
  EXPECT_GT(value(all[0], "parts"), value(all[1], "parts"));
  EXPECT_EQ(value(all[0], "keyword"), 1);
  EXPECT_EQ(value(all[1], "keyword"), 0.5F);
  EXPECT_GT(value(all[0], "vector_inside"), value(all[1], "vector_inside"));
}

TEST_F(PageFeaturesTest, WordsHeadingsLabelsAndYears) {
  add("Cost of sales | 12.1 | 11.9\nMooring income | 3.0 | 2.8 in 2022", {0.5F, 0.5F, 0.5F}, 1, true);
  add("Prose on the cost of cranes, and on sales to the town in the years before.", {0.5F, 0.5F, 0.5F}, 1);
  const auto all = features("What was cost of sales in 2022?");
  EXPECT_EQ(value(all[0], "coverage"), 1);
  EXPECT_EQ(value(all[1], "coverage"), 1);
  EXPECT_EQ(value(all[0], "pairs"), 1);
  EXPECT_EQ(value(all[1], "pairs"), 0);
  EXPECT_EQ(value(all[0], "label"), 1);
  EXPECT_EQ(value(all[1], "label"), 0);
  EXPECT_GT(value(all[0], "labels"), 0);
  EXPECT_EQ(value(all[0], "years"), 0.5F);
  EXPECT_EQ(value(all[1], "years"), 0);
  EXPECT_EQ(value(all[0], "table"), 1);
  EXPECT_GT(value(all[0], "figures"), value(all[1], "figures"));
}

TEST_F(PageFeaturesTest, DocumentEvidence) {
  add("cranes", {0.5F, 0.5F}, 1);
  add("cranes", {0.5F, 0.5F}, 1);
  pool_.pages[0].document = {1, 0.5, 0.8};
  pool_.pages[1].document = {0.5, 0, 0.4};
  pool_.document_best = 0.8;
  const auto all = features("cranes");
  EXPECT_EQ(value(all[0], "document"), 1);
  EXPECT_EQ(value(all[1], "document"), 0.5F);
  EXPECT_EQ(value(all[0], "document_first"), 1);
  EXPECT_EQ(value(all[1], "document_first"), 0);
  EXPECT_EQ(value(all[0], "document_period"), 0.5F);
}

TEST_F(PageFeaturesTest, AllAreFiniteAndBoundedWhateverThePool) {
  EXPECT_TRUE(features("anything").empty());
  add("", {}, 0);
  add("1 2 3", {}, 0);
  for (const char* question : {"", "of the", "what is 2022 of 37%?", "\xff\xfe"})
    for (const PageFeatures& page : features(question))
      for (const float each : page) {
        EXPECT_TRUE(std::isfinite(each)) << question;
        EXPECT_GE(each, 0);
        EXPECT_LE(each, 1.001F);
      }
}

TEST(PageModel, RanksByTheWeightedSumAndCalibrates) {
  PageModel model;
  model.weights[0] = 2;
  model.weights[1] = -1;
  model.slope = 0.5;
  PageFeatures good{}, bad{};
  good[0] = 1;
  bad[1] = 1;
  const auto scores = score_pages(std::vector{good, bad}, model);
  EXPECT_EQ(scores[0].rank, 2);
  EXPECT_EQ(scores[1].rank, -1);
  EXPECT_NEAR(scores[0].probability, 1 / (1 + std::exp(-1.0)), 1e-12);
  EXPECT_GT(scores[0].probability, scores[1].probability);
}

TEST(PageModel, TheLearnedOneIsWholeAndRising) {
  const PageModel& model = learned_page_model();
  EXPECT_GT(model.slope, 0);
  EXPECT_TRUE(std::any_of(model.weights.begin(), model.weights.end(), [](double w) { return w > 0; }));
}

TEST(ChunkFitness, PrefersTheChunkThatBothLegsLike) {
  PoolPage page;
  page.chunks = {ChunkId{1}, ChunkId{2}};
  page.keyword = {0, 3};
  page.cosines = {{0.2F, 0.2F}, {0.5F, 0.4F}};
  const auto fitness = chunk_fitness(page);
  EXPECT_LT(fitness[0], fitness[1]);
}

}  // namespace
}  // namespace loadline

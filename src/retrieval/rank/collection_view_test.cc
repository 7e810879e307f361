#include "retrieval/rank/collection_view.h"

#include <gtest/gtest.h>

#include "retrieval/rank/candidates.h"
#include "retrieval/rank/document_filter.h"
#include "retrieval/rank/duplicates.h"

namespace loadline {
namespace {

DocumentRecord record(std::uint64_t id, std::string name) {
  DocumentRecord out;
  out.id = DocumentId{id};
  out.name = std::move(name);
  return out;
}

// Ids close together (a table by id) and far apart (a search).
class CollectionViewTest : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  ChunkId id(std::uint64_t n) const { return ChunkId{5 + n * GetParam()}; }
  CollectionView view() const {
    std::vector<CollectionView::Place> places;
    for (std::uint32_t i = 0; i < 30; ++i)
      places.push_back({id(i), DocumentId{i < 20 ? 7U : 3U}, i < 20 ? 1 : 2, i});
    return {{record(7, "seven.txt"), record(3, "three.txt")}, places};
  }
};

TEST_P(CollectionViewTest, FindsPlacesAndRunsOfPages) {
  const CollectionView collection = view();
  EXPECT_EQ(collection.documents()[0].name, "three.txt");
  EXPECT_EQ(collection.document_number(DocumentId{7}), 1U);
  EXPECT_EQ(collection.document_number(DocumentId{8}), 2U);
  EXPECT_EQ(collection.chunks_of(1), 20U);
  EXPECT_EQ(collection.chunks_of(9), 0U);
  ASSERT_NE(collection.find(id(4)), nullptr);
  EXPECT_EQ(collection.find(id(4))->ordinal, 4U);
  EXPECT_EQ(collection.find(ChunkId{1}), nullptr);
  EXPECT_EQ(collection.find(id(30)), nullptr);
  const PageUnit late = collection.unit_of(id(15));
  EXPECT_EQ(late, (PageUnit{1, 1, 1}));
  EXPECT_EQ(collection.unit(late).size(), 20U - unit_chunks_max);
  EXPECT_EQ(collection.unit(late).front().ordinal, unit_chunks_max);
  EXPECT_TRUE(collection.unit({1, 1, 2}).empty());
  EXPECT_TRUE(collection.unit({1, 99, 0}).empty());
}

INSTANTIATE_TEST_SUITE_P(Spread, CollectionViewTest, testing::Values(1U, 1000U));

TEST(DocumentSet, CountsAndHolds) {
  const std::vector<CollectionView::Place> places = {{ChunkId{1}, DocumentId{1}, 1, 0},
                                                     {ChunkId{2}, DocumentId{2}, 1, 0}};
  const CollectionView collection({record(1, "a.txt"), record(2, "b.txt")}, places);
  const DocumentSet all(collection, {});
  EXPECT_TRUE(all.all());
  EXPECT_EQ(all.chunks(), 2U);
  SearchFilter filter;
  filter.documents = {"b.txt"};
  const DocumentSet one(collection, filter);
  EXPECT_FALSE(one.all());
  const ChunkFilter chunks = one.chunk_filter();
  EXPECT_EQ(chunks.matches, 1U);
  EXPECT_FALSE(chunks.accepts(ChunkId{1}));
  EXPECT_TRUE(chunks.accepts(ChunkId{2}));
  EXPECT_FALSE(chunks.accepts(ChunkId{3}));
  EXPECT_EQ(DocumentSet(one, {0, 1}).chunks(), 1U);  // never more than it was made of
}

TEST(LikelyDocuments, AreThoseNearTheBestUnlessItIsAllOrNone) {
  std::vector<DocumentRecord> records;
  std::vector<CollectionView::Place> places;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    records.push_back(record(i, std::to_string(i) + ".txt"));
    places.push_back({ChunkId{i}, DocumentId{i}, 1, 0});
  }
  const CollectionView collection(records, places);
  const DocumentSet allowed(collection, {});
  DocumentMatches matches;
  matches.documents = {{1, 0, 0.5}, {1, 0, 0.9}, {0, 0, 0.1}};
  CandidateOptions options;
  options.focus_share = 0.5;
  EXPECT_EQ(likely_documents(matches, allowed, options), (std::vector<std::uint32_t>{1, 0}));
  options.focus_documents = 1;
  EXPECT_EQ(likely_documents(matches, allowed, options), (std::vector<std::uint32_t>{1}));
  options.focus_share = 0;
  options.focus_documents = 9;
  EXPECT_TRUE(likely_documents(matches, allowed, options).empty());
  matches.documents = {{}, {}, {}};
  EXPECT_TRUE(likely_documents(matches, allowed, {}).empty());
}

TEST(Duplicates, NearlyTheSameTextsOverlapAndOthersDoNot) {
  const std::string text =
      "the harbour master keeps a list of all moorings and of who has paid for them until which day of the "
      "year";
  const auto sketch = text_sketch(text);
  EXPECT_EQ(sketch_overlap(sketch, text_sketch(text)), 1);
  EXPECT_GE(sketch_overlap(sketch, text_sketch("The HARBOUR master" + text.substr(18))), duplicate_overlap);
  EXPECT_LT(
      sketch_overlap(sketch, text_sketch("the pilot knows every sandbank between here and the open sea")),
      0.1);
  EXPECT_EQ(sketch_overlap(text_sketch("dues 2021"), text_sketch("dues 2021")), 1);
  EXPECT_EQ(sketch_overlap(text_sketch("dues 2021"), text_sketch("dues 2022")), 0);
  EXPECT_EQ(sketch_overlap({}, sketch), 0);
}

}  // namespace
}  // namespace loadline

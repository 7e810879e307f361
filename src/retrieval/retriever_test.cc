#include "retrieval/retriever.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "retrieval/rank/memory_knowledge_test.h"

namespace loadline {
namespace {

class RetrieverTest : public ::testing::Test {
 protected:
  RetrieverTest() { context_.clock = &clock_; }

  void fill() {
    indexes_.fill(store_, embedder_, context_);
    retriever_ = make_retriever(store_, embedder_, indexes_);
  }
  SearchResponse find(SearchRequest request) {
    request.collection = "docs";
    auto response = retriever_->search(request, context_);
    EXPECT_TRUE(response.ok()) << (response.ok() ? "" : response.error().to_string());
    return response.ok() ? std::move(response).value() : SearchResponse{};
  }
  static SearchRequest ask(std::string query, std::size_t k = 10) {
    SearchRequest request;
    request.collection = "docs";
    request.query = std::move(query);
    request.k = k;
    return request;
  }
  Code failure(SearchRequest request) {
    auto response = retriever_->search(request, context_);
    EXPECT_FALSE(response.ok());
    return response.ok() ? Code::internal : response.error().code();
  }

  // Three reports that say the same but for who and when.
  void add_reports() {
    for (const auto& [name, entity, year] :
         {std::tuple{"HARBOUR_2021_report.pdf", "Harbour Bank", "2021"},
          std::tuple{"HARBOUR_2022_report.pdf", "Harbour Bank", "2022"},
          std::tuple{"FERNWOOD_2022_report.pdf", "Fernwood Mills Inc", "2022"}}) {
      DocumentRecord record;
      record.name = name;
      record.title = "Annual report";
      record.media_type = "application/pdf";
      record.entities = {entity};
      record.periods = {year};
      const DocumentId id = store_.add_document(record);
      store_.add_chunk(id, 1, std::string("annual report of the company for the year ") + year);
      store_.add_chunk(id, 2, std::string("deposits of customers grew by nine percent, fund ") + entity);
      store_.add_chunk(id, 3,
                       std::string("the number of branches fell as customers moved, ") + year + entity);
    }
  }

  SystemClock clock_;
  CallContext context_;
  MemoryKnowledge store_;
  WordHashEmbedder embedder_;
  MemoryIndexes indexes_;
  std::unique_ptr<Retriever> retriever_;
};

TEST_F(RetrieverTest, FindsThePageOfTheDocumentThatTheQuestionNames) {
  add_reports();
  fill();
  const auto first = find(ask("How did deposits of customers of Harbour Bank grow in 2022?"));
  ASSERT_FALSE(first.hits.empty());
  EXPECT_EQ(first.hits[0].document, "HARBOUR_2022_report.pdf");
  EXPECT_EQ(first.hits[0].page, 2);
  const auto other = find(ask("How did deposits of customers of Fernwood grow?"));
  ASSERT_FALSE(other.hits.empty());
  EXPECT_EQ(other.hits[0].document, "FERNWOOD_2022_report.pdf");
  EXPECT_EQ(other.hits[0].page, 2);
}

TEST_F(RetrieverTest, ExplainsEveryHit) {
  add_reports();
  fill();
  const auto response = find(ask("branches of Harbour Bank", 5));
  ASSERT_FALSE(response.hits.empty());
  for (std::size_t i = 0; i < response.hits.size(); ++i) {
    const SearchHit& hit = response.hits[i];
    EXPECT_EQ(hit.rank, i + 1);
    EXPECT_GE(hit.score, 0);
    EXPECT_LE(hit.score, 1);
    EXPECT_GT(hit.explanation.fused_rank, 0U);
    EXPECT_FALSE(hit.box.empty());
  }
  EXPECT_GT(response.hits[0].explanation.keyword_score, 0);
  EXPECT_GT(response.hits[0].explanation.vector_score, 0);
  EXPECT_GT(response.hits[0].explanation.document_score, 0);
}

TEST_F(RetrieverTest, RefusesWhatIsNoSearch) {
  fill();
  EXPECT_EQ(failure(ask("")), Code::invalid_argument);
  EXPECT_EQ(failure(ask(" \n\t")), Code::invalid_argument);
  EXPECT_EQ(failure(ask(std::string(search_query_bytes_max + 1, 'x'))), Code::invalid_argument);
  EXPECT_EQ(failure(ask("x", 0)), Code::invalid_argument);
  EXPECT_EQ(failure(ask("x", search_results_max + 1)), Code::invalid_argument);
  SearchRequest elsewhere = ask("x");
  elsewhere.collection = "other";
  EXPECT_EQ(failure(elsewhere), Code::not_found);
  SearchRequest blind = ask("x");
  blind.means.keyword = blind.means.vector = false;
  EXPECT_EQ(failure(blind), Code::invalid_argument);
}

TEST_F(RetrieverTest, AnEmptyCollectionAndOddQueriesAreNoErrors) {
  fill();
  EXPECT_TRUE(find(ask("anything")).hits.empty());
  add_reports();
  fill();
  for (const std::string& query :
       {std::string("of the and"), std::string("?!"), std::string("\xff\xfe\x80"), std::string("2022"),
        std::string(search_query_bytes_max, 'x'), std::string(search_query_bytes_max / 2, '\xc3'), [] {
          std::string many;
          while (many.size() + 8 < search_query_bytes_max) many += "Ab" + std::to_string(many.size()) + " ";
          return many;
        }()})
    EXPECT_LE(find(ask(query)).hits.size(), 10U);
}

TEST_F(RetrieverTest, StopsWhenNobodyWaits) {
  add_reports();
  fill();
  context_.cancel.cancel();
  EXPECT_EQ(failure(ask("deposits")), Code::cancelled);
}

TEST_F(RetrieverTest, LeavesOutNearDuplicates) {
  const DocumentId id = store_.add_document({});
  const std::string text = "the vault on the island is opened once a year by three people with three keys";
  store_.add_chunk(id, 1, text);
  store_.add_chunk(id, 2, text);
  store_.add_chunk(id, 3, "other things about the island");
  fill();
  SearchRequest both = ask("island vault keys");
  both.means.deduplicate = false;
  EXPECT_EQ(find(ask("island vault keys")).hits.size(), 2U);
  EXPECT_EQ(find(both).hits.size(), 3U);
}

TEST_F(RetrieverTest, WhatIsNotServedIsNotFoundAndTakesNoPlace) {
  add_reports();
  fill();
  store_.stop_serving(DocumentId{2});
  const auto response = find(ask("deposits of Harbour Bank in 2022", 6));
  EXPECT_EQ(response.hits.size(), 6U);
  for (const SearchHit& hit : response.hits) EXPECT_NE(hit.chunk.document, DocumentId{2});
}

TEST_F(RetrieverTest, NeighboursStayUnderTheHeading) {
  const DocumentId id = store_.add_document({});
  for (int i = 0; i < 6; ++i) {
    const ChunkId chunk = store_.add_chunk(id, 1, "part " + std::to_string(i));
    store_.chunk(chunk).headings = {i < 2 ? "One" : "Two"};
  }
  fill();
  SearchHit hit;
  hit.chunk = store_.all_chunks()[3];
  const auto around = retriever_->neighbours(hit, 3, 1);
  ASSERT_TRUE(around.ok());
  ASSERT_EQ(around->size(), 3U);
  EXPECT_EQ(around->front().ordinal, 2U);
  EXPECT_EQ(around->back().ordinal, 4U);
  hit.chunk.document = DocumentId{99};
  EXPECT_EQ(retriever_->neighbours(hit, 1, 1).error().code(), Code::not_found);
}

// For random collections, filters and means: filters hold, min(k, matches) results with the vector leg, each
// chunk once, ranks in order of score, and the same again.
TEST_F(RetrieverTest, PropertiesOfRandomSearches) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::vector<std::string> words = {"tide",   "loan",  "bridge", "copper", "interest", "vote",
                                          "Acme",   "Borel", "2021",   "2022",   "branch",   "island",
                                          "margin", "store", "rate",   "table"};
  const auto sentence = [&](std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += words[random() % words.size()] + " ";
    return text;
  };
  for (int d = 0; d < 7; ++d) {
    DocumentRecord record;
    record.name = "d" + std::to_string(d) + ".txt";
    record.media_type = d % 2 == 0 ? "text/plain" : "application/pdf";
    record.entities = {words[6 + random() % 2]};
    record.periods = {words[8 + random() % 2]};
    record.label = d % 3 == 0 ? "internal" : "public";
    const DocumentId id = store_.add_document(record);
    for (std::size_t c = 0, n = random() % 30; c < n; ++c)
      store_.add_chunk(id, static_cast<int>(c / 3) + 1, sentence(30 + random() % 20));
  }
  fill();
  const auto documents = store_.documents(MemoryKnowledge::collection).value();
  for (int round = 0; round < 60; ++round) {
    SearchRequest request = ask(sentence(1 + random() % 12), 1 + random() % 40);
    if (random() % 2 == 0) request.filter.media_types = {"text/plain"};
    if (random() % 3 == 0) request.filter.entities = {"Acme"};
    if (random() % 3 == 0) request.filter.periods = {"2021", "2023"};
    if (random() % 4 == 0) request.filter.labels = {"internal"};
    request.means = {random() % 2 == 0, true, random() % 2 == 0, random() % 2 == 0, false};
    request.chunks_per_page = 1 + random() % 2;
    std::size_t matching = 0;
    std::set<DocumentId> allowed;
    for (const DocumentRecord& record : documents) {
      const auto in = [](const std::vector<std::string>& list, const std::string& value) {
        return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
      };
      if (!in(request.filter.media_types, record.media_type) ||
          !in(request.filter.entities, record.entities[0]) ||
          !in(request.filter.periods, record.periods[0]) || !in(request.filter.labels, record.label))
        continue;
      allowed.insert(record.id);
      matching += record.chunk_count;
    }
    const auto response = find(request);
    EXPECT_EQ(response.hits.size(), std::min(request.k, matching));
    std::set<ChunkId> seen;
    for (const SearchHit& hit : response.hits) {
      EXPECT_TRUE(allowed.contains(hit.chunk.document));
      EXPECT_TRUE(seen.insert(hit.chunk.id).second);
    }
    const auto again = find(request);
    ASSERT_EQ(again.hits.size(), response.hits.size());
    for (std::size_t i = 0; i < again.hits.size(); ++i)
      EXPECT_EQ(again.hits[i].chunk.id, response.hits[i].chunk.id);
  }
}

}  // namespace
}  // namespace loadline

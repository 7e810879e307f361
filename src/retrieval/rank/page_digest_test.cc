#include "retrieval/rank/page_digest.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "retrieval/rank/light_terms.h"
#include "retrieval/rank/memory_knowledge_test.h"

namespace loadline {
namespace {

std::uint64_t hash_of(std::string_view word) { return light_terms(word).front().hash; }
TermKey term(std::string_view word) { return term_key(hash_of(word)); }
TermKey pair(std::string_view first, std::string_view second) {
  return term_key(pair_key(hash_of(first), hash_of(second)));
}

Chunk text_chunk(std::string text, std::vector<std::string> headings = {}) {
  Chunk chunk;
  chunk.text = std::move(text);
  chunk.headings = std::move(headings);
  return chunk;
}

Chunk table_chunk(std::string header, std::string rows) {
  Chunk chunk = text_chunk(std::move(rows));
  chunk.is_table = true;
  chunk.table_header = std::move(header);
  return chunk;
}

TEST(PageDigest, KeepsTermsHeadingsYearsAndLabelsApart) {
  const std::vector<Chunk> page = {
      text_chunk("The quay was rebuilt in 2019.", {"Harbour works"}),
      table_chunk("| 2021 | 2020", "Mooring fees | 1,204 | 998\nNotes | see below | none")};
  const PageDigest digest = digest_of(page);
  EXPECT_TRUE(holds(digest.terms, term("quay")));
  EXPECT_TRUE(holds(digest.terms, term("harbour")));  // of headings too
  EXPECT_TRUE(holds(digest.heading_terms, term("harbour")));
  EXPECT_FALSE(holds(digest.heading_terms, term("mooring")));
  EXPECT_EQ(digest.years, (std::vector<int>{2019, 2020, 2021}));
  EXPECT_EQ(digest.heading_years, digest.years);  // the first line counts as a heading
  std::vector<TermKey> label = {term("mooring"), term("fees")};
  std::sort(label.begin(), label.end());
  // a row without a figure has no label
  EXPECT_EQ(digest.label_terms, label);
  EXPECT_EQ(digest.label_ends, std::vector<std::uint32_t>{2});
  EXPECT_TRUE(holds(digest.pairs, pair("mooring", "fees")));
  EXPECT_FALSE(holds(digest.pairs, pair("fees", "mooring")));
}

TEST(PageDigest, HoldsEachKeyOnceHoweverManyThereAre) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "w" + std::to_string(i) + "x ";
  const PageDigest digest = digest_of({text_chunk(text + "\n" + text, {"Quay", "Quay"})});
  std::vector<TermKey> terms = digest.terms;
  EXPECT_EQ(terms.size(), 3001U);
  std::sort(terms.begin(), terms.end());
  EXPECT_EQ(std::adjacent_find(terms.begin(), terms.end()), terms.end());
  for (int i = 0; i < 3000; ++i) EXPECT_TRUE(holds(digest.terms, term("w" + std::to_string(i) + "x"))) << i;
  EXPECT_TRUE(holds(digest.heading_terms, term("quay")));
}

TEST(PageDigest, TellsStatementsListingsAndProseApart) {
  const auto statement = digest_of({table_chunk("| 2021", "Cash | 12.5 | 11.0\nLoans | 200.1 | 180.2")});
  const auto listing = digest_of({text_chunk("Balance sheet 12\nIncome statement 14\nNotes on risk 20")});
  const auto prose = digest_of({text_chunk("The harbour is open all year and has two cranes.")});
  EXPECT_GT(statement.figure_share, 0.5);
  EXPECT_EQ(statement.table_share, 1);
  EXPECT_EQ(listing.listing_share, 1);
  EXPECT_EQ(statement.listing_share, 0);
  EXPECT_EQ(prose.figure_share, 0);
  EXPECT_EQ(prose.table_share, 0);
  EXPECT_EQ(digest_of({}).words, 0U);
}

TEST(PageDigests, KeepsTheLastUsedOnes) {
  PageDigests digests;
  const auto digest = std::make_shared<const PageDigest>();
  for (std::uint64_t i = 0; i < PageDigests::digests_max; ++i) digests.keep({i, 1, 0}, digest);
  EXPECT_NE(digests.find({0, 1, 0}), nullptr);  // used: the next one is the oldest now
  digests.keep({PageDigests::digests_max, 1, 0}, digest);
  EXPECT_NE(digests.find({0, 1, 0}), nullptr);
  EXPECT_EQ(digests.find({1, 1, 0}), nullptr);
  EXPECT_NE(digests.find({PageDigests::digests_max, 1, 0}), nullptr);
  EXPECT_EQ(digests.find({2, 2, 0}), nullptr);
}

}  // namespace
}  // namespace loadline

#include "retrieval/rank/page_digest.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "retrieval/rank/light_terms.h"

namespace loadline {
namespace {

std::uint64_t term(std::string_view word) { return light_terms(word).front().hash; }

template <class T>
bool holds(const std::vector<T>& sorted, const T& value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
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
  const PageDigest digest = digest_page(page);
  EXPECT_TRUE(holds(digest.terms, term("quay")));
  EXPECT_TRUE(holds(digest.terms, term("harbour")));  // of headings too
  EXPECT_TRUE(holds(digest.heading_terms, term("harbour")));
  EXPECT_FALSE(holds(digest.heading_terms, term("mooring")));
  EXPECT_TRUE(holds(digest.years, 2019));
  EXPECT_TRUE(holds(digest.heading_years, 2021));
  std::vector<std::uint64_t> label = {term("mooring"), term("fees")};
  std::sort(label.begin(), label.end());
  // a row without a figure has no label
  EXPECT_EQ(digest.labels, std::vector<std::vector<std::uint64_t>>{label});
  EXPECT_TRUE(holds(digest.pairs, pair_key(term("mooring"), term("fees"))));
  EXPECT_FALSE(holds(digest.pairs, pair_key(term("fees"), term("mooring"))));
}

TEST(PageDigest, TellsStatementsListingsAndProseApart) {
  const auto statement =
      digest_page(std::vector{table_chunk("| 2021", "Cash | 12.5 | 11.0\nLoans | 200.1 | 180.2")});
  const auto listing =
      digest_page(std::vector{text_chunk("Balance sheet 12\nIncome statement 14\nNotes on risk 20")});
  const auto prose = digest_page(std::vector{text_chunk("The harbour is open all year and has two cranes.")});
  EXPECT_GT(statement.figure_share, 0.5);
  EXPECT_EQ(statement.table_share, 1);
  EXPECT_EQ(listing.listing_share, 1);
  EXPECT_EQ(statement.listing_share, 0);
  EXPECT_EQ(prose.figure_share, 0);
  EXPECT_EQ(prose.table_share, 0);
  EXPECT_EQ(digest_page({}).words, 0U);
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

#include "retrieval/rank/query_view.h"

#include <gtest/gtest.h>

#include "retrieval/rank/light_terms.h"

namespace loadline {
namespace {

DocumentMatches with_span(std::string_view question, std::string_view name) {
  DocumentMatches matches;
  const auto begin = static_cast<std::uint32_t>(question.find(name));
  matches.spans.emplace_back(begin, begin + static_cast<std::uint32_t>(name.size()));
  return matches;
}

TEST(QueryView, WhatIsAskedIsWithoutNames) {
  const std::string question = "What was the cost of sales at Tidewater Copper?";
  const QueryView view = view_query(question, with_span(question, "Tidewater Copper"));
  EXPECT_EQ(view.asked, "What was the cost of sales at ?");
  EXPECT_EQ(view.parts, std::vector<std::string>{"cost of sales"});
  EXPECT_EQ(view.terms.size(), 2U);
  EXPECT_EQ(view.pairs.size(), 1U);
}

TEST(QueryView, YearsAreLatestFirstAndOtherNumbersApart) {
  const QueryView view = view_query("margin in FY2021, FY2023 and 2022, above 37.5", {});
  EXPECT_EQ(view.years, (std::vector<int>{2023, 2022, 2021}));
  EXPECT_TRUE(std::find(view.numbers.begin(), view.numbers.end(), light_terms("37.5").front().hash) !=
              view.numbers.end());
}

TEST(QueryView, TellsQuestionsForFigures) {
  EXPECT_EQ(view_query("What is the total amount, in percent?", {}).wants_figure, 1);
  EXPECT_EQ(view_query("Who runs the harbour?", {}).wants_figure, 0);
}

TEST(QueryView, PartsAreBoundedAndPunctuationPartsThem) {
  std::string many;
  for (int i = 0; i < 50; ++i)
    many += "harbour dues" + std::string(1, static_cast<char>('a' + i % 26)) + ", ";
  EXPECT_LE(view_query(many, {}).parts.size(), query_parts_max);
  EXPECT_EQ(view_query("Harbour dues, crane hire", {}).parts,
            (std::vector<std::string>{"Harbour dues", "crane hire"}));
  EXPECT_TRUE(view_query("", {}).parts.empty());
}

}  // namespace
}  // namespace loadline

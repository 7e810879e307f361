#include "llama/draft.h"

#include <gtest/gtest.h>

namespace loadline::llama {
namespace {

using Tokens = std::vector<std::int32_t>;

TEST(PromptLookup, GuessesWhatFollowedTheLastTime) {
  PromptLookup lookup({});
  const Tokens tokens{1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3};
  lookup.extend(tokens);
  EXPECT_EQ(lookup.guess(tokens), (Tokens{4, 5, 6, 7}));
}

TEST(PromptLookup, PrefersTheLatestEarlierPlace) {
  PromptLookup lookup({});
  Tokens tokens{1, 2, 3, 70, 1, 2, 3, 80, 81, 82, 83};
  lookup.extend(tokens);
  for (const std::int32_t t : {1, 2, 3}) tokens.push_back(t);
  lookup.extend(tokens);
  EXPECT_EQ(lookup.guess(tokens), (Tokens{80, 81, 82, 83}));
}

TEST(PromptLookup, NothingWithoutAMatch) {
  PromptLookup lookup({});
  const Tokens tokens{1, 2, 3, 4, 5, 6};
  lookup.extend(tokens);
  EXPECT_TRUE(lookup.guess(tokens).empty());
  EXPECT_TRUE(PromptLookup({}).guess(Tokens{1}).empty());
}

TEST(PromptLookup, LengthFollowsSuccessAndMissesPause) {
  PromptLookup lookup({});
  Tokens tokens;
  for (std::int32_t i = 0; i < 30; ++i) tokens.push_back(i);
  for (std::int32_t i = 0; i < 3; ++i) tokens.push_back(i);
  lookup.extend(tokens);
  EXPECT_EQ(lookup.guess(tokens).size(), 4U);
  lookup.result(4, 4);
  EXPECT_EQ(lookup.guess(tokens).size(), 8U);
  lookup.result(8, 1);
  EXPECT_EQ(lookup.guess(tokens).size(), 4U);
  lookup.result(4, 0);
  lookup.result(2, 0);
  EXPECT_TRUE(lookup.guess(tokens).empty());
}

}  // namespace
}  // namespace loadline::llama

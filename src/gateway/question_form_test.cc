#include "gateway/question_form.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>

namespace loadline {
namespace {

std::string form(std::string_view question) { return question_form(question).value_or("(none)"); }

TEST(QuestionForm, LeavesOutWhatCannotChangeTheAnswer) {
  EXPECT_EQ(form("What is the fee for a lost card?"), "fee for lost card");
  EXPECT_EQ(form("Hello, could you please tell me what the fee is for a lost card, thanks"),
            "what fee for lost card");
  EXPECT_EQ(form("How can I open an account?"), form("how to open an account"));
  EXPECT_EQ(form("Is it open?"), "whether it open");
  EXPECT_EQ(form("Does it cost 1,500?"), form("does it cost 1500"));
}

TEST(QuestionForm, KeepsWhoDoesWhatToWhom) {
  EXPECT_NE(form("Who pays me?"), form("Who do I pay?"));
  EXPECT_NE(form("What does A owe B?"), form("What does B owe A?"));
  EXPECT_NE(form("Is it open?"), form("It is open."));
  EXPECT_NE(form("Is it paid by tenants?"), form("Is it paid to tenants?"));
  EXPECT_NE(form("the US rules"), form("the rules for us"));
}

TEST(QuestionForm, NumbersStayApart) {
  EXPECT_EQ(form("1,234,567.50 euros"), "1234567.50 euro");
  EXPECT_NE(form("1,5 units"), form("15 units"));
  EXPECT_NE(form("at 10:30"), form("at 10 30"));
  EXPECT_NE(form("2020-2021"), form("2020 2021"));
  EXPECT_NE(form("below -5 degrees"), form("below 5 degrees"));
  EXPECT_NE(form("part I"), form("part"));
  EXPECT_NE(form("class A shares"), form("class shares"));
}

TEST(QuestionForm, NothingButPlainQuestionsHaveOne) {
  EXPECT_FALSE(question_form(""));
  EXPECT_FALSE(question_form("one line\nand another"));
  EXPECT_FALSE(question_form("Translate the dog into French"));
  EXPECT_FALSE(question_form("What does \"the dog\" mean?"));
  EXPECT_FALSE(question_form("What does 'the dog' mean?"));
  EXPECT_FALSE(question_form("What does f(x) = y {} do?"));
  EXPECT_FALSE(question_form("mail ann@example.com"));
  EXPECT_FALSE(question_form(std::string(question_form_bytes_max + 1, 'a')));
  EXPECT_EQ(form("Wie hoch ist die Rate?"), "wie hoch ist die rate") << "unknown words stay";
}

struct Pair {
  std::string kind, first, second;
};

std::vector<Pair> committed_pairs() {
  std::ifstream file(std::string(LOADLINE_SOURCE_DIR) + "/tests/golden/questions/pairs.tsv");
  std::vector<Pair> pairs;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t one = line.find('\t'), two = line.find('\t', one + 1);
    pairs.push_back({line.substr(0, one), line.substr(one + 1, two - one - 1), line.substr(two + 1)});
  }
  return pairs;
}

// Equal forms are needed for a hit, whatever embeddings say: so none here is no wrong hit at all.
TEST(QuestionForm, PairsThatDifferHaveNoHitInTheCommittedSet) {
  const std::vector<Pair> pairs = committed_pairs();
  ASSERT_EQ(pairs.size(), 300U);
  std::map<std::string, std::pair<int, int>> hits;  // by kind: hits, pairs
  for (const Pair& pair : pairs) {
    const auto first = question_form(pair.first), second = question_form(pair.second);
    ASSERT_TRUE(first) << pair.first;
    const bool hit = first == second;
    hits[pair.kind].first += hit ? 1 : 0;
    ++hits[pair.kind].second;
    if (pair.kind != "same")
      EXPECT_FALSE(hit) << pair.kind << ": " << pair.first << " / " << pair.second;
    else if (!hit)
      std::printf("no hit: %s (%s) / %s (%s)\n", pair.first.c_str(), first->c_str(), pair.second.c_str(),
                  second.value_or("no form").c_str());
  }
  for (const auto& [kind, count] : hits)
    std::printf("%-10s %d hits of %d pairs\n", kind.c_str(), count.first, count.second);
  EXPECT_GE(hits["same"].first * 2, hits["same"].second)
      << "a cache that finds nothing is never wrong either";
}

}  // namespace
}  // namespace loadline

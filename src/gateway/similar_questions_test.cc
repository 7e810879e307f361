#include "gateway/similar_questions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>
#include <vector>

namespace loadline {
namespace {

CacheKey place(std::uint64_t number) {
  CacheKey key{};
  for (std::size_t i = 0; i < 8; ++i) key[i] = static_cast<unsigned char>(number >> (8 * i));
  return key;
}

// One dimension for each letter.
class LetterEmbedder final : public Embedder {
 public:
  const EmbedderInfo& info() const override { return info_; }
  Result<Matrix> embed(std::span<const std::string_view> texts, const CallContext&) const override {
    Matrix out{texts.size(), 26, std::vector<float>(26 * texts.size())};
    for (std::size_t row = 0; row < texts.size(); ++row) {
      float* const values = out.values.data() + 26 * row;
      float norm = 0;
      for (const char c : texts[row])
        if (c >= 'a' && c <= 'z') values[c - 'a'] += 1;
      for (std::size_t i = 0; i < 26; ++i) norm += values[i] * values[i];
      for (std::size_t i = 0; i < 26 && norm > 0; ++i) values[i] /= std::sqrt(norm);
    }
    return out;
  }
  Result<Matrix> token_vectors(std::string_view, std::vector<TokenSpan>&, const CallContext&) const override {
    return Error(Code::invalid_argument, "no token vectors");
  }
  std::vector<TokenSpan> tokenize(std::string_view) const override { return {}; }

 private:
  const EmbedderInfo info_{"letters", "0", "f32", 26, 256};
};

TEST(SimilarQuestions, ForgetsWhatWasUsedLongestAgo) {
  SimilarQuestions questions;
  for (std::uint64_t i = 0; i < SimilarQuestions::questions_max; ++i)
    questions.put(place(i), {"q", place(i)});
  ASSERT_TRUE(questions.find(place(0)));
  questions.put(place(SimilarQuestions::questions_max), {"q", {}});
  EXPECT_EQ(questions.size(), SimilarQuestions::questions_max);
  EXPECT_TRUE(questions.find(place(0)));
  EXPECT_FALSE(questions.find(place(1)));
  questions.forget(place(0));
  EXPECT_FALSE(questions.find(place(0)));
  questions.put(place(2), {"other", place(7)});
  EXPECT_EQ(questions.find(place(2))->question, "other");
  EXPECT_EQ(questions.size(), SimilarQuestions::questions_max - 1);
}

TEST(AnswersAgree, NumbersAndNegationsMustBeEqual) {
  const LetterEmbedder embedder;
  const SystemClock clock;
  CallContext context;
  context.clock = &clock;
  const auto agree = [&](std::string_view a, std::string_view b) {
    return answers_agree(embedder, a, b, context).value();
  };
  EXPECT_TRUE(agree("The fee is 12 euros.", "The fee is 12 euros."));
  EXPECT_TRUE(agree("The fee is 12 euros.", "It is a fee of 12 euros."));
  EXPECT_TRUE(agree("The total is 1,200.", "The total is 1200"));
  EXPECT_FALSE(agree("The fee is 12 euros.", "The fee is 13 euros."));
  EXPECT_FALSE(agree("The fee is 12 euros.", "The fee is not 12 euros."));
  EXPECT_FALSE(agree("from 3 to 5", "from 5 to 3"));
  EXPECT_FALSE(agree("zzz", "the branch is open"));
}

TEST(WilsonLowerBound, EqualsTheFormula) {
  EXPECT_EQ(wilson_lower_bound(0, 0), 0);
  EXPECT_NEAR(wilson_lower_bound(52, 52), 52 / (52 + 2.705543), 1e-6);
  EXPECT_NEAR(wilson_lower_bound(50, 100), 0.41885, 1e-4);
  EXPECT_NEAR(wilson_lower_bound(0, 10), 0, 1e-12);
}

TEST(HitPrecision, NothingIsServedBeforeEnoughWasRight) {
  HitPrecision precision;
  Rng random(3);
  const SimilarityPolicy policy{.on = true, .precision = 0.9, .sample = 0, .similarity = 0.8};
  int verified = 0;
  while (!precision.may_serve("r", policy, random) && verified < 1000)
    precision.record("r", true), ++verified;
  EXPECT_EQ(verified, 25);  // n / (n + 1.645^2) >= 0.9
  EXPECT_FALSE(precision.may_serve("other", policy, random)) << "each route has to show it";
  for (int i = 0; i < 5; ++i) precision.record("r", false);
  EXPECT_FALSE(precision.may_serve("r", policy, random)) << "five wrong ones switch it off";
  for (int i = 0; i < 200; ++i) precision.record("r", true);
  EXPECT_TRUE(precision.may_serve("r", policy, random)) << "and it comes back by what it shows";
  const auto counts = precision.counts().at("r");
  EXPECT_EQ(counts.right, 225U);
  EXPECT_EQ(counts.wrong, 5U);
  EXPECT_EQ(counts.served, 2U);
}

TEST(HitPrecision, OldVerdictsStopCounting) {
  HitPrecision precision;
  for (int i = 0; i < 100; ++i) precision.record("r", false);
  for (std::size_t i = 0; i < HitPrecision::window_max; ++i) precision.record("r", true);
  EXPECT_GT(precision.counts().at("r").lower_bound, 0.99);
}

TEST(HitPrecision, TheSampleIsAskedOfTheModel) {
  HitPrecision precision;
  Rng random(5);
  const SimilarityPolicy policy{.on = true, .precision = 0.9, .sample = 0.2, .similarity = 0.8};
  for (int i = 0; i < 500; ++i) precision.record("r", true);
  int served = 0;
  for (int i = 0; i < 10'000; ++i) served += precision.may_serve("r", policy, random) ? 1 : 0;
  EXPECT_NEAR(served, 8000, 200);
}

TEST(SimilarQuestions, SeveralThreadsMayUseThem) {
  SimilarQuestions questions;
  HitPrecision precision;
  const SimilarityPolicy policy{.on = true, .precision = 0.5, .sample = 0.5, .similarity = 0};
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      Rng random(thread);
      for (std::uint64_t i = 0; i < 5000; ++i) {
        const CacheKey at = place(random.below(64));
        if (const auto found = questions.find(at)) {
          EXPECT_EQ(found->answer, at);
          precision.record("r", true);
          precision.may_serve("r", policy, random);
        }
        random.below(8) == 0 ? questions.forget(at) : questions.put(at, {"q", at});
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(questions.size(), 64U);
  EXPECT_GT(precision.counts().at("r").right, 1000U);
}

}  // namespace
}  // namespace loadline

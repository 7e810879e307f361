#include "llama/token_sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "base/rng.h"

namespace loadline::llama {
namespace {

Sampling seeded(float temperature, std::uint32_t seed = 7) {
  Sampling sampling;
  sampling.temperature = temperature;
  sampling.seed = seed;
  return sampling;
}

/// Allows only some tokens.
class Only final : public TokenConstraint {
 public:
  explicit Only(std::vector<TokenId> tokens) : tokens_(std::move(tokens)) {}
  void check(std::span<const TokenId> tokens, std::vector<bool>& allowed) override {
    allowed.clear();
    for (const TokenId t : tokens)
      allowed.push_back(std::find(tokens_.begin(), tokens_.end(), t) != tokens_.end());
  }
  void accept(TokenId) override {}

 private:
  std::vector<TokenId> tokens_;
};

std::map<TokenId, double> shares(const Sampling& sampling, const std::vector<float>& logits,
                                 std::vector<TokenId> only = {}) {
  TokenSampler sampler(sampling, only.empty() ? nullptr : std::make_unique<Only>(only));
  std::map<TokenId, double> counts;
  constexpr int draws = 20000;
  for (int i = 0; i < draws; ++i) {
    std::vector<float> copy = logits;
    const TokenId token = sampler.choose(copy).value();
    sampler.accept(token);
    counts[token] += 1.0 / draws;
  }
  return counts;
}

TEST(TokenSampler, TemperatureZeroTakesTheBestAndTheSmallerIdOnATie) {
  TokenSampler sampler(seeded(0), nullptr);
  std::vector<float> logits(21, 0.5F);
  EXPECT_EQ(sampler.choose(logits), 0);
  logits[17] = logits[19] = 3.0F;
  EXPECT_EQ(sampler.choose(logits), 17);
}

TEST(TokenSampler, SharesFollowSoftmaxAtTheTemperature) {
  const std::vector<float> logits{1.0F, 2.0F, 0.0F};
  const auto got = shares(seeded(0.5F), logits);
  const double total = std::exp(2.0) + std::exp(4.0) + std::exp(0.0);
  EXPECT_NEAR(got.at(0), std::exp(2.0) / total, 0.015);
  EXPECT_NEAR(got.at(1), std::exp(4.0) / total, 0.015);
  EXPECT_NEAR(got.at(2), std::exp(0.0) / total, 0.015);
}

TEST(TokenSampler, TopKTopPAndMinPCutTheTail) {
  const std::vector<float> logits{3.0F, 2.5F, 2.0F, -1.0F};
  Sampling k = seeded(1);
  k.top_k = 2;
  EXPECT_EQ(shares(k, logits).size(), 2U);
  Sampling p = seeded(1);
  p.top_p = 0.4F;  // the best has 0.50 of the mass
  EXPECT_EQ(shares(p, logits).size(), 1U);
  p.top_p = 0.7F;
  EXPECT_EQ(shares(p, logits).size(), 2U);
  Sampling m = seeded(1);
  m.min_p = 0.3F;  // e^-1 = 0.37 stays, e^-4 goes
  EXPECT_EQ(shares(m, logits).size(), 3U);
}

TEST(TokenSampler, SameSeedSameTokens) {
  const std::vector<float> logits{1.0F, 1.1F, 0.9F, 1.2F};
  const auto run = [&](std::uint32_t seed) {
    TokenSampler sampler(seeded(1, seed), nullptr);
    std::vector<TokenId> tokens;
    for (int i = 0; i < 50; ++i) {
      std::vector<float> copy = logits;
      tokens.push_back(sampler.choose(copy).value());
      sampler.accept(tokens.back());
    }
    return tokens;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

// Batches of another size round differently; tokens must not change for that.
TEST(TokenSampler, RoundingNoiseHardlyChangesTokens) {
  Rng rng(3);
  std::vector<float> logits(20000);
  for (float& logit : logits) logit = static_cast<float>(rng.uniform() * 4);
  TokenSampler exact(seeded(1), nullptr), noisy(seeded(1), nullptr);
  int changed = 0;
  for (int i = 0; i < 200; ++i) {
    std::vector<float> copy = logits, rounded = logits;
    for (float& logit : rounded) logit += static_cast<float>((rng.uniform() - 0.5) * 0.01);
    const TokenId token = exact.choose(copy).value();
    changed += noisy.choose(rounded).value() != token ? 1 : 0;
    exact.accept(token);
    noisy.accept(token);
  }
  EXPECT_LE(changed, 4);
}

TEST(TokenSampler, BiasAndPenalties) {
  Sampling sampling = seeded(0);
  sampling.logit_bias = {{0, -100.0F}, {2, 5.0F}};
  TokenSampler biased(sampling, nullptr);
  std::vector<float> logits{9.0F, 4.0F, 0.0F};
  EXPECT_EQ(biased.choose(logits), 2);

  sampling = seeded(0);
  sampling.frequency_penalty = 1.0F;
  TokenSampler penalised(sampling, nullptr);
  std::string chosen;
  for (int i = 0; i < 4; ++i) {
    std::vector<float> fresh{3.0F, 2.5F};
    const TokenId token = penalised.choose(fresh).value();
    penalised.accept(token);
    chosen += static_cast<char>('0' + token);
  }
  EXPECT_EQ(chosen, "0101");
}

TEST(TokenSampler, ConstraintGivesTheDistributionOverWhatItAllows) {
  const std::vector<float> logits{4.0F, 1.0F, 2.0F, 3.0F};
  const auto got = shares(seeded(1), logits, {1, 2});
  ASSERT_EQ(got.size(), 2U);
  EXPECT_NEAR(got.at(2), std::exp(2.0) / (std::exp(2.0) + std::exp(1.0)), 0.015);
}

TEST(TokenSampler, ConstraintFarBelowTheBestIsFound) {
  std::vector<float> logits(5000);
  std::iota(logits.rbegin(), logits.rend(), 0.0F);
  TokenSampler greedy(seeded(0), std::make_unique<Only>(std::vector<TokenId>{4000, 4999}));
  EXPECT_EQ(greedy.choose(logits), 4000);
  TokenSampler random(seeded(1), std::make_unique<Only>(std::vector<TokenId>{4999}));
  std::iota(logits.rbegin(), logits.rend(), 0.0F);
  EXPECT_EQ(random.choose(logits), 4999);
}

TEST(TokenSampler, NothingAllowedGivesNothing) {
  std::vector<float> logits{1.0F, 2.0F};
  TokenSampler greedy(seeded(0), std::make_unique<Only>(std::vector<TokenId>{}));
  EXPECT_FALSE(greedy.choose(logits).has_value());
  logits = {std::nanf(""), std::nanf("")};
  TokenSampler plain(seeded(0), nullptr);
  EXPECT_FALSE(plain.choose(logits).has_value());
}

TEST(Likelihood, SumsToOneAndOrdersByLikelihood) {
  const std::vector<float> logits{0.5F, 2.0F, -3.0F, 1.0F};
  const TokenLikelihood all = likelihood(logits, 3, 4);
  double total = 0;
  for (const auto& [id, logprob] : all.top) total += std::exp(logprob);
  EXPECT_NEAR(total, 1.0, 1e-6);
  EXPECT_EQ(all.top.front().first, 1);
  EXPECT_FLOAT_EQ(all.chosen, all.top[1].second);
}

}  // namespace
}  // namespace loadline::llama

// Every instruction set against plain double arithmetic, for sizes around each vector width.
#include "encoder/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "base/half.h"

namespace loadline {
namespace {

constexpr std::size_t sizes[] = {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100, 384};

class EverySet : public testing::TestWithParam<SimdLevel> {
 protected:
  void SetUp() override {
    kernels_ = kernels_at(GetParam());
    if (!kernels_) GTEST_SKIP() << "this CPU cannot run them";
  }
  std::vector<float> numbers(std::size_t count, float spread = 2.0f) {
    std::normal_distribution<float> normal(0.3f, spread);
    std::vector<float> out(count);
    for (float& x : out) x = normal(random_);
    return out;
  }

  const Kernels* kernels_ = nullptr;
  std::mt19937 random_{20260301};
};

TEST_P(EverySet, LayerNorm) {
  for (std::size_t n : sizes) {
    const auto x = numbers(n), gamma = numbers(n), beta = numbers(n);
    double mean = 0, variance = 0;
    for (float v : x) mean += v / static_cast<double>(n);
    for (float v : x) variance += (v - mean) * (v - mean) / static_cast<double>(n);
    std::vector<float> out = x;
    kernels_->layer_norm(out.data(), gamma.data(), beta.data(), 1e-5f, n);
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_NEAR(out[i], (x[i] - mean) / std::sqrt(variance + 1e-5) * gamma[i] + beta[i], 2e-4) << n;
    }
  }
}

TEST_P(EverySet, Gelu) {
  for (std::size_t n : sizes) {
    auto x = numbers(n, 4.0f);
    x[0] = -40.0f;
    std::vector<float> out = x;
    kernels_->gelu(out.data(), n);
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_NEAR(out[i], x[i] / 2 * (1 + std::erf(x[i] / std::sqrt(2.0))), 1e-6 * (1 + std::fabs(x[i])));
    }
  }
}

TEST_P(EverySet, ToBf16RoundsToNearestEven) {
  for (std::size_t n : sizes) {
    auto x = numbers(n);
    x[0] = std::bit_cast<float>(0x3F808000u);  // between two: to the even one
    std::vector<std::uint16_t> out(n);
    kernels_->to_bf16(x.data(), out.data(), n);
    EXPECT_EQ(out[0], 0x3F80);
    for (std::size_t i = 0; i < n; ++i) {
      const float back = float_from_bfloat16(out[i]);
      EXPECT_LE(std::fabs(back - x[i]), std::fabs(x[i]) / 256) << x[i];
    }
  }
}

TEST_P(EverySet, QuantiseStaysWithinHalfAStep) {
  for (std::size_t n : sizes) {
    for (float offset : {0.0f, 5.0f, -5.0f}) {
      auto x = numbers(n);
      for (float& v : x) v += offset;
      std::vector<std::uint8_t> out(n);
      const RowScale row = kernels_->quantise(x.data(), out.data(), n);
      for (std::size_t i = 0; i < n; ++i) {
        EXPECT_NEAR(row.scale * static_cast<float>(out[i] - row.zero_point), x[i], row.scale * 0.51f + 1e-6f);
      }
    }
  }
  std::vector<float> zeros(20, 0.0f);
  std::vector<std::uint8_t> out(20, 9);
  const RowScale row = kernels_->quantise(zeros.data(), out.data(), zeros.size());
  EXPECT_EQ(row.scale * static_cast<float>(out[3] - row.zero_point), 0.0f);
}

TEST_P(EverySet, Dequantise) {
  for (std::size_t n : sizes) {
    const auto scale = numbers(n), bias = numbers(n), start = numbers(n);
    std::vector<std::int32_t> products(n), sum(n);
    for (auto& v : products) v = static_cast<std::int32_t>(random_() % 100'000'000) - 50'000'000;
    for (auto& v : sum) v = static_cast<std::int32_t>(random_() % 400'000) - 200'000;
    const IntegerRow row{products.data(), {0.003f, 117}, scale.data(), sum.data(), bias.data(), n};
    std::vector<float> out(n), added = start;
    kernels_->dequantise(row, out.data());
    kernels_->dequantise_add(row, added.data());
    for (std::size_t i = 0; i < n; ++i) {
      const double value = 0.003f * static_cast<double>(scale[i]) * (products[i] - 117.0 * sum[i]) + bias[i];
      EXPECT_NEAR(out[i], value, 1e-6 * std::fabs(value) + 1e-5);
      EXPECT_NEAR(added[i], value + start[i], 1e-6 * std::fabs(value) + 1e-5);
    }
  }
}

struct AttentionCase {
  std::size_t tokens, heads, head_dim;
};

std::vector<double> reference_attention(const std::vector<float>& qkv, const AttentionCase& size) {
  const std::size_t hidden = size.heads * size.head_dim;
  std::vector<double> out(size.tokens * hidden);
  const auto at = [&](std::size_t token, std::size_t part, std::size_t head, std::size_t d) {
    return static_cast<double>(qkv[(token * 3 + part) * hidden + head * size.head_dim + d]);
  };
  for (std::size_t head = 0; head < size.heads; ++head) {
    for (std::size_t q = 0; q < size.tokens; ++q) {
      std::vector<double> weight(size.tokens);
      for (std::size_t k = 0; k < size.tokens; ++k) {
        for (std::size_t d = 0; d < size.head_dim; ++d) weight[k] += at(q, 0, head, d) * at(k, 1, head, d);
        weight[k] /= std::sqrt(static_cast<double>(size.head_dim));
      }
      const double most = *std::max_element(weight.begin(), weight.end());
      double sum = 0;
      for (double& w : weight) sum += w = std::exp(w - most);
      for (std::size_t d = 0; d < size.head_dim; ++d) {
        double mixed = 0;
        for (std::size_t k = 0; k < size.tokens; ++k) mixed += weight[k] / sum * at(k, 2, head, d);
        out[q * hidden + head * size.head_dim + d] = mixed;
      }
    }
  }
  return out;
}

constexpr AttentionCase attention_cases[] = {
    {1, 1, 2},   {2, 2, 4},  {3, 1, 26},  {5, 2, 16},  {6, 3, 32},   {7, 2, 32},   {15, 1, 64}, {16, 2, 32},
    {17, 2, 32}, {33, 1, 8}, {64, 2, 32}, {65, 1, 80}, {145, 2, 32}, {256, 1, 32}, {512, 1, 64}};

TEST_P(EverySet, AttentionEqualsTheFormula) {
  for (const AttentionCase& size : attention_cases) {
    const std::size_t hidden = size.heads * size.head_dim;
    const auto qkv = numbers(size.tokens * 3 * hidden, 1.0f);
    const auto expected = reference_attention(qkv, size);
    // Exactly as much as is promised to be enough: the sanitizer sees a write beyond.
    std::vector<float> out(size.tokens * hidden),
        scratch(attention_scratch_floats(size.tokens, size.head_dim), NAN);
    kernels_->attention(
        {qkv.data(), out.data(), size.tokens, size.heads, size.head_dim, false, scratch.data()});
    for (std::size_t i = 0; i < out.size(); ++i) {
      ASSERT_NEAR(out[i], expected[i], 2e-5)
          << size.tokens << " tokens, head " << size.head_dim << " at " << i;
    }
  }
}

TEST_P(EverySet, AttentionInBf16IsCloseToTheFormula) {
  if (!kernels_->attention_bf16) GTEST_SKIP() << "no bf16 products in this set";
  for (const AttentionCase& size : attention_cases) {
    const std::size_t hidden = size.heads * size.head_dim;
    auto qkv = numbers(size.tokens * 3 * hidden, 1.0f);
    std::vector<std::uint16_t> narrow(qkv.size()), out(size.tokens * hidden);
    kernels_->to_bf16(qkv.data(), narrow.data(), qkv.size());
    for (std::size_t i = 0; i < qkv.size(); ++i) qkv[i] = float_from_bfloat16(narrow[i]);
    const auto expected = reference_attention(qkv, size);
    std::vector<float> scratch(attention_scratch_floats(size.tokens, size.head_dim), NAN), wide(out.size());
    kernels_->attention_bf16(
        {narrow.data(), out.data(), size.tokens, size.heads, size.head_dim, false, scratch.data()});
    kernels_->attention_bf16(
        {narrow.data(), wide.data(), size.tokens, size.heads, size.head_dim, true, scratch.data()});
    for (std::size_t i = 0; i < out.size(); ++i) {
      ASSERT_NEAR(float_from_bfloat16(out[i]), expected[i], 0.02) << size.tokens << " tokens at " << i;
      ASSERT_NEAR(wide[i], expected[i], 0.012) << size.tokens << " tokens at " << i;
    }
  }
}

/// Scores so far apart that weights underflow, and so large that e^score would overflow.
TEST_P(EverySet, AttentionTakesExtremeScores) {
  const AttentionCase size{20, 1, 16};
  auto qkv = numbers(size.tokens * 3 * 16, 100.0f);
  const auto expected = reference_attention(qkv, size);
  std::vector<float> out(size.tokens * 16), scratch(attention_scratch_floats(size.tokens, 16));
  kernels_->attention({qkv.data(), out.data(), size.tokens, 1, 16, false, scratch.data()});
  for (std::size_t i = 0; i < out.size(); ++i)
    ASSERT_NEAR(out[i], expected[i], 0.05 + 1e-3 * std::fabs(expected[i]));
}

INSTANTIATE_TEST_SUITE_P(Kernels, EverySet,
                         testing::Values(SimdLevel::baseline, SimdLevel::avx2, SimdLevel::avx512,
                                         SimdLevel::amx),
                         [](const auto& parameter) {
                           return parameter.param == SimdLevel::baseline ? "baseline"
                                  : parameter.param == SimdLevel::avx2   ? "avx2"
                                  : parameter.param == SimdLevel::avx512 ? "avx512"
                                                                         : "amx";
                         });

TEST(Kernels, TheBestSetIsOneThatRunsHere) {
  bool found = false;
  for (SimdLevel level : {SimdLevel::baseline, SimdLevel::avx2, SimdLevel::avx512, SimdLevel::amx}) {
    found |= kernels_at(level) == &best_kernels();
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace loadline

#include "encoder/linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <thread>
#include <vector>

#include "encoder/kernels.h"
#include "encoder/safetensors.h"

namespace loadline {
namespace {

struct Sample {
  std::vector<float> x, weights, bias, y;
};

Sample sample(const ProductShape& shape, std::size_t rows) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  const std::size_t padded = ProductKind::padded_rows(rows);
  Sample out{std::vector<float>(padded * shape.inputs), std::vector<float>(shape.inputs * shape.outputs),
             std::vector<float>(shape.outputs), std::vector<float>(padded * shape.outputs, 0.25f)};
  for (auto* part : {&out.x, &out.weights, &out.bias}) {
    for (float& v : *part) v = normal(random);
  }
  return out;
}

double activated(double value, Activation activation) {
  if (activation == Activation::relu) return std::max(value, 0.0);
  if (activation == Activation::gelu_erf) return value / 2 * (1 + std::erf(value / std::sqrt(2.0)));
  if (activation == Activation::gelu_tanh) {
    return value / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (value + 0.044715 * value * value * value)));
  }
  return value;
}

double expected_at(const Sample& s, const ProductShape& shape, std::size_t row, std::size_t column) {
  double sum = s.bias[column];
  for (std::size_t i = 0; i < shape.inputs; ++i) {
    sum += static_cast<double>(s.x[row * shape.inputs + i]) * s.weights[column * shape.inputs + i];
  }
  return activated(sum, shape.activation) + (shape.accumulate ? 0.25 : 0.0);
}

TEST(PackedWeights, ProductsInF32EqualTheFormula) {
  for (Activation activation :
       {Activation::none, Activation::gelu_erf, Activation::gelu_tanh, Activation::relu}) {
    for (std::size_t rows : {1u, 7u, 8u, 17u, 64u, 65u, 150u}) {
      const ProductShape shape{.inputs = 48,
                               .outputs = 33,
                               .activation = activation,
                               .accumulate = activation == Activation::none};
      auto kind = ProductKind::make(shape);
      ASSERT_TRUE(kind.ok()) << kind.error().to_string();
      Sample s = sample(shape, rows);
      auto packed = PackedWeights::pack(**kind, s.weights, s.bias);
      ASSERT_TRUE(packed.ok());
      ASSERT_TRUE(packed->run(s.x.data(), s.y.data(), rows).ok());
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t c = 0; c < shape.outputs; ++c) {
          ASSERT_NEAR(s.y[r * shape.outputs + c], expected_at(s, shape, r, c), 1e-4) << rows << " rows";
        }
      }
    }
  }
}

TEST(PackedWeights, ProductsInBf16AreClose) {
  if (!supported(Number::bf16)) GTEST_SKIP() << "no AVX-512 BF16 here";
  const ProductShape shape{.inputs = 64, .outputs = 48, .number = Number::bf16, .accumulate = true};
  auto kind = ProductKind::make(shape);
  ASSERT_TRUE(kind.ok()) << kind.error().to_string();
  Sample s = sample(shape, 9);
  std::vector<std::uint16_t> x(s.x.size());
  best_kernels().to_bf16(s.x.data(), x.data(), x.size());
  auto packed = PackedWeights::pack(**kind, s.weights, s.bias);
  ASSERT_TRUE(packed.ok());
  ASSERT_TRUE(packed->run(x.data(), s.y.data(), 9).ok());
  for (std::size_t r = 0; r < 9; ++r) {
    for (std::size_t c = 0; c < shape.outputs; ++c) {
      ASSERT_NEAR(s.y[r * shape.outputs + c], expected_at(s, shape, r, c), 0.2);
    }
  }
}

TEST(PackedWeights, IntegerProductsAreExact) {
  if (!supported(Number::u8)) GTEST_SKIP() << "no AVX-512 VNNI here";
  const ProductShape shape{.inputs = 70, .outputs = 19, .number = Number::u8};
  auto kind = ProductKind::make(shape);
  ASSERT_TRUE(kind.ok()) << kind.error().to_string();
  std::mt19937 random(3);
  std::vector<std::uint8_t> x(16 * shape.inputs);
  std::vector<std::int8_t> weights(shape.inputs * shape.outputs);
  for (auto& v : x) v = static_cast<std::uint8_t>(random());
  for (auto& v : weights) v = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
  auto packed = PackedWeights::pack(**kind, weights);
  ASSERT_TRUE(packed.ok());
  std::vector<std::int32_t> y(16 * shape.outputs);
  ASSERT_TRUE(packed->run(x.data(), y.data(), 11).ok());
  for (std::size_t r = 0; r < 11; ++r) {
    for (std::size_t c = 0; c < shape.outputs; ++c) {
      std::int32_t sum = 0;
      for (std::size_t i = 0; i < shape.inputs; ++i)
        sum += x[r * shape.inputs + i] * weights[c * shape.inputs + i];
      ASSERT_EQ(y[r * shape.outputs + c], sum);
    }
  }
}

TEST(PackedWeights, SeveralThreadsMayRunOneProduct) {
  const ProductShape shape{.inputs = 64, .outputs = 64};
  auto kind = ProductKind::make(shape);
  ASSERT_TRUE(kind.ok());
  const Sample s = sample(shape, 64);
  auto packed = PackedWeights::pack(**kind, s.weights, s.bias);
  ASSERT_TRUE(packed.ok());
  std::vector<std::vector<float>> results(4);
  std::vector<std::thread> threads;
  for (auto& result : results) {
    threads.emplace_back([&] {
      result.assign(64 * 64, 0.0f);
      for (std::size_t rows = 1; rows <= 64; ++rows) {
        EXPECT_TRUE(packed->run(s.x.data(), result.data(), rows).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t r = 0; r < 64; ++r) EXPECT_NEAR(results[3][r * 64 + 5], expected_at(s, shape, r, 5), 1e-4);
  for (const auto& result : results) EXPECT_EQ(result, results[0]);
}

}  // namespace
}  // namespace loadline

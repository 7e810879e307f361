#include "llama/quant_kernels.h"

#include <ggml-cpu.h>
#include <ggml.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "base/rng.h"

namespace loadline::llama {
namespace {

struct Kind {
  QuantKind ours;
  ggml_type theirs;
};
constexpr Kind kinds[] = {
    {QuantKind::q4_k, GGML_TYPE_Q4_K}, {QuantKind::q5_k, GGML_TYPE_Q5_K}, {QuantKind::q6_k, GGML_TYPE_Q6_K}};

std::vector<float> random_values(Rng& rng, std::size_t count) {
  std::vector<float> values(count);
  for (float& v : values) v = static_cast<float>((rng.uniform() - 0.5) * (rng.below(20) == 0 ? 30 : 2));
  return values;
}

/// What llama.cpp's own dot product gives for each pair of rows.
std::vector<float> reference(ggml_type type, const std::vector<char>& weights, std::size_t rows,
                             std::size_t columns, const std::vector<ActivationBlock>& activations,
                             std::size_t count) {
  std::vector<float> result(rows * count);
  const std::size_t bytes = ggml_row_size(type, static_cast<std::int64_t>(columns));
  for (std::size_t t = 0; t < count; ++t) {
    for (std::size_t r = 0; r < rows; ++r)
      ggml_get_type_traits_cpu(type)->vec_dot(static_cast<int>(columns), &result[t * rows + r], 0,
                                              weights.data() + r * bytes, 0,
                                              &activations[t * columns / quant_block], 0, 1);
  }
  return result;
}

void compare(const Kind& kind, std::size_t rows, std::size_t columns, std::size_t count, std::uint64_t seed) {
  SCOPED_TRACE(std::string(ggml_type_name(kind.theirs)) + " rows " + std::to_string(rows) + " columns " +
               std::to_string(columns) + " count " + std::to_string(count) + " seed " + std::to_string(seed));
  Rng rng(seed);
  const std::size_t row_bytes = ggml_row_size(kind.theirs, static_cast<std::int64_t>(columns));
  ASSERT_EQ(row_bytes, file_row_bytes(kind.ours, columns));
  std::vector<char> weights(rows * row_bytes);
  ggml_quantize_chunk(kind.theirs, random_values(rng, rows * columns).data(), weights.data(), 0,
                      static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns), nullptr);
  std::vector<ActivationBlock> activations(count * columns / quant_block);
  ggml_get_type_traits_cpu(GGML_TYPE_Q8_K)
      ->from_float(random_values(rng, count * columns).data(), activations.data(),
                   static_cast<std::int64_t>(count * columns));
  const std::unique_ptr<void, decltype(&std::free)> packed(
      std::aligned_alloc(64, packed_bytes(kind.ours, rows, columns)), &std::free);
  pack_weights(kind.ours, weights.data(), rows, columns, packed.get());
  std::vector<float> result(rows * count, NAN);
  const QuantProduct product{kind.ours, packed.get(),  columns, activations.data(),
                             count,     result.data(), rows};
  const std::size_t half = rows / 2 / quant_rows * quant_rows;
  multiply_rows(product, half, rows);
  multiply_rows(product, 0, half);
  const std::vector<float> expected = reference(kind.theirs, weights, rows, columns, activations, count);
  double square = 0;
  for (const float value : expected) square += static_cast<double>(value) * value;
  const double tolerance = 2e-5 * std::sqrt(square / static_cast<double>(expected.size())) + 1e-6;
  for (std::size_t i = 0; i < expected.size(); ++i)
    ASSERT_NEAR(result[i], expected[i], tolerance) << "at " << i;
}

class QuantKernels : public testing::Test {
 protected:
  void SetUp() override {
    if (!quant_kernels_usable())
      GTEST_SKIP() << "this CPU has no AVX-512 VNNI; llama.cpp's own kernels are used here";
    ggml_cpu_init();
  }
};

TEST_F(QuantKernels, AgreeWithLlamaCppForEveryTileSize) {
  for (const Kind& kind : kinds) {
    for (std::size_t count = 1; count <= 25; ++count) compare(kind, 32, 512, count, count);
  }
}

TEST_F(QuantKernels, ActivationsAreQuantisedToTheBit) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    std::vector<float> values = random_values(rng, 3 * quant_block);
    if (seed % 5 == 0) std::fill(values.begin(), values.begin() + quant_block, 0.0F);
    if (seed % 7 == 0) values[300] = -(values[400] = 50.0F);  // two of the same magnitude
    std::vector<ActivationBlock> ours(3), theirs(3);
    quantise_activations(values.data(), values.size(), ours.data());
    ggml_get_type_traits_cpu(GGML_TYPE_Q8_K)
        ->from_float(values.data(), theirs.data(), static_cast<std::int64_t>(values.size()));
    EXPECT_EQ(std::memcmp(ours.data(), theirs.data(), ours.size() * sizeof(ActivationBlock)), 0)
        << "seed " << seed;
  }
}

TEST_F(QuantKernels, AgreeOnOtherShapes) {
  for (const Kind& kind : kinds) {
    compare(kind, 16, 256, 3, 100);
    compare(kind, 48, 8960, 41, 101);  // more activations than fit in a panel
    compare(kind, 160, 1536, 13, 102);
  }
}

// Largest values everywhere: nothing overflows, also not in the sums of a sub-block.
TEST_F(QuantKernels, ExtremeBlocksDoNotOverflow) {
  for (const Kind& kind : kinds) {
    const std::size_t columns = 256, rows = 16;
    std::vector<char> weights(rows * file_row_bytes(kind.ours, columns), '\xFF');
    for (std::size_t r = 0; r < rows; ++r) {  // the scales: 1 and 1
      char* block = weights.data() + r * file_row_bytes(kind.ours, columns);
      const std::uint16_t one = 0x3C00;
      std::memcpy(block + (kind.ours == QuantKind::q6_k ? 208 : 0), &one, 2);
      if (kind.ours != QuantKind::q6_k) std::memcpy(block + 2, &one, 2);
      if (kind.ours == QuantKind::q6_k) std::memset(block + 192, 0x80, 16);
    }
    std::vector<ActivationBlock> activations(1);
    activations[0].scale = 1;
    for (const int value : {127, -128}) {
      std::fill(std::begin(activations[0].values), std::end(activations[0].values),
                static_cast<std::int8_t>(value));
      std::fill(std::begin(activations[0].sums), std::end(activations[0].sums),
                static_cast<std::int16_t>(16 * value));
      const std::unique_ptr<void, decltype(&std::free)> packed(
          std::aligned_alloc(64, packed_bytes(kind.ours, rows, columns)), &std::free);
      pack_weights(kind.ours, weights.data(), rows, columns, packed.get());
      std::vector<float> result(rows);
      multiply_rows({kind.ours, packed.get(), columns, activations.data(), 1, result.data(), rows}, 0, rows);
      const double weight = kind.ours == QuantKind::q4_k   ? 63 * 15 - 63
                            : kind.ours == QuantKind::q5_k ? 63 * 31 - 63
                                                           : -128 * (63 - 32);
      EXPECT_FLOAT_EQ(result[0], static_cast<float>(weight * 256 * value));
    }
  }
}

}  // namespace
}  // namespace loadline::llama

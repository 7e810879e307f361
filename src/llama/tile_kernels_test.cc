#include "llama/tile_kernels.h"

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

float rounded_to_bfloat16(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, 4);
  bits = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000;
  std::memcpy(&value, &bits, 4);
  return value;
}

using Aligned = std::unique_ptr<void, decltype(&std::free)>;
Aligned aligned(std::size_t bytes) { return {std::aligned_alloc(64, bytes), &std::free}; }

Aligned tiled(const std::vector<float>& values, std::size_t columns, std::size_t count) {
  const std::size_t bytes = tile_activation_bytes(count, columns);
  Aligned tiles = aligned(bytes);
  std::memset(tiles.get(), 0xFF, bytes);  // what the padding holds must not matter
  for (std::size_t i = 0; i < count; ++i)
    tile_activation(&values[i * columns], columns, i, count, static_cast<std::uint16_t*>(tiles.get()));
  return tiles;
}

/// The error of a sum of n products, each off by at most 2^-9 of itself for the weight's rounding
/// (activations are given rounded), is a random walk: 8 standard deviations of it.
void compare(const Kind& kind, std::size_t rows, std::size_t columns, std::size_t count, std::uint64_t seed) {
  SCOPED_TRACE(std::string(ggml_type_name(kind.theirs)) + " rows " + std::to_string(rows) + " columns " +
               std::to_string(columns) + " count " + std::to_string(count) + " seed " + std::to_string(seed));
  Rng rng(seed);
  std::vector<char> file(rows * file_row_bytes(kind.ours, columns));
  ggml_quantize_chunk(kind.theirs, random_values(rng, rows * columns).data(), file.data(), 0,
                      static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns), nullptr);
  std::vector<float> weights(rows * columns);
  ggml_get_type_traits(kind.theirs)
      ->to_float(file.data(), weights.data(), static_cast<std::int64_t>(rows * columns));
  const std::vector<float> values = random_values(rng, count * columns);
  const Aligned activations = tiled(values, columns, count);
  const Aligned packed = aligned(packed_bytes(kind.ours, rows, columns));
  pack_weights(kind.ours, file.data(), rows, columns, packed.get());

  std::vector<float> result(rows * count + 1, NAN);
  const TileProduct product{kind.ours, packed.get(),  columns, static_cast<std::uint16_t*>(activations.get()),
                            count,     result.data(), rows};
  const std::size_t half = rows / 2 / quant_rows * quant_rows;
  const auto scratch = std::make_unique<TileScratch>();
  std::memset(scratch.get(), 0xFF, sizeof *scratch);
  multiply_rows(product, half, rows, *scratch);
  multiply_rows(product, 0, half, *scratch);
  EXPECT_TRUE(std::isnan(result.back())) << "written beyond the end";
  for (std::size_t t = 0; t < count; ++t) {
    for (std::size_t r = 0; r < rows; ++r) {
      double sum = 0, squares = 0;
      for (std::size_t c = 0; c < columns; ++c) {
        const double term = static_cast<double>(weights[r * columns + c]) *
                            static_cast<double>(rounded_to_bfloat16(values[t * columns + c]));
        sum += term;
        squares += term * term;
      }
      ASSERT_NEAR(result[t * rows + r], sum, 8.0 / 512 * std::sqrt(squares / 3) + 1e-5)
          << "at " << t << ", " << r;
    }
  }
}

class TileKernels : public testing::Test {
 protected:
  void SetUp() override {
    if (!tile_kernels_usable()) GTEST_SKIP() << "this CPU has no AMX, or the kernel does not give it";
  }
};

TEST_F(TileKernels, EveryNumberOfActivations) {
  for (const Kind& kind : kinds) {
    for (std::size_t count = 1; count <= 70; ++count) compare(kind, 32, 256, count, count);
  }
}

TEST_F(TileKernels, OtherShapes) {
  for (const Kind& kind : kinds) {
    compare(kind, 16, 512, 33, 100);    // half a panel of rows
    compare(kind, 48, 768, 17, 101);    // an odd number of panels' columns
    compare(kind, 48, 1024, 530, 102);  // more activations than a panel is used for at once
  }
}

// Activations of language models have a few very large numbers in them. llama.cpp's eight bits are scaled to
// the largest of 256; bfloat16 keeps the small ones.
TEST_F(TileKernels, AreNearerToTheTruthThanQuantisedActivations) {
  constexpr std::size_t rows = 64, columns = 1024, count = 48;
  Rng rng(3);
  std::vector<char> file(rows * file_row_bytes(QuantKind::q4_k, columns));
  ggml_quantize_chunk(GGML_TYPE_Q4_K, random_values(rng, rows * columns).data(), file.data(), 0, rows,
                      columns, nullptr);
  std::vector<float> weights(rows * columns);
  ggml_get_type_traits(GGML_TYPE_Q4_K)->to_float(file.data(), weights.data(), rows * columns);
  std::vector<float> values = random_values(rng, count * columns);
  const Aligned packed = aligned(packed_bytes(QuantKind::q4_k, rows, columns));
  pack_weights(QuantKind::q4_k, file.data(), rows, columns, packed.get());
  std::vector<float> by_tiles(rows * count), by_blocks(rows * count);
  const Aligned tiles = tiled(values, columns, count);
  const auto scratch = std::make_unique<TileScratch>();
  multiply_rows(TileProduct{QuantKind::q4_k, packed.get(), columns, static_cast<std::uint16_t*>(tiles.get()),
                            count, by_tiles.data(), rows},
                0, rows, *scratch);
  std::vector<ActivationBlock> blocks(count * columns / quant_block);
  quantise_activations(values.data(), values.size(), blocks.data());
  multiply_rows(
      QuantProduct{QuantKind::q4_k, packed.get(), columns, blocks.data(), count, by_blocks.data(), rows}, 0,
      rows);
  double tile_error = 0, block_error = 0;
  for (std::size_t i = 0; i < by_tiles.size(); ++i) {
    double sum = 0;
    for (std::size_t c = 0; c < columns; ++c)
      sum += static_cast<double>(weights[i % rows * columns + c]) *
             static_cast<double>(values[i / rows * columns + c]);
    tile_error += std::pow(by_tiles[i] - sum, 2);
    block_error += std::pow(by_blocks[i] - sum, 2);
  }
  EXPECT_LT(std::sqrt(tile_error), 0.5 * std::sqrt(block_error));
}

TEST_F(TileKernels, RoundingIsToTheNearestEven) {
  Rng rng(7);
  std::vector<float> values = random_values(rng, quant_block);
  for (std::size_t i = 0; i < 64; ++i)
    values[i] = std::ldexp(257.0F + 2 * static_cast<float>(i), -8);  // ties
  const Aligned tiles = tiled(values, quant_block, 1);
  const auto* numbers = static_cast<const std::uint16_t*>(tiles.get());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float expected = rounded_to_bfloat16(values[i]);
    const std::uint32_t bits = static_cast<std::uint32_t>(numbers[i / 32 * 512 + i % 32]) << 16;
    EXPECT_EQ(std::memcmp(&bits, &expected, 4), 0) << values[i];
  }
}

}  // namespace
}  // namespace loadline::llama

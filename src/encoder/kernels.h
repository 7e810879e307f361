#pragma once
// The arithmetic between the matrix products: attention, layer normalisation, GELU, conversion and
// quantisation, in one set of functions per instruction set. The set is chosen once, at run time.
//
// All sets compute the same formulas (differential test in kernels_test.cc); rounding differs in the last
// bits because sums are taken in another order. Functions are pure but for their outputs, and thread-safe
// with separate outputs and scratch. No pointer needs more alignment than its type.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace loadline {

/// How a row of 8-bit activations stands for numbers: value = scale * (q - zero_point).
struct RowScale {
  float scale = 0;
  std::int32_t zero_point = 0;
};

/// One sequence: `qkv` rows hold queries, keys and values of all heads behind each other (3 * heads *
/// head_dim), `context` rows heads * head_dim. Both are f32 or bf16, as the function says.
struct AttentionTask {
  const void* qkv = nullptr;
  void* context = nullptr;
  std::size_t tokens = 0;
  std::size_t heads = 0;
  std::size_t head_dim = 0;
  bool f32_context = false;  // attention_bf16: context in f32 all the same
  float* scratch = nullptr;  // attention_scratch_floats(tokens, head_dim)
};

std::size_t attention_scratch_floats(std::size_t tokens, std::size_t head_dim);

/// Integer products with what turns them back into numbers: column j stands for
/// row.scale * weight_scale[j] * (products[j] - row.zero_point * weight_sum[j]) + bias[j].
struct IntegerRow {
  const std::int32_t* products = nullptr;
  RowScale row;
  const float* weight_scale = nullptr;
  const std::int32_t* weight_sum = nullptr;
  const float* bias = nullptr;
  std::size_t columns = 0;
};

struct Kernels {
  const char* name;
  /// softmax(Q K^T / sqrt(head_dim)) V for each head, in f32.
  void (*attention)(const AttentionTask& task);
  /// The same with bf16 in and out and bf16 products; null where the CPU has none.
  void (*attention_bf16)(const AttentionTask& task);
  /// x = (x - mean) / sqrt(variance + epsilon) * gamma + beta
  void (*layer_norm)(float* x, const float* gamma, const float* beta, float epsilon, std::size_t columns);
  /// Rounds to nearest, ties to even. Not for NaN.
  void (*to_bf16)(const float* x, std::uint16_t* out, std::size_t columns);
  /// Spreads the row's range, 0 included, over 0..255.
  RowScale (*quantise)(const float* x, std::uint8_t* out, std::size_t columns);
  void (*dequantise)(const IntegerRow& row, float* out);
  /// out += the row
  void (*dequantise_add)(const IntegerRow& row, float* out);
  /// x = x/2 * (1 + erf(x / sqrt(2))), erf to 2e-7 (Abramowitz and Stegun 7.1.26)
  void (*gelu)(float* x, std::size_t columns);
};

enum class SimdLevel : std::uint8_t { baseline, avx2, avx512, amx };

/// Null if this CPU cannot run them.
const Kernels* kernels_at(SimdLevel level);
/// The widest set that this CPU can run.
const Kernels& best_kernels();

}  // namespace loadline

#pragma once
// Products of quantised weight matrices (Q4_K, Q5_K and Q6_K of GGUF files) with activations, for CPUs with
// AVX-512 VNNI: what reading prompts spends its time on.
//
// Sixteen rows of weights stand side by side in the sixteen 32-bit lanes of a register, four neighbouring
// numbers of a row in each lane, and `vpdpbusd` multiplies them with four numbers of an activation given to
// all lanes. A register of weights is unpacked once for up to twelve activations. Activations are quantised
// as llama.cpp quantises them (Q8_K: 256 numbers with one scale), and sums within a block are exact integers,
// so results differ from llama.cpp's own only by the order in which blocks are added.
//
// The functions are compiled for AVX-512 whatever the rest is compiled for: call them only if
// `quant_kernels_usable()`. Thread-safe; threads may share matrices and write different rows.
#include <cstddef>
#include <cstdint>

namespace loadline::llama {

/// Numbers in a block of K-quants.
inline constexpr std::size_t quant_block = 256;
/// Rows of weights that are laid out together.
inline constexpr std::size_t quant_rows = 16;

/// A quantised activation block; the layout of llama.cpp's block_q8_K.
struct ActivationBlock {
  float scale;
  std::int8_t values[quant_block];
  std::int16_t sums[quant_block / 16];  // of sixteen neighbouring values each
};

enum class QuantKind : std::uint8_t { q4_k, q5_k, q6_k };

/// Whether this CPU has what the functions below need.
bool quant_kernels_usable();

/// Bytes of `rows` x `columns` weights in our layout; rows a multiple of 16, columns of 256.
std::size_t packed_bytes(QuantKind kind, std::size_t rows, std::size_t columns);
/// Bytes of a row as the file has it.
std::size_t file_row_bytes(QuantKind kind, std::size_t columns);

/// Lays out weights as the file has them (row after row).
void pack_weights(QuantKind kind, const void* file_rows, std::size_t rows, std::size_t columns, void* packed);

/// Quantises `count` values (a multiple of 256), to the bit as llama.cpp's quantize_row_q8_K does.
void quantise_activations(const float* values, std::size_t count, ActivationBlock* blocks);

/// result[t * result_stride + r] = sum over columns of weight[r] * activation[t], for all `count` activations
/// and the rows [row_begin, row_end) (multiples of 16). `activations` has columns / 256 blocks for each, one
/// after the other.
struct QuantProduct {
  QuantKind kind;
  const void* packed;
  std::size_t columns;
  const ActivationBlock* activations;
  std::size_t count;
  float* result;
  std::size_t result_stride;
};
void multiply_rows(const QuantProduct& product, std::size_t row_begin, std::size_t row_end);

}  // namespace loadline::llama

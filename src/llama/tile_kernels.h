#pragma once
// The products of quant_kernels.h for many activations at once, on CPUs with AMX: a matrix unit that
// multiplies tiles of sixteen rows of bfloat16 numbers and adds them up in float32.
//
// Weights are unpacked to bfloat16, a panel that fits the first-level cache at a time, and a panel is used
// for all activations. There is no rounding to eight bits: a weight loses at most 2^-9 of itself, and so does
// an activation, which is less than llama.cpp's quantised activations lose. With few activations unpacking
// costs more than it saves: `tiles_pay_from`.
//
// Thread rule and CPU check as in quant_kernels.h, with `tile_kernels_usable()`.
#include <cstddef>
#include <cstdint>

#include "llama/quant_kernels.h"

namespace loadline::llama {

/// Activations from which this is faster than `multiply_rows`.
inline constexpr std::size_t tiles_pay_from = 48;

/// Whether this CPU has AMX for bfloat16 and the kernel lets this process use it (asked for once).
bool tile_kernels_usable();

/// Activations as tiles, for all `count` of them: where number `number` goes, rounded to bfloat16 (ties to
/// even). Places of a last, incomplete tile may stay as they are.
std::size_t tile_activation_bytes(std::size_t count, std::size_t columns);
void tile_activation(const float* values, std::size_t columns, std::size_t number, std::size_t count,
                     std::uint16_t* activations);

/// What a thread works in: a panel of weights (16 KiB; with one of activations it fits the first-level
/// cache), and sums that stay in the second-level cache (256 KiB).
inline constexpr std::size_t tile_panel_columns = 256;
inline constexpr std::size_t tile_rows_max = 128;   // of weights in a call
inline constexpr std::size_t tile_count_max = 512;  // activations that a panel is used for at once
struct alignas(64) TileScratch {
  std::uint16_t panel[2 * quant_rows * tile_panel_columns];
  float sums[tile_rows_max * tile_count_max];
};

/// As QuantProduct, with activations as tiles, aligned to 64 bytes.
struct TileProduct {
  QuantKind kind;
  const void* packed;
  std::size_t columns;
  const std::uint16_t* activations;
  std::size_t count;
  float* result;
  std::size_t result_stride;
};
/// For at most `tile_rows_max` rows.
void multiply_rows(const TileProduct& product, std::size_t row_begin, std::size_t row_end,
                   TileScratch& scratch);

}  // namespace loadline::llama

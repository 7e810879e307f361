#include "llama/quant_kernels.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "llama/quant_layout.h"

// NOLINTBEGIN(portability-simd-intrinsics)
#define LOADLINE_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,f16c,fma")))

namespace loadline::llama {
namespace {

constexpr std::size_t kTokensMax = 12;          // activations per register tile
constexpr std::size_t kPanelBytes = 384 << 10;  // of activations that stay in the second-level cache

/// Blocks as the file has them (ggml: block_q4_K, block_q5_K, block_q6_K).
struct FileQ4K {
  std::uint16_t scale, min_scale;  // f16
  std::uint8_t scales[12];         // eight scales and eight minima of six bits
  std::uint8_t low[128];
};
struct FileQ5K {
  std::uint16_t scale, min_scale;
  std::uint8_t scales[12];
  std::uint8_t high[32];
  std::uint8_t low[128];
};
struct FileQ6K {
  std::uint8_t low[128];
  std::uint8_t high[64];
  std::int8_t scales[16];
  std::uint16_t scale;
};
static_assert(sizeof(FileQ4K) == 144 && sizeof(FileQ5K) == 176 && sizeof(FileQ6K) == 210);
static_assert(sizeof(ActivationBlock) == 292);

/// The six-bit scale and minimum of a sub-block (ggml: get_scale_min_k4).
void scale_and_minimum(const std::uint8_t* packed, int i, std::uint8_t& scale, std::uint8_t& minimum) {
  if (i < 4) {
    scale = packed[i] & 63;
    minimum = packed[i + 4] & 63;
  } else {
    scale = static_cast<std::uint8_t>((packed[i + 4] & 15) | ((packed[i - 4] >> 6) << 4));
    minimum = static_cast<std::uint8_t>((packed[i + 4] >> 4) | ((packed[i] >> 6) << 4));
  }
}

void pack_words(const std::uint8_t* bytes, std::size_t words, int lane, std::uint32_t (*to)[quant_lanes]) {
  for (std::size_t w = 0; w < words; ++w) std::memcpy(&to[w][lane], bytes + 4 * w, 4);
}

template <class File, class Packed>
void pack_scales(const File& from, int lane, Packed& to) {
  for (int i = 0; i < 8; ++i) scale_and_minimum(from.scales, i, to.scales[i][lane], to.minima[i][lane]);
  to.scale[lane] = from.scale;
  to.min_scale[lane] = from.min_scale;
}

void pack_block(const FileQ4K& from, int lane, PackedQ4K& to) {
  pack_words(from.low, 32, lane, to.low);
  pack_scales(from, lane, to);
}

void pack_block(const FileQ5K& from, int lane, PackedQ5K& to) {
  pack_words(from.low, 32, lane, to.low);
  pack_words(from.high, 8, lane, to.high);
  pack_scales(from, lane, to);
}

void pack_block(const FileQ6K& from, int lane, PackedQ6K& to) {
  pack_words(from.low, 32, lane, to.low);
  pack_words(from.high, 16, lane, to.high);
  for (int i = 0; i < 16; ++i) to.scales[i][lane] = from.scales[i];
  to.scale[lane] = from.scale;
  to.unused[lane] = 0;
}

template <class File, class Packed>
void pack(const void* file_rows, std::size_t rows, std::size_t columns, void* packed) {
  const std::size_t blocks = columns / quant_block;
  const auto* from = static_cast<const File*>(file_rows);
  auto* to = static_cast<Packed*>(packed);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t b = 0; b < blocks; ++b)
      pack_block(from[r * blocks + b], static_cast<int>(r % quant_rows), to[r / quant_rows * blocks + b]);
  }
}

// --- register kernels -------------------------------------------------------------------------------------

/// Four neighbouring activation values, or two neighbouring sums, in every lane.
LOADLINE_VNNI inline __m512i broadcast(const void* four_bytes) {
  std::int32_t word;
  std::memcpy(&word, four_bytes, 4);
  return _mm512_set1_epi32(word);
}

/// Q4_K and Q5_K: sum of scale * sub-block scale * weight - minimum scale * sub-block minimum.
template <int tokens, class Packed>
LOADLINE_VNNI void multiply_with_minima(const Packed* block, std::size_t blocks,
                                        const ActivationBlock* activations, float* result,
                                        std::size_t stride) {
  __m512 total[tokens];
#pragma GCC unroll 12
  for (int t = 0; t < tokens; ++t) total[t] = _mm512_setzero_ps();
  for (std::size_t b = 0; b < blocks; ++b, ++block) {
    const ActivationBlock* a = activations + b;
    __m512 sum[tokens];
#pragma GCC unroll 12
    for (int t = 0; t < tokens; ++t) sum[t] = _mm512_setzero_ps();
#pragma GCC unroll 8
    for (int part = 0; part < 8; ++part) {
      __m512i dot[tokens];
#pragma GCC unroll 12
      for (int t = 0; t < tokens; ++t) dot[t] = _mm512_setzero_si512();
#pragma GCC unroll 8
      for (int i = 0; i < 8; ++i) {
        const __m512i w = weights(*block, part, i);
#pragma GCC unroll 12
        for (int t = 0; t < tokens; ++t)
          dot[t] = _mm512_dpbusd_epi32(dot[t], w, broadcast(a[t * blocks].values + 32 * part + 4 * i));
      }
      const __m512 scale = _mm512_cvtepi32_ps(load_u8(block->scales[part]));
#pragma GCC unroll 12
      for (int t = 0; t < tokens; ++t) sum[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[t]), scale, sum[t]);
    }
    __m512i offset[tokens];
#pragma GCC unroll 12
    for (int t = 0; t < tokens; ++t) offset[t] = _mm512_setzero_si512();
#pragma GCC unroll 8
    for (int part = 0; part < 8; ++part) {
      const __m512i minimum = load_u8(block->minima[part]);
      const __m512i pair = _mm512_or_si512(minimum, _mm512_slli_epi32(minimum, 16));
#pragma GCC unroll 12
      for (int t = 0; t < tokens; ++t)
        offset[t] = _mm512_dpwssd_epi32(offset[t], pair, broadcast(a[t * blocks].sums + 2 * part));
    }
    const __m512 scale = load_f16(block->scale);
    const __m512 min_scale = load_f16(block->min_scale);
#pragma GCC unroll 12
    for (int t = 0; t < tokens; ++t) {
      const __m512 value =
          _mm512_fnmadd_ps(_mm512_cvtepi32_ps(offset[t]), min_scale, _mm512_mul_ps(sum[t], scale));
      total[t] = _mm512_fmadd_ps(value, _mm512_set1_ps(a[t * blocks].scale), total[t]);
    }
  }
#pragma GCC unroll 12
  for (int t = 0; t < tokens; ++t) _mm512_storeu_ps(result + t * stride, total[t]);
}

template <int tokens>
LOADLINE_VNNI void multiply_tile(const PackedQ4K* block, std::size_t blocks,
                                 const ActivationBlock* activations, float* result, std::size_t stride) {
  multiply_with_minima<tokens>(block, blocks, activations, result, stride);
}
template <int tokens>
LOADLINE_VNNI void multiply_tile(const PackedQ5K* block, std::size_t blocks,
                                 const ActivationBlock* activations, float* result, std::size_t stride) {
  multiply_with_minima<tokens>(block, blocks, activations, result, stride);
}

/// Q6_K: sum of scale * sub-block scale * (weight - 32).
template <int tokens>
LOADLINE_VNNI void multiply_tile(const PackedQ6K* block, std::size_t blocks,
                                 const ActivationBlock* activations, float* result, std::size_t stride) {
  __m512 total[tokens];
#pragma GCC unroll 12
  for (int t = 0; t < tokens; ++t) total[t] = _mm512_setzero_ps();
  for (std::size_t b = 0; b < blocks; ++b, ++block) {
    const ActivationBlock* a = activations + b;
    __m512 sum[tokens];
#pragma GCC unroll 12
    for (int t = 0; t < tokens; ++t) sum[t] = _mm512_setzero_ps();
#pragma GCC unroll 16
    for (int part = 0; part < 16; ++part) {  // sixteen columns each
      __m512i dot[tokens];
#pragma GCC unroll 12
      for (int t = 0; t < tokens; ++t) dot[t] = _mm512_setzero_si512();
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
        const __m512i w = weights(*block, part / 2, part % 2 * 4 + i);
#pragma GCC unroll 12
        for (int t = 0; t < tokens; ++t)
          dot[t] = _mm512_dpbusd_epi32(dot[t], w, broadcast(a[t * blocks].values + 16 * part + 4 * i));
      }
      const __m512 scale = _mm512_cvtepi32_ps(load_s8(block->scales[part]));
#pragma GCC unroll 12
      for (int t = 0; t < tokens; ++t) sum[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[t]), scale, sum[t]);
    }
    __m512i offset[tokens];
#pragma GCC unroll 12
    for (int t = 0; t < tokens; ++t) offset[t] = _mm512_setzero_si512();
#pragma GCC unroll 8
    for (int pair = 0; pair < 8; ++pair) {
      const __m512i even = _mm512_and_si512(load_s8(block->scales[2 * pair]), _mm512_set1_epi32(0xFFFF));
      const __m512i odd = _mm512_slli_epi32(load_s8(block->scales[2 * pair + 1]), 16);
#pragma GCC unroll 12
      for (int t = 0; t < tokens; ++t)
        offset[t] = _mm512_dpwssd_epi32(offset[t], _mm512_or_si512(even, odd),
                                        broadcast(a[t * blocks].sums + 2 * pair));
    }
    const __m512 scale = load_f16(block->scale);
#pragma GCC unroll 12
    for (int t = 0; t < tokens; ++t) {
      const __m512 value = _mm512_fnmadd_ps(_mm512_cvtepi32_ps(offset[t]), _mm512_set1_ps(32.0F), sum[t]);
      total[t] = _mm512_fmadd_ps(_mm512_mul_ps(value, scale), _mm512_set1_ps(a[t * blocks].scale), total[t]);
    }
  }
#pragma GCC unroll 12
  for (int t = 0; t < tokens; ++t) _mm512_storeu_ps(result + t * stride, total[t]);
}

// --- activations ------------------------------------------------------------------------------------------

/// The value with the largest magnitude, the first of several.
LOADLINE_VNNI float extreme(const float* values) {
  __m512 most = _mm512_setzero_ps();
  for (std::size_t i = 0; i < quant_block; i += quant_lanes)
    most = _mm512_max_ps(most, _mm512_abs_ps(_mm512_loadu_ps(values + i)));
  const __m512 magnitude = _mm512_set1_ps(_mm512_reduce_max_ps(most));
  for (std::size_t i = 0; i < quant_block; i += quant_lanes) {
    const __mmask16 found =
        _mm512_cmp_ps_mask(_mm512_abs_ps(_mm512_loadu_ps(values + i)), magnitude, _CMP_EQ_OQ);
    if (found != 0) return values[i + static_cast<std::size_t>(__builtin_ctz(found))];
  }
  return 0;
}

LOADLINE_VNNI void quantise_block(const float* values, ActivationBlock& block) {
  const float most = extreme(values);
  if (most == 0) {
    block = ActivationBlock{};
    return;
  }
  const float inverse = -127.0F / most;
  for (std::size_t i = 0; i < quant_block; i += quant_lanes) {
    const __m512 scaled = _mm512_mul_ps(_mm512_loadu_ps(values + i), _mm512_set1_ps(inverse));
    const __m512i rounded = _mm512_cvtps_epi32(scaled);  // to nearest, ties to even
    _mm_storeu_si128(reinterpret_cast<__m128i*>(block.values + i), _mm512_cvtsepi32_epi8(rounded));
    block.sums[i / quant_lanes] = static_cast<std::int16_t>(_mm512_reduce_add_epi32(rounded));
  }
  block.scale = 1 / inverse;
}

// --- loops ------------------------------------------------------------------------------------------------

template <class Packed>
using Tile = void (*)(const Packed*, std::size_t, const ActivationBlock*, float*, std::size_t);

template <class Packed>
Tile<Packed> tile_for(std::size_t tokens) {
  static constexpr Tile<Packed> tiles[kTokensMax] = {multiply_tile<1>,  multiply_tile<2>,  multiply_tile<3>,
                                                     multiply_tile<4>,  multiply_tile<5>,  multiply_tile<6>,
                                                     multiply_tile<7>,  multiply_tile<8>,  multiply_tile<9>,
                                                     multiply_tile<10>, multiply_tile<11>, multiply_tile<12>};
  return tiles[tokens - 1];
}

template <class Packed>
void multiply(const QuantProduct& p, std::size_t row_begin, std::size_t row_end) {
  const std::size_t blocks = p.columns / quant_block;
  const auto* weights = static_cast<const Packed*>(p.packed);
  const std::size_t in_cache = kPanelBytes / (blocks * sizeof(ActivationBlock)) / kTokensMax * kTokensMax;
  const std::size_t panel = std::max(in_cache, kTokensMax);
  for (std::size_t first = 0; first < p.count; first += panel) {
    const std::size_t last = std::min(first + panel, p.count);
    for (std::size_t row = row_begin; row < row_end; row += quant_rows) {
      for (std::size_t t = first; t < last;) {
        // The rest in two even tiles instead of a full and a tiny one.
        const std::size_t left = last - t;
        const std::size_t tokens = left <= kTokensMax      ? left
                                   : left < 2 * kTokensMax ? (left + 1) / 2
                                                           : kTokensMax;
        tile_for<Packed>(tokens)(weights + row / quant_rows * blocks, blocks, p.activations + t * blocks,
                                 p.result + t * p.result_stride + row, p.result_stride);
        t += tokens;
      }
    }
  }
}

}  // namespace

bool quant_kernels_usable() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("fma");
}

std::size_t packed_bytes(QuantKind kind, std::size_t rows, std::size_t columns) {
  const std::size_t tiles = rows / quant_rows * (columns / quant_block);
  switch (kind) {
    case QuantKind::q4_k:
      return tiles * sizeof(PackedQ4K);
    case QuantKind::q5_k:
      return tiles * sizeof(PackedQ5K);
    case QuantKind::q6_k:
      return tiles * sizeof(PackedQ6K);
  }
  return 0;
}

std::size_t file_row_bytes(QuantKind kind, std::size_t columns) {
  switch (kind) {
    case QuantKind::q4_k:
      return columns / quant_block * sizeof(FileQ4K);
    case QuantKind::q5_k:
      return columns / quant_block * sizeof(FileQ5K);
    case QuantKind::q6_k:
      return columns / quant_block * sizeof(FileQ6K);
  }
  return 0;
}

void pack_weights(QuantKind kind, const void* file_rows, std::size_t rows, std::size_t columns,
                  void* packed) {
  LOADLINE_ASSERT(rows % quant_rows == 0 && columns % quant_block == 0);
  switch (kind) {
    case QuantKind::q4_k:
      return pack<FileQ4K, PackedQ4K>(file_rows, rows, columns, packed);
    case QuantKind::q5_k:
      return pack<FileQ5K, PackedQ5K>(file_rows, rows, columns, packed);
    case QuantKind::q6_k:
      return pack<FileQ6K, PackedQ6K>(file_rows, rows, columns, packed);
  }
}

void quantise_activations(const float* values, std::size_t count, ActivationBlock* blocks) {
  LOADLINE_ASSERT(count % quant_block == 0);
  for (std::size_t i = 0; i < count / quant_block; ++i) quantise_block(values + i * quant_block, blocks[i]);
}

void multiply_rows(const QuantProduct& product, std::size_t row_begin, std::size_t row_end) {
  LOADLINE_ASSERT(row_begin % quant_rows == 0 && row_end % quant_rows == 0);
  switch (product.kind) {
    case QuantKind::q4_k:
      return multiply<PackedQ4K>(product, row_begin, row_end);
    case QuantKind::q5_k:
      return multiply<PackedQ5K>(product, row_begin, row_end);
    case QuantKind::q6_k:
      return multiply<PackedQ6K>(product, row_begin, row_end);
  }
}

}  // namespace loadline::llama
// NOLINTEND(portability-simd-intrinsics)

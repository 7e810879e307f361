// The kernels for AVX-512 with bf16 products: those of kernels_body.inc, and attention on pairs of bf16
// numbers (one instruction multiplies two pairs and adds both products to an f32 sum); then the same
// attention with the tile products of AMX (one instruction multiplies 16 rows by 16 columns of 16 pairs).
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "encoder/kernels_sets.h"

#define LOADLINE_VECTOR_FLOATS 16
#define LOADLINE_QUERY_ROWS 6
#define LOADLINE_BLOCK_VECTORS 4

#if defined(__clang__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \
    "-Wmaybe-uninitialized"  // of the compiler's own intrinsics (_mm512_undefined_ps)
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,prefer-vector-width=512")
#endif

namespace loadline {
namespace {
#include "encoder/kernels_body.inc"

using Pair = std::uint32_t;  // two bf16 numbers, the first in the low half

constexpr std::size_t tile_rows = 16, tile_row_bytes = 64;
constexpr std::size_t tile_numbers = tile_row_bytes / sizeof(std::uint16_t);  // bf16 numbers in a row
static_assert(tile_numbers == attention_padding);

inline Pair load_pair(const void* from) {
  Pair pair;
  __builtin_memcpy(&pair, from, sizeof pair);
  return pair;
}

void to_bf16_rounded(const float* x, std::uint16_t* out, std::size_t columns) {
  std::size_t i = 0;
  for (; i + 16 <= columns; i += 16) {
    const __m256bh rounded = _mm512_cvtneps_pbh(_mm512_loadu_ps(x + i));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), (__m256i)rounded);
  }
  if (i < columns) to_bf16(x + i, out + i, columns - i);
}

/// As multiply_block, over pairs: out[r][c] = sum over p of a[r][p] . b[p][c]
template <std::size_t vectors>
inline void multiply_pairs_block(const std::uint16_t* const* a, const Pair* b, std::size_t b_stride,
                                 std::size_t depth, float* out, std::size_t out_stride) {
  __m512 sums[block_rows][vectors];
  LOADLINE_UNROLL
  for (std::size_t r = 0; r < block_rows; ++r) {
    LOADLINE_UNROLL
    for (std::size_t v = 0; v < vectors; ++v) sums[r][v] = _mm512_setzero_ps();
  }
  for (std::size_t p = 0; p < depth; ++p) {
    __m512i column[vectors];
    LOADLINE_UNROLL
    for (std::size_t v = 0; v < vectors; ++v) column[v] = _mm512_loadu_si512(b + p * b_stride + v * width);
    LOADLINE_UNROLL
    for (std::size_t r = 0; r < block_rows; ++r) {
      const __m512i row = _mm512_set1_epi32(static_cast<int>(load_pair(a[r] + 2 * p)));
      LOADLINE_UNROLL
      for (std::size_t v = 0; v < vectors; ++v) {
        sums[r][v] = _mm512_dpbf16_ps(sums[r][v], (__m512bh)column[v], (__m512bh)row);
      }
    }
  }
  LOADLINE_UNROLL
  for (std::size_t r = 0; r < block_rows; ++r) {
    LOADLINE_UNROLL
    for (std::size_t v = 0; v < vectors; ++v) _mm512_storeu_ps(out + r * out_stride + v * width, sums[r][v]);
  }
}

inline void multiply_pairs(const std::uint16_t* const* a, const Pair* b, std::size_t columns,
                           std::size_t depth, float* out) {
  std::size_t c = 0;
  for (; c + 4 * width <= columns; c += 4 * width) {
    multiply_pairs_block<4>(a, b + c, columns, depth, out + c, columns);
  }
  for (; c + 2 * width <= columns; c += 2 * width) {
    multiply_pairs_block<2>(a, b + c, columns, depth, out + c, columns);
  }
  for (; c < columns; c += width) multiply_pairs_block<1>(a, b + c, columns, depth, out + c, columns);
}

struct PairBuffers {
  Pair* keys;              // [head_dim / 2][padded tokens]
  Pair* values;            // [padded tokens / 2][padded head_dim]
  float* scores;           // [block_rows][padded tokens]
  std::uint16_t* weights;  // [block_rows][padded tokens]
  float* mixed;            // [block_rows][padded head_dim]
};

/// Zeros stand where `keys` and `dims` go beyond the tokens and the head.
inline void pack_head_pairs(const AttentionTask& task, std::size_t head, const PairBuffers& buffers,
                            std::size_t keys, std::size_t dims) {
  const std::size_t hidden = task.heads * task.head_dim, pairs = task.head_dim / 2;
  const std::uint16_t* first_key =
      static_cast<const std::uint16_t*>(task.qkv) + hidden + head * task.head_dim;
  for (std::size_t t = 0; t < task.tokens; ++t) {
    const std::uint16_t* key = first_key + t * 3 * hidden;
    for (std::size_t p = 0; p < pairs; ++p) buffers.keys[p * keys + t] = load_pair(key + 2 * p);
  }
  for (std::size_t p = 0; p < pairs; ++p) {
    for (std::size_t t = task.tokens; t < keys; ++t) buffers.keys[p * keys + t] = 0;
  }
  for (std::size_t t = 0; t < task.tokens; t += 2) {
    const std::uint16_t* even = first_key + hidden + t * 3 * hidden;
    const std::uint16_t* odd = even + 3 * hidden;
    Pair* out = buffers.values + t / 2 * dims;
    if (t + 1 < task.tokens) {
      for (std::size_t d = 0; d < task.head_dim; ++d)
        out[d] = static_cast<Pair>(even[d]) | static_cast<Pair>(odd[d]) << 16;
    } else {
      for (std::size_t d = 0; d < task.head_dim; ++d) out[d] = even[d];
    }
    for (std::size_t d = task.head_dim; d < dims; ++d) out[d] = 0;
  }
  for (std::size_t i = (task.tokens + 1) / 2 * dims; i < keys / 2 * dims; ++i) buffers.values[i] = 0;
}

/// 2^x to 7.5e-5 (rounding to bf16 costs up to 4e-3); 0 far below. The cubic has the least relative error
/// that one can have for 2^f, f in [0, 1).
inline __m512 power_of_two(__m512 x) {
  const __m512 fraction = _mm512_reduce_ps(x, 0x01);  // x - floor(x)
  __m512 p = _mm512_fmadd_ps(_mm512_set1_ps(0.0780246727f), fraction, _mm512_set1_ps(0.226067014f));
  p = _mm512_fmadd_ps(p, fraction, _mm512_set1_ps(0.695833548f));
  p = _mm512_fmadd_ps(p, fraction, _mm512_set1_ps(0.999925214f));
  return _mm512_scalef_ps(p, x);  // p * 2^floor(x)
}

/// As softmax_weights, but the weights go to `out` in bf16.
inline float softmax_pairs(float* scores, std::uint16_t* out, std::size_t keys, std::size_t padded,
                           float scale) {
  for (std::size_t i = keys; i < padded; ++i) scores[i] = -1e30f;
  __m512 high = _mm512_loadu_ps(scores);
  for (std::size_t i = width; i < padded; i += width) high = _mm512_max_ps(high, _mm512_loadu_ps(scores + i));
  const float to_binary = scale * 1.44269504088896341f;
  const __m512 factor = _mm512_set1_ps(to_binary);
  const __m512 shift = _mm512_set1_ps(-_mm512_reduce_max_ps(high) * to_binary);
  __m512 total = _mm512_setzero_ps();
  for (std::size_t i = 0; i < padded; i += width) {
    const __m512 weight = power_of_two(_mm512_fmadd_ps(_mm512_loadu_ps(scores + i), factor, shift));
    total = _mm512_add_ps(total, weight);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), (__m256i)_mm512_cvtneps_pbh(weight));
  }
  return _mm512_reduce_add_ps(total);
}

inline void store_context(const AttentionTask& task, const float* mixed, float inverse, std::size_t at) {
  std::size_t d = 0;
  const __m512 factor = _mm512_set1_ps(inverse);
  if (task.f32_context) {
    float* out = static_cast<float*>(task.context) + at;
    for (; d + width <= task.head_dim; d += width)
      _mm512_storeu_ps(out + d, _mm512_mul_ps(_mm512_loadu_ps(mixed + d), factor));
    for (; d < task.head_dim; ++d) out[d] = mixed[d] * inverse;
    return;
  }
  std::uint16_t* out = static_cast<std::uint16_t*>(task.context) + at;
  for (; d + width <= task.head_dim; d += width) {
    const __m512 part = _mm512_mul_ps(_mm512_loadu_ps(mixed + d), factor);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + d), (__m256i)_mm512_cvtneps_pbh(part));
  }
  float rest[width] = {};
  for (std::size_t i = d; i < task.head_dim; ++i) rest[i - d] = mixed[i] * inverse;
  if (d < task.head_dim) to_bf16(rest, out + d, task.head_dim - d);
}

inline void attend_head_pairs(const AttentionTask& task, std::size_t head, const PairBuffers& buffers,
                              float scale) {
  const std::size_t hidden = task.heads * task.head_dim, keys = padded_to_width(task.tokens);
  const std::size_t dims = padded_to_width(task.head_dim);
  const std::uint16_t* first_query = static_cast<const std::uint16_t*>(task.qkv) + head * task.head_dim;
  for (std::size_t t = 0; t < task.tokens; t += block_rows) {
    const std::uint16_t* queries[block_rows];
    const std::uint16_t* weights[block_rows];
    float sums[block_rows];
    for (std::size_t r = 0; r < block_rows; ++r) {  // past the end: the last query once more, not stored
      queries[r] = first_query + (t + r < task.tokens ? t + r : task.tokens - 1) * 3 * hidden;
      weights[r] = buffers.weights + r * keys;
    }
    multiply_pairs(queries, buffers.keys, keys, task.head_dim / 2, buffers.scores);
    for (std::size_t r = 0; r < block_rows; ++r) {
      sums[r] =
          softmax_pairs(buffers.scores + r * keys, buffers.weights + r * keys, task.tokens, keys, scale);
    }
    multiply_pairs(weights, buffers.values, dims, (task.tokens + 1) / 2, buffers.mixed);
    for (std::size_t r = 0; r < block_rows && t + r < task.tokens; ++r) {
      const std::size_t at = (t + r) * hidden + head * task.head_dim;
      store_context(task, buffers.mixed + r * dims, 1.0f / sums[r], at);
    }
  }
}

/// `rows`: queries that one pass takes.
inline PairBuffers buffers_of(const AttentionTask& task, std::size_t rows, std::size_t keys,
                              std::size_t dims) {
  PairBuffers buffers;
  buffers.keys = reinterpret_cast<Pair*>(task.scratch);
  buffers.values = buffers.keys + task.head_dim / 2 * keys;
  buffers.scores = reinterpret_cast<float*>(buffers.values + keys / 2 * dims);
  buffers.weights = reinterpret_cast<std::uint16_t*>(buffers.scores + rows * keys);
  buffers.mixed = reinterpret_cast<float*>(buffers.weights + rows * keys);
  return buffers;
}

inline float scale_of(const AttentionTask& task) {
  return 1.0f / __builtin_sqrtf(static_cast<float>(task.head_dim));
}

void attention_pairs(const AttentionTask& task) {
  if (task.tokens == 0) return;
  const std::size_t keys = padded_to_width(task.tokens), dims = padded_to_width(task.head_dim);
  const PairBuffers buffers = buffers_of(task, block_rows, keys, dims);
  for (std::size_t head = 0; head < task.heads; ++head) {
    pack_head_pairs(task, head, buffers, keys, dims);
    attend_head_pairs(task, head, buffers, scale_of(task));
  }
}

#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(                                                                            \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,amx-tile,amx-bf16"))), \
    apply_to = function)
#else
#pragma GCC target("amx-tile,amx-bf16")
#endif

/// What the processor is told about its tiles (Intel SDM volume 1, 18.2, "TILECFG").
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};
static_assert(sizeof(TileConfiguration) == 64);

// Tiles 0 and 1 are sums, 2 the left side (queries or weights), 3 and 4 the right side.
inline void configure_tiles(std::size_t left_rows) {
  TileConfiguration shape;
  for (int tile = 0; tile < 5; ++tile) {
    shape.row_bytes[tile] = tile_row_bytes;
    shape.rows[tile] = static_cast<std::uint8_t>(tile < 3 ? left_rows : tile_rows);
  }
  _tile_loadconfig(&shape);
}

/// The tile instructions of g++ 12 do not say that they read memory.
inline void finish_writes() { asm volatile("" ::: "memory"); }

/// out[r][0..columns) = a[r] . b for the configured rows; depth and columns are multiples of 32.
inline void multiply_tiles(const std::uint16_t* a, std::size_t a_stride, const Pair* b, std::size_t columns,
                           std::size_t depth, float* out) {
  const std::size_t row_bytes = columns * sizeof(Pair);
  finish_writes();
  for (std::size_t c = 0; c < columns; c += 2 * width) {
    _tile_zero(0);
    _tile_zero(1);
    for (std::size_t d = 0; d < depth; d += tile_numbers) {
      const Pair* right = b + d / 2 * columns + c;
      _tile_loadd(2, a + d, a_stride * sizeof(std::uint16_t));
      _tile_loadd(3, right, row_bytes);
      _tile_loadd(4, right + width, row_bytes);
      _tile_dpbf16ps(0, 2, 3);
      _tile_dpbf16ps(1, 2, 4);
    }
    _tile_stored(0, out + c, row_bytes);
    _tile_stored(1, out + c + width, row_bytes);
  }
  finish_writes();
}

inline void attend_head_tiles(const AttentionTask& task, std::size_t head, const PairBuffers& buffers,
                              std::size_t rows, std::size_t keys) {
  const std::size_t hidden = task.heads * task.head_dim, dims = task.head_dim;
  const std::uint16_t* first_query = static_cast<const std::uint16_t*>(task.qkv) + head * dims;
  for (std::size_t begin = 0; begin < task.tokens; begin += rows) {
    // The last pass takes a few queries once more, so that it has as many as the others.
    const std::size_t t = begin + rows <= task.tokens ? begin : task.tokens - rows;
    float sums[tile_rows];
    multiply_tiles(first_query + t * 3 * hidden, 3 * hidden, buffers.keys, keys, dims, buffers.scores);
    for (std::size_t r = 0; r < rows; ++r) {
      sums[r] = softmax_pairs(buffers.scores + r * keys, buffers.weights + r * keys, task.tokens, keys,
                              scale_of(task));
    }
    multiply_tiles(buffers.weights, keys, buffers.values, dims, keys, buffers.mixed);
    for (std::size_t r = 0; r < rows; ++r)
      store_context(task, buffers.mixed + r * dims, 1.0f / sums[r], (t + r) * hidden + head * dims);
  }
}

void attention_tiles(const AttentionTask& task) {
  if (task.head_dim % tile_numbers != 0) return attention_pairs(task);
  if (task.tokens == 0) return;
  const std::size_t rows = task.tokens < tile_rows ? task.tokens : tile_rows;
  const std::size_t keys = (task.tokens + tile_numbers - 1) / tile_numbers * tile_numbers;
  const PairBuffers buffers = buffers_of(task, rows, keys, task.head_dim);
  configure_tiles(rows);
  for (std::size_t head = 0; head < task.heads; ++head) {
    pack_head_pairs(task, head, buffers, keys, task.head_dim);
    attend_head_tiles(task, head, buffers, rows, keys);
  }
  _tile_release();
}

}  // namespace
}  // namespace loadline

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC diagnostic pop
#pragma GCC pop_options
#endif

namespace loadline {

const Kernels& avx512_bf16_kernels() {
  static constexpr Kernels set{"avx512_bf16", attention,  attention_pairs, layer_norm, to_bf16_rounded,
                               quantise,      dequantise, dequantise_add,  gelu};
  return set;
}

const Kernels& amx_kernels() {
  static constexpr Kernels set{"amx",    attention,  attention_tiles, layer_norm, to_bf16_rounded,
                               quantise, dequantise, dequantise_add,  gelu};
  return set;
}

}  // namespace loadline

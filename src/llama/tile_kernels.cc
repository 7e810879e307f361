#include "llama/tile_kernels.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "base/assert.h"
#include "llama/quant_layout.h"

// NOLINTBEGIN(portability-simd-intrinsics)
#define LOADLINE_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,f16c,fma")))
#define LOADLINE_AMX __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,f16c,fma,amx-tile,amx-bf16")))

namespace loadline::llama {
namespace {

constexpr std::size_t kTileRows = 16;
constexpr std::size_t kTileColumns = 32;  // bfloat16 numbers in a row of a tile
constexpr std::size_t kTileNumbers = kTileRows * kTileColumns;
constexpr std::size_t kTileSums = kTileRows * kTileRows;
constexpr std::size_t kTilesPerBlock = quant_block / kTileColumns;
constexpr std::size_t kPanelBlocks = tile_panel_columns / quant_block;
constexpr std::size_t kPanelRows = 2 * quant_rows;
constexpr std::size_t kGroupsMax = tile_count_max / kTileRows;

// --- unpacking --------------------------------------------------------------------------------------------

/// weight = scale * number - offset, for sixteen rows.
struct Affine {
  __m512 scale, offset;
};

template <class Packed>
LOADLINE_AVX512 inline Affine affine(const Packed& block, int part, int) {
  return {_mm512_mul_ps(load_f16(block.scale), _mm512_cvtepi32_ps(load_u8(block.scales[part]))),
          _mm512_mul_ps(load_f16(block.min_scale), _mm512_cvtepi32_ps(load_u8(block.minima[part])))};
}
LOADLINE_AVX512 inline Affine affine(const PackedQ6K& block, int part, int i) {
  const __m512 scale =
      _mm512_mul_ps(load_f16(block.scale), _mm512_cvtepi32_ps(load_s8(block.scales[2 * part + i / 4])));
  return {scale, _mm512_mul_ps(scale, _mm512_set1_ps(32.0F))};
}

/// Byte `at` of every lane as a weight, its bits ready to be cut off after bfloat16.
template <int at>
LOADLINE_AVX512 inline __m512i weight_bits(__m512i bytes, const Affine& a) {
  const __m512i number = _mm512_and_si512(_mm512_srli_epi32(bytes, 8 * at), _mm512_set1_epi32(255));
  const __m512 weight = _mm512_fmsub_ps(_mm512_cvtepi32_ps(number), a.scale, a.offset);
  return _mm512_add_epi32(_mm512_castps_si512(weight), _mm512_set1_epi32(0x8000));
}

/// Two neighbouring columns of sixteen rows: a row of a tile.
LOADLINE_AVX512 inline __m512i pair(__m512i first, __m512i second) {
  return _mm512_mask_blend_epi16(0xAAAAAAAA, _mm512_srli_epi32(first, 16), second);
}

/// A block of sixteen rows as eight tiles.
template <class Packed>
LOADLINE_AVX512 void unpack_block(const Packed& block, std::uint16_t* tiles) {
  for (int part = 0; part < 8; ++part) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i, tiles += 2 * kTileColumns) {
      const Affine a = affine(block, part, i);
      const __m512i bytes = weights(block, part, i);
      _mm512_store_si512(tiles, pair(weight_bits<0>(bytes, a), weight_bits<1>(bytes, a)));
      _mm512_store_si512(tiles + kTileColumns, pair(weight_bits<2>(bytes, a), weight_bits<3>(bytes, a)));
    }
  }
}

// --- tiles ------------------------------------------------------------------------------------------------

struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfig) == 64);

LOADLINE_AMX void configure_tiles() {
  // In static memory: g++ 12's intrinsic names only the first bytes as read.
  static constexpr TileConfig config;
  _tile_loadconfig(&config);
}

/// Threads that use no tiles are switched without their state.
LOADLINE_AMX void release_tiles() { _tile_release(); }

/// sums[a][w] += activations[a] x weights[w], for one or two of each; `steps` tiles along the columns. Tiles
/// 0 to 3 hold the sums, 4 and 5 activations, 6 and 7 weights.
template <bool two_activations, bool two_weights>
LOADLINE_AMX void multiply_tiles(const std::uint16_t* activations, const std::uint16_t* weights,
                                 std::size_t steps, float* sums, bool add) {
  constexpr std::size_t row_bytes = 64;
  asm volatile("" ::: "memory");  // g++ 12's _tile_loadd does not say that it reads memory
  if (add) {
    _tile_loadd(0, sums, row_bytes);
    if constexpr (two_weights) _tile_loadd(1, sums + kTileSums, row_bytes);
    if constexpr (two_activations) _tile_loadd(2, sums + 2 * kTileSums, row_bytes);
    if constexpr (two_activations && two_weights) _tile_loadd(3, sums + 3 * kTileSums, row_bytes);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (std::size_t step = 0; step < steps; ++step, activations += kTileNumbers, weights += kTileNumbers) {
    _tile_loadd(4, activations, row_bytes);
    _tile_loadd(6, weights, row_bytes);
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (two_weights) {
      _tile_loadd(7, weights + steps * kTileNumbers, row_bytes);
      _tile_dpbf16ps(1, 4, 7);
    }
    if constexpr (two_activations) {
      _tile_loadd(5, activations + steps * kTileNumbers, row_bytes);
      _tile_dpbf16ps(2, 5, 6);
      if constexpr (two_weights) _tile_dpbf16ps(3, 5, 7);
    }
  }
  _tile_stored(0, sums, row_bytes);
  if constexpr (two_weights) _tile_stored(1, sums + kTileSums, row_bytes);
  if constexpr (two_activations) _tile_stored(2, sums + 2 * kTileSums, row_bytes);
  if constexpr (two_activations && two_weights) _tile_stored(3, sums + 3 * kTileSums, row_bytes);
}

using TileKernel = void (*)(const std::uint16_t*, const std::uint16_t*, std::size_t, float*, bool);
TileKernel kernel_for(bool two_activations, bool two_weights) {
  if (two_activations) return two_weights ? multiply_tiles<true, true> : multiply_tiles<true, false>;
  return two_weights ? multiply_tiles<false, true> : multiply_tiles<false, false>;
}

// --- loops ------------------------------------------------------------------------------------------------

/// A stretch of columns, and where its tiles of activations begin.
struct Panel {
  std::size_t block, blocks;  // of 256 columns
  const std::uint16_t* activations;
  std::size_t steps() const { return blocks * kTilesPerBlock; }
};

std::size_t groups_of(std::size_t count) { return (count + kTileRows - 1) / kTileRows; }

template <class Packed>
void unpack_panel(const TileProduct& p, const Panel& panel, std::size_t row, std::size_t row_groups,
                  std::uint16_t* tiles) {
  const std::size_t blocks = p.columns / quant_block;
  const auto* packed = static_cast<const Packed*>(p.packed);
  for (std::size_t g = 0; g < row_groups; ++g) {
    for (std::size_t b = 0; b < panel.blocks; ++b, tiles += kTilesPerBlock * kTileNumbers)
      unpack_block(packed[(row / quant_rows + g) * blocks + panel.block + b], tiles);
  }
}

/// Adds a panel's products, for up to 32 rows of weights and the activations of groups [first, last).
void multiply_panel(const Panel& panel, const std::uint16_t* weights, bool two_weights, std::size_t first,
                    std::size_t last, float* sums) {
  for (std::size_t group = first; group < last; group += 2, sums += 4 * kTileSums) {
    kernel_for(group + 1 < last, two_weights)(panel.activations + group * panel.steps() * kTileNumbers,
                                              weights, panel.steps(), sums, panel.block > 0);
  }
}

/// Brings sums to their places, for up to 32 rows of weights from `row` on and the activations [first, last).
LOADLINE_AVX512 void write_sums(const TileProduct& p, std::size_t row, std::size_t row_groups,
                                std::size_t first, std::size_t last, const float* sums) {
  for (std::size_t t = first; t < last; ++t) {
    const std::size_t at = t - first;
    const float* from = sums + at / (2 * kTileRows) * 4 * kTileSums + at / kTileRows % 2 * 2 * kTileSums +
                        at % kTileRows * kTileRows;
    for (std::size_t g = 0; g < row_groups; ++g)
      _mm512_storeu_ps(p.result + t * p.result_stride + row + g * kTileRows,
                       _mm512_load_ps(from + g * kTileSums));
  }
}

template <class Packed>
void multiply(const TileProduct& p, std::size_t row_begin, std::size_t row_end, TileScratch& scratch) {
  const std::size_t blocks = p.columns / quant_block;
  const std::size_t groups = groups_of(p.count);
  for (std::size_t first = 0; first < groups; first += kGroupsMax) {
    const std::size_t last = std::min(first + kGroupsMax, groups);
    const std::size_t sums_per_rows = (last - first + 1) / 2 * 4 * kTileSums;
    Panel panel{0, 0, p.activations};
    for (; panel.block < blocks; panel.block += panel.blocks) {
      panel.blocks = std::min(kPanelBlocks, blocks - panel.block);
      float* sums = scratch.sums;
      for (std::size_t row = row_begin; row < row_end; row += kPanelRows, sums += sums_per_rows) {
        const std::size_t row_groups = std::min(kPanelRows, row_end - row) / quant_rows;
        unpack_panel<Packed>(p, panel, row, row_groups, scratch.panel);
        multiply_panel(panel, scratch.panel, row_groups > 1, first, last, sums);
      }
      panel.activations += groups * panel.steps() * kTileNumbers;
    }
    const float* sums = scratch.sums;
    for (std::size_t row = row_begin; row < row_end; row += kPanelRows, sums += sums_per_rows)
      write_sums(p, row, std::min(kPanelRows, row_end - row) / quant_rows, first * kTileRows,
                 std::min(last * kTileRows, p.count), sums);
  }
}

LOADLINE_BF16 void round_32(const float* values, std::uint16_t* result) {
  const __m512bh both = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(values + 16), _mm512_loadu_ps(values));
  _mm512_storeu_si512(result, (__m512i)both);
}

bool cpu_has_tiles() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  constexpr unsigned tile_bit = 1U << 24, bf16_bit = 1U << 22;  // AMX-TILE, AMX-BF16
  return (d & tile_bit) != 0 && (d & bf16_bit) != 0 && __builtin_cpu_supports("avx512bf16");
}

/// Linux gives a process the tiles' state (8 KiB a thread) on request only.
bool kernel_gives_tiles() {
  constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

}  // namespace

bool tile_kernels_usable() {
  static const bool usable = quant_kernels_usable() && cpu_has_tiles() && kernel_gives_tiles();
  return usable;
}

std::size_t tile_activation_bytes(std::size_t count, std::size_t columns) {
  return groups_of(count) * kTileRows * columns * sizeof(std::uint16_t);
}

void tile_activation(const float* values, std::size_t columns, std::size_t number, std::size_t count,
                     std::uint16_t* activations) {
  LOADLINE_ASSERT(columns % quant_block == 0 && number < count);
  constexpr std::size_t panel_columns = kPanelBlocks * quant_block;
  for (std::size_t column = 0; column < columns; column += panel_columns) {
    const std::size_t steps = std::min(panel_columns, columns - column) / kTileColumns;
    std::uint16_t* to =
        activations + (groups_of(count) * column / kTileColumns + number / kTileRows * steps) * kTileNumbers +
        number % kTileRows * kTileColumns;
    for (std::size_t step = 0; step < steps; ++step)
      round_32(values + column + step * kTileColumns, to + step * kTileNumbers);
  }
}

void multiply_rows(const TileProduct& product, std::size_t row_begin, std::size_t row_end,
                   TileScratch& scratch) {
  LOADLINE_ASSERT(row_begin % quant_rows == 0 && row_end % quant_rows == 0);
  LOADLINE_ASSERT(row_end - row_begin <= tile_rows_max);
  configure_tiles();
  switch (product.kind) {
    case QuantKind::q4_k:
      multiply<PackedQ4K>(product, row_begin, row_end, scratch);
      break;
    case QuantKind::q5_k:
      multiply<PackedQ5K>(product, row_begin, row_end, scratch);
      break;
    case QuantKind::q6_k:
      multiply<PackedQ6K>(product, row_begin, row_end, scratch);
      break;
  }
  release_tiles();
}

}  // namespace loadline::llama
// NOLINTEND(portability-simd-intrinsics)

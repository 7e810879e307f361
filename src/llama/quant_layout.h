#pragma once
// How quant_kernels.cc lays out quantised weights, and how its registers are filled from there. Internal to
// the kernels: needs AVX-512, so callers are compiled for it by LOADLINE_AVX512.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

// NOLINTBEGIN(portability-simd-intrinsics)
#define LOADLINE_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,f16c,fma")))

namespace loadline::llama {

inline constexpr int quant_lanes = 16;

/// One block of sixteen rows. Arrays of [quant_lanes] hold one entry a row; `low` and `high` are the words of
/// the file's arrays, word by word, sixteen rows each.
struct alignas(64) PackedQ4K {
  std::uint32_t low[32][quant_lanes];
  std::uint8_t scales[8][quant_lanes];
  std::uint8_t minima[8][quant_lanes];
  std::uint16_t scale[quant_lanes], min_scale[quant_lanes];  // f16
};
struct alignas(64) PackedQ5K {
  std::uint32_t low[32][quant_lanes];
  std::uint32_t high[8][quant_lanes];
  std::uint8_t scales[8][quant_lanes];
  std::uint8_t minima[8][quant_lanes];
  std::uint16_t scale[quant_lanes], min_scale[quant_lanes];
};
struct alignas(64) PackedQ6K {
  std::uint32_t low[32][quant_lanes];
  std::uint32_t high[16][quant_lanes];
  std::int8_t scales[16][quant_lanes];
  std::uint16_t scale[quant_lanes];
  std::uint16_t unused[quant_lanes];
};

LOADLINE_AVX512 inline __m512i load_words(const std::uint32_t* words) { return _mm512_load_si512(words); }
LOADLINE_AVX512 inline __m512 load_f16(const std::uint16_t* values) {
  return _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(values)));
}
LOADLINE_AVX512 inline __m512i load_u8(const std::uint8_t* values) {
  return _mm512_cvtepu8_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(values)));
}
LOADLINE_AVX512 inline __m512i load_s8(const std::int8_t* values) {
  return _mm512_cvtepi8_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(values)));
}

/// The weights of columns [32 * part + 4 * i, +4) of sixteen rows, as bytes 0 to 15 (Q4_K) or 0 to 31 (Q5_K).
LOADLINE_AVX512 inline __m512i weights(const PackedQ4K& block, int part, int i) {
  const __m512i words = load_words(block.low[part / 2 * 8 + i]);
  return _mm512_and_si512(part % 2 == 0 ? words : _mm512_srli_epi16(words, 4), _mm512_set1_epi8(15));
}
LOADLINE_AVX512 inline __m512i weights(const PackedQ5K& block, int part, int i) {
  const __m512i words = load_words(block.low[part / 2 * 8 + i]);
  const __m512i low =
      _mm512_and_si512(part % 2 == 0 ? words : _mm512_srli_epi16(words, 4), _mm512_set1_epi8(15));
  // Bit `part` of the byte becomes bit 4.
  const __m512i high = load_words(block.high[i]);
  const __m512i moved = part <= 4 ? _mm512_slli_epi16(high, static_cast<unsigned>(4 - part))
                                  : _mm512_srli_epi16(high, static_cast<unsigned>(part - 4));
  return _mm512_or_si512(low, _mm512_and_si512(moved, _mm512_set1_epi8(16)));
}

/// As above, as bytes 0 to 63.
LOADLINE_AVX512 inline __m512i weights(const PackedQ6K& block, int part, int i) {
  const int half = part / 4, quarter = part % 4;
  const __m512i words = load_words(block.low[16 * half + 8 * (quarter % 2) + i]);
  const __m512i low =
      _mm512_and_si512(quarter < 2 ? words : _mm512_srli_epi16(words, 4), _mm512_set1_epi8(15));
  const __m512i high = load_words(block.high[8 * half + i]);
  const __m512i moved = quarter <= 2 ? _mm512_slli_epi16(high, static_cast<unsigned>(4 - 2 * quarter))
                                     : _mm512_srli_epi16(high, 2);
  return _mm512_or_si512(low, _mm512_and_si512(moved, _mm512_set1_epi8(48)));
}

}  // namespace loadline::llama
// NOLINTEND(portability-simd-intrinsics)

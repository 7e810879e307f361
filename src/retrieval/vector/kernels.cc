#include "retrieval/vector/kernels.h"

#include <array>

#if defined(__x86_64__)
#if !defined(__clang__)
// g++ 12 warns about the deliberately undefined operands inside its own AVX-512 header (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <cpuid.h>
#include <immintrin.h>
#endif

#include "base/half.h"

namespace loadline {
namespace {

float dot_scalar(const float* a, const Half* b, std::size_t size) {
  std::array<float, 8> sums{};
  for (std::size_t i = 0; i < size; i += sums.size()) {
    for (std::size_t lane = 0; lane < sums.size(); ++lane)
      sums[lane] += a[i + lane] * float_from_half(b[i + lane]);
  }
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

float dot_halves_scalar(const Half* a, const Half* b, std::size_t size) {
  std::array<float, 8> sums{};
  for (std::size_t i = 0; i < size; i += sums.size()) {
    for (std::size_t lane = 0; lane < sums.size(); ++lane) {
      sums[lane] += float_from_half(a[i + lane]) * float_from_half(b[i + lane]);
    }
  }
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

void to_halves_scalar(const float* from, Half* to, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) to[i] = half_from_float(from[i]);
}

constexpr VectorKernels scalar = {"scalar", dot_scalar, dot_halves_scalar, to_halves_scalar};

#if defined(__x86_64__)

#define LOADLINE_AVX2 __attribute__((target("avx2,fma,f16c")))
#define LOADLINE_AVX512 __attribute__((target("avx512f,avx2,fma,f16c")))

LOADLINE_AVX2 inline __m256 load8(const Half* from) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}

LOADLINE_AVX2 inline float sum8(__m256 value) {
  __m128 sum = _mm_add_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
  sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
  return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

LOADLINE_AVX2 float dot_avx2(const float* a, const Half* b, std::size_t size) {
  __m256 s0 = _mm256_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
  for (std::size_t i = 0; i < size; i += 32) {
    s0 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), load8(b + i), s0);
    s1 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8), load8(b + i + 8), s1);
    s2 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 16), load8(b + i + 16), s2);
    s3 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 24), load8(b + i + 24), s3);
  }
  return sum8(_mm256_add_ps(_mm256_add_ps(s0, s1), _mm256_add_ps(s2, s3)));
}

LOADLINE_AVX2 float dot_halves_avx2(const Half* a, const Half* b, std::size_t size) {
  __m256 s0 = _mm256_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
  for (std::size_t i = 0; i < size; i += 32) {
    s0 = _mm256_fmadd_ps(load8(a + i), load8(b + i), s0);
    s1 = _mm256_fmadd_ps(load8(a + i + 8), load8(b + i + 8), s1);
    s2 = _mm256_fmadd_ps(load8(a + i + 16), load8(b + i + 16), s2);
    s3 = _mm256_fmadd_ps(load8(a + i + 24), load8(b + i + 24), s3);
  }
  return sum8(_mm256_add_ps(_mm256_add_ps(s0, s1), _mm256_add_ps(s2, s3)));
}

LOADLINE_AVX2 void to_halves_avx2(const float* from, Half* to, std::size_t size) {
  for (std::size_t i = 0; i < size; i += 8) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
  }
}

LOADLINE_AVX512 inline __m512 load16(const Half* from) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}

LOADLINE_AVX512 float dot_avx512(const float* a, const Half* b, std::size_t size) {
  __m512 s0 = _mm512_setzero_ps(), s1 = s0;
  for (std::size_t i = 0; i < size; i += 32) {
    s0 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i), load16(b + i), s0);
    s1 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 16), load16(b + i + 16), s1);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(s0, s1));
}

LOADLINE_AVX512 float dot_halves_avx512(const Half* a, const Half* b, std::size_t size) {
  __m512 s0 = _mm512_setzero_ps(), s1 = s0;
  for (std::size_t i = 0; i < size; i += 32) {
    s0 = _mm512_fmadd_ps(load16(a + i), load16(b + i), s0);
    s1 = _mm512_fmadd_ps(load16(a + i + 16), load16(b + i + 16), s1);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(s0, s1));
}

constexpr VectorKernels avx2 = {"avx2", dot_avx2, dot_halves_avx2, to_halves_avx2};
constexpr VectorKernels avx512 = {"avx512", dot_avx512, dot_halves_avx512, to_halves_avx2};

constexpr std::array<const VectorKernels*, 3> all_kernels = {&avx512, &avx2, &scalar};

// __builtin_cpu_supports of clang 14 does not know it.
bool has_f16c() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
}

std::size_t first_usable() {
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
  if (has_avx2 && __builtin_cpu_supports("avx512f")) return 0;
  return has_avx2 ? 1 : 2;
}

#else

constexpr std::array<const VectorKernels*, 1> all_kernels = {&scalar};
std::size_t first_usable() { return 0; }

#endif

}  // namespace

std::span<const VectorKernels* const> usable_kernels() {
  return std::span(all_kernels).subspan(first_usable());
}
const VectorKernels& best_vector_kernels() { return *usable_kernels().front(); }

}  // namespace loadline

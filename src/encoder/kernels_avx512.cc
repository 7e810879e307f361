// The kernels for AVX-512 (F, BW, DQ, VL) without bf16 products.
#include <cstddef>
#include <cstdint>
#include <utility>

#include "encoder/kernels_sets.h"

#define LOADLINE_VECTOR_FLOATS 16
#define LOADLINE_QUERY_ROWS 6
#define LOADLINE_BLOCK_VECTORS 4

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,prefer-vector-width=512")
#endif

namespace loadline {
namespace {
#include "encoder/kernels_body.inc"
}  // namespace
}  // namespace loadline

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace loadline {

const Kernels& avx512_kernels() {
  static constexpr Kernels set{"avx512", attention,  nullptr,        layer_norm, to_bf16,
                               quantise, dequantise, dequantise_add, gelu};
  return set;
}

}  // namespace loadline

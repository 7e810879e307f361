// The kernels for AVX2 and FMA.
#include <cstddef>
#include <cstdint>
#include <utility>

#include "encoder/kernels_sets.h"

#define LOADLINE_VECTOR_FLOATS 8
#define LOADLINE_QUERY_ROWS 6
#define LOADLINE_BLOCK_VECTORS 2

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
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

const Kernels& avx2_kernels() {
  static constexpr Kernels set{"avx2",   attention,  nullptr,        layer_norm, to_bf16,
                               quantise, dequantise, dequantise_add, gelu};
  return set;
}

}  // namespace loadline

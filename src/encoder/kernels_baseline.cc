// The kernels for any x86-64 (SSE2) and, through the compiler's generic vectors, any other machine.
#include <cstddef>
#include <cstdint>
#include <utility>

#include "encoder/kernels_sets.h"

#define LOADLINE_VECTOR_FLOATS 4
#define LOADLINE_QUERY_ROWS 2
#define LOADLINE_BLOCK_VECTORS 4

namespace loadline {
namespace {
#include "encoder/kernels_body.inc"
}  // namespace

const Kernels& baseline_kernels() {
  static constexpr Kernels set{"baseline", attention,  nullptr,        layer_norm, to_bf16,
                               quantise,   dequantise, dequantise_add, gelu};
  return set;
}

}  // namespace loadline

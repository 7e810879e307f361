#pragma once
// The sets behind kernels_at(), each compiled for its instruction set in a source of its own. Calling into a
// set that the CPU cannot run is an illegal instruction: only kernels.cc, which asks the CPU, may do so.
#include <cstddef>

#include "encoder/kernels.h"

namespace loadline {

inline constexpr std::size_t widest_vector = 16;   // floats
inline constexpr std::size_t query_rows_max = 16;  // queries that one pass of attention takes
inline constexpr std::size_t attention_padding =
    32;  // keys and dimensions of a head, at most, are padded to this

const Kernels& baseline_kernels();
const Kernels& avx2_kernels();
const Kernels& avx512_kernels();
const Kernels& avx512_bf16_kernels();
const Kernels& amx_kernels();

}  // namespace loadline

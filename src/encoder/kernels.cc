#include "encoder/kernels.h"

#include "encoder/kernels_sets.h"

namespace loadline {
namespace {

bool cpu_has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

bool cpu_has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

bool cpu_has_bf16_products() { return cpu_has_avx512() && __builtin_cpu_supports("avx512bf16"); }

}  // namespace

std::size_t attention_scratch_floats(std::size_t tokens, std::size_t head_dim) {
  const auto padded = [](std::size_t n) { return (n + widest_vector - 1) / widest_vector * widest_vector; };
  const std::size_t keys = padded(tokens), dims = padded(head_dim);
  return 3 * keys * dims + 2 * query_rows_max * (keys + dims) + 2 * widest_vector;
}

const Kernels* kernels_at(SimdLevel level) {
  switch (level) {
    case SimdLevel::baseline:
      return &baseline_kernels();
    case SimdLevel::avx2:
      return cpu_has_avx2() ? &avx2_kernels() : nullptr;
    case SimdLevel::avx512:
      if (!cpu_has_avx512()) return nullptr;
      return cpu_has_bf16_products() ? &avx512_bf16_kernels() : &avx512_kernels();
  }
  return nullptr;
}

const Kernels& best_kernels() {
  for (SimdLevel level : {SimdLevel::avx512, SimdLevel::avx2}) {
    if (const Kernels* kernels = kernels_at(level)) return *kernels;
  }
  return *kernels_at(SimdLevel::baseline);
}

}  // namespace loadline

#include "encoder/kernels.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "encoder/kernels_sets.h"

namespace loadline {
namespace {

bool cpu_has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

bool cpu_has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

bool cpu_has_bf16_products() { return cpu_has_avx512() && __builtin_cpu_supports("avx512bf16"); }

// The kernel keeps the tiles' state of those processes only that have asked for it (Linux
// Documentation/arch/x86/xstate.rst); asking again is harmless.
bool cpu_has_tile_products() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned amx_bf16 = 1U << 22, amx_tile = 1U << 24;
  if (!cpu_has_bf16_products() || __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  if ((edx & amx_bf16) == 0 || (edx & amx_tile) == 0) return false;
  constexpr long request_permission = 0x1023, tile_data = 18;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

}  // namespace

std::size_t attention_scratch_floats(std::size_t tokens, std::size_t head_dim) {
  const auto padded = [](std::size_t n) {
    return (n + attention_padding - 1) / attention_padding * attention_padding;
  };
  const std::size_t keys = padded(tokens), dims = padded(head_dim);
  return 3 * keys * dims + query_rows_max * (2 * keys + dims) + 2 * widest_vector;
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
    case SimdLevel::amx: {
      static const bool usable = cpu_has_tile_products();
      return usable ? &amx_kernels() : nullptr;
    }
  }
  return nullptr;
}

const Kernels& best_kernels() {
  for (SimdLevel level : {SimdLevel::amx, SimdLevel::avx512, SimdLevel::avx2}) {
    if (const Kernels* kernels = kernels_at(level)) return *kernels;
  }
  return *kernels_at(SimdLevel::baseline);
}

}  // namespace loadline

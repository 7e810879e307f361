#include "llama/cpu_variant.h"

#include <string>
#include <vector>

namespace loadline::llama {
namespace {

/// Features that `variant` uses and this CPU (or its operating system) lacks.
std::vector<std::string> missing_features(std::string_view variant) {
  std::vector<std::string> missing;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const auto need = [&](const char* name, bool there) {
    if (!there) missing.emplace_back(name);
  };
  need("AVX2", __builtin_cpu_supports("avx2") != 0);
  need("FMA", __builtin_cpu_supports("fma") != 0);
  need("BMI2", __builtin_cpu_supports("bmi2") != 0);
  if (variant == "avx512") {
    need("AVX512F", __builtin_cpu_supports("avx512f") != 0);
    need("AVX512BW", __builtin_cpu_supports("avx512bw") != 0);
    need("AVX512DQ", __builtin_cpu_supports("avx512dq") != 0);
    need("AVX512VL", __builtin_cpu_supports("avx512vl") != 0);
    need("AVX512VBMI", __builtin_cpu_supports("avx512vbmi") != 0);
    need("AVX512VNNI", __builtin_cpu_supports("avx512vnni") != 0);
    need("AVX512BF16", __builtin_cpu_supports("avx512bf16") != 0);
  }
#endif
  return missing;
}

}  // namespace

Status check_cpu(std::string_view variant) {
  if (variant != "v3" && variant != "avx512")
    return Error(Code::failed_precondition,
                 "this binary has an unknown CPU variant '" + std::string(variant) + "'");
  const std::vector<std::string> missing = missing_features(variant);
  if (missing.empty()) return {};
  std::string names;
  for (const std::string& name : missing) names += (names.empty() ? "" : ", ") + name;
  return Error(Code::failed_precondition,
               "local models cannot run here: this binary was built for the CPU variant '" +
                   std::string(variant) + "', and this CPU lacks " + names +
                   ". Build on this machine, or set LOADLINE_LLAMA_VARIANT=v3" +
                   (variant == "v3" ? " on a machine with AVX2" : "") + " when building");
}

std::string_view cpu_variant() { return LOADLINE_LLAMA_VARIANT; }

}  // namespace loadline::llama

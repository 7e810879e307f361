#pragma once
// Whether this machine can run the llama.cpp that was compiled in: a binary built for AVX-512 dies with an
// illegal instruction elsewhere, so this is asked before anything else is.
#include <string_view>

#include "base/result.h"

namespace loadline::llama {

/// failed_precondition: the CPU lacks something that the variant ("v3", "avx512") uses; names it and says
/// what to do.
Status check_cpu(std::string_view variant);
/// The variant compiled in.
std::string_view cpu_variant();

}  // namespace loadline::llama

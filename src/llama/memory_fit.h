#pragma once
// How large a context the machine has room for.
#include <cstdint>
#include <string>

#include "base/result.h"
#include "llama/gguf_info.h"

namespace loadline::llama {

/// Bytes that this process could still take: the smaller of what the kernel calls available and what is left
/// of the cgroup's limit. 0 if neither can be read.
std::uint64_t available_memory_bytes();

struct FitRequest {
  std::uint64_t memory_bytes = 0;    // for weights, cache and working memory; 0: no limit known
  std::uint32_t context_tokens = 0;  // 0: choose
  std::uint32_t parallel_requests = 1;
  double bytes_per_number = 2.0;  // of the cache
  bool weights_in_memory = true;  // false: mapped from the file, which the kernel may drop
};

/// Tokens of context: the asked number, or, if none was asked, what parallel requests of trained length would
/// use, at most 16384 and at most what leaves room. resource_exhausted if that does not fit (or, unasked, not
/// even 2048 tokens do).
Result<std::uint32_t> fit_context(const GgufInfo& model, const FitRequest& request);

}  // namespace loadline::llama

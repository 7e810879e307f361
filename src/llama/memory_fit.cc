#include "llama/memory_fit.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>

namespace loadline::llama {
namespace {

constexpr std::uint32_t kContextMax = 16384;  // chosen unasked; more makes every step slower
constexpr std::uint32_t kContextMin = 2048;
constexpr std::uint64_t kWorkingBytes = 512ULL << 20;  // graph buffers, logits, the process itself

std::optional<std::uint64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  if (file >> value) return value;
  return std::nullopt;
}

std::optional<std::uint64_t> kernel_available() {
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  std::uint64_t kibibytes = 0;
  while (file >> key >> kibibytes) {
    if (key == "MemAvailable:") return kibibytes * 1024;
    std::getline(file, unit);
  }
  return std::nullopt;
}

std::string mebibytes(double bytes) {
  return std::to_string(static_cast<std::uint64_t>(bytes / (1 << 20))) + " MiB";
}

}  // namespace

std::uint64_t available_memory_bytes() {
  std::uint64_t least = kernel_available().value_or(std::numeric_limits<std::uint64_t>::max());
  const auto limit = number_in("/sys/fs/cgroup/memory.max");
  const auto used = number_in("/sys/fs/cgroup/memory.current");
  if (limit && used) least = std::min(least, *limit > *used ? *limit - *used : 0);
  return least == std::numeric_limits<std::uint64_t>::max() ? 0 : least;
}

Result<std::uint32_t> fit_context(const GgufInfo& model, const FitRequest& request) {
  const double per_token = model.cache_bytes_per_token(request.bytes_per_number);
  const std::uint64_t weights = request.weights_in_memory ? model.weight_bytes : model.weight_bytes / 4;
  const double fixed = static_cast<double>(weights + kWorkingBytes);
  const std::uint64_t trained = std::max<std::uint32_t>(model.context_length, 512);
  const auto wanted = static_cast<std::uint32_t>(
      request.context_tokens > 0 ? request.context_tokens
                                 : std::min<std::uint64_t>(kContextMax, trained * request.parallel_requests));
  if (request.memory_bytes == 0) return wanted;
  const double memory = static_cast<double>(request.memory_bytes);
  const double room = per_token > 0 ? (memory - fixed) / per_token : wanted;
  if (room >= wanted) return wanted;
  if (request.context_tokens == 0 && room >= std::min(wanted, kContextMin))
    return static_cast<std::uint32_t>(room) / 256 * 256;
  const std::uint32_t asked = request.context_tokens > 0 ? wanted : std::min(wanted, kContextMin);
  return Error(Code::resource_exhausted, "the model needs about " + mebibytes(fixed + per_token * asked) +
                                             " (weights " + mebibytes(static_cast<double>(weights)) + ", " +
                                             std::to_string(asked) + " tokens of context " +
                                             mebibytes(per_token * asked) + "), but " + mebibytes(memory) +
                                             " are available; choose a smaller model" +
                                             (request.context_tokens > 0 ? " or fewer context tokens" : ""));
}

}  // namespace loadline::llama

#include "guard/verdict.h"

#include <array>

namespace loadline {

std::string_view name_of(TrustMark trust) {
  static constexpr std::array<std::string_view, 3> names = {"user", "retrieved", "tool_result"};
  return names[static_cast<std::size_t>(trust)];
}

std::string_view name_of(GuardVerdict verdict) {
  static constexpr std::array<std::string_view, 6> names = {"allow", "flag",   "quarantine",
                                                            "block", "failed", "late"};
  return names[static_cast<std::size_t>(verdict)];
}

GuardVerdict worse(GuardVerdict a, GuardVerdict b) {
  static constexpr std::array<int, 6> rank = {0, 1, 4, 5, 3, 2};
  return rank[static_cast<std::size_t>(a)] >= rank[static_cast<std::size_t>(b)] ? a : b;
}

GuardVerdict verdict_of(const Error& error) {
  return error.code() == Code::deadline_exceeded ? GuardVerdict::late : GuardVerdict::failed;
}

}  // namespace loadline

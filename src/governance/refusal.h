#pragma once
// Why a request may not start now, and when it might.
#include <cstdint>
#include <optional>

#include "base/error.h"

namespace loadline {

struct Refusal {
  Error error;  // resource_exhausted; names the limit, what is left and when it renews; safe to show
  /// Waiting this long is enough if nobody else takes what becomes free. For limits not a millisecond less
  /// is; money that others hold may come back to a budget earlier. Absent: waiting does not help (the request
  /// alone is larger than the limit).
  std::optional<std::int64_t> retry_after_ms{};
};

/// Whose budget or limit.
enum class OwnerKind : std::uint8_t { key, team, route };
constexpr const char* owner_kind_name(OwnerKind kind) {
  return kind == OwnerKind::key ? "key" : kind == OwnerKind::team ? "team" : "route";
}

}  // namespace loadline

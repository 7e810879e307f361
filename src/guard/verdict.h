#pragma once
// What a guard says about a text, and what follows where a guard could not say anything. Plain values,
// thread-safe.
#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace loadline {

/// Where a text comes from. Nobody who writes a document or answers a tool call may give instructions.
enum class TrustMark : std::uint8_t { user, retrieved, tool_result };
std::string_view name_of(TrustMark trust);

enum class GuardVerdict : std::uint8_t {
  allow,
  flag,        // goes on, and the record says so
  quarantine,  // this passage or tool result must not reach the model; the rest goes on
  block,       // the request must not go on
  failed,      // the guard could not check; see `follow`
  late,        // the guard was not done in time; see `follow`
};
/// "allow", "flag", ...: as records and metrics have it.
std::string_view name_of(GuardVerdict verdict);

constexpr bool has_checked(GuardVerdict verdict) { return verdict < GuardVerdict::failed; }
/// The worse of two. What did not check is worse than flag and better than quarantine: it must not hide one.
GuardVerdict worse(GuardVerdict a, GuardVerdict b);
/// `late` for deadline_exceeded, otherwise `failed`.
GuardVerdict verdict_of(const Error& error);

/// The manifest's word on a guard that failed or is late.
enum class OnGuardFailure : std::uint8_t { block, mark_unchecked };

struct GuardConsequence {
  bool stop = false;       // the request, or for `quarantine` this passage
  bool unchecked = false;  // goes on; the answer and the record say that this guard did not check
};
constexpr GuardConsequence follow(GuardVerdict verdict, OnGuardFailure on_failure) {
  if (!has_checked(verdict))
    return {on_failure == OnGuardFailure::block, on_failure == OnGuardFailure::mark_unchecked};
  return {verdict == GuardVerdict::quarantine || verdict == GuardVerdict::block, false};
}

}  // namespace loadline

#pragma once
// Who asks and what they may do: the same value for a key of ours and for a bearer of an identity provider.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "governance/money.h"
#include "model/data_label.h"

namespace loadline {

/// A set of names, or all there are and will be. Empty: none.
struct NameSet {
  bool every = false;
  std::vector<std::string> names{};

  bool has(std::string_view name) const {
    return every || std::find(names.begin(), names.end(), name) != names.end();
  }
  friend bool operator==(const NameSet&, const NameSet&) = default;
};

/// Requests and tokens in any 60 seconds, and calls at one time. Absent: no limit.
struct RateLimits {
  std::optional<std::uint32_t> requests_per_minute{};
  std::optional<std::uint64_t> tokens_per_minute{};
  std::optional<std::uint32_t> concurrent{};

  friend bool operator==(const RateLimits&, const RateLimits&) = default;
};

/// Money per UTC day and UTC calendar month. Absent: no limit; zero: nothing may be spent.
struct BudgetLimits {
  std::optional<NanoDollars> day{};
  std::optional<NanoDollars> month{};

  friend bool operator==(const BudgetLimits&, const BudgetLimits&) = default;
};

struct Scopes {
  NameSet routes{}, models{}, collections{};
  std::string clearance{};     // the most closed class it may ask about; "": only the most open
  std::string floor{};         // every request of it is at least this class; "": the most open
  bool admin = false;          // may use the admin API; says nothing about models
  std::uint32_t weight = 1;    // share of a full machine, 1 to weight_max
  std::uint32_t priority = 0;  // higher goes first, up to priority_max
  RateLimits limits{};
  BudgetLimits budget{};

  static constexpr std::uint32_t weight_max = 1000;
  static constexpr std::uint32_t priority_max = 9;
  friend bool operator==(const Scopes&, const Scopes&) = default;
};

/// What one grants or the other: the wider of routes, models, collections, clearance, admin, weight,
/// priority, limits and budget; but the stricter floor. Classes by their order in `classes`.
Scopes unite(const Scopes& a, const Scopes& b, const DataClasses& classes);

/// Immutable; shared by the requests that it made.
struct Identity {
  std::string key{};   // the key's name, or "issuer|subject" of a token; what the ledger bills
  std::string team{};  // "": none
  Scopes scopes{};
  std::uint8_t clearance_level =
      0;              // scopes.clearance in the manifest's classes; an unknown name is the most open
  DataLabel floor{};  // scopes.floor, an unknown name is the strictest level; every region

  /// Who shares its pseudonyms and kept answers: its team, or it alone.
  const std::string& tenant() const { return team.empty() ? key : team; }
};

/// Resolves the class names, failing closed as said above.
Identity make_identity(std::string key, std::string team, Scopes scopes, const DataClasses& classes);

}  // namespace loadline

#include "governance/identity.h"

namespace loadline {
namespace {

NameSet unite(const NameSet& a, const NameSet& b) {
  NameSet both = a;
  both.every = a.every || b.every;
  for (const std::string& name : b.names)
    if (std::find(a.names.begin(), a.names.end(), name) == a.names.end()) both.names.push_back(name);
  return both;
}

// The wider of two limits; absent is the widest.
template <class T>
std::optional<T> wider(std::optional<T> a, std::optional<T> b) {
  if (!a || !b) return std::nullopt;
  return std::max(*a, *b);
}

// An unknown class is the most open one where it grants, the most closed one where it demands.
std::uint8_t granted_level(const std::string& name, const DataClasses& classes) {
  return classes.level_of(name).value_or(0);
}
std::uint8_t demanded_level(const std::string& name, const DataClasses& classes) {
  return name.empty() ? 0 : classes.level_of(name).value_or(classes.strictest().level);
}

}  // namespace

Scopes unite(const Scopes& a, const Scopes& b, const DataClasses& classes) {
  Scopes both;
  both.routes = unite(a.routes, b.routes);
  both.models = unite(a.models, b.models);
  both.collections = unite(a.collections, b.collections);
  both.clearance =
      granted_level(a.clearance, classes) >= granted_level(b.clearance, classes) ? a.clearance : b.clearance;
  both.floor = demanded_level(a.floor, classes) >= demanded_level(b.floor, classes) ? a.floor : b.floor;
  both.admin = a.admin || b.admin;
  both.weight = std::max(a.weight, b.weight);
  both.priority = std::max(a.priority, b.priority);
  both.limits = {wider(a.limits.requests_per_minute, b.limits.requests_per_minute),
                 wider(a.limits.tokens_per_minute, b.limits.tokens_per_minute),
                 wider(a.limits.concurrent, b.limits.concurrent)};
  both.budget = {wider(a.budget.day, b.budget.day), wider(a.budget.month, b.budget.month)};
  return both;
}

Identity make_identity(std::string key, std::string team, Scopes scopes, const DataClasses& classes) {
  Identity identity{std::move(key), std::move(team), std::move(scopes), 0, {}};
  identity.clearance_level = granted_level(identity.scopes.clearance, classes);
  if (!identity.scopes.floor.empty() && !classes.level_of(identity.scopes.floor))
    identity.floor = classes.strictest();
  else
    identity.floor.level = demanded_level(identity.scopes.floor, classes);
  return identity;
}

}  // namespace loadline

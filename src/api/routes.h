#pragma once
// The table of routes: which path and method leads where. Pure functions over constant data.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadline {

enum class Route : std::uint32_t {
  none,  // no such path
  chat,
  completions,
  embeddings,
  responses,
  messages,
  models,
  model,
  collections,
  collection,
  documents,
  document,
  search,
  health,
  ready,
  metrics,
  openapi,
  admin_keys,
  admin_key,
  admin_rotate,
  admin_usage,
  admin_budgets,
  admin_audit,
};
inline constexpr std::size_t route_count = 23;

/// Who may ask: everyone, who has a key, or who has an admin key.
enum class Access : std::uint8_t { open, key, admin };

struct RouteEntry {
  Route route;
  std::string_view pattern;  // "{name}": one segment; "{name...}": the rest of the path
  std::string_view methods;  // of "GET POST PATCH DELETE", separated by blanks; HEAD goes with GET
  Access access;
};

const std::vector<RouteEntry>& route_table();
const RouteEntry& route_entry(Route route);  // not of `none`

struct RouteMatch {
  Route route = Route::none;
  std::vector<std::string> names;  // decoded values of the pattern's names
};

RouteMatch match_route(std::string_view path);
bool allows_method(const RouteEntry& entry, std::string_view method);
/// For the Allow header: "GET, HEAD, OPTIONS".
std::string allowed_methods(const RouteEntry& entry);
/// The known pattern that is most like `path`; "" if none is.
std::string nearest_route(std::string_view path);

}  // namespace loadline

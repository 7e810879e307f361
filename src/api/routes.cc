#include "api/routes.h"

#include <algorithm>

#include "base/nearest_name.h"
#include "net/http_message.h"

namespace loadline {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  for (;;) {
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    if (end == path.size()) return segments;
    path.remove_prefix(end + 1);
  }
}

bool is_name(std::string_view pattern_segment) { return pattern_segment.substr(0, 1) == "{"; }
bool is_rest(std::string_view pattern_segment) {
  return is_name(pattern_segment) && pattern_segment.find("...}") != std::string_view::npos;
}

bool match_pattern(std::string_view pattern, std::string_view path, std::vector<std::string>& names) {
  names.clear();
  const std::vector<std::string_view> wanted = segments_of(pattern), given = segments_of(path);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i >= given.size()) return false;
    std::string decoded;
    if (is_rest(wanted[i])) {
      const std::string_view rest = path.substr(static_cast<std::size_t>(given[i].data() - path.data()));
      names.emplace_back();
      return !rest.empty() && percent_decode(rest, names.back());
    }
    if (!is_name(wanted[i])) {
      if (wanted[i] != given[i]) return false;
      continue;
    }
    names.emplace_back();
    if (given[i].empty() || !percent_decode(given[i], names.back())) return false;
  }
  return wanted.size() == given.size();
}

}  // namespace

const std::vector<RouteEntry>& route_table() {
  static const std::vector<RouteEntry> table{
      {Route::models, "/v1/models", "GET", Access::key},
      {Route::chat, "/v1/chat/completions", "POST", Access::key},
      {Route::completions, "/v1/completions", "POST", Access::key},
      {Route::embeddings, "/v1/embeddings", "POST", Access::key},
      {Route::responses, "/v1/responses", "POST", Access::key},
      {Route::messages, "/v1/messages", "POST", Access::key},
      {Route::model, "/v1/models/{model...}", "GET", Access::key},
      {Route::collections, "/v1/collections", "GET", Access::key},
      {Route::collection, "/v1/collections/{collection}", "GET", Access::key},
      {Route::documents, "/v1/collections/{collection}/documents", "GET POST", Access::key},
      {Route::document, "/v1/collections/{collection}/documents/{document...}", "GET DELETE", Access::key},
      {Route::search, "/v1/collections/{collection}/search", "POST", Access::key},
      {Route::health, "/healthz", "GET", Access::open},
      {Route::ready, "/readyz", "GET", Access::open},
      {Route::metrics, "/metrics", "GET", Access::key},
      {Route::openapi, "/openapi.json", "GET", Access::open},
      {Route::admin_keys, "/admin/v1/keys", "GET POST", Access::admin},
      {Route::admin_key, "/admin/v1/keys/{name}", "GET PATCH DELETE", Access::admin},
      {Route::admin_rotate, "/admin/v1/keys/{name}/rotate", "POST", Access::admin},
      {Route::admin_usage, "/admin/v1/usage", "GET", Access::admin},
      {Route::admin_budgets, "/admin/v1/budgets", "GET", Access::admin},
      {Route::admin_audit, "/admin/v1/audit/verify", "GET", Access::admin},
  };
  return table;
}

const RouteEntry& route_entry(Route route) {
  return *std::find_if(route_table().begin(), route_table().end(),
                       [route](const RouteEntry& entry) { return entry.route == route; });
}

RouteMatch match_route(std::string_view path) {
  RouteMatch match;
  for (const RouteEntry& entry : route_table()) {
    if (entry.pattern == path || (entry.pattern.find('{') != std::string_view::npos &&
                                  match_pattern(entry.pattern, path, match.names))) {
      match.route = entry.route;
      return match;
    }
  }
  match.names.clear();
  return match;
}

bool allows_method(const RouteEntry& entry, std::string_view method) {
  if (method == "HEAD") method = "GET";
  std::string_view rest = entry.methods;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (rest.substr(0, end) == method) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

std::string allowed_methods(const RouteEntry& entry) {
  std::string out;
  for (const std::string_view method : {"GET", "HEAD", "POST", "PATCH", "DELETE"})
    if (allows_method(entry, method)) out += std::string(method) + ", ";
  return out + "OPTIONS";
}

std::string nearest_route(std::string_view path) {
  std::vector<std::string_view> known;
  for (const RouteEntry& entry : route_table()) known.push_back(entry.pattern);
  const std::string with_version = "/v1" + std::string(path);
  if (std::find(known.begin(), known.end(), with_version) != known.end()) return with_version;
  return nearest_name(path, known);
}

}  // namespace loadline

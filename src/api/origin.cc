#include "api/origin.h"

#include <algorithm>

namespace loadline {
namespace {

// "[::1]:8080" -> "[::1]", "127.0.0.1:8080" -> "127.0.0.1"
std::string_view without_port(std::string_view authority) {
  if (authority.substr(0, 1) == "[")
    return authority.substr(0, std::min(authority.find(']') + 1, authority.size()));
  return authority.substr(0, authority.find(':'));
}

bool is_address(std::string_view host) {
  if (host.substr(0, 1) == "[") return true;
  return !host.empty() &&
         std::all_of(host.begin(), host.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

bool is_local_name(std::string_view host) {
  constexpr std::string_view below = ".localhost";
  if (host == "localhost") return true;
  return host.size() > below.size() && host.substr(host.size() - below.size()) == below;
}

}  // namespace

bool is_local_request(const HttpRequest& request) {
  const std::string_view host = without_port(request.header("host"));
  if (!host.empty() && !is_address(host) && !is_local_name(host)) return false;
  std::string_view origin = request.header("origin");
  if (origin.empty()) return true;
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;  // "null": a sandboxed page
  return origin.substr(scheme + 3) == request.header("host");
}

}  // namespace loadline

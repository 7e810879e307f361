#pragma once
// The address of an HTTP server: where to connect, and the path that its requests begin with.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

struct HttpUrl {
  bool tls = false;
  std::string host;  // lower case; of an IPv6 address without brackets
  std::uint16_t port = 0;
  std::string path;  // "" or "/v1", never with a "/" at its end

  /// "api.example.com", with the port if it is not the scheme's own: the value of the Host header.
  std::string authority() const;
  /// "https://api.example.com", without the path.
  std::string origin() const;
};

/// "https://api.example.com/v1". invalid_argument: not http(s), user information, query or fragment in it, or
/// a host or port that cannot be.
Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace loadline

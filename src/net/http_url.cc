#include "net/http_url.h"

#include <algorithm>
#include <charconv>

#include "base/printable.h"

namespace loadline {
namespace {

constexpr std::size_t host_bytes_max = 253;

Error wrong(std::string_view text, std::string_view why) {
  return Error(Code::invalid_argument, "the address " + printable(text) + " cannot be used: " +
                                           std::string(why) + "; it must look like https://host:port/path");
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_address_character(char c) {
  return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

bool is_path_character(char c) { return c > ' ' && c < 127 && c != '?' && c != '#' && c != '\\'; }

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= host_bytes_max && host.front() != '.' && host.front() != '-' &&
         std::all_of(host.begin(), host.end(), is_host_character);
}

bool read_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0;
}

}  // namespace

std::string HttpUrl::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

std::string HttpUrl::origin() const { return (tls ? "https://" : "http://") + authority(); }

Result<HttpUrl> parse_http_url(std::string_view text) {
  HttpUrl url;
  std::string_view rest = text;
  for (const bool tls : {true, false}) {
    const std::string_view scheme = tls ? "https://" : "http://";
    if (text.substr(0, scheme.size()) != scheme) continue;
    url.tls = tls;
    rest.remove_prefix(scheme.size());
  }
  if (rest.size() == text.size()) return wrong(text, "it does not begin with http:// or https://");
  const std::size_t path = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, path);
  if (authority.find('@') != std::string_view::npos)  // not repeated: it may be a password
    return Error(Code::invalid_argument,
                 "an address with a user or password in it cannot be used; give credentials apart from it");
  url.path = rest.substr(path);
  while (!url.path.empty() && url.path.back() == '/') url.path.pop_back();
  if (!std::all_of(url.path.begin(), url.path.end(), is_path_character))
    return wrong(text, "its path has characters that no path has");

  url.port = url.tls ? 443 : 80;
  const bool bracketed = !authority.empty() && authority.front() == '[';
  const std::size_t end = bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (end == std::string_view::npos) return wrong(text, "its address has no closing bracket");
  url.host = bracketed ? authority.substr(1, end - 1) : authority.substr(0, end);
  authority.remove_prefix(bracketed ? end + 1 : end);
  for (char& c : url.host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const bool host = bracketed ? url.host.find(':') != std::string::npos &&
                                    std::all_of(url.host.begin(), url.host.end(), is_address_character)
                              : is_host(url.host);
  if (!host) return wrong(text, "its host is none");
  if (!authority.empty() && (authority.front() != ':' || !read_port(authority.substr(1), url.port)))
    return wrong(text, "its port is none");
  return url;
}

}  // namespace loadline

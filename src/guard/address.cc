#include "guard/address.h"

#include <algorithm>

namespace loadline {
namespace {

constexpr std::size_t scheme_bytes_max = 128;  // also of a file's name: what has a colon later is no scheme
constexpr std::size_t slashes_max = 16;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
bool is_scheme_byte(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '.' || c == '-';
}
bool is_slash(char c) { return c == '/' || c == '\\'; }
bool is_blank(char c) { return static_cast<unsigned char>(c) <= 0x20; }
/// Browsers drop line breaks and tabs inside an address.
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }
bool ends_host(char c) {
  return is_slash(c) || is_blank(c) ||
         std::string_view("?#)>(<\"'`[]|*!{},;").find(c) != std::string_view::npos;
}

/// The host from `begin` on, after any slashes.
Address read_host(std::string_view text, std::size_t begin, bool last,
                  const std::vector<std::string>& allowed) {
  std::size_t at = begin;
  while (at < text.size() && is_slash(text[at]))
    if (++at - begin > slashes_max) return {AddressKind::foreign, at};
  const std::size_t host = at;
  while (at < text.size() && !ends_host(text[at]))
    if (++at - host > address_bytes_max - scheme_bytes_max - slashes_max) return {AddressKind::foreign, at};
  if (at == text.size() && !last) return {};
  // Browsers take it for a slash, markdown for the escape of what follows.
  if (at < text.size() && text[at] == '\\') return {AddressKind::foreign, at};
  std::string name(text.substr(host, at - host));
  std::transform(name.begin(), name.end(), name.begin(), lower);
  const bool plain =
      std::all_of(name.begin(), name.end(), [](char c) { return is_scheme_byte(c) || c == ':'; });
  if (const std::size_t port = name.find(':'); port != std::string::npos) {
    const bool digits = std::all_of(name.begin() + static_cast<std::ptrdiff_t>(port) + 1, name.end(),
                                    [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return {AddressKind::foreign, at};
    name.resize(port);
  }
  while (name.ends_with('.')) name.pop_back();
  return {plain && is_allowed_host(name, allowed) ? AddressKind::allowed : AddressKind::foreign, at};
}

/// "mailto:name@host?...": by its host.
Address read_mail(std::string_view text, std::size_t begin, bool last,
                  const std::vector<std::string>& allowed) {
  std::size_t at = begin;
  while (at < text.size() && text[at] != '@') {
    if (ends_host(text[at]) || at - begin > 128) return {AddressKind::foreign, at};
    ++at;
  }
  if (at == text.size()) return last ? Address{AddressKind::foreign, at} : Address{};
  return read_host(text, at + 1, last, allowed);
}

bool equals(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

/// `word` at the start of `text`: whole, or as far as it goes.
enum class Begin : std::uint8_t { no, partly, whole };
Begin begins_with(std::string_view text, std::string_view word) {
  const std::size_t size = std::min(text.size(), word.size());
  if (!equals(text.substr(0, size), word.substr(0, size))) return Begin::no;
  return size == word.size() ? Begin::whole : Begin::partly;
}

/// What a reference stands for is seen by others only; "&lt;" begins nothing.
Address read_reference(std::string_view text, std::size_t at, bool last) {
  const Begin less = begins_with(text.substr(at), "&lt;");
  if (less == Begin::whole) return {AddressKind::none, at};
  return less == Begin::partly && !last ? Address{} : Address{AddressKind::foreign, at + 1};
}

Address read_data(std::string_view text, bool last) {  // "data:image/..."
  std::size_t at = 5;
  while (at < text.size() && is_letter(text[at]) && at < 32) ++at;
  if (at == text.size()) return {last ? AddressKind::none : AddressKind::incomplete, 0};
  return {text[at] == '/' && at > 5 ? AddressKind::script : AddressKind::none, at};
}

}  // namespace

bool is_allowed_host(std::string_view host, const std::vector<std::string>& allowed_hosts) {
  return std::any_of(allowed_hosts.begin(), allowed_hosts.end(), [&](std::string_view allowed) {
    if (!allowed.starts_with('.')) return host == allowed;
    return host == allowed.substr(1) || (host.size() > allowed.size() && host.ends_with(allowed));
  });
}

Address read_destination(std::string_view text, bool last, bool pointed,
                         const std::vector<std::string>& allowed_hosts) {
  std::size_t at = 0;
  while (at < text.size() && is_scheme_byte(text[at]))
    if (++at > scheme_bytes_max) return {AddressKind::foreign, at};
  if (at == text.size()) return {last ? AddressKind::none : AddressKind::incomplete, at};
  const char c = text[at];
  if (c == ':') {
    const std::string_view scheme = text.substr(0, at);
    if (equals(scheme, "http") || equals(scheme, "https"))
      return read_host(text, at + 1, last, allowed_hosts);
    if (equals(scheme, "mailto")) return read_mail(text, at + 1, last, allowed_hosts);
    return {AddressKind::script, at + 1};
  }
  if (c == '\\' || (pointed && is_control(c))) return {AddressKind::foreign, at + 1};
  if (c == '&') return read_reference(text, at, last);
  if (at == 0 && c == '/') {
    if (text.size() == 1) return {last ? AddressKind::none : AddressKind::incomplete, 0};
    if (pointed && is_control(text[1])) return {AddressKind::foreign, 2};
    if (text[1] == '&') return read_reference(text, 1, last);
    if (is_slash(text[1])) return read_host(text, 0, last, allowed_hosts);
  }
  return {AddressKind::none, at};
}

Address read_bare_address(std::string_view text, bool last, const std::vector<std::string>& allowed_hosts) {
  static constexpr std::string_view starts[] = {"http://", "https://", "ftp://",
                                                "ws://",   "wss://",   "file://"};
  bool partly = false;
  for (const std::string_view start : starts) {
    const Begin begin = begins_with(text, start);
    if (begin == Begin::whole) {
      if (!start.starts_with("http")) return {AddressKind::foreign, start.size()};
      return read_host(text, start.size() - 2, last, allowed_hosts);
    }
    partly = partly || begin == Begin::partly;
  }
  const Begin www = begins_with(text, "www.");
  if (www == Begin::whole) return read_host(text, 0, last, allowed_hosts);
  const Begin data = begins_with(text, "data:");
  if (data == Begin::whole) return read_data(text, last);
  partly = partly || www == Begin::partly || data == Begin::partly;
  return {partly && !last ? AddressKind::incomplete : AddressKind::none, 0};
}

}  // namespace loadline

#pragma once
// Where an address in a text leads, judged from its first bytes: as soon as its host is known. Strict where a
// reader of markdown and a browser could see something else than stands there (references, escapes, user
// names, percent signs in the host). Pure, thread-safe.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadline {

enum class AddressKind : std::uint8_t {
  incomplete,  // more bytes decide
  none,        // no address: a relative one, or text
  allowed,
  foreign,
  script,  // javascript:, data: and every scheme that is not known to be harmless
};

struct Address {
  AddressKind kind = AddressKind::incomplete;
  std::size_t bytes = 0;  // how many decided it: scheme and host
};

/// Longest part of an address that is looked at; a longer scheme or host is foreign.
inline constexpr std::size_t address_bytes_max = 384;

/// The destination of a link. `last`: nothing follows `text`. `pointed`: it stands in "<...>".
Address read_destination(std::string_view text, bool last, bool pointed,
                         const std::vector<std::string>& allowed_hosts);

/// An address that begins in plain text: "https://...", "www....", "data:text/...".
Address read_bare_address(std::string_view text, bool last, const std::vector<std::string>& allowed_hosts);

/// Whether `host` (lower case) is one of them, or below one that begins with a point.
bool is_allowed_host(std::string_view host, const std::vector<std::string>& allowed_hosts);

}  // namespace loadline

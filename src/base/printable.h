#pragma once
// Names that come from outside, made fit for messages, logs and terminals.
#include <cstddef>
#include <string>
#include <string_view>

namespace loadline {

/// `name` on one line: control characters as \n, \t, \r or \xHH, bytes that are not UTF-8 as \xHH, a
/// backslash doubled, direction marks (which reorder what a terminal shows) as \u{HEX}. Longer than
/// `bytes_max` is cut with an ellipsis.
std::string printable(std::string_view name, std::size_t bytes_max = 200);

}  // namespace loadline

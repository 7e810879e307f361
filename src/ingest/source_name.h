#pragma once
// File names as documents' names. A name on disk is bytes; a document's name is printable UTF-8. The mapping
// is one to one: whatever is not printable, and the backslash, becomes \xHH, byte by byte. Pure functions.
#include <string>
#include <string_view>

namespace loadline {

/// Control characters, direction marks (they reorder what a terminal shows), line separators, bytes that are
/// not UTF-8 and backslashes are written as \xHH.
std::string escaped_name(std::string_view raw);
/// The inverse; text that escaped_name cannot have made stays as it is.
std::string unescaped_name(std::string_view escaped);

}  // namespace loadline

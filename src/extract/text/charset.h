#pragma once
// From the bytes of a text file to UTF-8: which encoding they are in, and the conversion.
//
// Plain functions, thread-safe.
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

/// What the bytes are, by byte order mark, then by what they can be: "UTF-8", "UTF-16LE", "UTF-16BE",
/// "UTF-32LE", "UTF-32BE", otherwise "windows-1252" (which reads Latin-1 as well). UTF-8 with a few damaged
/// bytes is still UTF-8. Looks at the first 64 KiB, and at all of it for UTF-8.
std::string_view guess_charset(std::string_view bytes);

/// True if these bytes, in that encoding, are hardly anything that people wrote: many control characters.
bool looks_binary(std::string_view bytes, std::string_view charset);

/// UTF-8 without byte order mark; what cannot be converted becomes U+FFFD. `charset` is a name as in MIME or
/// HTML; an unknown one is read as `guess_charset` says. resource_exhausted over text_bytes_max.
Result<std::string> decode_text(std::string_view bytes, std::string_view charset);

/// The same with the guessed encoding.
Result<std::string> decode_text(std::string_view bytes);

/// Larger text files are not read: nobody cites page 1 of a file of gigabytes.
inline constexpr std::size_t text_bytes_max = std::size_t{256} << 20;

}  // namespace loadline

#pragma once
// UTF-8 as bytes in std::string. Everything inside Loadline is UTF-8; offsets are byte offsets.
#include <cstddef>
#include <string>
#include <string_view>

namespace loadline {

inline constexpr char32_t replacement_character = 0xFFFD;

/// The code point at `at`, which moves past it. A byte that starts no valid sequence (also overlong forms,
/// surrogates and values over U+10FFFF) gives U+FFFD and moves one byte. `at` must be < text.size().
char32_t next_code_point(std::string_view text, std::size_t& at);

void append_utf8(std::string& out, char32_t code_point);

bool is_valid_utf8(std::string_view text);

/// `text` with every invalid byte replaced by U+FFFD; the same bytes if it is valid.
std::string to_valid_utf8(std::string_view text);

/// The largest cut <= `at` that does not split a sequence.
std::size_t utf8_boundary(std::string_view text, std::size_t at);

}  // namespace loadline

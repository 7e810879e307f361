#pragma once
// Whether a text is a GBNF grammar that llama.cpp will take, found out before it sees it: its own parser
// writes a bad grammar to stderr, descends as deep as parentheses are nested, and copies as often as a
// repetition says. Everything accepted here is accepted there; a few oddities are refused here only.
#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace loadline::llama {

inline constexpr std::size_t gbnf_nesting_max = 100;
inline constexpr std::size_t gbnf_repetitions_max = 2000;   // llama.cpp's own limit
inline constexpr std::size_t gbnf_elements_max = 1U << 20;  // after repetitions are written out

/// invalid_argument with the line and what is wrong; never quotes the grammar beyond a rule's name.
Status check_gbnf(std::string_view text);

}  // namespace loadline::llama

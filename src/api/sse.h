#pragma once
// What the OpenAI API adds to server-sent events; events themselves are written by dialect/sse_parser.h.
#include <string_view>

namespace loadline {

/// What ends a stream of the OpenAI API.
inline constexpr std::string_view sse_done = "data: [DONE]\n\n";

}  // namespace loadline

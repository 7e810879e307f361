#pragma once
// Server-sent events (WHATWG HTML, "server-sent events"): data as lines that no reader can take for another
// event.
#include <string>
#include <string_view>

namespace loadline {

/// Appends one event with this data. Each line of it ("\n", "\r\n" or "\r" end one) becomes a data line.
void append_sse_event(std::string& out, std::string_view data);

/// What ends a stream of the OpenAI API.
inline constexpr std::string_view sse_done = "data: [DONE]\n\n";

}  // namespace loadline

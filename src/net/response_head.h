#pragma once
// The bytes in front of a response's body.
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace loadline {

struct ResponseHeadOptions {
  std::optional<std::uint64_t> content_length{};  // none: no such header
  bool chunked = false;
  bool close = false;
  bool http_1_0 = false;    // says "keep-alive" if it is not closed
  std::string_view date{};  // as http_date gives it
  std::string_view request_id{};
};

/// Appends status line, headers and the empty line. Header names and values must not contain line breaks
/// (those that do are left out).
void append_response_head(std::string& out, const HttpResponse& response, const ResponseHeadOptions& options);

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::time_t seconds);

/// One chunk of a chunked body; nothing for empty data.
void append_chunk(std::string& out, std::string_view data);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace loadline

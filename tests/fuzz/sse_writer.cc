// Fuzz target: any data as server-sent events. A reader that follows the standard (WHATWG HTML, "interpreting
// an event stream") gets exactly the events that were written, and their data with each line break as "\n".
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/sse.h"
#include "base/assert.h"
#include "dialect/sse_parser.h"

namespace {

/// Ends at "\n", "\r\n" or "\r".
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find_first_of("\r\n");
  LOADLINE_ASSERT(end != std::string_view::npos);
  const std::string_view line = text.substr(0, end);
  const bool both = text.substr(end, 2) == "\r\n";
  text.remove_prefix(end + (both ? 2 : 1));
  return line;
}

std::vector<std::string> read_events(std::string_view stream) {
  std::vector<std::string> events;
  std::string data;
  bool has_data = false;
  while (!stream.empty()) {
    const std::string_view line = take_line(stream);
    if (line.empty()) {
      if (has_data) events.push_back(data.substr(0, data.size() - 1));
      data.clear();
      has_data = false;
      continue;
    }
    LOADLINE_ASSERT(line.starts_with("data:"));  // no other field, no comment
    const std::string_view value = line.substr(line.starts_with("data: ") ? 6 : 5);
    data.append(value).append("\n");
    has_data = true;
  }
  LOADLINE_ASSERT(!has_data);
  return events;
}

std::string with_plain_breaks(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && text.substr(i, 2) == "\r\n") continue;
    out += text[i] == '\r' ? '\n' : text[i];
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view parts[] = {text.substr(0, size / 2), text.substr(size / 2)};
  std::string stream;
  for (const std::string_view part : parts) loadline::append_sse_event(stream, "", part);
  stream += loadline::sse_done;
  const std::vector<std::string> events = read_events(stream);
  LOADLINE_ASSERT(events.size() == 3);
  for (std::size_t i = 0; i < 2; ++i) LOADLINE_ASSERT(events[i] == with_plain_breaks(parts[i]));
  LOADLINE_ASSERT(events[2] == "[DONE]");
  return 0;
}

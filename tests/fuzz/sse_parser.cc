// Fuzz target: any bytes as a stream of server-sent events. Whatever the chunking, the events are the same,
// and their raw bytes with the rest are the bytes that came; what was read and written again reads the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "dialect/sse_parser.h"

namespace {

constexpr std::size_t event_bytes_max = 512;

struct Seen {
  std::vector<std::string> events;  // name, data and raw
  std::string raw;
  bool is_too_long = false;
};

void drain(loadline::SseParser& parser, Seen& seen) {
  for (;;) {
    const auto event = parser.next();
    seen.is_too_long = !event.ok();
    if (!event.ok() || !*event) return;
    seen.events.push_back(std::string((*event)->name) + "|" + std::string((*event)->data) + "|" +
                          std::string((*event)->raw));
    seen.raw += (*event)->raw;
  }
}

Seen read(std::string_view text, std::size_t step) {
  loadline::SseParser parser(event_bytes_max);
  Seen seen;
  for (std::size_t at = 0; at < text.size() && !seen.is_too_long; at += step) {
    parser.feed(text.substr(at, step));
    drain(parser, seen);
  }
  parser.finish();
  if (!seen.is_too_long) drain(parser, seen);
  if (!seen.is_too_long) LOADLINE_ASSERT(seen.raw + std::string(parser.rest()) == text);
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Seen whole = read(text, size == 0 ? 1 : size);
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{16}}) {
    const Seen parts = read(text, step);
    LOADLINE_ASSERT(parts.events == whole.events && parts.is_too_long == whole.is_too_long);
  }
  std::string again;
  loadline::append_sse_event(again, "n", text);
  LOADLINE_ASSERT(again.size() > event_bytes_max || read(again, again.size()).events.size() == 1);
  return 0;
}

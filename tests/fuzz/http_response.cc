// Fuzz target: the head of an answer that a server sends. The first byte says how the request was (HEAD or
// not), the second the size of the pieces that it arrives in. Pieces must make no difference, and what is
// accepted must be framed in one way only.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "net/response_parser.h"

namespace loadline {
namespace {

constexpr ResponseParser::Limits limits{4096, 16};

struct Parsed {
  ResponseParser::State state = ResponseParser::State::need_more;
  ResponseParser::Body body = ResponseParser::Body::none;
  std::uint64_t length = 0;
  std::size_t bytes = 0;
  bool keep_alive = false;
  std::string fields;
};

void check_head(const HttpResponseHead& head) {
  LOADLINE_ASSERT(head.status >= 200 && head.status <= 599 && head.fields.size() <= limits.fields_max);
  const char* const first = head.text.data();
  for (const HttpField& field : head.fields) {
    LOADLINE_ASSERT(field.name.data() > first &&
                    field.value.data() + field.value.size() <= first + head.text.size());
    LOADLINE_ASSERT(!field.name.empty() && std::ranges::none_of(field.name, [](char c) {
      return (c >= 'A' && c <= 'Z') || c <= ' ' || c == ':';
    }));
    LOADLINE_ASSERT(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
}

// As a connection does: what was not consumed is given again with more behind it.
Parsed parse(std::string_view bytes, bool to_head, std::size_t piece) {
  Parsed parsed;
  ResponseParser parser(limits);
  HttpResponseHead head;
  parser.begin(to_head);
  std::size_t there = 0;
  while (there < bytes.size() && parsed.state == ResponseParser::State::need_more) {
    there = std::min(bytes.size(), there + piece);
    const ResponseParser::Step step = parser.feed(bytes.substr(parsed.bytes, there - parsed.bytes), head);
    parsed.bytes += step.consumed;
    LOADLINE_ASSERT(parsed.bytes <= there);
    parsed.state = step.state;
  }
  LOADLINE_ASSERT((parsed.state == ResponseParser::State::failed) == !parser.failure().empty());
  if (parsed.state != ResponseParser::State::done) return parsed;
  check_head(head);
  parsed.body = parser.body();
  parsed.keep_alive = parser.keep_alive();
  if (parsed.body == ResponseParser::Body::length) parsed.length = parser.content_length();
  LOADLINE_ASSERT(parsed.body != ResponseParser::Body::until_close || !parsed.keep_alive);
  LOADLINE_ASSERT(parsed.body != ResponseParser::Body::chunked || head.field("content-length").empty());
  for (const HttpField& field : head.fields)
    parsed.fields.append(field.name).append(1, '\n').append(field.value).append(1, '\n');
  return parsed;
}

}  // namespace
}  // namespace loadline

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using loadline::ResponseParser;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const bool to_head = data[0] % 2 == 1;
  const loadline::Parsed whole = loadline::parse(bytes, to_head, bytes.size() + 1);
  const loadline::Parsed pieces = loadline::parse(bytes, to_head, 1 + data[1] % 64);
  // In pieces a bad head that has no end yet still waits for it, and one that is too long may be noticed
  // sooner or later than its end.
  if (whole.state != pieces.state) {
    LOADLINE_ASSERT(whole.state == ResponseParser::State::failed ||
                    pieces.state == ResponseParser::State::failed);
    return 0;
  }
  if (whole.state != ResponseParser::State::done) return 0;
  LOADLINE_ASSERT(whole.bytes == pieces.bytes && whole.body == pieces.body && whole.length == pieces.length &&
                  whole.keep_alive == pieces.keep_alive && whole.fields == pieces.fields);
  return 0;
}

// Fuzz target: what a client sends. The first byte chooses a whole request, a chunked body, a multipart body
// or single header values; the second the size of the pieces that it arrives in. Pieces must make no
// difference.
#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "net/chunk_decoder.h"
#include "net/http_message.h"
#include "net/multipart.h"
#include "net/request_parser.h"

namespace loadline {
namespace {

constexpr std::uint32_t header_bytes_max = 16384, headers_max = 8;

struct Head {
  RequestParser::State state = RequestParser::State::need_more;
  int status = 0;
  std::size_t bytes = 0;
  bool chunked = false;
  HttpRequest request;
};

// As a connection does: what was not consumed is given again with more behind it.
Head read_head(std::string_view bytes, std::size_t piece) {
  Head head;
  RequestParser parser(header_bytes_max, headers_max);
  parser.begin(head.request);
  std::size_t there = 0;
  while (there < bytes.size() && head.state == RequestParser::State::need_more) {
    there = std::min(bytes.size(), there + piece);
    const RequestParser::Step step = parser.feed(bytes.substr(head.bytes, there - head.bytes));
    head.bytes += step.consumed;
    LOADLINE_ASSERT(head.bytes <= there);
    head.state = step.state;
  }
  if (head.state == RequestParser::State::failed) {
    head.status = parser.failure_status();
    LOADLINE_ASSERT(head.status >= 400 && http_reason(head.status) != "Unknown" && !parser.failure().empty());
  }
  if (head.state == RequestParser::State::done) {
    head.chunked = parser.chunked();
    LOADLINE_ASSERT(!head.chunked || parser.content_length() == 0);
  }
  return head;
}

struct Body {
  std::string data;
  std::size_t bytes = 0;
  bool done = false, failed = false;
  bool operator==(const Body&) const = default;
};

Body read_chunked(std::string_view bytes, std::size_t piece) {
  Body body;
  ChunkDecoder decoder;
  while (body.bytes < bytes.size() && !decoder.done() && !decoder.failed()) {
    std::string_view data;
    const std::size_t taken = decoder.feed(bytes.substr(body.bytes, piece), data);
    LOADLINE_ASSERT(taken > 0 && data.size() <= taken);
    body.data += data;
    body.bytes += taken;
  }
  body.done = decoder.done();
  body.failed = decoder.failed();
  return body;
}

class Recorder final : public MultipartReceiver {
 public:
  Status on_part(const MultipartPart& part) override {
    LOADLINE_ASSERT(!open_);
    open_ = true;
    log += "[" + part.name + "|" + part.file_name.value_or("-") + "|" + part.content_type + "]";
    return {};
  }
  Status on_data(std::string_view data) override {
    LOADLINE_ASSERT(open_ && !data.empty());
    log += data;
    return {};
  }
  Status on_part_end() override {
    LOADLINE_ASSERT(open_);
    open_ = false;
    log += "[end]";
    return {};
  }
  bool open() const { return open_; }

  std::string log;

 private:
  bool open_ = false;
};

// What was received, and how it ended.
std::string read_multipart(std::string_view boundary, std::string_view bytes, std::size_t piece) {
  Recorder recorder;
  MultipartParser parser(boundary, recorder);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    if (const Status fed = parser.feed(bytes.substr(0, piece)); !fed.ok()) return fed.error().message();
  }
  const Status ended = parser.finish();
  LOADLINE_ASSERT(!ended.ok() || !recorder.open());
  return ended.ok() ? recorder.log : ended.error().message();
}

void check_multipart(std::string_view boundary, std::string_view bytes, std::size_t piece) {
  LOADLINE_ASSERT(read_multipart(boundary, bytes, bytes.size() + 1) ==
                  read_multipart(boundary, bytes, piece));
}

void check_request(std::string_view bytes, std::size_t piece) {
  const Head whole = read_head(bytes, bytes.size() + 1), pieces = read_head(bytes, piece);
  // In pieces a header is looked at when its end is there, so that a bad one without an end still waits for
  // it.
  const bool waits =
      whole.state == RequestParser::State::failed && pieces.state == RequestParser::State::need_more;
  LOADLINE_ASSERT(waits || (whole.state == pieces.state && whole.status == pieces.status));
  if (whole.state != RequestParser::State::done) return;
  const HttpRequest& request = whole.request;
  LOADLINE_ASSERT(whole.bytes == pieces.bytes && request.target == pieces.request.target);
  LOADLINE_ASSERT(request.headers.size() <= headers_max &&
                  request.headers.size() == pieces.request.headers.size());
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const HttpHeader &a = request.headers[i], &b = pieces.request.headers[i];
    LOADLINE_ASSERT(a.name == b.name && a.value == b.value);
    LOADLINE_ASSERT(std::ranges::none_of(a.name, [](char c) { return c >= 'A' && c <= 'Z'; }));
    LOADLINE_ASSERT(a.value.find_first_of("\r\n") == std::string::npos);
  }
  const std::string_view rest = bytes.substr(whole.bytes);
  const Body body = whole.chunked ? read_chunked(rest, piece) : Body{std::string(rest)};
  if (const auto boundary = MultipartParser::boundary_of(request.header("content-type")))
    check_multipart(*boundary, body.data, piece);
}

void check_values(std::string_view bytes) {
  std::string decoded;
  if (percent_decode(bytes, decoded)) LOADLINE_ASSERT(decoded.size() <= bytes.size());
  static_cast<void>(query_parameter(bytes, "k"));
  if (is_sane_request_id(bytes))
    LOADLINE_ASSERT(std::ranges::all_of(bytes, [](char c) { return c > ' ' && c < 127; }));
  if (const auto boundary = MultipartParser::boundary_of(bytes))
    LOADLINE_ASSERT(!boundary->empty() && boundary->size() <= 70);
}

}  // namespace
}  // namespace loadline

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t piece = 1 + data[1] % 64;
  switch (data[0] % 4) {
    case 0:
      loadline::check_request(bytes, piece);
      break;
    case 1:
      LOADLINE_ASSERT(loadline::read_chunked(bytes, bytes.size() + 1) ==
                      loadline::read_chunked(bytes, piece));
      break;
    case 2:
      loadline::check_multipart("b", bytes, piece);
      break;
    default:
      loadline::check_values(bytes);
  }
  return 0;
}

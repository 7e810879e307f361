#include "net/request_parser.h"

#include <gtest/gtest.h>

#include <vector>

namespace loadline {
namespace {

struct Parsed {
  RequestParser::State state = RequestParser::State::need_more;
  std::size_t consumed = 0;
  int status = 0;
  bool keep_alive = false, chunked = false;
  std::uint64_t length = 0;
  HttpRequest request;
};

// Gives the parser `step` more bytes at a time, as a connection would.
Parsed parse(const std::string& text, std::size_t step = 1 << 20, std::uint32_t bytes_max = 4096,
             std::uint32_t headers_max = 32) {
  Parsed out;
  RequestParser parser(bytes_max, headers_max);
  parser.begin(out.request);
  std::size_t given = 0;
  while (out.state == RequestParser::State::need_more && given < text.size()) {
    given = std::min(text.size(), given + step);
    const auto result = parser.feed(std::string_view(text).substr(out.consumed, given - out.consumed));
    out.consumed += result.consumed;
    out.state = result.state;
  }
  if (out.state == RequestParser::State::failed) out.status = parser.failure_status();
  if (out.state != RequestParser::State::done) return out;
  out.keep_alive = parser.keep_alive();
  out.chunked = parser.chunked();
  out.length = parser.content_length();
  return out;
}

TEST(RequestParser, ReadsARequest) {
  const std::string head =
      "POST /v1/x?a=b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nX-ReQuest-Id:  a b \r\n\r\n";
  const Parsed parsed = parse(head + "abc");
  ASSERT_EQ(parsed.state, RequestParser::State::done);
  EXPECT_EQ(parsed.consumed, head.size());
  EXPECT_EQ(parsed.request.method, "POST");
  EXPECT_EQ(parsed.request.path(), "/v1/x");
  EXPECT_EQ(parsed.request.query(), "a=b");
  EXPECT_EQ(parsed.request.header("x-request-id"), "a b");
  EXPECT_EQ(parsed.length, 3U);
  EXPECT_TRUE(parsed.keep_alive);
}

TEST(RequestParser, AnySplitGivesTheSameRequest) {
  const std::string text =
      "\r\nPOST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nA: 1\r\nA: 2\r\n\r\n";
  const Parsed whole = parse(text);
  ASSERT_EQ(whole.state, RequestParser::State::done);
  for (std::size_t step = 1; step < text.size(); ++step) {
    const Parsed split = parse(text, step);
    ASSERT_EQ(split.state, RequestParser::State::done) << "step " << step;
    EXPECT_EQ(split.consumed, whole.consumed);
    EXPECT_EQ(split.chunked, true);
    ASSERT_EQ(split.request.headers.size(), whole.request.headers.size()) << "step " << step;
    for (std::size_t i = 0; i < whole.request.headers.size(); ++i) {
      EXPECT_EQ(split.request.headers[i].name, whole.request.headers[i].name);
      EXPECT_EQ(split.request.headers[i].value, whole.request.headers[i].value);
    }
  }
}

TEST(RequestParser, KeepAlive) {
  EXPECT_FALSE(parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").keep_alive);
  EXPECT_FALSE(parse("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_TRUE(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

struct Refused {
  const char* why;
  int status;
  std::string text;
};

// What a proxy in front and this server could read as different requests, and what is no request at all.
TEST(RequestParser, RefusesWhatTwoServersCouldReadDifferently) {
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  const std::vector<Refused> cases{
      {"length and chunked", 400, post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"chunked and length", 400, post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"},
      {"two lengths", 400, post + "Content-Length: 4\r\nContent-Length: 5\r\n\r\n"},
      {"a list of lengths", 400, post + "Content-Length: 4, 5\r\n\r\n"},
      {"a length twice", 400, post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\n"},
      {"a length twice in a list", 400, post + "Content-Length: 4, 4\r\n\r\n"},
      {"signed length", 400, post + "Content-Length: +4\r\n\r\n"},
      {"negative length", 400, post + "Content-Length: -4\r\n\r\n"},
      {"hexadecimal length", 400, post + "Content-Length: 0x4\r\n\r\n"},
      {"length with a blank", 400, post + "Content-Length: 4 4\r\n\r\n"},
      {"empty length", 400, post + "Content-Length: \r\n\r\n"},
      {"length beyond 64 bits", 400, post + "Content-Length: 99999999999999999999999\r\n\r\n"},
      {"unknown coding", 501, post + "Transfer-Encoding: xchunked\r\n\r\n"},
      {"two codings", 501, post + "Transfer-Encoding: gzip, chunked\r\n\r\n"},
      {"chunked is not last", 501, post + "Transfer-Encoding: chunked, identity\r\n\r\n"},
      {"chunked twice", 400, post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"chunked in HTTP/1.0", 400, "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"blank before the colon", 400, post + "Content-Length : 4\r\n\r\n"},
      {"line ends with LF only", 505, "GET / HTTP/1.1\nHost: h\n\n"},
      {"bare CR", 400, post + "A: b\rContent-Length: 4\r\n\r\n"},
      {"NUL in a value", 400, post + std::string("A: b\0c\r\n\r\n", 10)},
      {"no name", 400, post + ": b\r\n\r\n"},
      {"bracket in a name", 400, post + "a[b: c\r\n\r\n"},
      {"no Host", 400, "GET / HTTP/1.1\r\nA: b\r\n\r\n"},
      {"two Hosts", 400, post + "Host: g\r\n\r\n"},
      {"blank in the target", 505, "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"no target", 400, "GET HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"no version", 400, "GET /\r\nHost: h\r\n\r\n"},
      {"HTTP/2", 505, "GET / HTTP/2.0\r\nHost: h\r\n\r\n"},
      {"TLS on a plain port", 400, std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)},
      {"another expectation", 417, post + "Expect: tea\r\n\r\n"},
  };
  for (const Refused& refused : cases) {
    const Parsed parsed = parse(refused.text);
    EXPECT_EQ(parsed.state, RequestParser::State::failed) << refused.why;
    EXPECT_EQ(parsed.status, refused.status) << refused.why;
    const Parsed slow = parse(refused.text, 1);
    EXPECT_NE(slow.state, RequestParser::State::done) << refused.why << ", byte by byte";
  }
}

TEST(RequestParser, LimitsOfTheHeader) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(parse(begin + "A: " + std::string(4096, 'a') + "\r\n\r\n").status, 431);
  EXPECT_EQ(parse(begin + "A: " + std::string(4096, 'a'), 100).status, 431) << "without its end";
  EXPECT_EQ(parse("GET /" + std::string(4096, 'a'), 100).status, 431) << "the first line";
  std::string fields = begin;
  for (int i = 0; i < 31; ++i) fields += "A: b\r\n";
  EXPECT_EQ(parse(fields + "\r\n").state, RequestParser::State::done);
  EXPECT_EQ(parse(fields + "A: b\r\n\r\n").status, 431);
}

}  // namespace
}  // namespace loadline

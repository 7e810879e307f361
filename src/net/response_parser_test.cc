#include "net/response_parser.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

using State = ResponseParser::State;
using Body = ResponseParser::Body;

struct Parsed {
  State state = State::need_more;
  std::size_t consumed = 0;
  int status = 0;
  Body body = Body::none;
  bool keep_alive = false;
  std::string failure;
};

Parsed parse(std::string_view bytes, bool to_head = false, std::size_t piece = 0) {
  ResponseParser parser({1024, 8});
  HttpResponseHead head;
  parser.begin(to_head);
  Parsed parsed;
  std::size_t there = piece == 0 ? bytes.size() : 0;
  do {
    there = std::min(bytes.size(), there + piece);
    const auto step = parser.feed(bytes.substr(parsed.consumed, there - parsed.consumed), head);
    parsed.consumed += step.consumed;
    parsed.state = step.state;
  } while (parsed.state == State::need_more && there < bytes.size());
  parsed.failure = parser.failure();
  if (parsed.state != State::done) return parsed;
  parsed.status = head.status;
  parsed.body = parser.body();
  parsed.keep_alive = parser.keep_alive();
  return parsed;
}

TEST(ResponseParser, Framing) {
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc").body, Body::length);
  EXPECT_EQ(parse("HTTP/1.1 200\r\nTransfer-Encoding: Chunked\r\n\r\n").body, Body::chunked);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\n\r\n").body, Body::until_close);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").body, Body::none);
  EXPECT_EQ(parse("HTTP/1.1 204 None\r\nContent-Length: 3\r\n\r\n").body, Body::none);
  EXPECT_EQ(parse("HTTP/1.1 304 None\r\n\r\n").body, Body::none);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true).body, Body::none);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\n").body, Body::length);
}

TEST(ResponseParser, KeepAlive) {
  EXPECT_TRUE(parse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").keep_alive);
  EXPECT_FALSE(parse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x, Close\r\n\r\n").keep_alive);
  EXPECT_FALSE(parse("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keep_alive);
  EXPECT_TRUE(parse("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
  EXPECT_FALSE(parse("HTTP/1.1 200 OK\r\n\r\n").keep_alive);
}

TEST(ResponseParser, Fields) {
  ResponseParser parser({1024, 8});
  HttpResponseHead head;
  parser.begin(false);
  const std::string bytes = "HTTP/1.1 429 Slow down\r\nRetry-After:  7 \r\nX-Empty:\r\n\r\nrest";
  const auto step = parser.feed(bytes, head);
  EXPECT_EQ(step.state, State::done);
  EXPECT_EQ(bytes.substr(step.consumed), "rest");
  EXPECT_EQ(head.status, 429);
  EXPECT_EQ(head.field("retry-after"), "7");
  ASSERT_EQ(head.fields.size(), 2U);
  EXPECT_EQ(head.fields[1].name, "x-empty");
  EXPECT_EQ(head.fields[1].value, "");
}

TEST(ResponseParser, InterimAnswersAreReadOver) {
  const std::string interim = "HTTP/1.1 103 Hints\r\nlink: x\r\n\r\n";
  const std::string last = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  for (const std::size_t piece : {0, 1, 5}) {
    const Parsed parsed = parse(interim + interim + last, false, piece);
    EXPECT_EQ(parsed.status, 200);
    EXPECT_EQ(parsed.body, Body::none);
  }
  std::string many;
  for (int i = 0; i < 9; ++i) many += interim;
  EXPECT_EQ(parse(many).state, State::failed);
}

TEST(ResponseParser, WhatIsRefused) {
  for (const char* bad :
       {"HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.2 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 099 X\r\n\r\n",
        "HTTP/1.1 600 X\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 101 Up\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\n A: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: \x01\r\n\r\n",
        "HTTP/1.1 200 O\x7f\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    const Parsed parsed = parse(bad);
    EXPECT_EQ(parsed.state, State::failed) << bad;
    EXPECT_FALSE(parsed.failure.empty());
  }
}

TEST(ResponseParser, Limits) {
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nA: " + std::string(1024, 'a') + "\r\n\r\n").state, State::failed);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nA: " + std::string(1024, 'a')).state, State::failed)
      << "without an end";
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 9; ++i) many += "a: b\r\n";
  EXPECT_EQ(parse(many + "\r\n").state, State::failed);
  EXPECT_EQ(parse("SMTP ready").state, State::failed) << "at once";
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\n").state, State::need_more);
}

}  // namespace
}  // namespace loadline

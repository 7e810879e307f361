#include "dialect/sse_parser.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace loadline {
namespace {

using namespace std::string_literals;

struct Seen {
  std::string name, data, raw;
  bool has_data = false;
  bool operator==(const Seen&) const = default;
};

void drain(SseParser& parser, std::vector<Seen>& seen) {
  for (;;) {
    const Result<std::optional<SseEvent>> event = parser.next();
    ASSERT_TRUE(event.ok());
    if (!*event) return;
    seen.push_back({std::string((*event)->name), std::string((*event)->data), std::string((*event)->raw),
                    (*event)->has_data});
  }
}

// The stream cut at the given places.
std::vector<Seen> read(std::string_view stream, const std::vector<std::size_t>& cuts,
                       std::string* rest = nullptr) {
  SseParser parser;
  std::vector<Seen> seen;
  std::size_t at = 0;
  for (const std::size_t cut : cuts) {
    parser.feed(stream.substr(at, cut - at));
    at = cut;
    drain(parser, seen);
  }
  parser.feed(stream.substr(at));
  drain(parser, seen);
  parser.finish();
  drain(parser, seen);
  if (rest != nullptr) *rest = parser.rest();
  return seen;
}

TEST(SseParser, FollowsTheStandard) {
  const std::string stream =
      "\xEF\xBB\xBF"
      "event: a\ndata: one\n\n"
      ": note\n\n"
      "data\ndata:\n\n"
      "data:x\r\ndata: y\rid: 7\revent:b \r\n\r\n"
      "retry: 5\n\ndata:  two\n\nevent: c\n\ndata: end\n\ndata: cut";
  std::string rest;
  const std::vector<Seen> seen = read(stream, {}, &rest);
  ASSERT_EQ(seen.size(), 8U);
  EXPECT_EQ(seen[0].name, "a");
  EXPECT_EQ(seen[0].data, "one");
  EXPECT_FALSE(seen[1].has_data);
  EXPECT_EQ(seen[2].data, "\n");
  EXPECT_TRUE(seen[2].has_data);
  EXPECT_EQ(seen[3].data, "x\ny");
  EXPECT_EQ(seen[3].name, "b ");
  EXPECT_EQ(seen[5].data, " two");
  EXPECT_FALSE(seen[6].has_data);
  EXPECT_EQ(seen[7].name, "");  // the name of an event without data is forgotten
  EXPECT_EQ(rest, "data: cut");
  std::string all;
  for (const Seen& event : seen) all += event.raw;
  EXPECT_EQ(all + rest, stream);
}

TEST(SseParser, EveryChunkingGivesTheSameEvents) {
  const std::string stream =
      "\xEF\xBB\xBF"
      "data: h\xC3\xA9\r\n\r\nevent: e\rdata: 1\rdata: 2\r\r: c\n\ndata: last\n\r\n\r\rdata: "
      "\xE2\x82\xAC\n\n\r";
  std::string whole_rest;
  const std::vector<Seen> whole = read(stream, {}, &whole_rest);
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      std::string rest;
      ASSERT_EQ(read(stream, {first, second}, &rest), whole) << first << " " << second;
      ASSERT_EQ(rest, whole_rest);
    }
  }
  std::vector<std::size_t> every;
  for (std::size_t i = 1; i < stream.size(); ++i) every.push_back(i);
  EXPECT_EQ(read(stream, every), whole);
}

TEST(SseParser, RandomStreamsInRandomChunks) {
  const std::vector<std::string> pieces = {"data: ", "data:", "event: ", "\n", "\r",   "\r\n",
                                           "x",      ":",     "\n\n",    " ",  "id: 3"};
  std::mt19937 random(3);
  for (int round = 0; round < 5000; ++round) {
    std::string stream;
    for (std::size_t i = random() % 30; i > 0; --i) stream += pieces[random() % pieces.size()];
    std::vector<std::size_t> cuts;
    for (std::size_t at = 0; at < stream.size(); at += 1 + random() % 5) cuts.push_back(at);
    std::string rest, whole_rest;
    const std::vector<Seen> whole = read(stream, {}, &whole_rest);
    ASSERT_EQ(read(stream, cuts, &rest), whole) << ::testing::PrintToString(stream);
    std::string all;
    for (const Seen& event : whole) all += event.raw;
    ASSERT_EQ(all + rest, stream);
  }
}

TEST(SseParser, AnEventHasABound) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{100}}) {
    const std::string fits = "data: 0123456789\n\n";  // 18 bytes
    const std::string stream = fits + fits + "data: 01234567890\n\n" + fits;
    SseParser parser(fits.size());
    int events = 0;
    bool failed = false;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      parser.feed(std::string_view(stream).substr(at, step));
      for (;;) {
        const auto event = parser.next();
        if (!event) {
          EXPECT_EQ(event.error().code(), Code::resource_exhausted);
          failed = true;
        }
        if (!event || !*event) break;
        ++events;
      }
    }
    EXPECT_EQ(events, 2);
    EXPECT_TRUE(failed);
  }
}

TEST(SseParser, WhatIsWrittenIsRead) {
  std::string stream;
  append_sse_event(stream, "a", "one\r\ntwo\rthree\n");
  append_sse_event(stream, "", "");
  const std::vector<Seen> seen = read(stream, {});
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].name, "a");
  EXPECT_EQ(seen[0].data, "one\ntwo\nthree\n");
  EXPECT_EQ(seen[1].data, "");
}

}  // namespace
}  // namespace loadline

#include "gateway/answer_pump.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>

#include "base/rng.h"

namespace loadline {
namespace {

using State = AnswerPump::State;

std::string chat_chunk(const std::string& delta, const std::string& finish = "null") {
  return R"(data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"up","choices":[{"index":0,"delta":)" +
         delta + R"(,"finish_reason":)" + finish + "}]}\n\n";
}

std::string text_chunk(const std::string& text) { return chat_chunk(R"({"content":")" + text + "\"}"); }

std::string chat_stream(const std::vector<std::string>& pieces) {
  std::string all = chat_chunk(R"({"role":"assistant","content":""})");
  for (const std::string& piece : pieces) all += text_chunk(piece);
  return all + chat_chunk("{}", "\"stop\"") + "data: [DONE]\n\n";
}

// Text of a chat stream; also counts what is no JSON.
struct ReadStream {
  std::string text, finish;
  bool done = false;
  int events = 0, errors = 0;

  explicit ReadStream(std::string_view bytes) {
    SseParser parser;
    parser.feed(bytes);
    parser.finish();
    for (;;) {
      auto event = parser.next();
      if (!event || !event->has_value()) break;
      if (!(*event)->has_data) continue;
      ++events;
      EXPECT_FALSE(done) << "nothing comes after [DONE]";
      if ((*event)->data == "[DONE]") {
        done = true;
        continue;
      }
      const auto json = boost::json::parse((*event)->data);
      if (json.as_object().contains("error")) {
        ++errors;
        continue;
      }
      for (const auto& choice : json.at("choices").as_array()) {
        if (const auto* content = choice.at("delta").as_object().if_contains("content"))
          text += content->as_string().c_str();
        if (choice.at("finish_reason").is_string()) finish = choice.at("finish_reason").as_string().c_str();
      }
    }
    EXPECT_EQ(parser.rest(), "");
  }
};

// Holds back eight bytes, and writes "[gone]" for "secret".
class HoldingGuard final : public AnswerGuard {
 public:
  Status feed(const Channel& channel, std::string_view piece, std::string& released) override {
    std::string& held = held_[key(channel)];
    held += piece;
    if (held.find("forbidden") != std::string::npos)
      return Error(Code::permission_denied, "that may not be said");
    release(held, 9, released);
    return {};
  }
  Status finish(const Channel& channel, std::string& released) override {
    release(held_[key(channel)], 0, released);
    held_.erase(key(channel));
    return {};
  }
  Status whole(std::string_view text, std::string& shown) override {
    std::string held(text);
    release(held, 0, shown);
    return {};
  }

 private:
  static std::string key(const Channel& c) {
    return std::to_string(c.choice) + "/" + std::to_string(static_cast<int>(c.kind)) + "/" +
           std::to_string(c.part);
  }
  static void release(std::string& held, std::size_t keep, std::string& released) {
    for (std::size_t at; (at = held.find("secret")) != std::string::npos;) {
      released += held.substr(0, at) + "[gone]";
      held.erase(0, at + 6);
    }
    if (held.size() <= keep) return;
    released += held.substr(0, held.size() - keep);
    held.erase(0, held.size() - keep);
  }
  std::map<std::string, std::string> held_;
};

TEST(AnswerPump, PassesTheVeryBytes) {
  const std::string stream = ": hello\n\n" + chat_stream({"Hel", "lo \\u00e9", "!"});
  AnswerPump pump(PumpOptions{});
  std::string out;
  for (const char c : stream) pump.feed({&c, 1}, out);
  EXPECT_EQ(out, stream);
  EXPECT_EQ(pump.state(), State::whole);
  EXPECT_EQ(pump.finish_kind(), FinishKind::stop);
  EXPECT_EQ(pump.delivered_bytes(), 9U);
}

TEST(AnswerPump, UsageIsTakenOutForWhoDidNotAsk) {
  const std::string usage =
      R"(data: {"id":"c1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}})"
      "\n\n";
  std::string stream = chat_stream({"a"});
  stream.insert(stream.find("data: [DONE]"), usage);
  for (const bool asked : {false, true}) {
    PumpOptions options;
    options.stream.include_usage = asked;
    AnswerPump pump(options);
    std::string out;
    EXPECT_EQ(pump.feed(stream, out), State::whole);
    EXPECT_EQ(out, asked ? stream : chat_stream({"a"}));
    EXPECT_EQ(pump.usage().input_tokens, 7U);
    EXPECT_EQ(pump.usage().output_tokens, 2U);
  }
}

TEST(AnswerPump, OneBadEventIsLeftOutAndCounted) {
  AnswerPump pump(PumpOptions{});
  std::string out;
  pump.feed(text_chunk("a") + "data: {\"id\":\n\n" + text_chunk("b"), out);
  EXPECT_EQ(out, text_chunk("a") + text_chunk("b"));
  EXPECT_EQ(pump.malformed_events(), 1U);
  EXPECT_EQ(pump.state(), State::open);
}

TEST(AnswerPump, ACutStreamIsNotWhole) {
  AnswerPump pump(PumpOptions{});
  std::string out;
  EXPECT_EQ(pump.feed(text_chunk("Hel"), out), State::open);
  EXPECT_EQ(pump.finish(out), State::open);
  pump.fail(502, "upstream_failed", "the upstream broke off", out);
  EXPECT_EQ(ReadStream(out).errors, 1);
}

TEST(AnswerPump, AnUpstreamsErrorEventIsAFailure) {
  AnswerPump pump(PumpOptions{});
  std::string out;
  EXPECT_EQ(pump.feed(R"(data: {"error":{"message":"overloaded","type":"server_error"}})"
                      "\n\n",
                      out),
            State::failed);
  EXPECT_EQ(out, "");
}

TEST(AnswerPump, GuardedIsTheSameInEveryChunking) {
  const std::string stream =
      chat_stream({"a sec", "ret is ", "no secre", "t, sec", "rets", " are", " se", "cret"});
  Rng random(11);
  for (int round = 0; round < 300; ++round) {
    HoldingGuard guard;
    PumpOptions options;
    options.guard = &guard;
    AnswerPump pump(options);
    std::string out;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = round == 0 ? 1 : 1 + random.below(60);
      pump.feed(std::string_view(stream).substr(at, size), out);
      at += size;
    }
    ASSERT_EQ(pump.state(), State::whole);
    const ReadStream read(out);
    ASSERT_EQ(read.text, "a [gone] is no [gone], [gone]s are [gone]");
    ASSERT_EQ(read.finish, "stop");
    ASSERT_TRUE(read.done);
  }
}

TEST(AnswerPump, TextInTheEventThatEndsItStaysInOrder) {
  HoldingGuard guard;
  PumpOptions options;
  options.guard = &guard;
  AnswerPump pump(options);
  std::string out;
  pump.feed(
      text_chunk("one two three ") + chat_chunk(R"({"content":"four"})", "\"stop\"") + "data: [DONE]\n\n",
      out);
  EXPECT_EQ(ReadStream(out).text, "one two three four");
}

TEST(AnswerPump, BlockedEndsItAndNothingOfItIsOut) {
  HoldingGuard guard;
  PumpOptions options;
  options.guard = &guard;
  AnswerPump pump(options);
  std::string out;
  pump.feed(text_chunk("fine, then forb"), out);
  EXPECT_EQ(pump.feed(text_chunk("idden words") + text_chunk("more"), out), State::blocked);
  EXPECT_EQ(ReadStream(out).text.find("forb"), std::string::npos);
  pump.fail(403, "content_blocked", pump.error()->message(), out);
  EXPECT_EQ(ReadStream(out).errors, 1);
}

TEST(AnswerPump, AnotherUpstreamGoesOnWhereOneBroke) {
  PumpOptions options;
  options.keep_bytes_max = 1000;
  AnswerPump pump(options);
  std::string out;
  pump.feed(chat_chunk(R"({"role":"assistant","content":""})") + text_chunk("Hello "), out);
  ASSERT_EQ(pump.finish(out), State::open);
  EXPECT_EQ(pump.continuable_text(), "Hello ");
  pump.resume();
  EXPECT_EQ(pump.feed(chat_stream({"world"}), out), State::whole);
  const ReadStream read(out);
  EXPECT_EQ(read.text, "Hello world");
  EXPECT_TRUE(read.done);
  EXPECT_EQ(read.events, 5) << "the second stream's start is not repeated";
}

TEST(AnswerPump, WhatHasMoreThanTextOrIsTooLongIsNotContinued) {
  PumpOptions options;
  options.keep_bytes_max = 4;
  AnswerPump pump(options);
  std::string out;
  pump.feed(text_chunk("abc"), out);
  EXPECT_EQ(pump.continuable_text(), "abc");
  pump.feed(text_chunk("de"), out);
  EXPECT_EQ(pump.continuable_text(), std::nullopt);
}

TEST(AnswerPump, TranslatesAndGuards) {
  const std::string anthropic =
      "event: message_start\ndata: "
      "{\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"type\":\"message\",\"role\":"
      "\"assistant\",\"model\":\"up\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":"
      "{\"input_tokens\":5,\"output_tokens\":1}}}\n\n"
      "event: content_block_start\ndata: "
      "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":"
      "\"text\",\"text\":\"\"}}\n\n"
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
      "\"text_delta\",\"text\":\"my sec\"}}\n\n"
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
      "\"text_delta\",\"text\":\"ret\"}}\n\n"
      "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
      "event: message_delta\ndata: "
      "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":"
      "null},\"usage\":{\"output_tokens\":3}}\n\n"
      "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
  HoldingGuard guard;
  PumpOptions options;
  options.upstream = Dialect::anthropic_messages;
  options.client = Dialect::openai_chat;
  options.stream.model = "route";
  options.guard = &guard;
  AnswerPump pump(options);
  std::string out;
  for (const char c : anthropic) pump.feed({&c, 1}, out);
  EXPECT_EQ(pump.state(), State::whole);
  const ReadStream read(out);
  EXPECT_EQ(read.text, "my [gone]");
  EXPECT_EQ(read.finish, "stop");
  EXPECT_TRUE(read.done);
  EXPECT_EQ(pump.usage().input_tokens, 5U);
  EXPECT_EQ(pump.usage().output_tokens, 3U);
}

TEST(AnswerPump, ALimitOfOursEndsItWithLength) {
  HoldingGuard guard;
  PumpOptions options;
  options.guard = &guard;
  AnswerPump pump(options);
  std::string out;
  pump.feed(text_chunk("some words"), out);
  pump.cut(out);
  const ReadStream read(out);
  EXPECT_EQ(read.text, "some words");
  EXPECT_EQ(read.finish, "length");
  EXPECT_TRUE(read.done);
}

}  // namespace
}  // namespace loadline

// Reading tool calls out of answers: the general form for models without tools in their template, and the
// streaming around any parser.
#include <gtest/gtest.h>

#include "base/rng.h"
#include "llama/answer_stream.h"
#include "llama/tool_fallback.h"

namespace loadline::llama {
namespace {

std::function<std::string()> counted_ids() {
  return [n = 0]() mutable { return "call_" + std::to_string(++n); };
}

struct Seen {
  std::string content;
  std::vector<ToolCall> calls;
};

/// Streams `text` in random pieces and puts the deltas together as a client does.
Seen stream(const std::string& text, std::uint64_t seed, bool parallel = true) {
  const auto parser = make_fallback_parser();
  AnswerStream answer(parser.get(), parallel, counted_ids());
  Seen seen;
  const auto take = [&](const ChatDelta& delta) {
    seen.content += delta.text;
    for (const ToolCallDelta& piece : delta.tool_calls) {
      const auto index = static_cast<std::size_t>(piece.index);
      if (index >= seen.calls.size()) seen.calls.resize(index + 1);
      seen.calls[index].id += piece.id;
      seen.calls[index].name += piece.name;
      seen.calls[index].arguments += piece.arguments;
    }
  };
  Rng rng(seed);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t n = std::min<std::size_t>(1 + rng.below(6), text.size() - at);
    take(answer.push(text.substr(at, n)));
    at += n;
  }
  take(answer.finish());
  EXPECT_EQ(answer.content(), seen.content);
  EXPECT_EQ(answer.calls().size(), seen.calls.size());
  return seen;
}

TEST(ToolFallback, CallsAreReadFromTheirForm) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Seen seen =
        stream(R"(Let me look. {"tool_calls": [{"name": "rate", "arguments": {"year": 2022, "of": "é"}},
      {"name": "date", "arguments": {}}]})",
               seed);
    EXPECT_EQ(seen.content, "Let me look.");
    ASSERT_EQ(seen.calls.size(), 2U);
    EXPECT_EQ(seen.calls[0].id, "call_1");
    EXPECT_EQ(seen.calls[0].name, "rate");
    EXPECT_EQ(seen.calls[0].arguments, R"({"year":2022,"of":"é"})");
    EXPECT_EQ(seen.calls[1].name, "date");
    EXPECT_EQ(seen.calls[1].arguments, "{}");
  }
}

TEST(ToolFallback, PlainTextIsContent) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Seen seen = stream("The rate is 2 % {\"tool", seed);
    EXPECT_EQ(seen.content, "The rate is 2 % {\"tool");
    EXPECT_TRUE(seen.calls.empty());
  }
}

TEST(ToolFallback, ABrokenCallIsContentAndNotAFailure) {
  const std::string broken[] = {R"({"tool_calls": [{"name": "rate", "arguments": {"year")",
                                R"({"tool_calls": 5})", R"({"tool_calls": [{"arguments": {}}]})",
                                R"(Yes. {"tool_calls": [}])"};
  for (const std::string& text : broken) {
    const Seen seen = stream(text, 3);
    EXPECT_EQ(seen.content, text);
    EXPECT_TRUE(seen.calls.empty());
  }
}

TEST(ToolFallback, OnlyTheFirstCallWithoutParallelCalls) {
  const Seen seen =
      stream(R"({"tool_calls":[{"name":"a","arguments":{}},{"name":"b","arguments":{}}]})", 5, false);
  ASSERT_EQ(seen.calls.size(), 1U);
  EXPECT_EQ(seen.calls[0].name, "a");
}

TEST(ToolFallback, SchemaNamesEachToolAndRefusesBadParameters) {
  const auto schema = tool_call_schema({{"a", "", R"({"type":"object"})"}, {"b", "", ""}}, false);
  ASSERT_TRUE(schema.ok());
  EXPECT_NE(schema->find(R"("const":"a")"), std::string::npos);
  EXPECT_NE(schema->find(R"("maxItems":1)"), std::string::npos);
  EXPECT_EQ(tool_call_schema({{"a", "", "[1]"}}, true).error().code(), Code::invalid_argument);
  EXPECT_EQ(tool_call_schema({{"a", "", "{"}}, true).error().code(), Code::invalid_argument);
}

/// A parser that changes its mind about unfinished text.
class Fickle final : public AnswerParser {
 public:
  bool parse(const std::string& text, bool finished, Answer& answer) const override {
    if (text.size() == 3 && !finished) return false;
    answer = {text.size() % 2 == 0 || finished ? text : text + "?", {}};
    return true;
  }
};

TEST(AnswerStream, NeverTakesBackWhatWasGiven) {
  const Fickle parser;
  AnswerStream answer(&parser, true, counted_ids());
  std::string given;
  for (const char* piece : {"ab", "c", "d", "ef"}) given += answer.push(piece).text;
  given += answer.finish().text;
  EXPECT_EQ(given, "abcdef");
}

}  // namespace
}  // namespace loadline::llama

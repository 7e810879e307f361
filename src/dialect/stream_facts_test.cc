#include "dialect/stream_facts.h"

#include <gtest/gtest.h>

#include "dialect/translate.h"

namespace loadline {
namespace {

struct Read {
  std::string log;    // what happened, in order
  std::string bytes;  // the stream with every text in upper case
};

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return text;
}

std::string channel_name(const Channel& channel) {
  constexpr const char* kinds[] = {"text", "reasoning", "refusal", "arguments"};
  return std::string(kinds[static_cast<int>(channel.kind)]) + std::to_string(channel.choice) + "." +
         std::to_string(channel.part);
}

Read read_stream(StreamFacts& facts, std::string_view stream) {
  SseParser parser;
  parser.feed(stream);
  parser.finish();
  Read out;
  for (;;) {
    const auto event = parser.next();
    EXPECT_TRUE(event.ok());
    if (!event.ok() || !*event) return out;
    const EventFacts& seen = facts.read(**event);
    std::vector<std::string> texts;
    for (const AnswerText& text : seen.texts) {
      std::string decoded;
      append_decoded_json(decoded, text.raw.of((*event)->data));
      out.log += channel_name(text.channel) + (text.is_whole ? "!" : "") + "=" + decoded + " ";
      texts.push_back(upper(decoded));
    }
    std::vector<EventEdit> edits;
    for (std::size_t i = 0; i < texts.size(); ++i) edits.push_back({seen.texts[i].raw, texts[i]});
    out.bytes += with_texts(**event, edits);
    for (const Channel& channel : seen.closed) out.log += "closed:" + channel_name(channel) + " ";
    if (seen.is_usage_only) out.log += "usage-only ";
    if (seen.is_malformed) out.log += "malformed ";
    if (seen.is_error) out.log += "error:" + seen.error_message + " ";
    if (seen.is_terminal) out.log += "end ";
  }
}

TEST(StreamFacts, OpenAiChat) {
  const std::string stream =
      "data: "
      "{\"id\":\"x\",\"model\":\"m\",\"created\":5,\"choices\":[{\"index\":0,\"delta\":{\"role\":"
      "\"assistant\",\"content\":\"\"}}]}\n\n"
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"hm\"}}]}\r\n\r\n"
      ": ping\n\n"
      "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"caf\\u00e9\"}}]}\n\n"
      "data: nonsense\n\n"
      "data: "
      "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{"
      "\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}\n\n"
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n"
      "data: "
      "{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":0,\"prompt_tokens_details\":{"
      "\"cached_tokens\":2}}}\n\n"
      "data: [DONE]\n\n";
  StreamFacts facts(Dialect::openai_chat);
  const Read read = read_stream(facts, stream);
  EXPECT_EQ(read.log,
            "reasoning0.0=hm text1.0=caf\xC3\xA9 malformed arguments0.0={} closed:text0.0 "
            "closed:reasoning0.0 closed:arguments0.0 usage-only "
            "closed:text1.0 end ");
  EXPECT_EQ(facts.usage().input_tokens, 3U);
  EXPECT_EQ(facts.usage().output_tokens, 0U);
  EXPECT_EQ(facts.usage().cached_tokens, 2U);
  EXPECT_EQ(facts.usage().reasoning_tokens, std::nullopt);
  EXPECT_EQ(facts.finish(), FinishKind::tool_calls);
  EXPECT_EQ(facts.id(), "x");
  EXPECT_TRUE(facts.is_terminated());
  std::string expected = stream;
  const auto replace = [&](std::string_view from, std::string_view to) {
    expected.replace(expected.find(from), from.size(), to);
  };
  replace("\"hm\"", "\"HM\"");
  replace("\"caf\\u00e9\"", "\"CAF\xC3\xA9\"");
  EXPECT_EQ(read.bytes, expected);
}

TEST(StreamFacts, Anthropic) {
  const std::string stream =
      "event: message_start\ndata: "
      "{\"type\":\"message_start\",\"message\":{\"id\":\"msg\",\"model\":\"c\",\"usage\":{\"input_tokens\":"
      "10,"
      "\"cache_read_input_tokens\":5,\"cache_creation_input_tokens\":1,\"output_tokens\":1}}}\n\n"
      "event: content_block_start\ndata: "
      "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":"
      "\"\"}}\n\n"
      "event: content_block_delta\ndata: "
      "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":"
      "\"so\"}}\n\n"
      "event: content_block_delta\ndata: "
      "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":"
      "\"abc\"}}\n\n"
      "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
      "event: content_block_start\ndata: "
      "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\","
      "\"name\":\"f\",\"input\":{}}}\n\n"
      "event: content_block_delta\ndata: "
      "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_"
      "json\":\"{}\"}}\n\n"
      "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n"
      "event: message_delta\ndata: "
      "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":7}}"
      "\n\n"
      "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
  StreamFacts facts(Dialect::anthropic_messages);
  EXPECT_EQ(read_stream(facts, stream).log,
            "reasoning0.0=so closed:reasoning0.0 arguments0.1={} closed:arguments0.1 end ");
  EXPECT_EQ(facts.usage().input_tokens, 16U);
  EXPECT_EQ(facts.usage().output_tokens, 7U);
  EXPECT_EQ(facts.finish(), FinishKind::tool_calls);
}

TEST(StreamFacts, Responses) {
  const std::string stream =
      "data: "
      "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp\",\"model\":\"r\","
      "\"output\":[]}}\n\n"
      "data: "
      "{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":\"message\","
      "\"content\":[]}}\n\n"
      "data: "
      "{\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"item_id\":\"i\","
      "\"delta\":\"hi\"}\n\n"
      "data: "
      "{\"type\":\"response.output_text.done\",\"output_index\":0,\"content_index\":0,\"item_id\":\"i\","
      "\"text\":\"hi\"}\n\n"
      "data: {\"type\":\"response.function_call_arguments.delta\",\"output_index\":1,\"delta\":\"{}\"}\n\n"
      "data: "
      "{\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[{\"type\":"
      "\"message\",\"content\":[{\"type\":"
      "\"output_text\",\"text\":\"hi\"}]}],\"usage\":{\"input_tokens\":1,\"output_tokens\":2,\"output_tokens_"
      "details\":{\"reasoning_tokens\":0}}}}\n\n";
  StreamFacts facts(Dialect::openai_responses);
  EXPECT_EQ(
      read_stream(facts, stream).log,
      "text0.0=hi text0.0!=hi closed:text0.0 arguments0.65536={} text0.0!=hi closed:arguments0.65536 end ");
  EXPECT_EQ(facts.usage().reasoning_tokens, 0U);
  EXPECT_EQ(facts.finish(), FinishKind::stop);
}

TEST(StreamFacts, Gemini) {
  const std::string stream =
      "data: "
      "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"th\",\"thought\":true},{\"text\":\"a\"}],"
      "\"role\":\"model\"}}],\"modelVersion\":\"g\"}\n\n"
      "data: "
      "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{\"k\":\"v\"}}}]}"
      ",\"finishReason\":\"STOP\"}],"
      "\"usageMetadata\":{\"promptTokenCount\":4,\"candidatesTokenCount\":2,\"thoughtsTokenCount\":3}}\n\n";
  StreamFacts facts(Dialect::gemini);
  EXPECT_EQ(
      read_stream(facts, stream).log,
      "reasoning0.0=th text0.0=a arguments0.0!=k arguments0.0!=v closed:reasoning0.0 closed:text0.0 end ");
  EXPECT_EQ(facts.usage().output_tokens, 5U);
}

TEST(StreamFacts, ErrorsInTheStream) {
  for (const Dialect dialect :
       {Dialect::openai_chat, Dialect::openai_responses, Dialect::anthropic_messages, Dialect::gemini}) {
    StreamFacts facts(dialect);
    EXPECT_EQ(read_stream(facts, error_event(dialect, 503, "away", "gone for now")).log,
              "error:gone for now end ")
        << dialect_name(dialect);
  }
}

TEST(StreamFacts, HeldBackTextComesInTheFormOfItsChannel) {
  struct Case {
    Dialect dialect;
    Channel channel;
    std::string like;
  };
  const std::string chat =
      R"({"id":"i","object":"chat.completion.chunk","created":5,"model":"m","choices":[{"index":1,"delta":{"content":"x"}}]})";
  const std::vector<Case> cases = {
      {Dialect::openai_chat, {1, ChannelKind::text, 0}, chat},
      {Dialect::openai_chat,
       {0, ChannelKind::reasoning, 0},
       R"({"choices":[{"index":0,"delta":{"reasoning":"x"}}]})"},
      {Dialect::openai_chat, {0, ChannelKind::tool_arguments, 3}, chat},
      {Dialect::openai_completions, {0, ChannelKind::text, 0}, R"({"choices":[{"index":0,"text":"x"}]})"},
      {Dialect::openai_responses,
       {0, ChannelKind::text, 1U << 16U | 2U},
       R"({"type":"response.output_text.delta","item_id":"i","sequence_number":4,"delta":"x"})"},
      {Dialect::openai_responses,
       {0, ChannelKind::reasoning, 0x8001},
       R"({"type":"response.reasoning_summary_text.delta","delta":"x"})"},
      {Dialect::anthropic_messages, {0, ChannelKind::text, 2}, "{}"},
      {Dialect::anthropic_messages, {0, ChannelKind::tool_arguments, 1}, "{}"},
      {Dialect::gemini, {0, ChannelKind::reasoning, 0}, R"({"candidates":[],"modelVersion":"g"})"},
  };
  for (const Case& each : cases) {
    StreamFacts facts(each.dialect);
    const std::string event = text_event(each.dialect, each.channel, "he\"ld", each.like);
    EXPECT_EQ(read_stream(facts, event).log, channel_name(each.channel) + "=he\"ld ") << event;
  }
}

TEST(StreamFacts, ACutStreamEndsWithLength) {
  const std::vector<std::pair<Dialect, std::string>> begun = {
      {Dialect::openai_chat,
       "data: {\"id\":\"i\",\"choices\":[{\"index\":1,\"delta\":{\"content\":\"x\"}}]}\n\n"},
      {Dialect::openai_completions, "data: {\"choices\":[{\"index\":0,\"text\":\"x\"}]}\n\n"},
      {Dialect::openai_responses, "data: {\"type\":\"response.output_text.delta\",\"delta\":\"x\"}\n\n"},
      {Dialect::anthropic_messages,
       "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"text\":\"x\"}}\n\n"},
      {Dialect::gemini, "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]}}]}\n\n"}};
  for (const auto& [dialect, stream] : begun) {
    StreamFacts facts(dialect);
    read_stream(facts, stream);
    const std::string end = facts.finish_events();
    const Read read = read_stream(facts, end);
    EXPECT_TRUE(facts.is_terminated()) << dialect_name(dialect) << end;
    EXPECT_EQ(facts.finish(), FinishKind::length) << dialect_name(dialect);
    EXPECT_EQ(read.log.find("malformed"), std::string::npos);
    EXPECT_NE(read.log.find("closed:"), std::string::npos);
  }
}

TEST(StreamFacts, ChangedTextsOfSeveralDataLines) {
  SseParser parser;
  parser.feed("event: e\ndata: {\"choices\":[{\"delta\":\ndata: {\"content\":\"a\"}}]}\n\n");
  const auto event = parser.next();
  StreamFacts facts(Dialect::openai_chat);
  const EventFacts& seen = facts.read(**event);
  ASSERT_EQ(seen.texts.size(), 1U);
  EXPECT_EQ(with_text(**event, seen.texts[0].raw, "b"),
            "event: e\ndata: {\"choices\":[{\"delta\":\ndata: {\"content\":\"b\"}}]}\n\n");
}

TEST(AnswerFacts, WholeAnswers) {
  const auto texts = [](Dialect dialect, std::string_view body) {
    const Result<AnswerFacts> facts = read_answer(dialect, body);
    EXPECT_TRUE(facts.ok());
    std::string out;
    if (facts.ok())
      for (const AnswerText& text : facts->texts)
        out += channel_name(text.channel) + "=" + std::string(text.raw.of(body)) + " ";
    return out;
  };
  EXPECT_EQ(
      texts(
          Dialect::openai_chat,
          R"({"choices":[{"index":0,"message":{"content":"a","reasoning_content":"r","tool_calls":[{"function":{"arguments":"{}"}}]},"finish_reason":"stop"}]})"),
      "text0.0=\"a\" reasoning0.0=\"r\" arguments0.0=\"{}\" ");
  EXPECT_EQ(
      texts(Dialect::anthropic_messages,
            R"({"content":[{"type":"text","text":"a"},{"type":"tool_use","input":{"k":"v","n":123456}}]})"),
      "text0.0=\"a\" arguments0.1=\"k\" arguments0.1=\"v\" arguments0.1=\"n\" arguments0.1=123456 ");
  EXPECT_EQ(read_usage(Dialect::openai_chat, R"({"usage":{"prompt_tokens":0}})")->input_tokens, 0U);
  EXPECT_EQ(read_usage(Dialect::openai_chat, R"({"usage":{}})")->input_tokens, std::nullopt);
  EXPECT_FALSE(read_usage(Dialect::openai_chat, "gone").has_value());
}

TEST(ErrorForms, AreThoseOfTheClient) {
  EXPECT_EQ(
      error_body(Dialect::openai_chat, 429, "budget_exhausted", "no \"money\""),
      R"({"error":{"message":"no \"money\"","type":"rate_limit_error","param":null,"code":"budget_exhausted"}})");
  const std::string anthropic = R"({"type":"error","error":{"type":"overloaded_error","message":"busy"}})";
  EXPECT_EQ(translate_error(Dialect::anthropic_messages, Dialect::openai_chat, 529, anthropic),
            R"({"error":{"message":"busy","type":"server_error","param":null,"code":"overloaded_error"}})");
  EXPECT_EQ(
      translate_error(Dialect::gemini, Dialect::anthropic_messages, 400,
                      R"([{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}}])"),
      R"({"type":"error","error":{"type":"invalid_request_error","message":"bad","code":"INVALID_ARGUMENT"}})");
  EXPECT_EQ(
      translate_error(Dialect::openai_chat, Dialect::anthropic_messages, 502, "<html>"),
      R"({"type":"error","error":{"type":"api_error","message":"the upstream answered with status 502"}})");
}

}  // namespace
}  // namespace loadline

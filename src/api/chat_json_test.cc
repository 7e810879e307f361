#include "api/chat_json.h"

#include <gtest/gtest.h>

#include "api/json_fields.h"

namespace loadline {
namespace {

namespace json = boost::json;

ApiError error_of(const std::string& body) {
  ApiError error;
  EXPECT_FALSE(parse_chat_call(body, error)) << body;
  return error;
}
std::string with(const std::string& fields) {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}],)" + fields + "}";
}

TEST(ChatRequestJson, ReadsWhatTheClientSends) {
  ApiError error;
  const auto call = parse_chat_call(R"({
    "model":"m","stream":true,"stream_options":{"include_usage":true},"temperature":0.5,"top_p":0.9,"seed":7,
    "max_completion_tokens":12,"max_tokens":99,"stop":["a","b"],"logprobs":true,"top_logprobs":3,"n":1,
    "presence_penalty":-1,"frequency_penalty":2,"logit_bias":{"5":-100},"user":"ignored","store":null,
    "response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object"}}},
    "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}],
    "tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false,
    "messages":[{"role":"developer","content":"be brief"},
                {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
                {"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},
                {"role":"tool","tool_call_id":"1","content":"42"}]})",
                                    error);
  ASSERT_TRUE(call) << error.message;
  const ChatRequest& r = call->request;
  EXPECT_TRUE(call->stream && call->include_usage);
  EXPECT_FLOAT_EQ(r.sampling.temperature, 0.5F);
  EXPECT_EQ(r.max_tokens.value_or(0), 12U) << "the newer name wins";
  EXPECT_EQ(r.stop, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(r.top_logprobs, 3);
  EXPECT_EQ(r.sampling.logit_bias, (std::vector<std::pair<std::int32_t, float>>{{5, -100.0F}}));
  EXPECT_EQ(r.format, ResponseFormat::json_schema);
  EXPECT_EQ(r.json_schema, R"({"type":"object"})");
  EXPECT_EQ(r.tool_choice, "f");
  EXPECT_FALSE(r.parallel_tool_calls);
  ASSERT_EQ(r.messages.size(), 4U);
  EXPECT_EQ(r.messages[0].role, "system");
  EXPECT_EQ(r.messages[1].content, "ab");
  EXPECT_EQ(r.messages[2].tool_calls.at(0).name, "f");
  EXPECT_EQ(r.messages[3].tool_call_id, "1");
}

TEST(ChatRequestJson, DefaultsAreThoseOfTheApi) {
  ApiError error;
  const auto call = parse_chat_call(R"({"model":"m","messages":[{"role":"user","content":"hi"}]})", error);
  ASSERT_TRUE(call);
  EXPECT_FLOAT_EQ(call->request.sampling.temperature, 1.0F);
  EXPECT_FALSE(call->request.max_tokens);
  EXPECT_FALSE(call->request.sampling.seed);
  EXPECT_EQ(call->request.top_logprobs, -1);
  EXPECT_FALSE(call->stream);
}

TEST(ChatRequestJson, ErrorsNameTheField) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", ""},
      {"{", ""},
      {"[]", ""},
      {std::string(json_depth_max + 2, '['), ""},
      {R"({"messages":[{"role":"user","content":"x"}]})", "model"},
      {R"({"model":"","messages":[{"role":"user","content":"x"}]})", "model"},
      {R"({"model":"m"})", "messages"},
      {R"({"model":"m","messages":[]})", "messages"},
      {R"({"model":"m","messages":["x"]})", "messages[0]"},
      {R"({"model":"m","messages":[{"role":"king","content":"x"}]})", "messages[0].role"},
      {R"({"model":"m","messages":[{"role":"user"}]})", "messages[0].content"},
      {R"({"model":"m","messages":[{"role":"user","content":5}]})", "messages[0].content"},
      {R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url"}]}]})",
       "messages[0].content[0].type"},
      {R"({"model":"m","messages":[{"role":"tool","content":"x"}]})", "messages[0].tool_call_id"},
      {with(R"("temperature":2.5)"), "temperature"},
      {with(R"("temperature":"hot")"), "temperature"},
      {with(R"("top_p":-0.1)"), "top_p"},
      {with(R"("max_tokens":0)"), "max_tokens"},
      {with(R"("max_tokens":1.5)"), "max_tokens"},
      {with(R"("n":2)"), "n"},
      {with(R"("stop":[""])"), "stop"},
      {with(R"("stop":5)"), "stop"},
      {with(R"("stream":"yes")"), "stream"},
      {with(R"("stream_options":{"include_usage":true})"), "stream_options"},
      {with(R"("top_logprobs":3)"), "top_logprobs"},
      {with(R"("logprobs":true,"top_logprobs":21)"), "top_logprobs"},
      {with(R"("logit_bias":{"x":1})"), "logit_bias"},
      {with(R"("response_format":{"type":"xml"})"), "response_format.type"},
      {with(R"("response_format":{"type":"json_schema"})"), "response_format.json_schema"},
      {with(R"("response_format":{"type":"json_schema","json_schema":{"name":"a"}})"),
       "response_format.json_schema.schema"},
      {with(R"("tools":[{"type":"function"}])"), "tools[0].function"},
      {with(R"("tools":[{"type":"magic","function":{"name":"f"}}])"), "tools[0].type"},
      {with(R"("tool_choice":"required")"), "tool_choice"},
      {with(
           R"("tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"g"}})"),
       "tool_choice.function.name"},
      {with(R"("functions":[])"), "functions"},
      {with(R"("audio":{})"), "audio"},
  };
  for (const auto& [body, param] : cases) {
    const ApiError error = error_of(body);
    EXPECT_EQ(error.status, 400) << body;
    EXPECT_EQ(error.type, "invalid_request_error") << body;
    EXPECT_EQ(error.param, param) << body << ": " << error.message;
    EXPECT_FALSE(error.message.empty());
  }
}

TEST(CompletionRequestJson, OneRequestForEachPrompt) {
  ApiError error;
  const auto call = parse_completion_call(R"({"model":"m","prompt":["a","b"],"logprobs":2})", error);
  ASSERT_TRUE(call) << error.message;
  ASSERT_EQ(call->requests.size(), 2U);
  EXPECT_EQ(call->requests[1].prompt.value_or(""), "b");
  EXPECT_EQ(call->requests[0].max_tokens.value_or(0), 16U);
  EXPECT_EQ(call->requests[0].top_logprobs, 2);
  for (const char* bad :
       {R"({"model":"m"})", R"({"model":"m","prompt":[1]})", R"({"model":"m","prompt":[]})",
        R"({"model":"m","prompt":"a","suffix":"b"})", R"({"model":"m","prompt":"a","best_of":2})",
        R"({"model":"m","prompt":"a","echo":true})"})
    EXPECT_FALSE(parse_completion_call(bad, error)) << bad;
}

TEST(ChatAnswerJson, BytesThatAreNoCharactersSurviveInBytes) {
  const json::object out = chat_logprobs_json(
      {{"\xe2\x82", -0.5F, {{"a", -1.0F}, {"b", -std::numeric_limits<float>::infinity()}}}});
  const json::value& token = out.at("content").at(0);
  EXPECT_EQ(token.at("bytes"), (json::array{0xe2, 0x82}));
  EXPECT_EQ(token.at("top_logprobs").at(1).at("logprob"), -9999.0) << "JSON has no infinity";
  EXPECT_NO_THROW(json::parse(json::serialize(out)));
}

}  // namespace
}  // namespace loadline

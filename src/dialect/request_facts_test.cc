#include <gtest/gtest.h>

#include <algorithm>

#include "dialect/dialect.h"

namespace loadline {
namespace {

// "role/kind: decoded text", one a place.
std::vector<std::string> places(std::string_view body, const RequestFacts& facts) {
  const auto role = [](TextRole r) {
    constexpr const char* names[] = {"none", "system", "user", "assistant", "tool"};
    return std::string(names[static_cast<int>(r)]);
  };
  const auto kind = [](TextKind k) {
    constexpr const char* names[] = {"text",  "reasoning", "arguments", "result",   "description", "schema",
                                     "embed", "url",       "file",      "metadata", "other"};
    return std::string(names[static_cast<int>(k)]);
  };
  std::vector<std::string> out;
  for (const TextPlace& place : facts.texts) {
    std::string text;
    const std::string_view raw = place.raw.of(body);
    if (place.token == JsonKind::string) {
      append_decoded_json(text, raw);
    } else {
      text = raw;
    }
    out.push_back(role(place.role) + "/" + kind(place.kind) + ": " + text + (place.is_key ? " (key)" : ""));
  }
  return out;
}

RequestFacts facts_of(Dialect dialect, std::string_view body) {
  Result<RequestFacts> facts = read_request(dialect, body);
  EXPECT_TRUE(facts.ok()) << (facts.ok() ? "" : facts.error().message());
  return facts.ok() ? *facts : RequestFacts();
}

TEST(RequestFacts, OpenAiChat) {
  const std::string body =
      R"({"model":"m-1","stream":true,"stream_options":{"include_usage":true},"n":2,"max_tokens":50,
    "messages":[{"role":"system","content":"be \u0062rief"},
      {"role":"user","name":"Ada","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"https://pics.example/a.png","detail":"low"}},
                                {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},
      {"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
      {"role":"tool","tool_call_id":"c1","content":"42"}],
    "tools":[{"type":"function","function":{"name":"f","description":"does f","parameters":{"type":"object","required":["a"],"properties":{"a":{"type":"integer","description":"first"},"type":{"enum":["x"]}}}}}],
    "response_format":{"type":"json_schema","json_schema":{"name":"r","schema":{"type":"object","title":"T"}}},
    "user":"u-7","stop":["END"],"reasoning_effort":"low","later_field":{"k":["v"]}})";
  const RequestFacts facts = facts_of(Dialect::openai_chat, body);
  EXPECT_EQ(facts.model, "m-1");
  EXPECT_EQ(facts.model_range.of(body), "\"m-1\"");
  EXPECT_TRUE(facts.stream && facts.include_usage && facts.has_tools && facts.has_images &&
              facts.has_json_schema && facts.has_thinking);
  EXPECT_FALSE(facts.has_prefill || facts.has_files || facts.is_stateful || facts.has_logprobs ||
               facts.is_stored);
  EXPECT_EQ(facts.choices, 2U);
  EXPECT_EQ(facts.output_limit, 50U);
  EXPECT_EQ(facts.inputs, 4U);
  EXPECT_EQ(facts.image_count, 2U);
  const std::vector<std::string> expected = {
      "system/text: be brief",     "user/metadata: Ada",
      "user/text: look",           "user/url: https://pics.example/a.png",
      "assistant/reasoning: hm",   "assistant/arguments: {\"a\":1}",
      "tool/result: 42",           "system/description: does f",
      "system/description: first", "system/description: x",
      "system/schema: r",          "system/schema: T",
      "none/metadata: u-7",        "none/metadata: END",
      "none/other: k (key)",       "none/other: v"};
  EXPECT_EQ(places(body, facts), expected);
  EXPECT_EQ(facts.texts[5].message, 2U);
}

TEST(RequestFacts, Anthropic) {
  const std::string body =
      R"({"model":"c","max_tokens":9,"system":[{"type":"text","text":"sys","cache_control":{"type":"ephemeral"}}],
    "thinking":{"type":"enabled","budget_tokens":1024},"metadata":{"user_id":"u"},
    "messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},
                                        {"type":"document","title":"Plan","source":{"type":"text","media_type":"text/plain","data":"body"}}]},
      {"role":"assistant","content":[{"type":"thinking","thinking":"so","signature":"sig=="},{"type":"tool_use","id":"t1","name":"pay","input":{"card":4111111111111111,"to":"Ada","n":3}}]},
      {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"ok"}]}]},
      {"role":"assistant","content":"Then"}]})";
  const RequestFacts facts = facts_of(Dialect::anthropic_messages, body);
  EXPECT_TRUE(facts.has_thinking && facts.has_images && facts.has_files && facts.has_prefill);
  const std::vector<std::string> expected = {"system/text: sys",
                                             "none/metadata: user_id (key)",
                                             "none/metadata: u",
                                             "user/file: Plan",
                                             "user/file: body",
                                             "assistant/reasoning: so",
                                             "assistant/arguments: card (key)",
                                             "assistant/arguments: 4111111111111111",
                                             "assistant/arguments: to (key)",
                                             "assistant/arguments: Ada",
                                             "assistant/arguments: n (key)",
                                             "tool/result: ok",
                                             "assistant/text: Then"};
  EXPECT_EQ(places(body, facts), expected);
}

TEST(RequestFacts, Responses) {
  const std::string body =
      R"({"model":"r","instructions":"sys","previous_response_id":"resp_1","store":false,"max_output_tokens":7,
    "input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]},{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"why"}],"encrypted_content":"zzz"},
      {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"done"}],
    "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}}}})";
  const RequestFacts facts = facts_of(Dialect::openai_responses, body);
  EXPECT_TRUE(facts.is_stateful && facts.has_json_schema && facts.has_thinking);
  EXPECT_FALSE(facts.is_stored);
  EXPECT_EQ(facts.output_limit, 7U);
  const std::vector<std::string> expected = {"system/text: sys", "user/text: hi", "assistant/reasoning: why",
                                             "assistant/arguments: {}", "tool/result: done"};
  EXPECT_EQ(places(body, facts), expected);
  EXPECT_TRUE(facts_of(Dialect::openai_responses, R"({"model":"r","input":"hi"})").is_stored);
}

TEST(RequestFacts, CompletionsEmbeddingsGemini) {
  const std::string prompts = R"({"model":"m","prompt":["a","b"],"max_tokens":3})";
  EXPECT_EQ(places(prompts, facts_of(Dialect::openai_completions, prompts)),
            (std::vector<std::string>{"user/text: a", "user/text: b"}));
  const std::string ids = R"({"model":"m","input":[[1,2],[3]]})";
  EXPECT_TRUE(facts_of(Dialect::openai_embeddings, ids).has_token_ids);
  const std::string gemini =
      R"({"contents":[{"role":"user","parts":[{"text":"q"},{"inlineData":{"mimeType":"image/png","data":"AA"}}]},
     {"role":"model","parts":[{"text":"t","thought":true},{"functionCall":{"name":"f","args":{"a":"b"}},"thoughtSignature":"s"}]},
     {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"r":"c"}}}]}],
     "systemInstruction":{"parts":[{"text":"sys"}]},"generationConfig":{"maxOutputTokens":5}})";
  const RequestFacts facts = facts_of(Dialect::gemini, gemini);
  EXPECT_TRUE(facts.has_images && facts.has_thinking);
  EXPECT_EQ(facts.output_limit, 5U);
  EXPECT_EQ(places(gemini, facts),
            (std::vector<std::string>{"user/text: q", "assistant/reasoning: t",
                                      "assistant/arguments: a (key)", "assistant/arguments: b",
                                      "tool/result: r (key)", "tool/result: c", "system/text: sys"}));
}

TEST(RequestFacts, NamesOfUnknownMembersAreReadUnlessTheyArePlain) {
  const std::string body =
      R"({"model":"m","messages":[],"ada@lind.example":1,"4929123412341232":"x","plain_Field":true})";
  EXPECT_EQ(places(body, facts_of(Dialect::openai_chat, body)),
            (std::vector<std::string>{"none/other: ada@lind.example (key)",
                                      "none/other: 4929123412341232 (key)", "none/other: x"}));
}

TEST(RequestFacts, WhatIsNoWordIsReadInTheFieldsOfWords) {
  const std::string body =
      R"({"model":"m","messages":[{"role":"user","content":"a"},{"role":"write to ada@lind.example"},)"
      R"({"role":"tool","tool_call_id":"call_1-a.b:c","content":"b"},{"role":"tool","tool_call_id":"4929123412341232","content":"c"}]})";
  EXPECT_EQ(places(body, facts_of(Dialect::openai_chat, body)),
            (std::vector<std::string>{"user/text: a", "none/other: write to ada@lind.example",
                                      "tool/result: b", "none/other: 4929123412341232", "tool/result: c"}));
}

// A field that is skipped does not hide others beside it.
TEST(RequestFacts, NothingHidesInStructuralObjects) {
  const std::string body =
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","x":"hidden 1"}},
      {"type":"image_url","image_url":{"url":"data:image/png;base64,AA","x":"hidden 2"}}]},
      {"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s","x":"hidden 3"},"x":["hidden 4"]}}]}],
      "tool_choice":{"type":"function","x":{"y":"hidden 5"}},"service_tier":{"x":"hidden 6"},"logit_bias":{"1":"hidden 7"}})";
  std::string all;
  for (const std::string& place : places(body, facts_of(Dialect::openai_chat, body))) all += place + "\n";
  for (int i = 1; i <= 7; ++i) EXPECT_NE(all.find("hidden " + std::to_string(i)), std::string::npos) << i;
}

TEST(RequestFacts, RefusesWhatItCannotKnow) {
  const auto refused = [](Dialect dialect, std::string_view body) {
    const Result<RequestFacts> facts = read_request(dialect, body);
    return facts.ok() ? std::string("accepted") : facts.error().message();
  };
  EXPECT_EQ(refused(Dialect::openai_chat, "[]"), "the body must be a JSON object");
  EXPECT_EQ(refused(Dialect::openai_chat, R"({"messages":[{"role":"user","content":"a","content":"b"}]})"),
            "messages[0]: the same key stands twice");
  EXPECT_EQ(refused(Dialect::openai_chat, R"({"messages":"hi"})"), "messages: an array is due, not a string");
  EXPECT_EQ(refused(Dialect::openai_chat, R"({"stream":"yes"})"),
            "stream: true or false is due, not a string");
  EXPECT_EQ(refused(Dialect::anthropic_messages, R"({"max_tokens":-4})"),
            "max_tokens: a whole number is due, not a number");
  EXPECT_EQ(refused(Dialect::openai_responses, R"({"model":7})"), "model: a string is due, not a number");
}

TEST(RequestEdits, ChangeOnlyTheirBytes) {
  const std::string body = R"({ "messages": [ {"role":"user","content":"a"} ] ,"model" : "old","x":1.50 })";
  EXPECT_EQ(replace_model(body, facts_of(Dialect::openai_chat, body), "n\"w"),
            R"({ "messages": [ {"role":"user","content":"a"} ] ,"model" : "n\"w","x":1.50 })");
  EXPECT_EQ(replace_model("{}", facts_of(Dialect::openai_chat, "{}"), "m"), R"({"model":"m"})");
  const std::string twice = R"({"max_tokens": 5,"max_completion_tokens":null})";
  EXPECT_EQ(set_output_limit(twice, facts_of(Dialect::openai_chat, twice), 3),
            R"({"max_tokens": 3,"max_completion_tokens":3})");
  const std::string none = R"({"a":1})";
  EXPECT_EQ(set_output_limit(none, facts_of(Dialect::openai_chat, none), 3),
            R"({"max_completion_tokens":3,"a":1})");
  EXPECT_EQ(set_output_limit(none, facts_of(Dialect::openai_chat, none), 3, "max_tokens"),
            R"({"max_tokens":3,"a":1})");
  EXPECT_EQ(set_output_limit(none, facts_of(Dialect::gemini, none), 3),
            R"({"generationConfig":{"maxOutputTokens":3},"a":1})");
  const std::string config = R"({"generationConfig":{"topK":1}})";
  EXPECT_EQ(set_output_limit(config, facts_of(Dialect::gemini, config), 3),
            R"({"generationConfig":{"maxOutputTokens":3,"topK":1}})");
}

TEST(RequestEdits, UsageIsAskedForOnce) {
  const auto forced = [](std::string_view body) {
    return force_usage(body, facts_of(Dialect::openai_chat, body));
  };
  EXPECT_EQ(forced(R"({"stream":true})"), R"({"stream_options":{"include_usage":true},"stream":true})");
  EXPECT_EQ(forced(R"({"stream":true,"stream_options":null})"),
            R"({"stream":true,"stream_options":{"include_usage":true}})");
  EXPECT_EQ(forced(R"({"stream":true,"stream_options":{ }})"),
            R"({"stream":true,"stream_options":{"include_usage":true }})");
  EXPECT_EQ(forced(R"({"stream":true,"stream_options":{"a":1}})"),
            R"({"stream":true,"stream_options":{"include_usage":true,"a":1}})");
  EXPECT_EQ(forced(R"({"stream":true,"stream_options":{"include_usage":false}})"),
            R"({"stream":true,"stream_options":{"include_usage":true}})");
  for (const char* same :
       {R"({"stream":false})", R"({"stream":true,"stream_options":{"include_usage":true}})"})
    EXPECT_EQ(forced(same), same);
}

TEST(RequestEdits, Prefill) {
  const auto continued = [](Dialect dialect, std::string_view body) {
    const Result<std::string> out = with_prefill(body, facts_of(dialect, body), "so \"far");
    return out.ok() ? *out : out.error().to_string();
  };
  EXPECT_EQ(continued(Dialect::openai_chat, R"({"messages":[{"role":"user","content":"a"}]})"),
            R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"so \"far"}]})");
  EXPECT_EQ(continued(Dialect::gemini, R"({"contents":[{"role":"user","parts":[]}]})"),
            R"({"contents":[{"role":"user","parts":[]},{"role":"model","parts":[{"text":"so \"far"}]}]})");
  EXPECT_EQ(continued(Dialect::openai_completions, R"({"prompt":"once "})"), R"({"prompt":"once so \"far"})");
  EXPECT_TRUE(continued(Dialect::anthropic_messages, R"({"messages":[{"role":"assistant","content":"a"}]})")
                  .starts_with("failed_precondition"));
  EXPECT_TRUE(continued(Dialect::openai_responses, R"({"input":"a"})").starts_with("failed_precondition"));
}

}  // namespace
}  // namespace loadline

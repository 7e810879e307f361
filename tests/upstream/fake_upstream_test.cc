#include "fake_upstream.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <thread>

#include "net/raw_client_test.h"

namespace loadline {
namespace {

namespace json = boost::json;

class Fake : public testing::Test {
 protected:
  Fake() {
    auto started = FakeUpstream::start();
    EXPECT_TRUE(started);
    upstream_ = std::move(*started);
  }
  RawAnswer post(const std::string& target, const std::string& body) {
    RawClient client(upstream_->port());
    return client.post(target, body);
  }
  json::value counts() { return json::parse(upstream_->counts()); }
  std::uint64_t count(const char* name) { return counts().at(name).to_number<std::uint64_t>(); }
  void script(const std::string& text) { ASSERT_TRUE(upstream_->script(text)); }

  std::unique_ptr<FakeUpstream> upstream_;
};

const std::string chat = "/v1/chat/completions";

std::string chat_body(bool stream) {
  return std::string(
             R"({"model":"m","messages":[{"role":"system","content":"S1"},{"role":"user","content":)") +
         R"([{"type":"text","text":"U1 zwölf"},{"type":"image_url","image_url":{"url":"data:x"}}]}],)" +
         R"("tools":[{"type":"function","function":{"name":"look_up"}}],"stream":)" +
         (stream ? R"(true,"stream_options":{"include_usage":true}})" : "false}");
}

// The texts of an event stream's deltas, found without knowing the dialect.
std::string joined(const std::string& body, const std::string& key) {
  std::string text;
  const std::string start = "\"" + key + "\":\"";
  for (std::size_t at = body.find(start); at != std::string::npos; at = body.find(start, at + 1)) {
    const std::size_t end = body.find('"', at + start.size());
    text += body.substr(at + start.size(), end - at - start.size());
  }
  return text;
}

TEST_F(Fake, EveryDialectRepeatsWhatItGot) {
  const std::string echo = "system[S1] user[U1 zwölf] tools[look_up] turns[1] images[1]";
  const std::string anthropic =
      R"({"model":"m","max_tokens":99,"system":"S1","tools":[{"name":"look_up"}],"messages":[{"role":"user",)"
      R"("content":[{"type":"text","text":"U1 zwölf"},{"type":"image","source":{}}]}])";
  const std::string gemini =
      R"({"systemInstruction":{"parts":[{"text":"S1"}]},"tools":[{"functionDeclarations":[{"name":"look_up"}]}],)"
      R"("contents":[{"role":"user","parts":[{"text":"U1 zwölf"},{"inlineData":{}}]}]})";
  const std::string responses =
      R"({"model":"m","instructions":"S1","tools":[{"type":"function","name":"look_up"}],"input":[{"role":"user",)"
      R"("content":[{"type":"input_text","text":"U1 zwölf"},{"type":"input_image"}]}])";
  const std::string deployment = "/openai/deployments/m/chat/completions?api-version=1";
  for (const auto& [target, body, key] :
       {std::tuple{chat, chat_body(false), "content"}, std::tuple{chat, chat_body(true), "content"},
        std::tuple{deployment, chat_body(true), "content"},
        std::tuple{std::string("/v1/messages"), anthropic + "}", "text"},
        std::tuple{std::string("/v1/messages"), anthropic + R"(,"stream":true})", "text"},
        std::tuple{std::string("/v1/responses"), responses + "}", "text"},
        std::tuple{std::string("/v1/responses"), responses + R"(,"stream":true})", "delta"},
        std::tuple{std::string("/v1beta/models/m:generateContent"), gemini, "text"},
        std::tuple{std::string("/v1beta/models/m:streamGenerateContent?alt=sse"), gemini, "text"},
        std::tuple{std::string("/v1beta/models/m:streamGenerateContent"), gemini, "text"}}) {
    const RawAnswer answer = post(target, body);
    EXPECT_EQ(answer.status, 200) << target << " " << answer.body;
    EXPECT_TRUE(answer.whole);
    EXPECT_EQ(joined(answer.body, key), echo) << target << "\n" << answer.body;
    EXPECT_EQ(json::parse(upstream_->requests()).get_array().back().at("model"), "m");
  }
  EXPECT_EQ(count("whole"), 10U);
  EXPECT_EQ(count("prompt_tokens"), 30U);
  EXPECT_EQ(count("completion_tokens"),
            counts().at("models").at("m").at("completion_tokens").to_number<unsigned>());
}

TEST_F(Fake, EmbeddingsAndModels) {
  const RawAnswer answer = post("/v1/embeddings", R"({"model":"e","input":["a b","c"]})");
  const json::value body = json::parse(answer.body);
  EXPECT_EQ(body.at("data").as_array().size(), 2U);
  EXPECT_NE(body.at("data").at(0).at("embedding"), body.at("data").at(1).at("embedding"));
  EXPECT_EQ(body.at("usage").at("prompt_tokens").to_number<int>(), 3);
  RawClient client(upstream_->port());
  EXPECT_EQ(client.get("/v1/models").status, 200);
  EXPECT_EQ(client.get("/v1/nothing").status, 404);
}

TEST_F(Fake, ToolsAndThinking) {
  script(R"({"rules":[{"tool":true,"thinking":true}]})");
  for (const char* target : {"/v1/chat/completions", "/v1/responses"}) {
    const RawAnswer answer =
        post(target, R"({"model":"m","input":"U1","messages":[{"role":"user","content":"U1"}],)"
                     R"("tools":[{"name":"look_up"}]})");
    EXPECT_NE(answer.body.find("look_up"), std::string::npos) << answer.body;
    EXPECT_NE(answer.body.find("thinking about U1"), std::string::npos);
  }
}

TEST_F(Fake, ErrorsAreOfTheDialectAndCountedDown) {
  script(R"({"rules":[{"model":"m","times":1,"status":429,"retry_after":"7"}]})");
  const RawAnswer refused = post(chat, chat_body(false));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.at("retry-after"), "7");
  EXPECT_EQ(json::parse(refused.body).at("error").at("type"), "rate_limit_exceeded");
  EXPECT_EQ(post(chat, chat_body(false)).status, 200);
}

TEST_F(Fake, AFaultMayComeWithItsRequest) {
  RawClient client(upstream_->port());
  const std::string body = chat_body(false);
  const RawAnswer answer =
      client.ask("POST " + chat + " HTTP/1.1\r\nX-Fake-Fault: {\"status\":503}\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_EQ(answer.status, 503);
}

TEST_F(Fake, BreaksOff) {
  for (const char* fault : {R"("drop_after_bytes":150)", R"("drop_after_events":2)",
                            R"("drop_after_events":99)", R"("drop_after_events":2,"reset":true)"}) {
    script(std::string(R"({"rules":[{)") + fault + "}]}");
    const RawAnswer answer = post(chat, chat_body(true));
    EXPECT_FALSE(answer.whole) << fault;
  }
  script(R"({"rules":[{"drop_after_bytes":150}]})");
  EXPECT_FALSE(post(chat, chat_body(false)).whole);
  script(R"({"rules":[{"close_before_answer":true}]})");
  EXPECT_EQ(post(chat, chat_body(true)).status, 0);
  EXPECT_EQ(count("whole"), 0U);
}

TEST_F(Fake, SplitsAnywhereAndMeansTheSame) {
  const std::string whole = post(chat, chat_body(true)).body;
  for (const int size : {1, 3, 64}) {
    upstream_->reset();
    script(R"({"rules":[{"split_bytes":)" + std::to_string(size) + "}]}");
    const RawAnswer answer = post(chat, chat_body(true));
    EXPECT_TRUE(answer.whole);
    EXPECT_EQ(joined(answer.body, "content"), joined(whole, "content"));
    EXPECT_EQ(answer.body.size(), whole.size());
  }
}

TEST_F(Fake, StallsUntilTheClientGoes) {
  script(R"({"rules":[{"stall_after_events":2}]})");
  {
    RawClient client(upstream_->port());
    ASSERT_TRUE(client.send("POST " + chat + " HTTP/1.1\r\nContent-Length: " +
                            std::to_string(chat_body(true).size()) + "\r\n\r\n" + chat_body(true)));
    while (client.held().find("system[") == std::string::npos) ASSERT_TRUE(client.more());
    EXPECT_EQ(count("running"), 1U);
  }
  while (count("running") > 0) std::this_thread::yield();
  EXPECT_EQ(count("client_gone"), 1U);
  const json::value logged = json::parse(upstream_->requests()).get_array().back();
  EXPECT_EQ(logged.at("outcome"), "client_gone");
  EXPECT_EQ(logged.at("events_sent").to_number<int>(), 2);
}

TEST_F(Fake, DripsAndPauses) {
  script(R"({"rules":[{"drip_bytes_per_s":20000}]})");
  EXPECT_TRUE(post(chat, chat_body(true)).whole);
  script(R"({"rules":[{"delta_ms":2,"deltas":3,"delay_ms":5,"text":"a b c"}]})");
  const RawAnswer answer = post(chat, chat_body(true));
  EXPECT_TRUE(answer.whole);
  EXPECT_EQ(joined(answer.body, "content"), "a b c");
}

TEST_F(Fake, UsageAndMalformedEvents) {
  script(
      R"({"rules":[{"contains":"wrong","usage":"wrong","text":"a"},{"usage":"missing","malformed_event":1}]})");
  const RawAnswer wrong = post(chat, R"({"messages":[{"role":"user","content":"wrong one"}]})");
  EXPECT_EQ(json::parse(wrong.body).at("usage").at("prompt_tokens").to_number<int>(), 20);
  EXPECT_EQ(count("prompt_tokens"), 2U) << "the bill is right";
  const RawAnswer missing = post(chat, chat_body(true));
  EXPECT_EQ(missing.body.find("\"usage\""), std::string::npos);
  EXPECT_NE(missing.body.find("{\"broken\": \n"), std::string::npos);
}

TEST_F(Fake, ControlOverHttp) {
  RawClient client(upstream_->port());
  const std::string script = R"({"rules":[{"status":500}]})";
  EXPECT_EQ(client
                .ask("PUT /control HTTP/1.1\r\nContent-Length: " + std::to_string(script.size()) +
                     "\r\n\r\n" + script)
                .status,
            200);
  EXPECT_EQ(client.post(chat, chat_body(false)).status, 500);
  EXPECT_EQ(client.ask("PUT /control HTTP/1.1\r\nContent-Length: 9\r\n\r\n{\"x\":\"y\"}").status, 400);
  EXPECT_EQ(client.get("/control/requests/1/body").body, chat_body(false));
  EXPECT_EQ(json::parse(client.get("/control/requests?from=1").body).as_array().size(), 1U);
  EXPECT_EQ(json::parse(client.get("/control/requests?from=2").body).as_array().size(), 0U);
  EXPECT_EQ(client.ask("DELETE /control HTTP/1.1\r\n\r\n").status, 200);
  EXPECT_EQ(json::parse(client.get("/control/counts").body).at("requests").to_number<int>(), 0);
}

TEST_F(Fake, CannedAnswers) {
  script(R"({"canned":true})");
  const RawAnswer first = post(chat, chat_body(false)), second = post(chat, chat_body(false));
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, second.body);
  EXPECT_TRUE(post(chat, chat_body(true)).whole);
  EXPECT_EQ(count("requests"), 3U);
}

TEST(FakeScript, SaysWhatIsWrong) {
  const auto upstream = FakeUpstream::start();
  ASSERT_TRUE(upstream);
  for (const char* bad : {"", "[]", R"({"rules":{}})", R"({"rules":[1]})", R"({"rules":[{"stat":1}]})",
                          R"({"rules":[{"status":"x"}]})", R"({"canned":1})", R"({"rules":[{"deltas":-1}]})"})
    EXPECT_EQ((*upstream)->script(bad).error().code(), Code::invalid_argument) << bad;
}

}  // namespace
}  // namespace loadline

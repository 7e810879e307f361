#include "api/api.h"

#include <regex.h>

#include <set>

#include "api/chat_json.h"
#include "api/fakes_test.h"
#include "api/openapi.h"
#include "api/origin.h"
#include "api/routes.h"
#include "api/starting_handler.h"
#include "base/rng.h"
#include "dialect/sse_parser.h"

namespace loadline {
namespace {

namespace json = boost::json;

const std::string chat = "/v1/chat/completions";
std::string hello(const std::string& model = "tiny", const std::string& more = "") {
  return R"({"model":")" + model + R"(","messages":[{"role":"user","content":"hi"}])" + more + "}";
}

// The data of each event; the stream must be nothing but events.
std::vector<std::string> events_of(const std::string& body) {
  std::vector<std::string> events;
  std::size_t at = 0;
  while (at < body.size()) {
    const std::size_t end = body.find("\n\n", at);
    EXPECT_NE(end, std::string::npos) << "an event without its end";
    EXPECT_EQ(body.substr(at, 6), "data: ");
    if (end == std::string::npos) break;
    events.push_back(body.substr(at + 6, end - at - 6));
    at = end + 2;
  }
  return events;
}

class ApiTest : public ApiFixture {};

TEST_F(ApiTest, ErrorsHaveTheFormOfTheOpenAiApi) {
  const struct {
    Reply reply;
    int status;
    const char *type, *param, *code;
  } cases[] = {
      {post(chat, "{"), 400, "invalid_request_error", nullptr, nullptr},
      {post(chat, R"({"model":"tiny"})"), 400, "invalid_request_error", "messages", nullptr},
      {post(chat, hello("other")), 404, "invalid_request_error", "model", "model_not_found"},
      {get("/v1/models/other"), 404, "invalid_request_error", "model", "model_not_found"},
      {get("/v1/nothing"), 404, "invalid_request_error", nullptr, "not_found"},
      {get(chat), 405, "invalid_request_error", nullptr, "method_not_allowed"},
      {post("/v1/embeddings", R"({"model":"other","input":"a"})"), 404, "invalid_request_error", "model",
       "model_not_found"},
      {post("/v1/embeddings", R"({"model":"words","input":[5]})"), 400, "invalid_request_error", "input",
       nullptr},
      {post("/v1/collections/x/search", R"({"query":"a"})"), 404, "invalid_request_error", nullptr,
       "not_found"},
      {post("/v1/collections/c/search", R"({"query":"a","filter":{"colour":"red"}})"), 400,
       "invalid_request_error", "filter.colour", nullptr},
      {post("/v1/collections/c/documents", "x"), 415, "invalid_request_error", nullptr,
       "unsupported_media_type"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.reply.head.status, c.status) << c.reply.body;
    const json::object error = c.reply.json().at("error").as_object();
    EXPECT_EQ(error.at("type"), json::value(c.type)) << c.reply.body;
    EXPECT_EQ(error.at("param"), c.param == nullptr ? json::value(nullptr) : json::value(c.param))
        << c.reply.body;
    EXPECT_EQ(error.at("code"), c.code == nullptr ? json::value(nullptr) : json::value(c.code))
        << c.reply.body;
    EXPECT_EQ(error.size(), 4U);
  }
  EXPECT_EQ(get(chat).header("allow"), "POST, OPTIONS");
}

TEST_F(ApiTest, AFullQueueIs429WithTheExpectedWait) {
  flow_.act = [](const ChatRequest&, AnswerSink&, const CallContext&) -> Result<Answer> {
    return Error(Code::resource_exhausted, "64 requests wait already");
  };
  for (const char* more : {"", R"(,"stream":true)"}) {
    const Reply reply = post(chat, hello("tiny", more));
    EXPECT_EQ(reply.head.status, 429);
    EXPECT_EQ(reply.header("retry-after"), "7");
    EXPECT_EQ(reply.json().at("error").at("code"), "rate_limit_exceeded");
  }
}

TEST_F(ApiTest, StreamingEqualsNotStreaming) {
  static const std::vector<std::string> words{
      "Gr\xc3\xbc\xc3\x9f", " two\n\nlines", "\r\n", "\"quoted\"", " data: x", "", "\xe2\x82\xac 9.50"};
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Rng rng(seed);
    flow_.pieces.clear();
    for (std::uint32_t i = rng.below(12); i > 0; --i) {
      ChatDelta delta;
      delta.text = words[rng.below(static_cast<std::uint32_t>(words.size()))];
      if (rng.below(2) == 0) delta.logprobs.push_back({delta.text, -0.25F, {{"alternative", -2.0F}}});
      flow_.pieces.push_back(delta);
    }
    const auto answer = [&] {
      Answer out;
      for (const ChatDelta& piece : flow_.pieces)
        out.chat.logprobs.insert(out.chat.logprobs.end(), piece.logprobs.begin(), piece.logprobs.end());
      out.chat.usage = {11, 22, 3};
      out.chat.finish = FinishReason::length;
      out.citations.push_back({1, "c", "a.pdf", 2, {}, "quote", true});
      return out;
    };
    flow_.answer = answer();
    const json::value whole = post(chat, hello("tiny", R"(,"logprobs":true)")).json();
    flow_.answer = answer();
    const Reply reply = post(
        chat, hello("tiny", R"(,"logprobs":true,"stream":true,"stream_options":{"include_usage":true})"));
    EXPECT_TRUE(reply.stream);
    EXPECT_EQ(reply.head.content_type, "text/event-stream");
    std::vector<std::string> events = events_of(reply.body);
    ASSERT_EQ(events.back(), "[DONE]") << "seed " << seed;
    events.pop_back();
    std::string content;
    json::array logprobs, citations;
    json::value usage, finish;
    for (const std::string& text : events) {
      const json::value event = json::parse(text);
      EXPECT_EQ(event.at("object"), "chat.completion.chunk");
      EXPECT_EQ(event.at("id"), whole.at("id"));
      if (event.at("choices").as_array().empty()) {
        usage = event.at("usage");
        continue;
      }
      EXPECT_TRUE(event.at("usage").is_null());
      const json::object& choice = event.at("choices").at(0).as_object();
      const json::object& delta = choice.at("delta").as_object();
      if (delta.contains("content")) content += json::value_to<std::string>(delta.at("content"));
      if (delta.contains("citations"))
        for (const json::value& one : delta.at("citations").as_array()) citations.push_back(one);
      if (choice.at("logprobs").is_object())
        for (const json::value& one : choice.at("logprobs").at("content").as_array()) logprobs.push_back(one);
      if (!choice.at("finish_reason").is_null()) finish = choice.at("finish_reason");
    }
    const json::value& choice = whole.at("choices").at(0);
    EXPECT_EQ(json::value(content), choice.at("message").at("content")) << "seed " << seed;
    EXPECT_EQ(citations, choice.at("message").at("citations")) << "seed " << seed;
    EXPECT_EQ(logprobs, choice.at("logprobs").at("content")) << "seed " << seed;
    EXPECT_EQ(finish, choice.at("finish_reason"));
    EXPECT_EQ(usage, whole.at("usage"));
  }
}

TEST_F(ApiTest, ToolCallsStreamedAndWhole) {
  ChatDelta first, second;
  first.tool_calls.push_back({0, "call_1", "weather", ""});
  second.tool_calls.push_back({0, "", "", R"({"city":"Oslo"})"});
  flow_.pieces = {first, second};
  const auto answer = [] {
    Answer out;
    out.chat.tool_calls.push_back({"call_1", "weather", R"({"city":"Oslo"})"});
    out.chat.finish = FinishReason::tool_calls;
    return out;
  };
  flow_.answer = answer();
  const json::value whole = post(chat, hello()).json();
  EXPECT_TRUE(whole.at("choices").at(0).at("message").at("content").is_null());
  EXPECT_EQ(whole.at("choices").at(0).at("message").at("tool_calls").at(0).at("function").at("name"),
            "weather");
  flow_.answer = answer();
  std::string name, arguments;
  for (const std::string& text : events_of(post(chat, hello("tiny", R"(,"stream":true)")).body)) {
    if (text == "[DONE]") continue;
    const json::value event = json::parse(text);
    const json::object& delta = event.at("choices").at(0).at("delta").as_object();
    if (!delta.contains("tool_calls")) continue;
    const json::object& function = delta.at("tool_calls").at(0).at("function").as_object();
    if (function.contains("name")) name += json::value_to<std::string>(function.at("name"));
    arguments += json::value_to<std::string>(function.at("arguments"));
  }
  EXPECT_EQ(name, "weather");
  EXPECT_EQ(arguments, R"({"city":"Oslo"})");
}

TEST_F(ApiTest, AFailureInTheMiddleOfAStreamIsAnEvent) {
  flow_.act = [](const ChatRequest&, AnswerSink& sink, const CallContext&) -> Result<Answer> {
    ChatDelta delta;
    delta.text = "half";
    sink.on_delta(delta);
    return Error(Code::unavailable, "the model is gone");
  };
  const Reply reply = post(chat, hello("tiny", R"(,"stream":true)"));
  const std::vector<std::string> events = events_of(reply.body);
  EXPECT_EQ(json::parse(events.back()).at("error").at("code"), "unavailable");
}

TEST_F(ApiTest, AReaderThatIsTooSlowIsToldSo) {
  flow_.pieces.assign(100, {});
  for (ChatDelta& piece : flow_.pieces) piece.text = "some text that fills the buffer";
  const Reply reply =
      ask({.method = "POST", .target = chat, .body = hello("tiny", R"(,"stream":true)")}, 4096);
  EXPECT_EQ(json::parse(events_of(reply.body).back()).at("error").at("code"), "rate_limit_exceeded");
  EXPECT_LT(reply.body.size(), 8192U);
}

TEST_F(ApiTest, TextCompletions) {
  flow_.pieces = {{}, {}};
  flow_.pieces[0].text = "one ";
  flow_.pieces[1].text = "two";
  const json::value whole = post("/v1/completions", R"({"model":"tiny","prompt":["a","b"]})").json();
  EXPECT_EQ(whole.at("object"), "text_completion");
  EXPECT_EQ(whole.at("choices").as_array().size(), 2U);
  EXPECT_EQ(whole.at("choices").at(1).at("text"), "one two");
  std::string texts[2];
  for (const std::string& text :
       events_of(post("/v1/completions", R"({"model":"tiny","prompt":["a","b"],"stream":true})").body)) {
    if (text == "[DONE]") continue;
    const json::value event = json::parse(text);
    const json::value& choice = event.at("choices").at(0);
    texts[choice.at("index").to_number<std::size_t>()] += json::value_to<std::string>(choice.at("text"));
  }
  EXPECT_EQ(texts[0], "one two");
  EXPECT_EQ(texts[1], "one two");
}

TEST_F(ApiTest, Embeddings) {
  const json::value floats = post("/v1/embeddings", R"({"model":"words","input":["abc","a b"]})").json();
  EXPECT_EQ(floats.at("data").at(1).at("embedding").at(0).to_number<double>(), 3.0);
  EXPECT_EQ(floats.at("usage").at("total_tokens"), 3);
  const json::value packed =
      post("/v1/embeddings", R"({"model":"words","input":"abc","encoding_format":"base64"})").json();
  EXPECT_EQ(packed.at("data").at(0).at("embedding"), "AABAQM3MzD0=");
  const std::string long_text = "a b c d e f g h i";
  const Reply refused = post("/v1/embeddings", R"({"model":"words","input":")" + long_text + R"("})");
  EXPECT_EQ(refused.head.status, 400);
  EXPECT_EQ(refused.json().at("error").at("code"), "context_length_exceeded");
  EXPECT_EQ(post("/v1/embeddings", R"({"model":"words","truncate":true,"input":")" + long_text + R"("})")
                .head.status,
            200);
  EXPECT_EQ(post("/v1/embeddings", R"({"model":"words","dimensions":3,"input":"a"})").head.status, 400);
}

TEST_F(ApiTest, ModelsSearchHealthAndMetrics) {
  EXPECT_EQ(get("/v1/models").json().at("data").as_array().size(), 3U);
  EXPECT_EQ(get("/v1/models/docs").json().at("id"), "docs");
  const json::value found = post("/v1/collections/c/search", R"({"query":"rates"})").json();
  EXPECT_EQ(found.at("results").at(0).at("document"), "a.pdf");
  EXPECT_EQ(found.at("results").at(0).at("text"), "text of rates");
  EXPECT_EQ(get("/healthz").head.status, 200);
  EXPECT_EQ(get("/readyz").head.status, 200);
  const HttpRequest request{.method = "GET", .target = "/v1/models"};
  api_->done({.request = request, .tag = static_cast<std::uint32_t>(Route::models), .status = 200});
  const std::string metrics = get("/metrics").body;
  regex_t form;  // not std::regex: this compiler warns about its own
  ASSERT_EQ(
      ::regcomp(
          &form,
          "^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*\\})? [0-9.e+-]+)$",
          REG_EXTENDED | REG_NOSUB),
      0);
  std::size_t begin = 0;
  while (begin < metrics.size()) {
    const std::size_t end = metrics.find('\n', begin);
    ASSERT_NE(end, std::string::npos) << "the last line has no end";
    const std::string line = metrics.substr(begin, end - begin);
    EXPECT_EQ(::regexec(&form, line.c_str(), 0, nullptr, 0), 0) << line;
    begin = end + 1;
  }
  ::regfree(&form);
  EXPECT_NE(metrics.find("loadline_requests_total{route=\"models\",status=\"200\"} 1\n"), std::string::npos);
  EXPECT_NE(metrics.find("loadline_searches_total 1\n"), std::string::npos);
}

TEST_F(ApiTest, LogsSayNothingOfTheContent) {
  HttpRequest request{.method = "POST", .target = "/v1/chat/completions?secret=1", .body = "secret words"};
  request.request_id = "req_9";
  api_->done(
      {.request = request, .tag = static_cast<std::uint32_t>(Route::chat), .status = 200, .bytes_sent = 5});
  ASSERT_EQ(lines_.size(), 1U);
  const json::object line = json::parse(lines_[0]).as_object();
  EXPECT_EQ(line.at("request_id"), "req_9");
  EXPECT_EQ(line.at("route"), "chat");
  EXPECT_EQ(lines_[0].find("secret"), std::string::npos);
}

TEST_F(ApiTest, Keys) {
  open({{"alice", "sk-1"}, {"bob", "sk-2"}});
  EXPECT_EQ(get("/v1/models").head.status, 401);
  EXPECT_EQ(get("/metrics").head.status, 401);
  EXPECT_EQ(get("/healthz").head.status, 200);
  EXPECT_EQ(get("/openapi.json").head.status, 200);
  const auto with = [&](const std::string& authorization) {
    return ask(
        {.method = "POST", .target = chat, .headers = {{"authorization", authorization}}, .body = hello()});
  };
  const Reply refused = with("Bearer sk-3");
  EXPECT_EQ(refused.head.status, 401);
  EXPECT_EQ(refused.json().at("error").at("code"), "invalid_api_key");
  EXPECT_EQ(refused.body.find("sk-3"), std::string::npos) << "what was sent is not repeated";
  for (const char* bad : {"sk-1", "Basic sk-1", "Bearer", "Bearer ", "Bearer sk-", "Bearer sk-11"})
    EXPECT_EQ(with(bad).head.status, 401) << bad;
  EXPECT_EQ(with("Bearer sk-1").head.status, 200);
  EXPECT_EQ(flow_.last_request.cache_scope, "alice") << "prefixes are shared within a key only";
  EXPECT_EQ(with("bearer sk-2").head.status, 200);
  EXPECT_EQ(flow_.last_request.cache_scope, "bob");
  const auto opens = [](const std::vector<ApiKey>& keys, std::string_view admin) {
    return Authenticator::open({.keys = keys, .admin_secret = admin, .classes = {}}).ok();
  };
  EXPECT_FALSE(opens({{"empty", ""}}, ""));
  EXPECT_FALSE(opens({{"", "secret"}}, ""));
  EXPECT_FALSE(opens({}, "short"));
  const std::string long_enough(Authenticator::admin_secret_bytes_min, 'a');
  EXPECT_TRUE(opens({}, long_enough));
  EXPECT_FALSE(opens({{"app", long_enough}}, long_enough)) << "the admin key is another one";
}

TEST_F(ApiTest, WebPagesOfOtherOriginsAreRefusedOnLoopback) {
  open({}, true);
  const auto with = [&](std::vector<HttpHeader> headers) {
    return ask({.method = "POST", .target = chat, .headers = std::move(headers), .body = hello()})
        .head.status;
  };
  EXPECT_EQ(with({{"host", "localhost:8080"}}), 200);
  EXPECT_EQ(with({{"host", "127.0.0.1:8080"}, {"origin", "http://127.0.0.1:8080"}}), 200);
  EXPECT_EQ(with({{"host", "127.0.0.1:8080"}, {"origin", "https://example.org"}}), 403);
  EXPECT_EQ(with({{"host", "127.0.0.1:8080"}, {"origin", "null"}}), 403);
  EXPECT_EQ(with({{"host", "rebound.example.org"}}), 403) << "a name that was bound to 127.0.0.1";
}

HttpRequest upload(const std::string& collection, const std::string& name, const std::string& content) {
  return {.method = "POST",
          .target = "/v1/collections/" + collection + "/documents",
          .headers = {{"content-type", "multipart/form-data; boundary=b"}},
          .body = "--b\r\nContent-Disposition: form-data; name=file; filename=\"" + name + "\"\r\n\r\n" +
                  content + "\r\n--b--\r\n"};
}

TEST_F(ApiTest, AnUploadIsAcceptedIngestedListedAndDeleted) {
  const Reply accepted = ask(upload("c", "C:\\temp\\a b.txt", "words"));
  EXPECT_EQ(accepted.head.status, 202) << accepted.body;
  EXPECT_EQ(accepted.json().at("id"), "a b.txt");
  EXPECT_EQ(accepted.json().at("state"), "queued");
  ASSERT_TRUE(documents_.wait_for_documents(1));
  EXPECT_EQ(get("/v1/collections/c/documents/a%20b.txt").json().at("served"), true);
  EXPECT_EQ(get("/v1/collections/c/documents").json().at("data").as_array().size(), 1U);
  const Reply gone = ask({.method = "DELETE", .target = "/v1/collections/c/documents/a%20b.txt"});
  EXPECT_EQ(gone.json().at("receipt").at("chunks"), 5);
  EXPECT_EQ(get("/v1/collections/c/documents/a%20b.txt").head.status, 404);
}

TEST_F(ApiTest, UploadsThatCannotBe) {
  EXPECT_EQ(ask(upload("c", "../x", "")).head.status, 202) << "only the last part of a client's path counts";
  EXPECT_EQ(ask(upload("c", "..", "")).head.status, 400);
  EXPECT_EQ(ask(upload("a%2fb", "x", "")).head.status, 400) << "a collection's name has no slash";
  HttpRequest cut = upload("c", "x", "words");
  cut.body.resize(cut.body.size() - 4);
  EXPECT_EQ(ask(cut).head.status, 400);
  HttpRequest empty = upload("c", "x", "words");
  empty.body.clear();
  EXPECT_EQ(ask(empty).head.status, 400);
  EXPECT_EQ(ask(upload("a%ff", "x", "")).head.status, 400) << "a collection's name is UTF-8";
  HttpRequest labelled = upload("c", "x", "words");
  labelled.body.insert(0, "--b\r\nContent-Disposition: form-data; name=label\r\n\r\n\xff\r\n");
  EXPECT_EQ(ask(labelled).head.status, 400) << "so is a label";
  EXPECT_EQ(get("/v1/collections/none/documents").head.status, 404);
  EXPECT_EQ(get("/v1/collections/c/documents?limit=0").head.status, 400);
}

TEST_F(ApiTest, AnUploadThatCannotBeIngestedNowIsTriedAgain) {
  documents_.set_failure(Error(Code::failed_precondition, "another process writes"));
  ask(upload("new", "a.txt", "x"));
  ASSERT_TRUE(documents_.wait_for([&] { return documents_.jobs >= 1; }));
  const json::value listed = get("/v1/collections/new/documents").json();
  EXPECT_EQ(listed.at("data").at(0).at("id"), "a.txt") << "it is not lost, though the store does not know it";
  documents_.set_failure(std::nullopt);
  EXPECT_TRUE(documents_.wait_for_documents(1));
}

TEST_F(ApiTest, ACollectionThatCannotBeIngestedHoldsUpNoOther) {
  documents_.set_failure(Error(Code::failed_precondition, "it has another embedder"), "stuck");
  ask(upload("stuck", "a.txt", "x"));
  ask(upload("c", "b.txt", "y"));
  ASSERT_TRUE(documents_.wait_for_documents(1));
  EXPECT_EQ(documents_.documents(), std::vector<std::string>{"b.txt"});
  EXPECT_EQ(get("/v1/collections/stuck/documents").json().at("data").at(0).at("state"), "queued");
}

TEST_F(ApiTest, AcceptedUploadsSurviveTheProcess) {
  documents_.hold(true);
  ask(upload("c", "a.txt", "x"));
  ask(upload("c", "b.txt", "y"));
  ASSERT_TRUE(documents_.wait_for([&] { return documents_.jobs >= 1; }));
  api_.reset();  // cancels the ingestion
  EXPECT_TRUE(documents_.documents().empty());
  documents_.hold(false);
  open();
  EXPECT_TRUE(documents_.wait_for_documents(2));
  const std::vector<std::string> names = documents_.documents();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), (std::set<std::string>{"a.txt", "b.txt"}));
}

TEST_F(ApiTest, WhileTheModelsLoadOnlyHealthIsOk) {
  StartingHandler starting(log_);
  const auto status = [&](const std::string& target) {
    RequestPlan plan = starting.plan({.method = "GET", .target = target});
    return plan.refusal ? plan.refusal->status : 0;
  };
  EXPECT_EQ(status("/healthz"), 200);
  EXPECT_EQ(status("/readyz"), 503);
  EXPECT_EQ(status("/v1/models"), 503);
  starting.hand_over(*api_);
  EXPECT_EQ(status("/v1/models"), 0);
}

// The description calls a name that takes the rest of the path as any other.
std::string without_dots(std::string_view pattern) {
  std::string out(pattern);
  std::erase(out, '.');
  return out;
}

TEST(Routes, TheDescriptionAndTheTableAgree) {
  const json::value described = json::parse(json::string_view(openapi_text().data(), openapi_text().size()));
  EXPECT_EQ(described.at("info").at("version"), LOADLINE_VERSION);
  std::set<std::string> in_description, in_table;
  for (const auto& [path, entry] : described.at("paths").as_object())
    for (const auto& [method, operation] : entry.as_object()) {
      std::string upper(method);
      for (char& c : upper) c = static_cast<char>(std::toupper(c));
      in_description.insert(upper + " " + std::string(path));
    }
  for (const RouteEntry& entry : route_table())
    for (const std::string_view method : {"GET", "POST", "PATCH", "DELETE"})
      if (allows_method(entry, method))
        in_table.insert(std::string(method) + " " +
                        (entry.pattern.find("...") == std::string_view::npos ? std::string(entry.pattern)
                                                                             : without_dots(entry.pattern)));
  EXPECT_EQ(in_description, in_table);
}

TEST(Routes, Matching) {
  EXPECT_EQ(match_route("/v1/models").route, Route::models);
  EXPECT_EQ(match_route("/v1/models/a/b").names, std::vector<std::string>{"a/b"});
  EXPECT_EQ(match_route("/v1/collections/a%2Fb/documents/x/y%20z").names,
            (std::vector<std::string>{"a/b", "x/y z"}));
  for (const char* none :
       {"", "/", "/v1", "/v1/models/", "/v1/collections//search", "/v1/collections/%zz/search", "/V1/models"})
    EXPECT_EQ(match_route(none).route, Route::none) << none;
  EXPECT_EQ(nearest_route("/v1/chat/completion"), "/v1/chat/completions");
  EXPECT_EQ(nearest_route("/models"), "/v1/models");
}

TEST(Sse, ALineBreakInDataStaysOneEvent) {
  std::string out;
  append_sse_event(out, "", "a\nb\r\nc\rd");
  EXPECT_EQ(out, "data: a\ndata: b\ndata: c\ndata: d\n\n");
}

}  // namespace
}  // namespace loadline

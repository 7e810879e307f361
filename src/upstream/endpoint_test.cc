#include "upstream/endpoint.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

Endpoint endpoint(Provider provider, std::string url = "https://models.example/v1") {
  auto opened = Endpoint::open({.provider = provider,
                                .base_url = std::move(url),
                                .model = "large/1:x",
                                .key = "secret",
                                .api_version = "",
                                .pass_headers = {"OpenAI-Organization"}});
  EXPECT_TRUE(opened.ok());
  return *opened;
}

TEST(Endpoint, TargetsOfEachProvider) {
  EXPECT_EQ(endpoint(Provider::openai).target(Dialect::openai_chat, false), "/v1/chat/completions");
  EXPECT_EQ(endpoint(Provider::openai).target(Dialect::openai_responses, true), "/v1/responses");
  EXPECT_EQ(endpoint(Provider::azure, "https://a.example").target(Dialect::openai_embeddings, false),
            "/openai/deployments/large%2F1:x/embeddings?api-version=2024-10-21");
  EXPECT_EQ(endpoint(Provider::anthropic).target(Dialect::anthropic_messages, true), "/v1/messages");
  EXPECT_EQ(endpoint(Provider::gemini).target(Dialect::gemini, true),
            "/v1/models/large%2F1:x:streamGenerateContent?alt=sse");
}

TEST(Endpoint, SpeaksTheClientsDialectWhereItCan) {
  EXPECT_EQ(endpoint(Provider::openai).dialect_for(Dialect::openai_responses), Dialect::openai_responses);
  EXPECT_EQ(endpoint(Provider::openai).dialect_for(Dialect::anthropic_messages), Dialect::openai_chat);
  EXPECT_EQ(endpoint(Provider::anthropic).dialect_for(Dialect::openai_chat), Dialect::anthropic_messages);
  EXPECT_EQ(endpoint(Provider::gemini).dialect_for(Dialect::openai_chat), Dialect::gemini);
}

TEST(Endpoint, OnlyListedHeadersPassAndNoCredentialsOfTheClient) {
  HttpRequest client;
  client.request_id = "req_1";
  client.headers = {{"authorization", "Bearer of-the-client"},
                    {"cookie", "c"},
                    {"anthropic-beta", "b"},
                    {"openai-organization", "org"}};
  std::vector<HttpField> fields;
  const Endpoint to = endpoint(Provider::anthropic);
  to.append_fields(client, Dialect::anthropic_messages, fields);
  std::string all;
  for (const HttpField& field : fields) all += std::string(field.name) + "=" + std::string(field.value) + ";";
  EXPECT_EQ(all,
            "content-type=application/json;x-request-id=req_1;anthropic-version=2023-06-01;x-api-key=secret;"
            "openai-organization=org;");
}

TEST(Endpoint, SomeHeadersCannotBeListed) {
  for (const char* name : {"Host", "Authorization", "x-api-key", "Cookie"}) {
    auto opened = Endpoint::open({.provider = Provider::openai,
                                  .base_url = "http://h/v1",
                                  .model = "m",
                                  .key = "",
                                  .api_version = "",
                                  .pass_headers = {name}});
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), Code::invalid_argument);
  }
}

TEST(Endpoint, RateLimitsReachTheClientAndNothingElseDoes) {
  HttpResponseHead head;
  head.fields = {{"retry-after", "7"},   {"x-ratelimit-remaining-tokens", "12"},
                 {"set-cookie", "x=y"},  {"server", "s"},
                 {"request-id", "up_1"}, {"anthropic-ratelimit-requests-limit", "50"}};
  std::vector<HttpHeader> passed;
  Endpoint::append_passed(head, passed);
  std::string all;
  for (const HttpHeader& header : passed) all += header.name + "=" + header.value + ";";
  EXPECT_EQ(all,
            "retry-after=7;x-ratelimit-remaining-tokens=12;x-upstream-request-id=up_1;"
            "anthropic-ratelimit-requests-limit=50;");
}

}  // namespace
}  // namespace loadline

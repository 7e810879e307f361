#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <future>

#include "observe/otlp.h"
#include "observe/trace_exporter.h"

namespace loadline {
namespace {

constexpr const char* parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceParent, ReadsAndWrites) {
  const auto context = parse_traceparent(parent);
  ASSERT_TRUE(context);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(traceparent(*context), parent);
  Rng random(1);
  const TraceContext child = new_span(*context, random);
  EXPECT_EQ(child.trace_id, context->trace_id);
  EXPECT_NE(child.span_id, context->span_id);
}

TEST(TraceParent, RefusesWhatIsNone) {
  for (std::string header :
       {std::string(""), std::string("00-0af7-b7ad-01"), "ff" + std::string(parent).substr(2),
        "00-" + std::string(32, '0') + "-b7ad6b7169203331-01", std::string(parent) + "-more",
        std::string(parent).replace(5, 1, "X"), std::string(parent).replace(5, 1, "F")})
    EXPECT_FALSE(parse_traceparent(header)) << header;
  EXPECT_TRUE(parse_traceparent("01" + std::string(parent).substr(2) + "-more"))
      << "a later version may say more";
}

Span span_named(std::string name) {
  Rng random(7);
  Span span;
  span.name = std::move(name);
  span.kind = SpanKind::client;
  span.context = new_trace(random);
  span.start_unix_nanos = 1'700'000'000'000'000'001;
  span.end_unix_nanos = 1'700'000'000'000'000'002;
  return span;
}

TEST(Otlp, IsTheCollectorsJson) {
  Span span = span_named("chat \"m\"\n");
  span.attributes = {{genai_name(GenAi::provider, GenAiVersion::v1_37), std::string("openai")},
                     {"n", std::int64_t{1} << 60},
                     {"x", 0.25},
                     {"b", true}};
  span.failed = true;
  span.failure = "cut";
  const auto json = boost::json::parse(otlp_json(std::vector{span, span}, "loadline", "1"));
  const auto& scope = json.at_pointer("/resourceSpans/0/scopeSpans/0");
  ASSERT_EQ(scope.at("spans").as_array().size(), 2U);
  const auto& first = scope.at("spans").at(0);
  EXPECT_EQ(first.at("name").as_string(), "chat \"m\"\n");
  EXPECT_EQ(first.at("traceId").as_string().size(), 32U);
  EXPECT_EQ(first.at("startTimeUnixNano").as_string(), "1700000000000000001");
  EXPECT_EQ(first.at_pointer("/attributes/0/key").as_string(), "gen_ai.provider.name");
  EXPECT_EQ(first.at_pointer("/attributes/1/value/intValue").as_string(), "1152921504606846976");
  EXPECT_EQ(first.at_pointer("/status/code").as_int64(), 2);
  EXPECT_FALSE(first.as_object().contains("parentSpanId"));
  EXPECT_EQ(genai_name(GenAi::provider, GenAiVersion::v1_30), "gen_ai.system");
  EXPECT_EQ(genai_name(GenAi::input_messages, GenAiVersion::v1_37), "gen_ai.input.messages");
  EXPECT_EQ(genai_name(GenAi::input_messages, GenAiVersion::v1_30), "");
  EXPECT_EQ(genai_provider(GenAiProvider::azure, GenAiVersion::v1_30), "az.ai.openai");
  EXPECT_EQ(genai_provider(GenAiProvider::azure, GenAiVersion::v1_37), "azure.ai.openai");
}

TEST(TraceExporter, SendsInBatchesAndTheRestAtTheEnd) {
  std::vector<std::size_t> batches;
  {
    TraceExporterOptions options;
    options.batch_time = std::chrono::hours(1);
    options.batch_spans = 10;
    std::promise<void> first;
    TraceExporter exporter(options, [&](std::string body) {
      const auto json = boost::json::parse(body);
      batches.push_back(json.at_pointer("/resourceSpans/0/scopeSpans/0/spans").as_array().size());
      if (batches.size() == 1) first.set_value();
      return Status();
    });
    for (int i = 0; i < 10; ++i) exporter.add(span_named("s"));
    first.get_future().wait();
    exporter.add(span_named("last"));
  }
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[0], 10U);
  EXPECT_EQ(batches[1], 1U);
}

TEST(TraceExporter, DropsWhatDoesNotFitAndCountsIt) {
  std::promise<void> busy, go;
  TraceExporterOptions options;
  options.batch_time = std::chrono::hours(1);
  options.batch_spans = 1;
  bool blocked = false;
  TraceExporter exporter(options, [&](std::string) -> Status {
    if (!blocked) {
      blocked = true;
      busy.set_value();
      go.get_future().wait();
    }
    return Error(Code::unavailable, "no collector");
  });
  exporter.add(span_named("first"));
  busy.get_future().wait();
  for (std::size_t i = 0; i < TraceExporterOptions::waiting_max + 5; ++i) exporter.add(span_named("s"));
  EXPECT_EQ(exporter.counts().dropped, 5U);
  go.set_value();
}

}  // namespace
}  // namespace loadline

// What reading, editing and translating cost, on one core: loadline_dialect_bench
//
// Bodies are generated: a chat of English-like text in messages of about 600 bytes, with some escapes; and a
// stream of OpenAI chunks with a few letters each, as servers send them. Beside the scan: Boost.JSON's parser
// into a monotonic arena, over the same bytes. Each figure is the best of several rounds.
#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "base/assert.h"
#include "dialect/dialect.h"
#include "dialect/sse_parser.h"
#include "dialect/stream_facts.h"
#include "dialect/stream_translator.h"
#include "dialect/translate.h"

namespace loadline {
namespace {

std::string text_of(std::size_t bytes, unsigned seed) {
  constexpr std::string_view words[] = {"the ",  "ferry ",   "leaves ", "harbour ", "at ",           "noon, ",
                                        "tide ", "table\\n", "and ",    "twelve ",  "\\\"seats\\\" "};
  std::string out;
  while (out.size() < bytes) {
    seed = seed * 1664525U + 1013904223U;
    out += words[(seed >> 16U) % std::size(words)];
  }
  return out;
}

std::string chat_of(std::size_t bytes) {
  std::string body =
      R"({"model":"harbour-1","temperature":0.7,"max_tokens":400,"messages":[{"role":"system","content":"You answer for the ferry line."})";
  for (unsigned i = 0; body.size() < bytes; ++i)
    body += std::string(R"(,{"role":")") + (i % 2 == 0 ? "user" : "assistant") + R"(","content":")" +
            text_of(600, i) + "\"}";
  return body + "]}";
}

std::string stream_of(int chunks) {
  std::string out;
  for (int i = 0; i < chunks; ++i)
    out +=
        R"(data: {"id":"chatcmpl-5f2a9c","object":"chat.completion.chunk","created":1790000000,"model":"harbour-1","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":" ferry"},"logprobs":null,"finish_reason":null}]})"
        "\n\n";
  return out +
         "data: "
         "{\"id\":\"chatcmpl-5f2a9c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}"
         "\n\ndata: [DONE]\n\n";
}

// Seconds of one call, the best of the rounds.
template <class Work>
double seconds(int calls, Work work) {
  double best = 1e9;
  for (int round = 0; round < 7; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; ++i) work();
    best = std::min(best,
                    std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / calls);
  }
  return best;
}

void measure_bodies() {
  for (const std::size_t size : {std::size_t{1} << 10U, std::size_t{100} << 10U, std::size_t{1} << 20U}) {
    const std::string body = chat_of(size);
    const int calls = static_cast<int>((std::size_t{32} << 20U) / body.size()) + 1;
    JsonIndex index;
    std::vector<unsigned char> arena(body.size() * 4);
    const double scan = seconds(calls, [&] { LOADLINE_ASSERT(index.scan(body).ok()); });
    const double boost = seconds(calls, [&] {
      boost::json::monotonic_resource memory(arena.data(), arena.size());
      LOADLINE_ASSERT(boost::json::parse(body, &memory).is_object());
    });
    const double read =
        seconds(calls, [&] { LOADLINE_ASSERT(read_request(Dialect::openai_chat, body).ok()); });
    const RequestFacts facts = read_request(Dialect::openai_chat, body).value();
    const double translate = seconds(calls, [&] {
      LOADLINE_ASSERT(
          translate_request(Dialect::openai_chat, Dialect::anthropic_messages, body, facts, {}).ok());
    });
    const double bytes = static_cast<double>(body.size());
    std::printf(
        "%8zu bytes: scan %7.2f us (%.2f GB/s), Boost.JSON %7.2f us, read_request %7.2f us, translate to "
        "Anthropic %7.2f us\n",
        body.size(), scan * 1e6, bytes / scan / 1e9, boost * 1e6, read * 1e6, translate * 1e6);
  }
}

template <class Take>
void each_event(std::string_view stream, Take take) {
  SseParser parser;
  for (std::size_t at = 0; at < stream.size(); at += 250) {  // about one event a read
    parser.feed(stream.substr(at, 250));
    for (auto event = parser.next(); event.ok() && *event; event = parser.next()) take(**event);
  }
}

void measure_streams() {
  constexpr int chunks = 2000;
  const std::string stream = stream_of(chunks);
  const double parse = seconds(20, [&] { each_event(stream, [](const SseEvent&) {}); });
  const double facts = seconds(20, [&] {
    StreamFacts reader(Dialect::openai_chat);
    each_event(stream, [&](const SseEvent& event) { reader.read(event); });
    LOADLINE_ASSERT(reader.is_terminated());
  });
  const double change = seconds(20, [&] {
    StreamFacts reader(Dialect::openai_chat);
    std::size_t bytes = 0;
    each_event(stream, [&](const SseEvent& event) {
      for (const AnswerText& text : reader.read(event).texts)
        bytes += with_text(event, text.raw, " boats").size();
    });
    LOADLINE_ASSERT(bytes > stream.size() / 2);
  });
  const double translate = seconds(20, [&] {
    StreamTranslator translator(Dialect::openai_chat, Dialect::anthropic_messages, {});
    std::string out;
    each_event(stream, [&](const SseEvent& event) { LOADLINE_ASSERT(translator.push(event, out).ok()); });
  });
  std::printf(
      "a chunk: parsed %.0f ns, with its facts %.0f ns, with its text changed %.0f ns, translated to "
      "Anthropic %.0f ns\n",
      parse / chunks * 1e9, facts / chunks * 1e9, change / chunks * 1e9, translate / chunks * 1e9);
}

}  // namespace
}  // namespace loadline

int main() {
  loadline::measure_bodies();
  loadline::measure_streams();
}

// Fuzz target: any bytes as a streamed answer. The first byte picks the dialects. Texts lie on strings or
// numbers of the event; changing them changes nothing else; what a translator gives out is a stream of the
// client's dialect.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "dialect/sse_parser.h"
#include "dialect/stream_facts.h"
#include "dialect/stream_translator.h"
#include "dialect/translate.h"

namespace {

using namespace loadline;

// Calls `take(event)` for each.
template <class Take>
void each_event(std::string_view stream, Take take) {
  SseParser parser;
  parser.feed(stream);
  parser.finish();
  for (auto event = parser.next(); event.ok() && *event; event = parser.next()) take(**event);
}

void check_facts(Dialect dialect, std::string_view stream) {
  StreamFacts facts(dialect);
  each_event(stream, [&](const SseEvent& event) {
    const EventFacts& seen = facts.read(event);
    std::vector<EventEdit> same;
    for (const AnswerText& text : seen.texts) {
      LOADLINE_ASSERT(text.raw.end <= event.data.size() && text.raw.size() >= 1);
      if (text.token == JsonKind::string && !text.is_key) same.push_back({text.raw, "new"});
      (void)text_event(dialect, text.channel, "held", event.data);
    }
    LOADLINE_ASSERT(!seen.is_malformed || seen.texts.empty());
    if (same.empty())
      LOADLINE_ASSERT(event.data.data() < event.raw.data() ||
                      event.data.data() > event.raw.data() + event.raw.size() ||
                      with_texts(event, same) == event.raw);
    (void)with_texts(event, same);
  });
  (void)facts.finish_events();
}

void check_translation(Dialect upstream, Dialect client, std::string_view stream) {
  StreamTranslator translator(upstream, client, {"m", true, 5});
  std::string out;
  each_event(stream, [&](const SseEvent& event) { (void)translator.push(event, out); });
  translator.cut(out);
  StreamFacts facts(client);
  each_event(out, [&](const SseEvent& event) { LOADLINE_ASSERT(!facts.read(event).is_malformed); });
  LOADLINE_ASSERT(facts.is_terminated());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto upstream = static_cast<Dialect>(data[0] % 6U);
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_facts(upstream, stream);
  for (const Dialect client : {Dialect::openai_chat, Dialect::openai_completions, Dialect::openai_responses,
                               Dialect::anthropic_messages})
    if (client != upstream && can_translate(client, upstream)) check_translation(upstream, client, stream);
  return 0;
}

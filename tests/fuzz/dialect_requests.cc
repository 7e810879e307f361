// Fuzz target: any bytes as a request or an answer. The first byte picks the dialects. Every place of a text
// lies on a JSON string, key or number; an edit of a body that is understood gives one that is; a translation
// is JSON that the other dialect's reader understands.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "dialect/dialect.h"
#include "dialect/translate.h"

namespace {

using namespace loadline;

void check_places(std::string_view body, const RequestFacts& facts) {
  std::size_t at = 0;
  for (const TextPlace& place : facts.texts) {
    LOADLINE_ASSERT(place.raw.begin >= at && place.raw.end <= body.size() && place.raw.size() >= 1);
    at = place.raw.end;
    const bool is_string = body[place.raw.begin] == '"' && body[place.raw.end - 1] == '"';
    LOADLINE_ASSERT(is_string == (place.token == JsonKind::string));
  }
}

void check_edits(Dialect dialect, std::string_view body, const RequestFacts& facts) {
  const std::string named = replace_model(body, facts, "other \"model\"");
  const Result<RequestFacts> again = read_request(dialect, named);
  LOADLINE_ASSERT(again.ok() && (dialect == Dialect::gemini || again->model == "other \"model\""));
  const bool has_limit = dialect != Dialect::openai_embeddings;
  const Result<RequestFacts> limited = read_request(dialect, set_output_limit(body, facts, 17));
  LOADLINE_ASSERT(limited.ok() && (!has_limit || limited->output_limit == 17U));
  LOADLINE_ASSERT(read_request(dialect, force_usage(body, facts)).ok());
  const Result<std::string> prefilled = with_prefill(body, facts, "so far");
  LOADLINE_ASSERT(!prefilled.ok() || read_request(dialect, *prefilled).ok());
  std::vector<JsonEdit> edits;
  for (const TextPlace& place : facts.texts)
    if (!place.is_key) edits.push_back({place.raw, "\"x\""});
  LOADLINE_ASSERT(read_request(dialect, edited(body, std::move(edits))).ok() || facts.has_token_ids);
}

// A translation may put a schema some levels deeper than it was: too deep is the one thing that may be wrong
// with it.
bool is_understood(Dialect dialect, std::string_view body) {
  const Result<RequestFacts> facts = read_request(dialect, body);
  return facts.ok() || facts.error().message().find("nested too deeply") != std::string::npos;
}

void check_request(Dialect dialect, std::string_view body) {
  const Result<RequestFacts> facts = read_request(dialect, body);
  if (!facts.ok()) return;
  check_places(body, *facts);
  check_edits(dialect, body, *facts);
  for (const Dialect upstream : {Dialect::openai_chat, Dialect::anthropic_messages, Dialect::gemini}) {
    const Result<Translated> out = translate_request(dialect, upstream, body, *facts, {});
    if (out.ok()) LOADLINE_ASSERT(is_understood(upstream, out->body));
  }
}

void check_answer(Dialect upstream, std::string_view body) {
  (void)read_answer(upstream, body);
  for (const Dialect client : {Dialect::openai_chat, Dialect::openai_completions, Dialect::openai_responses,
                               Dialect::anthropic_messages}) {
    const Result<Translated> out = translate_response(upstream, client, body, {});
    if (out.ok() && upstream != client)
      LOADLINE_ASSERT(read_answer(client, out->body).ok() || body.size() > json_scan_depth_max);
    JsonIndex index;
    if (upstream != client) LOADLINE_ASSERT(index.scan(translate_error(upstream, client, 500, body)).ok());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto dialect = static_cast<Dialect>(data[0] % 6U);
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_request(dialect, body);
  check_answer(dialect, body);
  return 0;
}

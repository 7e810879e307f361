#pragma once
// The model APIs that the fake upstream speaks: what it understands of a request, and answers in the same
// dialect that repeat it, so that a test sees whether a translation lost something. Pure functions.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fake_script.h"

namespace loadline {

enum class FakeDialect : std::uint8_t {
  chat,
  completions,
  embeddings,
  responses,
  anthropic,
  gemini,
  gemini_embeddings,
  models,
  unknown
};

struct FakeRequest {
  FakeDialect dialect = FakeDialect::unknown;
  std::string model;
  bool stream = false;
  bool sse = true;           // of Gemini: alt=sse, else a JSON array
  bool usage_wanted = true;  // of a chat stream: stream_options.include_usage
  bool schema = false;       // the answer must be JSON
  std::string system, user;  // texts of the instructions; of the last message
  std::vector<std::string> tools;
  std::string tool_result;
  std::uint32_t turns = 0, images = 0;
  std::vector<std::string> inputs;  // to embed
  std::uint64_t prompt_tokens = 0;  // words of all texts
  std::optional<std::uint64_t> output_tokens_max;
  std::string problem;  // not empty: it cannot be answered (400)
};

FakeRequest read_fake_request(std::string_view target, std::string_view body);

/// A piece of a body that makes sense by itself: an event of a stream, or a whole answer.
struct FakeEvent {
  std::string bytes;
  std::uint64_t tokens = 0;  // of the answer that it carries
};

struct FakeAnswer {
  int status = 200;
  std::string content_type = "application/json";
  bool stream = false;
  std::vector<FakeEvent> events;
};

/// The echo, or what `fault` says. `number` makes ids: equal numbers, equal answers.
FakeAnswer make_fake_answer(const FakeRequest& request, const FakeFault& fault, std::uint64_t number);
/// An error in the dialect.
FakeAnswer make_fake_error(FakeDialect dialect, int status, std::string_view message);
std::uint64_t count_words(std::string_view text);

}  // namespace loadline

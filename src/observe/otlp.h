#pragma once
// Spans as OTLP/HTTP JSON (OpenTelemetry protocol 1.3, "ExportTraceServiceRequest"). Pure functions.
#include <span>
#include <string>
#include <string_view>

#include "observe/span.h"

namespace loadline {

/// The attribute names of the GenAI semantic conventions changed over their versions; what a back-end expects
/// is a setting. Names of both are listed in otlp.cc.
enum class GenAiVersion : std::uint8_t { v1_30, v1_37 };
std::optional<GenAiVersion> genai_version_named(std::string_view name);  // "1.30", "1.37"

/// What of a call a span tells, by what it means; the version decides the name.
enum class GenAi : std::uint8_t {
  operation,  // "chat", "embeddings" ...
  provider,   // "openai", "anthropic" ...
  request_model,
  response_model,
  input_tokens,
  output_tokens,
  max_tokens,
  finish_reason,
  input_messages,   // content, where the operator wants it: masked
  output_messages,  // the same
};
/// "": that version has no attribute for it.
std::string_view genai_name(GenAi what, GenAiVersion version);
/// Providers, as the gateway knows them, and what each version calls them.
enum class GenAiProvider : std::uint8_t { own, openai, azure, anthropic, gemini };
std::string_view genai_provider(GenAiProvider provider, GenAiVersion version);

/// The body of one POST to /v1/traces.
std::string otlp_json(std::span<const Span> spans, std::string_view service, std::string_view version);

}  // namespace loadline

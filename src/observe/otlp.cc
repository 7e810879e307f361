#include "observe/otlp.h"

#include <cstdio>

namespace loadline {
namespace {

struct Names {
  std::string_view v1_30, v1_37;
};
// By GenAi. 1.37 renamed gen_ai.system to gen_ai.provider.name; the others kept their names.
constexpr Names names[] = {{"gen_ai.operation.name", "gen_ai.operation.name"},
                           {"gen_ai.system", "gen_ai.provider.name"},
                           {"gen_ai.request.model", "gen_ai.request.model"},
                           {"gen_ai.response.model", "gen_ai.response.model"},
                           {"gen_ai.usage.input_tokens", "gen_ai.usage.input_tokens"},
                           {"gen_ai.usage.output_tokens", "gen_ai.usage.output_tokens"},
                           {"gen_ai.request.max_tokens", "gen_ai.request.max_tokens"},
                           {"gen_ai.response.finish_reasons", "gen_ai.response.finish_reasons"}};

void append_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  out += '"';
}

template <std::size_t n>
void append_id(std::string& out, const std::array<std::uint8_t, n>& bytes) {
  out += '"';
  for (const std::uint8_t byte : bytes) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  out += '"';
}

void append_attribute(std::string& out, const SpanAttribute& attribute) {
  out += R"({"key":)";
  append_text(out, attribute.name);
  out += R"(,"value":{)";
  if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    out += R"("stringValue":)";
    append_text(out, *text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&attribute.value)) {
    out += R"("intValue":")" + std::to_string(*integer) + '"';  // 64 bits do not fit JSON numbers
  } else if (const auto* number = std::get_if<double>(&attribute.value)) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.9g", *number);
    out += R"("doubleValue":)";
    out += digits;
  } else {
    out += std::get<bool>(attribute.value) ? R"("boolValue":true)" : R"("boolValue":false)";
  }
  out += "}}";
}

void append_span(std::string& out, const Span& span) {
  out += R"({"traceId":)";
  append_id(out, span.context.trace_id);
  out += R"(,"spanId":)";
  append_id(out, span.context.span_id);
  if (span.parent != std::array<std::uint8_t, 8>{}) {
    out += R"(,"parentSpanId":)";
    append_id(out, span.parent);
  }
  out += R"(,"name":)";
  append_text(out, span.name);
  out += R"(,"kind":)" + std::to_string(static_cast<int>(span.kind));
  out += R"(,"startTimeUnixNano":")" + std::to_string(span.start_unix_nanos) + '"';
  out += R"(,"endTimeUnixNano":")" + std::to_string(span.end_unix_nanos) + R"(","attributes":[)";
  for (std::size_t i = 0; i < span.attributes.size(); ++i) {
    if (i > 0) out += ',';
    append_attribute(out, span.attributes[i]);
  }
  out += ']';
  if (span.failed) {
    out += R"(,"status":{"code":2,"message":)";
    append_text(out, span.failure);
    out += '}';
  }
  out += '}';
}

}  // namespace

std::optional<GenAiVersion> genai_version_named(std::string_view name) {
  if (name == "1.30") return GenAiVersion::v1_30;
  if (name == "1.37") return GenAiVersion::v1_37;
  return std::nullopt;
}

std::string_view genai_name(GenAi what, GenAiVersion version) {
  const Names& name = names[static_cast<std::size_t>(what)];
  return version == GenAiVersion::v1_30 ? name.v1_30 : name.v1_37;
}

std::string otlp_json(std::span<const Span> spans, std::string_view service, std::string_view version) {
  std::string out = R"({"resourceSpans":[{"resource":{"attributes":[)";
  append_attribute(out, {"service.name", std::string(service)});
  out += ',';
  append_attribute(out, {"service.version", std::string(version)});
  out += R"(]},"scopeSpans":[{"scope":{"name":"loadline"},"spans":[)";
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (i > 0) out += ',';
    append_span(out, spans[i]);
  }
  out += "]}]}]}";
  return out;
}

}  // namespace loadline

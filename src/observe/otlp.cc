#include "observe/otlp.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace loadline {
namespace {

struct Names {
  std::string_view v1_30, v1_37;
};
// By GenAi. 1.37 renamed gen_ai.system to gen_ai.provider.name, and made attributes of the messages, which
// were log events before; the others kept their names.
constexpr Names names[] = {{"gen_ai.operation.name", "gen_ai.operation.name"},
                           {"gen_ai.system", "gen_ai.provider.name"},
                           {"gen_ai.request.model", "gen_ai.request.model"},
                           {"gen_ai.response.model", "gen_ai.response.model"},
                           {"gen_ai.usage.input_tokens", "gen_ai.usage.input_tokens"},
                           {"gen_ai.usage.output_tokens", "gen_ai.usage.output_tokens"},
                           {"gen_ai.request.max_tokens", "gen_ai.request.max_tokens"},
                           {"gen_ai.response.finish_reasons", "gen_ai.response.finish_reasons"},
                           {"", "gen_ai.input.messages"},
                           {"", "gen_ai.output.messages"}};
// By GenAiProvider.
constexpr Names providers[] = {{"loadline", "loadline"},
                               {"openai", "openai"},
                               {"az.ai.openai", "azure.ai.openai"},
                               {"anthropic", "anthropic"},
                               {"gemini", "gcp.gemini"}};

bool stays(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

void append_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto stop = std::find_if_not(text.begin(), text.end(), stays);
    const auto plain = static_cast<std::size_t>(stop - text.begin());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    char escape[8];
    if (text.front() == '"' || text.front() == '\\')
      std::snprintf(escape, sizeof escape, "\\%c", text.front());
    else
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned char>(text.front()));
    out += escape;
    text.remove_prefix(1);
  }
  out += '"';
}

void append_integer(std::string& out, std::int64_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
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
    out += R"("intValue":")";  // 64 bits do not fit JSON numbers
    append_integer(out, *integer);
    out += '"';
  } else if (const auto* number = std::get_if<double>(&attribute.value)) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.9g", *number);
    out += R"("doubleValue":)";
    out += digits;
  } else if (const auto* texts = std::get_if<std::vector<std::string>>(&attribute.value)) {
    out += R"("arrayValue":{"values":[)";
    for (std::size_t i = 0; i < texts->size(); ++i) {
      out += i > 0 ? R"(,{"stringValue":)" : R"({"stringValue":)";
      append_text(out, (*texts)[i]);
      out += '}';
    }
    out += "]}";
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
  out += R"(,"kind":)";
  append_integer(out, static_cast<int>(span.kind));
  out += R"(,"startTimeUnixNano":")";
  append_integer(out, span.start_unix_nanos);
  out += R"(","endTimeUnixNano":")";
  append_integer(out, span.end_unix_nanos);
  out += R"(","attributes":[)";
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

std::string_view genai_provider(GenAiProvider provider, GenAiVersion version) {
  const Names& name = providers[static_cast<std::size_t>(provider)];
  return version == GenAiVersion::v1_30 ? name.v1_30 : name.v1_37;
}

std::string_view genai_name(GenAi what, GenAiVersion version) {
  const Names& name = names[static_cast<std::size_t>(what)];
  return version == GenAiVersion::v1_30 ? name.v1_30 : name.v1_37;
}

std::string otlp_json(std::span<const Span> spans, std::string_view service, std::string_view version) {
  constexpr std::size_t span_bytes = 1024;  // about what one takes
  std::string out;
  out.reserve(span_bytes * (spans.size() + 1));
  out += R"({"resourceSpans":[{"resource":{"attributes":[)";
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

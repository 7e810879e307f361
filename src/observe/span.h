#pragma once
// Spans of traces as plain values, and the context that ties them to the caller's trace (W3C Trace Context).
// Holds what a request or an answer says only where the operator wants that, and then masked.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/rng.h"

namespace loadline {

struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};
  bool sampled = true;
};

/// Of a `traceparent` header, version 00 and later ones that begin the same way. Nothing: it is none.
std::optional<TraceContext> parse_traceparent(std::string_view header);
/// "00-<trace>-<span>-01".
std::string traceparent(const TraceContext& context);
/// A new trace. Ids need not be secret.
TraceContext new_trace(Rng& random);
/// A new span of the same trace.
TraceContext new_span(const TraceContext& parent, Rng& random);

struct SpanAttribute {
  std::string_view name;  // of static storage
  std::variant<std::string, std::int64_t, double, bool, std::vector<std::string>> value;
};

enum class SpanKind : std::uint8_t { internal = 1, server = 2, client = 3 };

struct Span {
  std::string name;
  SpanKind kind = SpanKind::internal;
  TraceContext context;
  std::array<std::uint8_t, 8> parent{};  // zeros: none
  std::int64_t start_unix_nanos = 0, end_unix_nanos = 0;
  std::vector<SpanAttribute> attributes;
  bool failed = false;
  std::string failure;  // a word, never content
};

}  // namespace loadline

#include "observe/span.h"

#include <algorithm>

namespace loadline {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool read_hex(std::string_view text, std::uint8_t* out) {
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return false;
    *out++ = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

template <std::size_t n>
void append_hex(std::string& out, const std::array<std::uint8_t, n>& bytes) {
  for (const std::uint8_t byte : bytes) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
}

template <std::size_t n>
bool is_zero(const std::array<std::uint8_t, n>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

template <std::size_t n>
void fill(std::array<std::uint8_t, n>& bytes, Rng& random) {
  for (std::size_t i = 0; i < n; i += 4) {
    const std::uint32_t bits = random.next();
    for (std::size_t j = 0; j < 4; ++j) bytes[i + j] = static_cast<std::uint8_t>(bits >> (8 * j));
  }
  if (is_zero(bytes)) bytes[0] = 1;  // all zeros means none
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view header) {
  // 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
  constexpr std::size_t size = 55;
  if (header.size() < size || header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  std::uint8_t version = 0, flags = 0;
  TraceContext context;
  if (!read_hex(header.substr(0, 2), &version) || version == 0xFF ||
      !read_hex(header.substr(3, 32), context.trace_id.data()) ||
      !read_hex(header.substr(36, 16), context.span_id.data()) || !read_hex(header.substr(53, 2), &flags))
    return std::nullopt;
  if (is_zero(context.trace_id) || is_zero(context.span_id)) return std::nullopt;
  if (header.size() > size && (version == 0 || header[size] != '-')) return std::nullopt;
  context.sampled = (flags & 1U) != 0;
  return context;
}

std::string traceparent(const TraceContext& context) {
  std::string out = "00-";
  append_hex(out, context.trace_id);
  out += '-';
  append_hex(out, context.span_id);
  out += context.sampled ? "-01" : "-00";
  return out;
}

TraceContext new_trace(Rng& random) {
  TraceContext context;
  fill(context.trace_id, random);
  fill(context.span_id, random);
  return context;
}

TraceContext new_span(const TraceContext& parent, Rng& random) {
  TraceContext context = parent;
  fill(context.span_id, random);
  return context;
}

}  // namespace loadline

#include "base/log.h"

#include <cmath>
#include <cstdio>

#include "base/utf8.h"

namespace loadline {
namespace {

void append_escaped(std::string& out, char32_t c) {
  char buffer[8];
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (c < 0x20 || c == 0x7f) {
    std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(c));
    out += buffer;
  } else {
    append_utf8(out, c);
  }
}

std::string value_text(const LogField& field) {
  if (const auto* text = std::get_if<std::string>(&field.value)) return json_quoted(*text);
  if (const auto* integer = std::get_if<std::int64_t>(&field.value)) return std::to_string(*integer);
  if (const auto* flag = std::get_if<bool>(&field.value)) return *flag ? "true" : "false";
  const double number = std::get<double>(field.value);
  if (!std::isfinite(number)) return "null";
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.6g", number);
  return buffer;
}

constexpr std::string_view level_names[] = {"debug", "info", "warning", "error"};

}  // namespace

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) append_escaped(out, next_code_point(text, at));
  out += '"';
  return out;
}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < least_) return;
  std::string line = "{\"ts\":" + std::to_string(clock_.unix_millis());
  line += ",\"level\":\"";
  line += level_names[static_cast<int>(level)];
  line += "\",\"event\":" + json_quoted(event);
  for (const LogField& field : fields) {
    line += ',';
    line += json_quoted(field.name);
    line += ':';
    line += value_text(field);
  }
  line += '}';
  std::lock_guard lock(mutex_);
  sink_(line);
}

}  // namespace loadline

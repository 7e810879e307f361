#pragma once
// The log facade: one JSON object a line, to a sink that the program chooses. Fields are named values; text
// from documents, prompts and keys never goes in (there is no way to pass "the message body").
//
//   log.info("document_ingested", {{"document_id", id}, {"pages", pages}});
//
// Thread-safe.
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"

namespace loadline {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

struct LogField {
  std::string_view name;
  std::variant<std::string, std::int64_t, double, bool> value;

  LogField(std::string_view n, std::string_view v) : name(n), value(std::string(v)) {}
  LogField(std::string_view n, const char* v) : name(n), value(std::string(v)) {}
  LogField(std::string_view n, const std::string& v) : name(n), value(v) {}
  LogField(std::string_view n, bool v) : name(n), value(v) {}
  LogField(std::string_view n, double v) : name(n), value(v) {}
  template <class I, class = std::enable_if_t<std::is_integral_v<I> && !std::is_same_v<I, bool>>>
  LogField(std::string_view n, I v) : name(n), value(static_cast<std::int64_t>(v)) {}
};

class Log {
 public:
  using Sink =
      std::function<void(std::string_view line)>;  // called with one line without its newline, serialised

  Log(const Clock& clock, LogLevel least, Sink sink) : clock_(clock), least_(least), sink_(std::move(sink)) {}

  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);
  void debug(std::string_view event, std::initializer_list<LogField> f = {}) {
    write(LogLevel::debug, event, f);
  }
  void info(std::string_view event, std::initializer_list<LogField> f = {}) {
    write(LogLevel::info, event, f);
  }
  void warning(std::string_view event, std::initializer_list<LogField> f = {}) {
    write(LogLevel::warning, event, f);
  }
  void error(std::string_view event, std::initializer_list<LogField> f = {}) {
    write(LogLevel::error, event, f);
  }

 private:
  const Clock& clock_;
  const LogLevel least_;
  std::mutex mutex_;
  Sink sink_;  // guarded by mutex_
};

/// `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
std::string json_quoted(std::string_view text);

}  // namespace loadline

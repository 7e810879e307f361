#pragma once
// A streamed answer from one dialect into another, event by event. The text of all its events is the text of
// the whole answer translated (translate_response): both go through the same neutral pieces (chat_form.h).
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.h"
#include "dialect/sse_parser.h"

namespace loadline {

/// Data of one stream's events. Some dialects repeat the whole answer at the end, so it is kept.
inline constexpr std::uint64_t stream_answer_bytes_max = 64U << 20U;

struct StreamOptions {
  std::string model;                 // the name the client sees if the upstream does not give one
  bool include_usage = false;        // OpenAI clients only get usage if they asked
  std::int64_t created_seconds = 0;  // for dialects that date their events
};

/// One stream. Not for use by two threads at once. After finish, cut or fail nothing more comes out.
class StreamTranslator {
 public:
  StreamTranslator(Dialect upstream, Dialect client, StreamOptions options);
  ~StreamTranslator();
  StreamTranslator(StreamTranslator&&) noexcept;
  StreamTranslator& operator=(StreamTranslator&&) noexcept;

  /// Appends the client's events for one of the upstream's (none, one or several). invalid_argument: the
  /// event is malformed; it is skipped and the stream may go on.
  Status push(const SseEvent& event, std::string& out);
  /// The upstream's stream ended. If it did so without its terminal event, nothing is made up: call cut() or
  /// fail().
  bool is_terminated() const;

  /// Ends the stream at our limit: finish reason `length`, usage so far, the terminal event.
  void cut(std::string& out);
  /// Ends the stream with a typed error event.
  void fail(int status, std::string_view code, std::string_view message, std::string& out);

  const UsageFacts& usage() const;
  std::optional<FinishKind> finish() const;
  /// What could not be carried over, each once.
  const std::vector<std::string>& losses() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loadline

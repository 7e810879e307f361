#pragma once
// A streamed answer on its way from an upstream to the client, bytes in and bytes out: events are read,
// texts guarded, the dialect changed if it must be, and what matters for the account noted. Knows no socket.
//
// An event that nothing has to change leaves with the very bytes it came with. One pump lives as long as the
// client's stream; a second upstream that continues a broken stream is fed after `resume`. One thread.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dialect/stream_facts.h"
#include "dialect/stream_translator.h"

namespace loadline {

/// What looks at an answer's texts. Pieces of one channel are one text; channels are never joined.
class AnswerGuard {
 public:
  virtual ~AnswerGuard() = default;
  /// Appends what may be released of all that was fed on this channel. An error blocks the answer; its
  /// message is shown to the client.
  virtual Status feed(const Channel& channel, std::string_view piece, std::string& released) = 0;
  /// The channel is at its end: appends what was held back.
  virtual Status finish(const Channel& channel, std::string& released) = 0;
  /// A text that stands for itself: appends it as it may be shown.
  virtual Status whole(std::string_view text, std::string& shown) = 0;
};

struct PumpOptions {
  Dialect upstream = Dialect::openai_chat;
  Dialect client = Dialect::openai_chat;
  StreamOptions stream;
  AnswerGuard* guard = nullptr;  // none: texts are not looked at; must outlive the pump
  /// Delivered text is kept for a continuation, up to this; 0: not at all.
  std::size_t keep_bytes_max = 0;
  /// Delivered text is kept for a trace, up to this.
  std::size_t trace_bytes_max = 0;
};

class AnswerPump {
 public:
  static constexpr std::uint64_t bytes_per_token = 4;  // of an estimate where the upstream does not tell

  explicit AnswerPump(PumpOptions options);
  ~AnswerPump();

  enum class State : std::uint8_t {
    open,
    whole,    // the terminal event is out
    failed,   // the upstream sent an error event: see error()
    blocked,  // by the guard: see error()
    broken,   // not a stream of this dialect
  };
  /// Takes bytes as they come, appends the client's. After any state but `open` nothing is taken.
  State feed(std::string_view bytes, std::string& out);
  /// The upstream's body is at its end: `whole`, or still `open` if the stream was cut.
  State finish(std::string& out);

  /// Another upstream goes on with the same answer, in the same dialect.
  void resume();

  /// Ends the client's stream with a typed error. What was held back is not delivered.
  void fail(int status, std::string_view code, std::string_view message, std::string& out);
  /// Ends the client's stream with the finish reason "length".
  void cut(std::string& out);

  State state() const { return state_; }
  const std::optional<Error>& error() const { return error_; }
  /// After `failed`: the upstream's error event as it came.
  const std::string& error_event_raw() const { return error_raw_; }
  /// After `failed`: what it says.
  const std::string& error_words() const { return error_words_; }
  /// Of the upstream that is fed now.
  const UsageFacts& usage() const { return usage_; }
  std::optional<FinishKind> finish_kind() const { return finish_; }
  /// Text that went out, of all channels.
  std::uint64_t delivered_bytes() const { return delivered_bytes_; }
  std::uint64_t estimated_tokens() const {
    return (delivered_bytes_ + bytes_per_token - 1) / bytes_per_token;
  }
  /// The text channel of the first choice as it was delivered; none: it cannot be continued (too long, or
  /// there was more than text).
  std::optional<std::string_view> continuable_text() const;
  /// What was delivered of texts, all choices one after the other as they came; the first trace_bytes_max
  /// bytes.
  const std::string& traced_text() const { return traced_; }
  std::uint32_t malformed_events() const { return malformed_; }
  const std::vector<std::string>& losses() const;

 private:
  struct OpenChannel {
    Channel channel;
    std::string like;  // data of its last event: the form of what is flushed
  };
  State take_events(std::string& out);
  void take_event(const SseEvent& event, std::string& out);
  bool repeats_the_start(const SseEvent& event, const EventFacts& facts) const;
  void note(const EventFacts& facts);
  bool guard_event(const SseEvent& event, const EventFacts& facts, std::string& out);
  bool look_at_nothing(const SseEvent& event, const EventFacts& facts, std::string& out);
  Status look(const AnswerText& text, bool ends, std::string_view data);
  bool flush(const Channel& channel, std::string& out);
  bool flush_all(std::string& out);
  void forward(const SseEvent& event, const EventFacts& facts, std::string& out);
  void forward_changed(std::string_view raw, const EventFacts& facts, std::string& out);
  void delivered(const Channel& channel, std::string_view text);
  void block(Error error);

  const PumpOptions options_;
  const bool translates_;
  std::unique_ptr<SseParser> parser_;
  std::unique_ptr<StreamFacts> facts_;
  std::optional<StreamTranslator> translator_;
  std::vector<OpenChannel> channels_;  // with text that may be held back
  State state_ = State::open;
  std::optional<Error> error_;
  std::string error_raw_, error_words_;
  UsageFacts usage_;
  std::optional<FinishKind> finish_;
  std::uint64_t delivered_bytes_ = 0;
  std::string kept_, traced_;
  bool continuable_ = true;
  bool resumed_ = false;
  std::uint32_t malformed_ = 0;
  std::string scratch_, released_;
};

}  // namespace loadline

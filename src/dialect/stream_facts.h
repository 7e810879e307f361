#pragma once
// What a streamed answer says, event by event, with byte ranges: for streams that pass in their own dialect
// while guards read (and change) exactly the texts in them. Allocates nothing once warm.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.h"
#include "dialect/json_scan.h"
#include "dialect/sse_parser.h"

namespace loadline {

struct EventFacts {
  std::vector<AnswerText> texts;  // ranges are into event.data
  std::vector<Channel> closed;    // channels that end with this event: flush held-back text before it
  UsageFacts usage;               // what this event says
  std::optional<FinishKind> finish;
  bool is_usage_only = false;  // OpenAI's extra chunk with no choices: strip it if the client did not ask
  bool is_terminal = false;    // [DONE], message_stop, response.completed ...
  bool is_error = false;       // a typed error event of the upstream
  bool is_malformed = false;   // data is no JSON of this dialect: skip it and count it
  std::string error_message;   // of is_error: the upstream's words
};

/// One stream's reader. Not for use by two threads at once.
class StreamFacts {
 public:
  explicit StreamFacts(Dialect dialect) : dialect_(dialect) {}

  /// Good until the next call.
  const EventFacts& read(const SseEvent& event);

  /// Over the whole stream so far.
  const UsageFacts& usage() const { return usage_; }
  std::optional<FinishKind> finish() const { return finish_; }
  const std::string& model() const { return model_; }
  const std::string& id() const { return id_; }
  bool is_terminated() const { return is_terminated_; }

  /// The end of a stream that we cut at its limit: what closes open parts, a finish reason `length`, and the
  /// terminal event, in this dialect.
  std::string finish_events() const;

 private:
  void read_openai_chunk(JsonView root, bool is_chat);
  void read_responses(JsonView root);
  void read_anthropic(JsonView root);
  void read_gemini(JsonView root);
  void piece(JsonView value, Channel channel);
  void whole(JsonView value, Channel channel);
  void close(bool (*matches)(const Channel&, std::uint32_t), std::uint32_t number);

  const Dialect dialect_;
  JsonIndex index_;
  EventFacts event_;
  std::vector<Channel> open_;
  UsageFacts usage_;
  std::optional<FinishKind> finish_;
  std::string model_;
  std::string id_;
  std::string created_;  // raw number
  bool is_terminated_ = false;
};

/// A text that takes the place of a range of an event's data.
struct EventEdit {
  ByteRange raw;  // AnswerText::raw
  std::string_view text;
};
/// The event's raw bytes with the texts put in; all else as it was.
std::string with_texts(const SseEvent& event, std::span<const EventEdit> edits);
std::string with_text(const SseEvent& event, ByteRange raw, std::string_view text);

/// The event without its usage, for a client that did not ask for it: "" if there is nothing else in it
/// (OpenAI's extra chunk), the raw bytes if it has none.
std::string without_usage(Dialect dialect, const SseEvent& event, const EventFacts& facts);

/// An event that carries a piece of `text` on `channel`, in the form of `like` (an earlier event of this
/// stream with a piece on this channel): for text that was held back and must go before the channel closes.
std::string text_event(Dialect dialect, const Channel& channel, std::string_view text,
                       std::string_view like_data);

/// The event that ends a stream in failure. `code`: a word for programs, "upstream_failed".
std::string error_event(Dialect dialect, int status, std::string_view code, std::string_view message);

}  // namespace loadline

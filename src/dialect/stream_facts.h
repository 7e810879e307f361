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

/// Channels open at once in one stream; later ones are still read, but not reported as closed.
inline constexpr std::size_t stream_channels_max = 1024;

struct EventFacts {
  std::vector<AnswerText> texts;  // ranges are into event.data
  /// Channels that end with this event. Text held back for one must go out before it; a text of the event
  /// itself on such a channel is its last piece.
  std::vector<Channel> closed;
  UsageFacts usage;  // what this event says
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
  void read_object(std::string_view name);
  void read_openai(JsonView root);
  void read_openai_choice(JsonView choice);
  void read_responses(JsonView root);
  void read_responses_piece(std::string_view type, JsonView root);
  void read_responses_end(JsonView response);
  void read_anthropic(std::string_view type, JsonView root);
  void read_anthropic_delta(JsonView delta, std::uint32_t block);
  void read_gemini(JsonView root);
  void read_head(JsonView id, JsonView model, JsonView created);
  void piece(JsonView value, const Channel& channel);
  void open(const Channel& channel);
  void close_if(bool (*matches)(const Channel&, std::uint32_t), std::uint32_t number);
  void error(JsonView words);
  void terminate();

  // Constant after construction.
  const Dialect dialect_;
  // Of the event read last.
  JsonIndex index_;
  EventFacts event_;
  std::string scratch_;
  // Of the whole stream.
  std::vector<Channel> open_;
  UsageFacts usage_;
  std::optional<FinishKind> finish_;
  std::string model_;
  std::string id_;
  std::string created_;  // the number as it came
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

/// The event for a client that did not ask for usage: "" if it is OpenAI's extra chunk (is_usage_only), else
/// its raw bytes; a choice or a message that also carries usage stays as it is.
std::string_view without_usage(Dialect dialect, const SseEvent& event, const EventFacts& facts);

/// An event that carries a piece of `text` on `channel`, in the form of `like` (an earlier event of this
/// stream with a piece on this channel): for text that was held back and must go before the channel closes.
std::string text_event(Dialect dialect, const Channel& channel, std::string_view text,
                       std::string_view like_data);

/// The event that ends a stream in failure. `code`: a word for programs, "upstream_failed".
std::string error_event(Dialect dialect, int status, std::string_view code, std::string_view message);

}  // namespace loadline

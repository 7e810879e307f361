#pragma once
// A chat answer as server-sent events, in the chunks of the OpenAI API. The stream begins with the first
// piece, so that what fails before it is an ordinary error answer with its own status.
//
// After the answer's last piece come: a chunk with finish_reason and our extension, a chunk with usage if it
// was asked for, and [DONE]. What fails in the middle becomes an event {"error":...}, and the stream ends.
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "api/api_error.h"
#include "api/chat_json.h"
#include "net/http_handler.h"

namespace loadline {

/// What the guard said of passages, for the answer's head: x-loadline-quarantined, x-loadline-unchecked.
std::vector<HttpHeader> headers_of(const PassageCheck& check);

/// The bytes of one event stream; shared by chat and text completions.
class EventStream {
 public:
  explicit EventStream(HttpExchange& exchange) : exchange_(exchange) {}

  /// Begins the stream if it has not begun. False: nobody reads any more, or too slowly.
  bool send(const boost::json::object& event);
  /// [DONE] after `last` events.
  void finish(const std::vector<boost::json::object>& last);
  /// As the answer's status if nothing was sent yet, else as an event; ends the stream.
  void fail(const ApiError& error, int retry_after_seconds);
  bool too_slow() const { return too_slow_; }
  /// Of the answer's head, or of the error in its place; before either.
  void set_headers(std::vector<HttpHeader> headers) { headers_ = std::move(headers); }
  const std::vector<HttpHeader>& headers() const { return headers_; }

 private:
  void begin();
  HttpExchange& exchange_;
  std::vector<HttpHeader> headers_;
  bool begun_ = false;
  bool too_slow_ = false;
};

class ChatStream final : public AnswerSink {
 public:
  ChatStream(EventStream& events, AnswerHead head, bool include_usage)
      : events_(events), head_(std::move(head)), include_usage_(include_usage) {}

  bool on_delta(const ChatDelta& delta) override;
  bool on_citations(const std::vector<Citation>& citations) override;
  void on_passages_checked(const PassageCheck& check) override { events_.set_headers(headers_of(check)); }
  void finish(const Answer& answer);

 private:
  bool send_delta(boost::json::object delta, boost::json::value logprobs);
  boost::json::object chunk(boost::json::array choices) const;

  EventStream& events_;
  const AnswerHead head_;
  const bool include_usage_;
  bool role_sent_ = false;
};

}  // namespace loadline

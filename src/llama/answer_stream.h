#pragma once
// From the raw text of an answer, as it grows, to the deltas of ChatSink and the final ChatResult: separates
// tool calls from content. If the text turns out not to have the form of a call, it is content: a model that
// rambles never makes a request fail. One thread.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "llama/chat_format.h"
#include "model/chat_model.h"

namespace loadline::llama {

class AnswerStream {
 public:
  /// `parser` may be null (all text is content). `new_id` makes the ids of tool calls. `parallel` false: only
  /// the first call counts.
  AnswerStream(const AnswerParser* parser, bool parallel, std::function<std::string()> new_id);

  /// The next raw text; returns what is new for the sink.
  ChatDelta push(const std::string& text);
  /// The end; returns what was still held back.
  ChatDelta finish();

  const std::string& content() const { return content_; }
  const std::vector<ToolCall>& calls() const { return calls_; }

 private:
  ChatDelta advance(bool finished);
  ChatDelta compare(const AnswerParser::Answer& answer, bool finished);

  const AnswerParser* parser_;
  const bool parallel_;
  const std::function<std::string()> new_id_;
  std::string raw_;
  std::string content_;          // given out so far
  std::vector<ToolCall> calls_;  // given out so far
};

}  // namespace loadline::llama

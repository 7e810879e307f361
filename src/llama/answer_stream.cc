#include "llama/answer_stream.h"

#include "base/utf8.h"

namespace loadline::llama {

AnswerStream::AnswerStream(const AnswerParser* parser, bool parallel, std::function<std::string()> new_id)
    : parser_(parser), parallel_(parallel), new_id_(std::move(new_id)) {}

ChatDelta AnswerStream::push(const std::string& text) {
  if (parser_ == nullptr) {
    content_ += text;
    ChatDelta delta;
    delta.text = text;
    return delta;
  }
  raw_ += text;
  return advance(false);
}

ChatDelta AnswerStream::finish() { return parser_ == nullptr ? ChatDelta() : advance(true); }

ChatDelta AnswerStream::advance(bool finished) {
  AnswerParser::Answer answer;
  if (parser_->parse(raw_, finished, answer)) return compare(answer, finished);
  if (!finished || !calls_.empty()) return {};  // wait; or keep the calls that are out already
  answer.content = raw_;
  return compare(answer, true);
}

/// What `answer` has more than what was given out. A parser may still change its mind about the end of an
/// unfinished text; only what extends the part already given counts.
ChatDelta AnswerStream::compare(const AnswerParser::Answer& answer, bool finished) {
  ChatDelta delta;
  if (answer.content.size() > content_.size() && answer.content.compare(0, content_.size(), content_) == 0) {
    std::size_t end = answer.content.size();
    if (!finished) end = utf8_boundary(answer.content, end);
    delta.text = answer.content.substr(content_.size(), end - content_.size());
    content_ += delta.text;
  }
  for (std::size_t i = 0; i < answer.calls.size(); ++i) {
    if (i > 0 && !parallel_) break;
    const ToolCall& call = answer.calls[i];
    // A name may grow until its arguments begin.
    const bool named =
        !call.name.empty() && (finished || !call.arguments.empty() || i + 1 < answer.calls.size());
    if (i > calls_.size() || (i == calls_.size() && !named)) break;
    ToolCallDelta piece;
    piece.index = static_cast<int>(i);
    if (i == calls_.size()) {
      calls_.push_back({new_id_(), call.name, ""});
      piece.id = calls_[i].id;
      piece.name = call.name;
    }
    std::string& given = calls_[i].arguments;
    if (call.arguments.size() > given.size() && call.arguments.compare(0, given.size(), given) == 0) {
      piece.arguments = call.arguments.substr(given.size());
      given = call.arguments;
    }
    if (!piece.name.empty() || !piece.arguments.empty()) delta.tool_calls.push_back(std::move(piece));
  }
  return delta;
}

}  // namespace loadline::llama

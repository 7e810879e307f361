#pragma once
// Between chat messages and a model's own language: its chat template makes the prompt, and what the template
// knows about tool calls makes the grammar that forces them and the parser that reads them.
//
// Templates that do not know tools get a general form: the tools are described in the system message, a call
// is a JSON object {"tool_calls": [...]}. One `ChatFormat` per model, thread-safe; a `RenderedChat` belongs
// to one request.
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "llama/grammar.h"
#include "llama/vocabulary.h"
#include "model/chat_model.h"

struct llama_model;

namespace loadline::llama {

/// Reads a model's raw answer, also an unfinished one.
class AnswerParser {
 public:
  struct Answer {
    std::string content;
    std::vector<ToolCall> calls;  // ids empty; the last call's arguments may be unfinished
  };
  virtual ~AnswerParser() = default;
  /// False if the text does not have the expected form; `answer` is then untouched.
  virtual bool parse(const std::string& text, bool finished, Answer& answer) const = 0;
};

struct RenderedChat {
  std::vector<std::int32_t> prompt;
  GrammarRule grammar;
  std::vector<std::string> stops;           // besides the request's own
  std::vector<std::int32_t> shown_control;  // control tokens that the parser wants to see
  std::unique_ptr<AnswerParser> parser;     // null: the text is the content
};

class ChatFormat {
 public:
  /// failed_precondition if the model's template cannot be read. Model and vocabulary must outlive it.
  static Result<std::unique_ptr<ChatFormat>> open(const llama_model* model, const Vocabulary& vocabulary);
  ~ChatFormat();

  /// invalid_argument: unknown roles, a bad schema, grammar or tool, a tool_choice that names no tool, or a
  /// template that refuses the order of messages.
  Result<RenderedChat> render(const ChatRequest& request) const;
  /// Whether the model's own template describes tools.
  bool knows_tools() const;

 private:
  struct Templates;
  ChatFormat(std::unique_ptr<Templates> templates, const Vocabulary& vocabulary);

  const std::unique_ptr<Templates> templates_;
  const Vocabulary& vocabulary_;
};

}  // namespace loadline::llama

#pragma once
// A ChatModel that says what the scenario told it to, reply by reply, and remembers what it was asked.
//
//   delta "text"   one piece            says "text"    a piece for each word
//   call NAME {..} a tool call          hold           waits for `release MODEL`
//   fail CODE ".." ends with an error   finish REASON  stop, length or tool_calls
//   usage P C      token counts         logprob "t" N  one token with its log-probability
//
// Without `usage` the prompt counts one token for each word and the answer one for each piece. Thread-safe.
#include <boost/json.hpp>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gates.h"
#include "model/chat_model.h"

namespace loadline {

struct ReplyStep {
  enum class Kind { delta, call, hold, fail, finish, usage, logprob };
  Kind kind = Kind::delta;
  std::string text;  // of delta, fail, logprob; arguments of a call
  std::string name;  // of a call
  Code code = Code::internal;
  FinishReason finish = FinishReason::stop;
  Usage usage;
  float logprob = 0;
};
using Reply = std::vector<ReplyStep>;

/// invalid_argument.
Result<Reply> parse_reply(std::string_view text);

class ScriptedModel final : public ChatModel {
 public:
  /// `gates` must outlive it.
  ScriptedModel(const std::string& name, Gates& gates);

  const ChatModelInfo& info() const override { return info_; }
  Result<ChatResult> generate(const ChatRequest& request, ChatSink& sink,
                              const CallContext& context) override;
  Result<std::uint32_t> count_tokens(std::string_view text) const override;

  void add(Reply reply);
  /// Replies that nobody asked for.
  std::size_t unused() const;
  /// From now on `repeat` means the replies used after this.
  void mark();
  /// The replies used since `mark` come once more, before others.
  void repeat();
  std::size_t calls() const;
  /// The last request, and in "outcome" how it ended: "running", "ok", "stopped" (the sink wanted no more) or
  /// an error's code; null if there was none.
  boost::json::value asked() const;

 private:
  Result<ChatResult> run(const Reply& reply, const ChatRequest& request, ChatSink& sink,
                         const CallContext& context);

  const ChatModelInfo info_;
  Gates& gates_;
  mutable std::mutex mutex_;
  std::deque<Reply> replies_;  // guarded by mutex_
  std::vector<Reply> used_;    // guarded by mutex_
  std::size_t calls_ = 0;      // guarded by mutex_
  boost::json::value asked_;   // guarded by mutex_
};

}  // namespace loadline

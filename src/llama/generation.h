#pragma once
// One generation as the engine sees it, and the mailbox through which its pieces reach the caller.
//
// The caller fills `GenerationRequest`, submits the `Generation` and waits in `next`; the engine's thread
// posts pieces and in the end, exactly once, the outcome. Pieces that the caller has not fetched yet are
// merged, so what waits here is never longer than the answer.
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/error.h"
#include "llama/token_sampler.h"
#include "model/chat_model.h"

namespace loadline::llama {

struct GenerationRequest {
  std::vector<TokenId> prompt;  // not empty
  std::unique_ptr<TokenSampler> sampler;
  std::vector<std::string> stops;
  std::set<TokenId> shown_control;  // control tokens that belong to the text, such as <tool_call>
  std::uint32_t tokens_max = 0;     // to generate; at least 1
  int top_logprobs = -1;
  std::string scope;
  const CallContext* context = nullptr;  // outlives the generation
};

struct GenerationPiece {
  std::string text;
  std::vector<TokenLogprob> logprobs;
};

struct GenerationOutcome {
  FinishReason finish = FinishReason::stop;
  Usage usage;
  std::optional<Error> error;  // set: the generation failed, `finish` means nothing

  static GenerationOutcome done(FinishReason finish) { return {finish, {}, std::nullopt}; }
  static GenerationOutcome failed(Error error) { return {FinishReason::cancelled, {}, std::move(error)}; }
};

class Generation {
 public:
  explicit Generation(GenerationRequest request_in) : request(std::move(request_in)) {}

  GenerationRequest request;  // the caller's until submitted, then the engine's

  // The engine's side.
  void post(GenerationPiece piece);
  void finish(GenerationOutcome outcome);
  /// ok, or why nobody waits for the rest.
  Status still_wanted() const;

  // The caller's side.
  struct Next {
    GenerationPiece piece;
    std::optional<GenerationOutcome> outcome;  // set with the last piece
  };
  /// Waits for a piece or the outcome.
  Next next();
  /// The caller wants no more; the outcome comes within a step.
  void abandon() { abandoned_.store(true, std::memory_order_release); }

 private:
  std::atomic<bool> abandoned_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  GenerationPiece waiting_;                   // guarded by mutex_
  std::optional<GenerationOutcome> outcome_;  // guarded by mutex_
};

}  // namespace loadline::llama

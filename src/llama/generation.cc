#include "llama/generation.h"

#include "base/assert.h"

namespace loadline::llama {

void Generation::post(GenerationPiece piece) {
  if (piece.text.empty() && piece.logprobs.empty()) return;
  {
    std::lock_guard lock(mutex_);
    waiting_.text += piece.text;
    for (TokenLogprob& logprob : piece.logprobs) waiting_.logprobs.push_back(std::move(logprob));
  }
  changed_.notify_one();
}

void Generation::finish(GenerationOutcome outcome) {
  // Under the lock also while notifying: the caller may destroy this as soon as it has the outcome.
  std::lock_guard lock(mutex_);
  LOADLINE_ASSERT(!outcome_);
  outcome_ = std::move(outcome);
  changed_.notify_one();
}

Status Generation::still_wanted() const {
  if (abandoned_.load(std::memory_order_acquire)) return Error(Code::cancelled, "the caller wants no more");
  return request.context->check();
}

Generation::Next Generation::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return outcome_ || !waiting_.text.empty() || !waiting_.logprobs.empty(); });
  Next result;
  std::swap(result.piece, waiting_);
  result.outcome = outcome_;
  return result;
}

}  // namespace loadline::llama

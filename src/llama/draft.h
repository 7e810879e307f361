#pragma once
// Prompt-lookup drafting: answers that cite copy from their passages, so the tokens that followed the last
// few in the prompt (or earlier in the answer) are a good guess of what comes next. The model checks a guess
// of k tokens in one step of k + 1, which costs little more than a step of one; wrong guesses are thrown
// away, so the result is what it would be without (A. Saxena, "Prompt Lookup Decoding", 2023).
//
// The length adapts: it doubles when a whole guess was right, halves when not, and after misses drafting
// pauses for a while. One thread.
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace loadline::llama {

class PromptLookup {
 public:
  struct Limits {
    std::size_t match_tokens = 3;  // that must agree before a guess is made
    std::size_t draft_min = 2;
    std::size_t draft_max = 8;
    std::size_t pause_tokens = 8;  // after two guesses in a row of which nothing was right
  };
  explicit PromptLookup(const Limits& limits) : limits_(limits) {}

  /// Appends what `tokens` has beyond what was indexed before: the same growing sequence each time.
  void extend(std::span<const std::int32_t> tokens);
  /// A guess of what follows `tokens` (all of which were given to `extend`), possibly empty.
  std::vector<std::int32_t> guess(std::span<const std::int32_t> tokens);
  /// How much of the last guess was right.
  void result(std::size_t drafted, std::size_t accepted);

 private:
  std::uint64_t key(std::span<const std::int32_t> tokens, std::size_t end) const;

  const Limits limits_;
  std::unordered_map<std::uint64_t, std::size_t> after_;  // hash of match_tokens tokens -> place behind them
  std::unordered_map<std::uint64_t, std::size_t>
      earlier_;  // the place before the last one, for the end itself
  std::size_t indexed_ = 0;
  std::size_t length_ = 4;
  std::size_t misses_ = 0;
  std::size_t resume_at_ = 0;  // no guesses while the sequence is shorter
  std::size_t seen_ = 0;
};

}  // namespace loadline::llama

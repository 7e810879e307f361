#pragma once
// How many prompt tokens to read in the next step, so that a step takes about as long as running streams may
// wait for their next token.
//
// The time of a step is modelled as fixed + per_token * tokens + per_pair * (tokens * cells attended), fitted
// online by recursive least squares with forgetting (Haykin, Adaptive Filter Theory, ch. 10): machines differ
// by a factor of a hundred, and neighbours come and go. One thread.
#include <array>
#include <chrono>
#include <cstddef>

namespace loadline::llama {

class StepBudget {
 public:
  struct Limits {
    std::chrono::duration<double> target{0.25};  // of a step while streams run
    std::chrono::duration<double> relaxed{1.0};  // of a step while none does
    std::size_t tokens_min = 16;                 // read per step, so that prompts always advance
    std::size_t tokens_max = 512;
  };
  explicit StepBudget(const Limits& limits);

  /// What a step cost: `tokens` decoded in it, `cells` the number of cells that they attended to on average.
  void observe(std::size_t tokens, double cells, std::chrono::duration<double> took);
  /// Prompt tokens for the next step, beside `running` tokens of streams.
  std::size_t prompt_tokens(std::size_t running, double cells) const;
  /// The model's prediction.
  std::chrono::duration<double> predict(std::size_t tokens, double cells) const;

 private:
  static constexpr std::size_t kTerms = 3;
  using Row = std::array<double, kTerms>;
  static Row terms(std::size_t tokens, double cells);

  const Limits limits_;
  Row weights_;
  std::array<Row, kTerms> covariance_;
};

}  // namespace loadline::llama

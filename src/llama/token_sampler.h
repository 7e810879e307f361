#pragma once
// Chooses the next token from the model's logits, as a request's Sampling says. No model is needed: logits
// are plain numbers, so everything here is tested without one.
//
// Order: logit_bias, penalties, temperature, top_k, top_p, min_p, draw, constraint. Temperature 0 takes the
// largest logit, the smaller id on a tie. Penalties count generated tokens only, so that a cited passage is
// not punished for standing in the prompt. Tokens whose logit is more than 25 temperatures below the best are
// never drawn: together they have less than 2e-6 of the mass, and leaving them out spares sorting the
// vocabulary.
//
// The draw is the Gumbel-max trick: every token gets noise that depends on seed, place and token alone, and
// the largest sum of scaled logit and noise wins, which has exactly the softmax distribution (Gumbel, 1954;
// Maddison et al., "A* Sampling", 2014). Taking the best that the constraint allows is then a draw from the
// distribution over what it allows. And rounding noise in the logits, which comes and goes with the number of
// sequences in a batch, changes a token only where two sums are nearly equal; with a draw from the cumulative
// distribution it would change every token of a flat tail.
//
// Same seed, same logits: same tokens, whatever else runs. One thread per object.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "model/chat_model.h"

namespace loadline::llama {

using TokenId = std::int32_t;

/// What may come next besides likelihood: a grammar.
class TokenConstraint {
 public:
  virtual ~TokenConstraint() = default;
  /// Sets allowed[i] = whether tokens[i] may come next.
  virtual void check(std::span<const TokenId> tokens, std::vector<bool>& allowed) = 0;
  /// The token was chosen; it must be allowed.
  virtual void accept(TokenId token) = 0;
};

class TokenSampler {
 public:
  /// `constraint` may be null. `sampling.seed` must be set.
  TokenSampler(const Sampling& sampling, std::unique_ptr<TokenConstraint> constraint);
  ~TokenSampler();

  /// The next token, or nothing if the constraint allows none (or all logits are NaN). `logits` has one
  /// number per token of the vocabulary and is changed in place by bias and penalties.
  std::optional<TokenId> choose(std::span<float> logits);
  /// Must be called with each chosen token, in order.
  void accept(TokenId token);
  bool greedy() const { return sampling_.temperature <= 0; }

 private:
  struct Candidate {
    TokenId id;
    float logit;
    double score = 0;
  };
  void adjust(std::span<float> logits) const;
  std::optional<TokenId> choose_greedy(std::span<float> logits);
  std::optional<TokenId> choose_random(std::span<float> logits);
  bool gather(std::span<const float> logits);
  void cut_tail();
  bool allows(TokenId token);
  void mask_all(std::span<float> logits);

  const Sampling sampling_;
  const std::unique_ptr<TokenConstraint> constraint_;
  std::uint64_t place_ = 0;                               // tokens accepted so far
  std::unordered_map<TokenId, std::uint32_t> generated_;  // token -> how often
  std::vector<Candidate> candidates_;
  std::vector<TokenId> ids_;
  std::vector<bool> allowed_;
};

/// The id with the largest logit, the smaller one on a tie; NaN is never chosen. -1 if there is none.
TokenId best_token(std::span<const float> logits);

/// Log-probabilities under the model itself (temperature 1, no penalties): of `chosen`, and of the `top` most
/// likely tokens, best first.
struct TokenLikelihood {
  float chosen = 0;
  std::vector<std::pair<TokenId, float>> top;
};
TokenLikelihood likelihood(std::span<const float> logits, TokenId chosen, std::size_t top);

}  // namespace loadline::llama

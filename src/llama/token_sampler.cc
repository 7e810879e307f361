#include "llama/token_sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/assert.h"

namespace loadline::llama {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();
constexpr float kReach = 25.0F;           // in temperatures below the best logit
constexpr std::size_t kGreedyTries = 64;  // best tokens that a constraint sees before the whole vocabulary
constexpr std::size_t kRandomTries = 32;

/// Uniform in (0, 1), a function of its arguments alone (two rounds of the splitmix64 finaliser).
double uniform(std::uint64_t seed, std::uint64_t place, TokenId token) {
  std::uint64_t x =
      seed * 0x9E3779B97F4A7C15ULL + place * 0xD1B54A32D192ED03ULL + static_cast<std::uint32_t>(token);
  for (int round = 0; round < 2; ++round) {
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    x ^= x >> 31;
  }
  return (static_cast<double>(x >> 11) + 0.5) * 0x1.0p-53;
}

}  // namespace

TokenId best_token(std::span<const float> logits) {
  // Eight running maxima, so that the compiler can keep them in one vector register.
  std::array<float, 8> best;
  best.fill(kNever);
  std::size_t i = 0;
  for (; i + 8 <= logits.size(); i += 8) {
    for (std::size_t lane = 0; lane < 8; ++lane)
      best[lane] = logits[i + lane] > best[lane] ? logits[i + lane] : best[lane];
  }
  float most = *std::max_element(best.begin(), best.end());
  for (; i < logits.size(); ++i) most = logits[i] > most ? logits[i] : most;
  if (most == kNever) return -1;
  return static_cast<TokenId>(std::find(logits.begin(), logits.end(), most) - logits.begin());
}

TokenSampler::TokenSampler(const Sampling& sampling, std::unique_ptr<TokenConstraint> constraint)
    : sampling_(sampling), constraint_(std::move(constraint)) {
  LOADLINE_ASSERT(sampling.seed.has_value());
}

TokenSampler::~TokenSampler() = default;

void TokenSampler::accept(TokenId token) {
  ++generated_[token];
  ++place_;
  if (constraint_) constraint_->accept(token);
}

void TokenSampler::adjust(std::span<float> logits) const {
  for (const auto& [token, bias] : sampling_.logit_bias) {
    if (token >= 0 && static_cast<std::size_t>(token) < logits.size()) {
      float& logit = logits[static_cast<std::size_t>(token)];
      logit = bias <= -100 ? kNever : logit + bias;
    }
  }
  const bool penalties =
      sampling_.presence_penalty != 0 || sampling_.frequency_penalty != 0 || sampling_.repeat_penalty != 1;
  if (!penalties) return;
  for (const auto& [token, count] : generated_) {
    float& logit = logits[static_cast<std::size_t>(token)];
    logit = logit > 0 ? logit / sampling_.repeat_penalty : logit * sampling_.repeat_penalty;
    logit -= sampling_.presence_penalty + sampling_.frequency_penalty * static_cast<float>(count);
  }
}

std::optional<TokenId> TokenSampler::choose(std::span<float> logits) {
  adjust(logits);
  return greedy() ? choose_greedy(logits) : choose_random(logits);
}

bool TokenSampler::allows(TokenId token) {
  if (!constraint_) return true;
  constraint_->check(std::span(&token, 1), allowed_);
  return allowed_[0];
}

void TokenSampler::mask_all(std::span<float> logits) {
  ids_.resize(logits.size());
  std::iota(ids_.begin(), ids_.end(), 0);
  constraint_->check(ids_, allowed_);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (!allowed_[i]) logits[i] = kNever;
  }
}

std::optional<TokenId> TokenSampler::choose_greedy(std::span<float> logits) {
  const TokenId best = best_token(logits);
  if (best < 0) return std::nullopt;
  if (allows(best)) return best;
  // The best allowed one is nearly always among the first few; the whole vocabulary costs tens of
  // milliseconds.
  const std::size_t tries = std::min(kGreedyTries, logits.size());
  ids_.resize(logits.size());
  std::iota(ids_.begin(), ids_.end(), 0);
  const auto better = [&](TokenId a, TokenId b) {
    const float x = logits[static_cast<std::size_t>(a)], y = logits[static_cast<std::size_t>(b)];
    return x != y ? x > y : a < b;
  };
  std::partial_sort(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(tries), ids_.end(), better);
  ids_.resize(tries);
  constraint_->check(ids_, allowed_);
  for (std::size_t i = 0; i < tries; ++i) {
    if (allowed_[i] && logits[static_cast<std::size_t>(ids_[i])] > kNever) return ids_[i];
  }
  mask_all(logits);
  const TokenId masked = best_token(logits);
  return masked < 0 ? std::nullopt : std::optional(masked);
}

/// Fills candidates_ with the tokens that top_k, top_p and min_p leave, best draw first. False if there is
/// none.
bool TokenSampler::gather(std::span<const float> logits) {
  candidates_.clear();
  const TokenId best = best_token(logits);
  if (best < 0) return false;
  const float least = logits[static_cast<std::size_t>(best)] - kReach * sampling_.temperature;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (logits[i] >= least) candidates_.push_back({static_cast<TokenId>(i), logits[i]});
  }
  cut_tail();
  for (Candidate& c : candidates_) {
    const double noise = -std::log(-std::log(uniform(*sampling_.seed, place_, c.id)));
    c.score = static_cast<double>(c.logit) / sampling_.temperature + noise;
  }
  std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  });
  return true;
}

/// Leaves what top_k, top_p and min_p leave.
void TokenSampler::cut_tail() {
  if (sampling_.top_k <= 0 && sampling_.top_p >= 1 && sampling_.min_p <= 0) return;
  std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
  });
  if (sampling_.top_k > 0 && candidates_.size() > static_cast<std::size_t>(sampling_.top_k))
    candidates_.resize(static_cast<std::size_t>(sampling_.top_k));
  const auto weight = [&](const Candidate& c) {
    return std::exp(static_cast<double>(c.logit - candidates_[0].logit) / sampling_.temperature);
  };
  double total = 0, mass = 0;
  for (const Candidate& c : candidates_) total += weight(c);
  std::size_t kept = 0;
  while (kept < candidates_.size()) {
    const double w = weight(candidates_[kept]);
    if (kept > 0 && (mass >= sampling_.top_p * total || w < sampling_.min_p)) break;
    mass += w;
    ++kept;
  }
  candidates_.resize(kept);
}

std::optional<TokenId> TokenSampler::choose_random(std::span<float> logits) {
  if (!gather(logits)) return std::nullopt;
  if (!constraint_) return candidates_[0].id;
  const std::size_t tries = std::min(kRandomTries, candidates_.size());
  for (std::size_t i = 0; i < tries; ++i) {
    if (allows(candidates_[i].id)) return candidates_[i].id;
  }
  // None of the first draws, or nothing within top_p: the same over what the constraint allows.
  mask_all(logits);
  if (!gather(logits)) return std::nullopt;
  return candidates_[0].id;
}

TokenLikelihood likelihood(std::span<const float> logits, TokenId chosen, std::size_t top) {
  TokenLikelihood result;
  const TokenId best = best_token(logits);
  if (best < 0) return result;
  const float most = logits[static_cast<std::size_t>(best)];
  double total = 0;
  for (const float logit : logits) total += std::exp(static_cast<double>(logit - most));
  const float offset = most + static_cast<float>(std::log(total));
  result.chosen = logits[static_cast<std::size_t>(chosen)] - offset;
  if (top == 0) return result;
  std::vector<TokenId> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  top = std::min(top, ids.size());
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(top), ids.end(),
                    [&](TokenId a, TokenId b) {
                      const float x = logits[static_cast<std::size_t>(a)];
                      const float y = logits[static_cast<std::size_t>(b)];
                      return x != y ? x > y : a < b;
                    });
  for (std::size_t i = 0; i < top; ++i)
    result.top.emplace_back(ids[i], logits[static_cast<std::size_t>(ids[i])] - offset);
  return result;
}

}  // namespace loadline::llama

#include "llama/step_budget.h"

#include <algorithm>

namespace loadline::llama {
namespace {

constexpr double kForget = 0.98;
constexpr double kCellScale = 1e-5;  // keeps the three terms of one size
constexpr double kTraceMax = 1e4;    // the covariance grows while all steps are alike; it must not explode

}  // namespace

StepBudget::StepBudget(const Limits& limits) : limits_(limits) {
  weights_ = {0.02, 0.01, 0.0};  // 100 prompt tokens a second: two slow cores and a small model
  for (std::size_t i = 0; i < kTerms; ++i) {
    covariance_[i].fill(0);
    covariance_[i][i] = 1;
  }
}

StepBudget::Row StepBudget::terms(std::size_t tokens, double cells) {
  const auto n = static_cast<double>(tokens);
  return {1.0, n, n * cells * kCellScale};
}

void StepBudget::observe(std::size_t tokens, double cells, std::chrono::duration<double> took) {
  const Row x = terms(tokens, cells);
  Row px{};
  double xpx = 0, trace = 0;
  for (std::size_t i = 0; i < kTerms; ++i) {
    for (std::size_t j = 0; j < kTerms; ++j) px[i] += covariance_[i][j] * x[j];
    xpx += x[i] * px[i];
    trace += covariance_[i][i];
  }
  const double forget = trace < kTraceMax ? kForget : 1.0;
  double miss = took.count();
  for (std::size_t i = 0; i < kTerms; ++i) miss -= weights_[i] * x[i];
  for (std::size_t i = 0; i < kTerms; ++i) weights_[i] += px[i] / (forget + xpx) * miss;
  for (std::size_t i = 0; i < kTerms; ++i) {
    for (std::size_t j = 0; j < kTerms; ++j)
      covariance_[i][j] = (covariance_[i][j] - px[i] * px[j] / (forget + xpx)) / forget;
  }
}

std::chrono::duration<double> StepBudget::predict(std::size_t tokens, double cells) const {
  const Row x = terms(tokens, cells);
  double sum = 0;
  for (std::size_t i = 0; i < kTerms; ++i) sum += weights_[i] * x[i];
  return std::chrono::duration<double>(std::max(sum, 0.0));
}

std::size_t StepBudget::prompt_tokens(std::size_t running, double cells) const {
  const double limit = (running > 0 ? limits_.target : limits_.relaxed).count();
  std::size_t low = limits_.tokens_min, high = limits_.tokens_max;
  while (low < high) {  // the largest number that is predicted to fit
    const std::size_t middle = (low + high + 1) / 2;
    if (predict(running + middle, cells).count() <= limit) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low >= 64 ? low / 32 * 32 : low;  // whole tiles of the matrix kernels
}

}  // namespace loadline::llama

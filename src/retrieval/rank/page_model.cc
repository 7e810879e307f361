#include "retrieval/rank/page_model.h"

#include <cmath>

namespace loadline {
namespace {

#include "retrieval/rank/page_weights.inc"

}  // namespace

const PageModel& learned_page_model() {
  static constexpr PageModel model{page_weights, calibration_slope, calibration_offset};
  return model;
}

std::vector<PageScore> score_pages(std::span<const PageFeatures> pool, const PageModel& model) {
  std::vector<PageScore> scores;
  for (const PageFeatures& features : pool) {
    PageScore score;
    for (std::size_t i = 0; i < page_feature_count; ++i) score.rank += model.weights[i] * features[i];
    score.probability = 1.0 / (1.0 + std::exp(-(model.slope * score.rank + model.offset)));
    scores.push_back(score);
  }
  return scores;
}

}  // namespace loadline

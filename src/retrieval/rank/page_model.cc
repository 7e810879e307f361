#include "retrieval/rank/page_model.h"

#include <cmath>

namespace loadline {
namespace {

#include "retrieval/rank/page_weights.inc"

}  // namespace

std::vector<PageScore> score_pages(std::span<const PageFeatures> pool) {
  std::vector<PageScore> scores;
  for (const PageFeatures& features : pool) {
    PageScore score;
    for (std::size_t i = 0; i < page_feature_count; ++i) score.rank += page_weights[i] * features[i];
    score.probability = 1.0 / (1.0 + std::exp(-(calibration_slope * score.rank + calibration_offset)));
    scores.push_back(score);
  }
  return scores;
}

}  // namespace loadline

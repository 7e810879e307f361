#pragma once
// The learned part of the second stage: from a page's features to the probability that it answers. A linear
// model: one weight a feature says what it does, and `search --explain` can show it. The weights are made by
// bench/train_reranker.py (see page_weights.inc for on what). Pure.
#include <array>
#include <span>
#include <vector>

#include "retrieval/rank/page_features.h"

namespace loadline {

struct PageScore {
  double rank = 0;         // larger is better; only differences within a pool mean anything
  double probability = 0;  // 0 to 1, calibrated; in the same order
};

struct PageModel {
  std::array<double, page_feature_count> weights{};
  double slope = 1, offset = 0;  // probability = 1 / (1 + exp(-(slope * rank + offset))); slope > 0
};

/// The learned one.
const PageModel& learned_page_model();

std::vector<PageScore> score_pages(std::span<const PageFeatures> pool, const PageModel& model);

}  // namespace loadline

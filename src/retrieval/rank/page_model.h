#pragma once
// The learned part of the second stage: from a page's features to the probability that it answers. A linear
// model: one weight a feature says what it does, and `search --explain` can show it. The weights are made by
// bench/train_reranker.py (see page_weights.inc for on what). Pure.
#include <span>
#include <vector>

#include "retrieval/rank/page_features.h"

namespace loadline {

struct PageScore {
  double rank = 0;         // larger is better; only differences within a pool mean anything
  double probability = 0;  // 0 to 1, calibrated; in the same order
};

std::vector<PageScore> score_pages(std::span<const PageFeatures> pool);

}  // namespace loadline

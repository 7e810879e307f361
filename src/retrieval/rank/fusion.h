#pragma once
// From two ranked lists to one. The scores of both legs are brought to a common scale within the query and
// added with weights, so that a leg that has nothing to say (its scores lie close together, or it found
// little) adds little; reciprocal rank fusion, which does not see scores, is there to be compared with. Pure.
#include <cstdint>
#include <span>
#include <vector>

#include "model/search_index.h"

namespace loadline {

enum class FusionRule : std::uint8_t { weighted_sum, reciprocal_rank };

struct FusionOptions {
  FusionRule rule = FusionRule::weighted_sum;
  double keyword_weight = 0.4;
  double vector_weight = 1.0;
  double reciprocal_constant = 60;
};

struct FusedChunk {
  ChunkId chunk;
  double keyword_score = 0, vector_score = 0;       // as the legs gave them; 0: not found
  std::uint32_t keyword_rank = 0, vector_rank = 0;  // from 1; 0: not found
  std::uint32_t fused_rank = 0;                     // from 1; 0: not ranked yet
  double score = 0;                                 // 0 to 1
};

/// One entry for each chunk of either list, sorted by id. The lists are in order of rank.
std::vector<FusedChunk> unite(std::span<const ScoredChunk> keyword, std::span<const ScoredChunk> vector);

/// Sets `score` of all. A chunk that a leg did not find counts as its weakest.
void fuse(std::vector<FusedChunk>& chunks, const FusionOptions& options);

/// Best first, equal scores by smaller id.
void sort_by_score(std::vector<FusedChunk>& chunks);

}  // namespace loadline

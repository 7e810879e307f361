#pragma once
// From the hidden states of a sequence to its unit vector. Pure.
#include <cstddef>

#include "encoder/bert_config.h"

namespace loadline {

/// `states` is [tokens][columns], tokens > 0.
void pool(Pooling pooling, const float* states, std::size_t tokens, std::size_t columns, float* out);

/// Divides by the Euclidean length; a zero vector stays zero. False if the length is not finite.
bool make_unit(float* vector, std::size_t columns);

}  // namespace loadline

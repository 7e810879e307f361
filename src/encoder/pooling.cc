#include "encoder/pooling.h"

#include <algorithm>
#include <cmath>

namespace loadline {

void pool(Pooling pooling, const float* states, std::size_t tokens, std::size_t columns, float* out) {
  const std::size_t from = pooling == Pooling::last ? tokens - 1 : 0;
  std::copy_n(states + from * columns, columns, out);
  if (pooling == Pooling::first || pooling == Pooling::last) return;
  for (std::size_t t = 1; t < tokens; ++t) {
    const float* row = states + t * columns;
    if (pooling == Pooling::mean) {
      for (std::size_t i = 0; i < columns; ++i) out[i] += row[i];
    } else {
      for (std::size_t i = 0; i < columns; ++i) out[i] = std::max(out[i], row[i]);
    }
  }
  if (pooling != Pooling::mean) return;
  for (std::size_t i = 0; i < columns; ++i) out[i] /= static_cast<float>(tokens);
}

bool make_unit(float* vector, std::size_t columns) {
  double squares = 0.0;
  for (std::size_t i = 0; i < columns; ++i) squares += static_cast<double>(vector[i]) * vector[i];
  if (!std::isfinite(squares)) return false;
  if (squares == 0.0) return true;
  const auto inverse = static_cast<float>(1.0 / std::sqrt(squares));
  for (std::size_t i = 0; i < columns; ++i) vector[i] *= inverse;
  return true;
}

}  // namespace loadline

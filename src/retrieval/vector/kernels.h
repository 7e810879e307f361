#pragma once
// The arithmetic of the vector index: dot products over rows of IEEE half floats, and conversion to them.
// Three implementations, the best one that the processor has is chosen when the program runs; a test compares
// them. All accumulate in f32. Results of different implementations differ in the last bits only (order of
// summation).
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace loadline {

/// Rows are padded with zeros to a multiple of this many elements (64 bytes of halves).
inline constexpr std::size_t row_elements = 32;
constexpr std::size_t padded_elements(std::size_t dimensions) {
  return (dimensions + row_elements - 1) / row_elements * row_elements;
}

using Half = std::uint16_t;

struct VectorKernels {
  std::string_view name;
  /// `size` is a multiple of row_elements. No alignment is needed.
  float (*dot)(const float* a, const Half* b, std::size_t size);
  float (*dot_halves)(const Half* a, const Half* b, std::size_t size);
  /// Rounds to nearest, ties to even; too large becomes infinity.
  void (*to_halves)(const float* from, Half* to, std::size_t size);
};

/// Those that this processor can run, best first; the last one is "scalar".
std::span<const VectorKernels* const> usable_kernels();
const VectorKernels& best_vector_kernels();

}  // namespace loadline

#pragma once
// Near-duplicates among candidates: texts that share nearly all of their word sequences. Pure.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace loadline {

/// Sketch of a text: the smallest hashes of its three-word sequences, sorted. Texts of fewer words give their
/// words' hash, so that equal short texts are equal.
std::vector<std::uint64_t> text_sketch(std::string_view text);

/// Estimated share of common sequences, 0 to 1.
double sketch_overlap(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b);

/// From this overlap on, two texts are near-duplicates.
inline constexpr double duplicate_overlap = 0.85;

}  // namespace loadline

#pragma once
// "Did you mean ...?": the known name closest to one that was typed.
#include <span>
#include <string>
#include <string_view>

namespace loadline {

/// The name of `known` with the smallest Damerau-Levenshtein distance (adjacent swaps count one) to `typed`,
/// if that is at most a third of the longer one's length (at least 1); otherwise empty. Ties: the first in
/// `known`.
std::string nearest_name(std::string_view typed, std::span<const std::string_view> known);

}  // namespace loadline

#pragma once
// IEEE 754 half precision as stored bytes, without special instructions. Rounds to nearest, ties to even;
// too large becomes infinity, NaN stays NaN.
#include <cstdint>

namespace loadline {

std::uint16_t half_from_float(float value);
float float_from_half(std::uint16_t half);

}  // namespace loadline

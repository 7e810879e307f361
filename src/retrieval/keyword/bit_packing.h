#pragma once
// Blocks of 128 small integers in as many bits each as the largest one needs: bit b of value i lies in 32-bit
// word (i / 4 * bits + b) / 32 of lane i % 4, lanes interleaved, so that four values are unpacked at a time
// (layout after Lemire and Boytsov 2015, "Decoding billions of integers per second through vectorization").
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace loadline {

inline constexpr std::size_t packed_block = 128;

/// 0 to 32.
unsigned bits_needed(std::span<const std::uint32_t> values);
constexpr std::size_t packed_bytes(unsigned bits) { return bits * packed_block / 8; }

/// Appends packed_bytes(bits). `values` has 128 elements, each below 2^bits.
void pack_block(std::span<const std::uint32_t> values, unsigned bits, std::vector<std::byte>& out);
/// Reads packed_bytes(bits) at `from`, writes 128 values.
void unpack_block(const std::byte* from, unsigned bits, std::uint32_t* values);

}  // namespace loadline

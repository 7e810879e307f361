#include "retrieval/keyword/bit_packing.h"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace loadline {
namespace {

constexpr std::size_t lanes = 4;
constexpr std::size_t rows = packed_block / lanes;

using Vector = std::uint32_t __attribute__((vector_size(lanes * sizeof(std::uint32_t))));

Vector load(const std::byte* from) {
  Vector value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <unsigned bits>
void unpack(const std::byte* from, std::uint32_t* values) {
  if constexpr (bits == 0) {
    std::memset(values, 0, packed_block * sizeof *values);
  } else {
    constexpr std::uint32_t mask = bits == 32 ? ~0U : (1U << bits) - 1;
#pragma GCC unroll 32
    for (unsigned row = 0; row < rows; ++row) {
      const unsigned bit = row * bits, word = bit / 32, shift = bit % 32;
      Vector value = load(from + word * sizeof(Vector)) >> shift;
      if (shift + bits > 32) value |= load(from + (word + 1) * sizeof(Vector)) << (32 - shift);
      value &= mask;
      std::memcpy(values + row * lanes, &value, sizeof value);
    }
  }
}

using Unpack = void (*)(const std::byte*, std::uint32_t*);
template <std::size_t... bits>
constexpr std::array<Unpack, sizeof...(bits)> make_unpackers(std::index_sequence<bits...>) {
  return {unpack<bits>...};
}
constexpr auto unpackers = make_unpackers(std::make_index_sequence<33>());

}  // namespace

unsigned bits_needed(std::span<const std::uint32_t> values) {
  std::uint32_t all = 0;
  for (const std::uint32_t value : values) all |= value;
  return static_cast<unsigned>(std::bit_width(all));
}

void pack_block(std::span<const std::uint32_t> values, unsigned bits, std::vector<std::byte>& out) {
  std::array<std::uint32_t, packed_block> words{};
  for (std::size_t i = 0; i < packed_block; ++i) {
    const std::size_t bit = i / lanes * bits, word = bit / 32, shift = bit % 32, lane = i % lanes;
    if (bits == 0) break;
    words[word * lanes + lane] |= values[i] << shift;
    if (shift + bits > 32) words[(word + 1) * lanes + lane] |= values[i] >> (32 - shift);
  }
  const auto* from = reinterpret_cast<const std::byte*>(words.data());
  out.insert(out.end(), from, from + packed_bytes(bits));
}

void unpack_block(const std::byte* from, unsigned bits, std::uint32_t* values) {
  unpackers[bits](from, values);
}

}  // namespace loadline

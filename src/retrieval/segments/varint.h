#pragma once
// LEB128 variable-length integers: seven bits a byte, lowest first. Readers trust their input, which a
// checksum has covered; they still never read past `end`.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace loadline {

template <class Value>
void append_varint(std::vector<std::byte>& out, Value value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::byte>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<std::byte>(value));
}

/// The value at `at`, which moves past it; 0 at the end of the input.
inline std::uint64_t read_varint(const std::byte*& at, const std::byte* end) {
  std::uint64_t value = 0;
  for (int shift = 0; at != end && shift < 64; shift += 7) {
    const auto byte = static_cast<std::uint64_t>(*at++);
    value |= (byte & 0x7F) << shift;
    if (byte < 0x80) break;
  }
  return value;
}

}  // namespace loadline

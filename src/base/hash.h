#pragma once
// Checksums and fast hashes without dependencies. Content identity that must resist an attacker uses SHA-256,
// which the storage adapter provides (OpenSSL); these are for damage and for tables.
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace loadline {

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), hardware where there is SSE4.2. `seed` is a
/// previous result.
std::uint32_t crc32c(const void* data, std::size_t size, std::uint32_t seed = 0);

/// FNV-1a, 64 bits, then mixed (murmur3 finaliser): for tables and shingles, not for identity.
std::uint64_t hash64(std::string_view text);

}  // namespace loadline

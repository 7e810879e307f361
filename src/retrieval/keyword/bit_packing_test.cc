#include "retrieval/keyword/bit_packing.h"

#include <gtest/gtest.h>

#include <array>

#include "base/rng.h"

namespace loadline {
namespace {

TEST(BitPacking, every_width_gives_back_its_values) {
  Rng rng(7);
  for (unsigned bits = 0; bits <= 32; ++bits) {
    std::array<std::uint32_t, packed_block> values{};
    for (auto& value : values) value = bits == 0 ? 0 : rng.next() >> (32 - bits);
    if (bits > 0) values[rng.below(packed_block)] = ~0U >> (32 - bits);
    ASSERT_EQ(bits_needed(values), bits);
    std::vector<std::byte> packed;
    pack_block(values, bits, packed);
    ASSERT_EQ(packed.size(), packed_bytes(bits));
    std::array<std::uint32_t, packed_block> read;
    unpack_block(packed.data(), bits, read.data());
    EXPECT_EQ(read, values) << bits;
  }
}

}  // namespace
}  // namespace loadline

#include "retrieval/keyword/postings.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace loadline {
namespace {

struct Sample {
  std::vector<Posting> postings;
  std::vector<std::uint32_t> lengths;
};

Sample random_sample(Rng& rng) {
  Sample sample;
  const std::uint32_t rows = 1 + rng.below(3000);
  const std::uint32_t density = 1 + rng.below(40);
  for (std::uint32_t row = 0; row < rows; ++row) {
    sample.lengths.push_back(rng.below(20) == 0 ? rng.below(200'000) : 1 + rng.below(300));
    if (rng.below(density) != 0) continue;
    sample.postings.push_back({row, rng.below(50) == 0 ? 1 + rng.next() / 2 : 1 + rng.below(4)});
  }
  if (sample.postings.empty()) sample.postings.push_back({rows - 1, 1});
  return sample;
}

TEST(Postings, random_lists_come_back_and_bounds_hold) {
  const std::uint64_t seed = 20261;
  SCOPED_TRACE(seed);
  Rng rng(seed);
  for (int round = 0; round < 300; ++round) {
    const Sample sample = random_sample(rng);
    std::vector<std::byte> bytes;
    encode_postings(sample.postings, sample.lengths, bytes);
    const PostingList list(bytes, static_cast<std::uint32_t>(sample.postings.size()));
    std::vector<Posting> read;
    list.decode_all(read);
    ASSERT_EQ(read, sample.postings) << round;
    if (!list.has_directory()) continue;
    const Bm25 bm25({}, {sample.lengths.size(), 1 + rng.below(1'000'000)});
    for (std::size_t i = 0; i < read.size(); ++i) {
      const double bound = list.block_bound(i / packed_block, bm25, 2.5);
      ASSERT_LE(bm25.contribution(2.5, read[i].tf, sample.lengths[read[i].row]), bound);
      if (i % packed_block != packed_block - 1) continue;
      EXPECT_EQ(list.last_row(i / packed_block), read[i].row);
    }
  }
}

TEST(Postings, common_lists_are_small) {
  std::vector<Posting> postings;
  std::vector<std::uint32_t> lengths(10'000, 150);
  for (std::uint32_t row = 0; row < 10'000; row += 1 + row % 3) postings.push_back({row, 1 + row % 2});
  std::vector<std::byte> bytes;
  encode_postings(postings, lengths, bytes);
  EXPECT_LT(static_cast<double>(bytes.size()) / static_cast<double>(postings.size()),
            0.8);  // bytes a posting
}

}  // namespace
}  // namespace loadline

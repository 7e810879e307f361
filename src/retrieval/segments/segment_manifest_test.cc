#include "retrieval/segments/segment_manifest.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

SegmentManifest sample() {
  SegmentManifest manifest;
  manifest.kind = "kind-1";
  manifest.generation = 12;
  manifest.applied_change = 3'000'000'000'000;
  manifest.next_segment = 9;
  manifest.segments = {{4, 1000, 77, 200, {0, 1, 63, 199}}, {8, 10, 0xFFFFFFFF, 1, {}}};
  return manifest;
}

TEST(SegmentManifest, gives_back_what_was_written) {
  const auto bytes = encode_manifest(sample());
  const auto read = decode_manifest(bytes, "kind-1");
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  EXPECT_EQ(read->generation, 12U);
  EXPECT_EQ(read->applied_change, 3'000'000'000'000U);
  EXPECT_EQ(read->next_segment, 9U);
  ASSERT_EQ(read->segments.size(), 2U);
  EXPECT_EQ(read->segments[0].deleted, (std::vector<std::uint32_t>{0, 1, 63, 199}));
  EXPECT_EQ(read->segments[1].identity, 0xFFFFFFFF);
}

TEST(SegmentManifest, notices_damage_of_every_byte_and_every_cut) {
  const auto good = encode_manifest(sample());
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= std::byte{1};
    ASSERT_FALSE(decode_manifest(bad, "kind-1").ok()) << i;
    EXPECT_FALSE(decode_manifest(std::span(good).first(i), "kind-1").ok()) << i;
  }
}

TEST(SegmentManifest, another_kind_is_a_precondition_not_damage) {
  EXPECT_EQ(decode_manifest(encode_manifest(sample()), "kind-2").error().code(), Code::failed_precondition);
}

TEST(SegmentManifest, identity_follows_content) {
  SegmentManifest changed = sample();
  changed.applied_change = 1;
  EXPECT_NE(manifest_identity(encode_manifest(sample())), manifest_identity(encode_manifest(changed)));
  EXPECT_EQ(manifest_identity({}), 0U);
}

}  // namespace
}  // namespace loadline

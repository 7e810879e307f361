#include "retrieval/segments/section_file.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

constexpr std::string_view magic = "LLTEST01";

std::vector<std::byte> sample() {
  SectionFileWriter writer(magic);
  writer.add(7, std::vector<std::uint32_t>{1, 2, 3});
  writer.begin(9);
  writer.add(8, std::vector<std::uint64_t>{4});
  return std::move(writer).finish();
}

TEST(SectionFile, gives_back_what_was_written) {
  const auto bytes = sample();
  const auto file = SectionFile::parse(bytes, magic, "x");
  ASSERT_TRUE(file.ok()) << file.error().to_string();
  const auto numbers = file->array<std::uint32_t>(7);
  EXPECT_EQ(std::vector<std::uint32_t>(numbers.begin(), numbers.end()),
            (std::vector<std::uint32_t>{1, 2, 3}));
  EXPECT_TRUE(file->section(9).empty());
  EXPECT_EQ(file->array<std::uint64_t>(8)[0], 4U);
  EXPECT_TRUE(file->section(10).empty());
}

TEST(SectionFile, notices_damage_of_every_byte) {
  const auto good = sample();
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= std::byte{0x10};
    const auto file = SectionFile::parse(bad, magic, "x");
    ASSERT_FALSE(file.ok()) << "byte " << i;
    EXPECT_EQ(file.error().code(), Code::data_loss);
  }
}

TEST(SectionFile, notices_every_cut_and_any_addition) {
  const auto good = sample();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(SectionFile::parse(std::span(good).first(size), magic, "x").ok()) << size;
  }
  auto longer = good;
  longer.resize(longer.size() + 64);
  EXPECT_FALSE(SectionFile::parse(longer, magic, "x").ok());
}

TEST(SectionFile, refuses_another_kind) {
  EXPECT_EQ(SectionFile::parse(sample(), "LLTEST02", "x").error().code(), Code::data_loss);
}

TEST(SectionFile, identity_tells_contents_apart) {
  SectionFileWriter writer(magic);
  writer.add(7, std::vector<std::uint32_t>{1, 2, 4});
  const auto other = std::move(writer).finish();
  EXPECT_NE(SectionFile::parse(sample(), magic, "x")->identity(),
            SectionFile::parse(other, magic, "x")->identity());
}

}  // namespace
}  // namespace loadline

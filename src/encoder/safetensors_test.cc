#include "encoder/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace loadline {
namespace {

std::string file_of(std::string_view header, std::string_view data) {
  std::string file(8, '\0');
  const std::uint64_t size = header.size();
  std::memcpy(file.data(), &size, sizeof size);
  return file.append(header).append(data);
}

std::span<const std::byte> bytes_of(const std::string& file) {
  return {reinterpret_cast<const std::byte*>(file.data()), file.size()};
}

void expect_damaged(const std::string& file, std::string_view reason) {
  const auto parsed = SafeTensors::parse(bytes_of(file));
  ASSERT_FALSE(parsed.ok()) << reason;
  EXPECT_EQ(parsed.error().code(), Code::data_loss);
  EXPECT_NE(parsed.error().message().find(reason), std::string::npos) << parsed.error().message();
}

constexpr std::string_view two_tensors =
    R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
    R"("b":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]}})";

std::string data_12() {
  std::string data(12, '\0');
  const float values[] = {1.5f, -2.0f};
  std::memcpy(data.data(), values, sizeof values);
  const std::uint16_t halves[] = {0x3F80, 0xC000};  // 1, -2 in bf16
  std::memcpy(data.data() + 8, halves, sizeof halves);
  return data;
}

TEST(SafeTensors, ReadsTensorsOfAllFloatTypes) {
  const std::string file = file_of(two_tensors, data_12());
  const auto parsed = SafeTensors::parse(bytes_of(file));
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  EXPECT_EQ(parsed->size(), 2u);
  float values[2];
  parsed->find("a")->read(0, 2, values);
  EXPECT_EQ(values[0], 1.5f);
  EXPECT_EQ(values[1], -2.0f);
  parsed->find("b")->read(1, 1, values);
  EXPECT_EQ(values[0], -2.0f);
  EXPECT_EQ(parsed->find("c"), nullptr);
}

TEST(SafeTensors, RequireNamesWhatIsWrong) {
  const std::string file = file_of(
      R"({"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"i":{"dtype":"I32","shape":[1],"data_offsets":[8,12]}})",
      data_12());
  const auto parsed = SafeTensors::parse(bytes_of(file));
  ASSERT_TRUE(parsed.ok());
  const std::uint64_t right[] = {2, 1}, wrong[] = {1, 2}, one[] = {1};
  EXPECT_TRUE(parsed->require("a", right).ok());
  EXPECT_EQ(parsed->require("a", wrong).error().message(), "tensor 'a' is 2x1, expected 1x2");
  EXPECT_EQ(parsed->require("b", right).error().message(), "tensor 'b' is missing");
  EXPECT_EQ(parsed->require("i", one).error().message(), "tensor 'i' is not in F32, F16 or BF16");
}

TEST(SafeTensors, RefusesInconsistentFiles) {
  const std::string data = data_12();
  const auto entry = [](const std::string& shape, const std::string& offsets,
                        const std::string& type = "F32") {
    return R"({"a":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  expect_damaged("", "size field");
  expect_damaged(std::string(7, 'x'), "size field");
  expect_damaged(std::string(64, '\xff'), "larger than 16 MiB");
  expect_damaged(file_of(two_tensors, data).substr(0, 40), "cut off");
  expect_damaged(file_of(two_tensors, data).substr(0, 8 + two_tensors.size() + 11), "outside the file");
  expect_damaged(file_of("[]", ""), "no JSON object");
  expect_damaged(file_of("{", ""), "JSON");
  expect_damaged(file_of(R"({"a":1})", ""), "no object");
  expect_damaged(file_of(entry("[3]", "[0,12]", "Q9"), data), "dtype");
  expect_damaged(file_of(entry("[2]", "[0,12]"), data), "disagree");
  expect_damaged(file_of(entry("[-3]", "[0,12]"), data), "whole number");
  expect_damaged(file_of(entry("[3.5]", "[0,12]"), data), "whole number");
  expect_damaged(file_of(entry("[3]", "[12,0]"), data), "outside the file");
  expect_damaged(file_of(entry("[3]", "[0]"), data), "outside the file");
  expect_damaged(file_of(entry("3", "[0,12]"), data), "shape");
  expect_damaged(file_of(entry("[4611686018427387904,4]", "[0,0]"), data), "disagree");
  expect_damaged(file_of(entry("[18446744073709551615,18446744073709551615]", "[0,12]"), data), "disagree");
  expect_damaged(file_of(entry("[1,1,1,1,1,1,1,1,3]", "[0,12]"), data), "shape");
  expect_damaged(file_of(entry("[2]", "[0,8]"), data), "goes on after the last");
  expect_damaged(file_of(entry("[2]", "[4,12]"), data), "belongs to no tensor");
  expect_damaged(file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                         R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
                         data),
                 "overlap");
}

TEST(SafeTensors, NamesInMessagesAreShortAndPrintable) {
  const std::string name(5000, 'n');
  const auto parsed = SafeTensors::parse(bytes_of(file_of(R"({"\u0007\n)" + name + R"(":1})", "")));
  ASSERT_FALSE(parsed.ok());
  EXPECT_LT(parsed.error().message().size(), 300u);
  EXPECT_EQ(parsed.error().message().find('\n'), std::string::npos);
  EXPECT_EQ(parsed.error().message().find('\a'), std::string::npos);
}

/// Property: whatever is flipped, the reader answers, and what it accepts can be read in full.
TEST(SafeTensors, SurvivesRandomDamage) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string whole = file_of(two_tensors, data_12());
  for (int round = 0; round < 20'000; ++round) {
    std::string file = whole;
    for (unsigned flips = 1 + random() % 3; flips > 0; --flips) {
      file[random() % file.size()] = static_cast<char>(random());
    }
    if (random() % 4 == 0) file.resize(random() % file.size());
    const auto parsed = SafeTensors::parse(bytes_of(file));
    if (!parsed.ok()) continue;
    for (const char* name : {"a", "b"}) {
      const TensorView* tensor = parsed->find(name);
      if (!tensor) continue;
      std::vector<float> values(tensor->elements());
      tensor->read(0, values.size(), values.data());
    }
  }
}

}  // namespace
}  // namespace loadline

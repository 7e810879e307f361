#include "llama/gguf_info.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/rng.h"

namespace loadline::llama {
namespace {

/// Writes a small GGUF file piece by piece.
class Writer {
 public:
  template <class T>
  Writer& number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Writer& text(const std::string& value) {
    number<std::uint64_t>(value.size());
    bytes_ += value;
    return *this;
  }
  Writer& entry(const std::string& key, const std::string& value) {
    return text(key).number<std::uint32_t>(8).text(value);
  }
  Writer& entry(const std::string& key, std::uint32_t value) {
    return text(key).number<std::uint32_t>(4).number(value);
  }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

std::string small_model() {
  Writer w;
  w.bytes() = "GGUF";
  w.number<std::uint32_t>(3).number<std::uint64_t>(2).number<std::uint64_t>(9);
  w.entry("general.architecture", "tiny").entry("general.name", "Tiny").entry("general.license", "mit");
  w.entry("general.file_type", 15U).entry("tiny.context_length", 512U).entry("tiny.block_count", 2U);
  w.entry("tiny.embedding_length", 64U).entry("tiny.attention.head_count", 4U);
  w.text("tokenizer.ggml.tokens").number<std::uint32_t>(9).number<std::uint32_t>(8).number<std::uint64_t>(3);
  w.text("a").text("b").text("c");
  w.text("x.weight").number<std::uint32_t>(2).number<std::uint64_t>(256).number<std::uint64_t>(2);
  w.number<std::uint32_t>(12).number<std::uint64_t>(0);  // Q4_K: 512 weights in 288 bytes
  w.text("y.weight").number<std::uint32_t>(1).number<std::uint64_t>(8);
  w.number<std::uint32_t>(0).number<std::uint64_t>(288);
  w.bytes().resize((w.bytes().size() + 31) / 32 * 32 + 288 + 32);
  return w.bytes();
}

struct GgufInfoTest : testing::Test {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("loadline_gguf_" + std::to_string(::getpid()));
  GgufInfoTest() { std::filesystem::create_directories(folder); }
  ~GgufInfoTest() override { std::filesystem::remove_all(folder); }

  Result<GgufInfo> read(const std::string& content) {
    const std::string path = (folder / "model.gguf").string();
    std::ofstream(path, std::ios::binary) << content;
    return read_gguf_info(path);
  }
};

TEST_F(GgufInfoTest, ReadsWhatTheFileSays) {
  const auto info = read(small_model());
  ASSERT_TRUE(info.ok()) << info.error().to_string();
  EXPECT_EQ(info->name, "Tiny");
  EXPECT_EQ(info->architecture, "tiny");
  EXPECT_EQ(info->licence, "mit");
  EXPECT_EQ(info->quantisation, "Q4_K_M");
  EXPECT_EQ(info->parameters, 520U);
  EXPECT_EQ(info->weight_bytes, 320U);
  EXPECT_EQ(info->vocabulary, 3U);
  EXPECT_EQ(info->context_length, 512U);
  EXPECT_EQ(info->kv_heads, 4U);
  EXPECT_EQ(info->key_length, 16U);
  EXPECT_FALSE(info->has_chat_template);
  EXPECT_DOUBLE_EQ(info->cache_bytes_per_token(2.0), 2 * 4 * (16 + 16) * 2.0);
  ASSERT_EQ(info->tensor_types.size(), 2U);
  EXPECT_EQ(info->tensor_types[0], (std::pair<std::string, std::uint64_t>("Q4_K", 512)));
}

TEST_F(GgufInfoTest, OtherFilesAreRefusedWithAReason) {
  EXPECT_EQ(read_gguf_info((folder / "none.gguf").string()).error().code(), Code::not_found);
  EXPECT_EQ(read("").error().code(), Code::invalid_argument);
  EXPECT_EQ(read("PK\x03\x04 something").error().code(), Code::invalid_argument);
  std::string old = small_model();
  old[4] = 1;
  EXPECT_EQ(read(old).error().code(), Code::invalid_argument);
}

TEST_F(GgufInfoTest, EveryCutIsNoticed) {
  const std::string whole = small_model();
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 40)
    EXPECT_FALSE(read(whole.substr(0, size)).ok()) << size;
}

TEST_F(GgufInfoTest, HugeLengthsAllocateNothing) {
  std::string bytes = small_model();
  const std::uint64_t huge = ~0ULL;
  std::memcpy(bytes.data() + 24, &huge, 8);  // the first key's length
  EXPECT_EQ(read(bytes).error().code(), Code::data_loss);
}

TEST_F(GgufInfoTest, DamageNeverCrashes) {
  const std::string whole = small_model();
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    std::string bytes = whole;
    for (std::uint32_t n = 1 + rng.below(6); n > 0; --n)
      bytes[rng.below(static_cast<std::uint32_t>(bytes.size()))] = static_cast<char>(rng.below(256));
    const auto info = read(bytes);
    if (!info) {
      EXPECT_FALSE(info.error().message().empty());
    }
  }
}

}  // namespace
}  // namespace loadline::llama

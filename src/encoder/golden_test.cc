// The real model against the original library: recorded token ids, offsets, vectors and hidden states (see
// tests/golden/encoder/). Needs the model in the cache; tools/fetch brings it.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/half.h"
#include "encoder/bert_encoder.h"
#include "encoder/linear.h"
#include "encoder/safetensors.h"
#include "encoder/wordpiece.h"

namespace loadline {
namespace {

namespace json = boost::json;

std::string model_folder() {
  const char* cache = std::getenv("LOADLINE_CACHE");
  const char* home = std::getenv("HOME");
  const std::string root = cache ? cache : std::string(home ? home : "") + "/.cache/loadline";
  return root + "/models/all-minilm-l6-v2";
}

std::string golden(const std::string& name) {
  std::ifstream file(std::string(LOADLINE_SOURCE_DIR) + "/tests/golden/encoder/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string model_file(const std::string& name) {
  std::ifstream file(model_folder() + "/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << model_folder() << "/" << name << " is missing: run tools/fetch";
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<float> halves(const std::string& bytes) {
  std::vector<float> values;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const auto low = static_cast<unsigned char>(bytes[i]), high = static_cast<unsigned char>(bytes[i + 1]);
    values.push_back(float_from_half(static_cast<std::uint16_t>(low | high << 8)));
  }
  return values;
}

double cosine(std::span<const float> a, std::span<const float> b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

std::string text_of(const json::value& value) { return {value.as_string().data(), value.as_string().size()}; }

void expect_golden_tokens(const Wordpiece& tokenizer) {
  const json::value cases = json::parse(golden("tokens.json"));
  ASSERT_GT(cases.as_array().size(), 500u);
  for (const json::value& entry : cases.as_array()) {
    const std::string text = text_of(entry.at("text"));
    const json::array& ids = entry.at("ids").as_array();
    const json::array& offsets = entry.at("offsets").as_array();
    std::vector<TokenSpan> tokens;
    tokenizer.encode(text, tokens);
    ASSERT_EQ(tokens.size(), ids.size()) << json::serialize(entry);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      EXPECT_EQ(tokens[i].id, ids[i].as_int64()) << json::serialize(entry) << " token " << i;
      EXPECT_EQ(tokens[i].begin, offsets[2 * i].as_int64()) << json::serialize(entry) << " token " << i;
      EXPECT_EQ(tokens[i].end, offsets[2 * i + 1].as_int64()) << json::serialize(entry) << " token " << i;
    }
  }
}

TEST(GoldenTokens, EqualTheTokenizersLibrary) {
  const std::string file = model_file("tokenizer.json");
  const auto tokenizer = Wordpiece::from_tokenizer_json(file);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().to_string();
  expect_golden_tokens(*tokenizer);
}

TEST(GoldenTokens, AreTheSameFromVocabTxt) {
  const std::string file = model_file("vocab.txt");
  const auto tokenizer = Wordpiece::from_vocabulary(file, {});
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().to_string();
  expect_golden_tokens(*tokenizer);
}

struct Variant {
  std::string name, precision;
  std::optional<SimdLevel> simd;
};

class GoldenVectors : public testing::TestWithParam<Variant> {
 protected:
  void SetUp() override {
    if (GetParam().precision == "bf16" && !supported(Number::bf16)) GTEST_SKIP() << "no AVX-512 BF16 here";
    if (GetParam().precision == "int8" && !supported(Number::u8)) GTEST_SKIP() << "no AVX-512 VNNI here";
    if (GetParam().simd && !kernels_at(*GetParam().simd)) GTEST_SKIP() << "this CPU cannot run these kernels";
    auto opened = BertEncoder::open({.model_folder = model_folder(),
                                     .precision = GetParam().precision,
                                     .threads = 2,
                                     .simd = GetParam().simd});
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    encoder_ = std::move(opened).value();
    record_ = json::parse(golden("texts.json"));
    context_.clock = &clock_;
  }

  double least_cosine() const {
    return GetParam().precision == "f32" ? 0.9999 : GetParam().precision == "bf16" ? 0.999 : 0.98;
  }

  SystemClock clock_;
  CallContext context_;
  std::unique_ptr<BertEncoder> encoder_;
  json::value record_;
};

TEST_P(GoldenVectors, EqualSentenceTransformers) {
  std::vector<std::string> texts;
  for (const json::value& text : record_.at("texts").as_array()) texts.push_back(text_of(text));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const auto made = encoder_->embed(views, context_);
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  const std::vector<float> expected = halves(golden("vectors.f16"));
  ASSERT_EQ(made->values.size(), expected.size());
  double least = 1.0, sum = 0.0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const double equal = cosine(made->row(i), std::span(expected).subspan(i * made->columns, made->columns));
    EXPECT_GE(equal, least_cosine()) << "text " << i;
    least = std::min(least, equal);
    sum += equal;
  }
  std::printf("%s: cosine with the original: least %.6f, mean %.6f\n", GetParam().name.c_str(), least,
              sum / static_cast<double>(texts.size()));
}

TEST_P(GoldenVectors, HiddenStatesOfPairsEqualTransformers) {
  const std::vector<float> expected = halves(golden("pairs.f16"));
  const std::size_t columns = encoder_->info().dimensions;
  std::size_t at = 0;
  for (const json::value& pair : record_.at("pairs").as_array()) {
    std::vector<TokenSpan> tokens;
    const auto states = encoder_->token_vectors(text_of(pair.at(0)), text_of(pair.at(1)), tokens, context_);
    ASSERT_TRUE(states.ok()) << states.error().to_string();
    ASSERT_EQ(states->rows, static_cast<std::size_t>(pair.at(2).as_int64()));
    ASSERT_EQ(tokens.size(), states->rows);
    for (std::size_t r = 0; r < states->rows; ++r, at += columns) {
      EXPECT_GE(cosine(states->row(r), std::span(expected).subspan(at, columns)), least_cosine() - 0.005)
          << r;
    }
  }
  EXPECT_EQ(at, expected.size());
}

TEST_P(GoldenVectors, InfoNamesModelDigestAndPrecision) {
  const EmbedderInfo& info = encoder_->info();
  EXPECT_EQ(info.name, "all-minilm-l6-v2");
  EXPECT_EQ(info.digest, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db");
  EXPECT_EQ(info.precision, GetParam().precision);
  EXPECT_EQ(info.dimensions, 384u);
  EXPECT_EQ(info.max_tokens, 256u);
}

INSTANTIATE_TEST_SUITE_P(
    Precision, GoldenVectors,
    testing::Values(Variant{"f32", "f32", {}}, Variant{"f32_avx2", "f32", SimdLevel::avx2},
                    Variant{"f32_baseline", "f32", SimdLevel::baseline}, Variant{"bf16", "bf16", {}},
                    Variant{"bf16_avx512", "bf16", SimdLevel::avx512}, Variant{"int8", "int8", {}}),
    [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace loadline

// The encoder on small made-up models: against the formulas in double, and on folders that are wrong.
#include "encoder/bert_encoder.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "encoder/lazy_encoder.h"
#include "encoder/linear.h"

namespace loadline {
namespace {

namespace fs = std::filesystem;

struct Tensor {
  std::vector<std::size_t> shape;
  std::vector<float> values;
};

struct Size {
  std::size_t hidden = 32, layers = 2, heads = 2, intermediate = 48, positions = 40;
};

/// A model folder on disk, removed at the end. Weights are random; tests change parts and call `write`.
class SmallModel {
 public:
  explicit SmallModel(const Size& size = {}, std::uint32_t seed = 11) : size_(size), random_(seed) {
    std::string pattern = fs::temp_directory_path() / "loadline-encoder-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    fs::create_directory(folder_ / "1_Pooling");
    make_tensors();
    files["config.json"] = config_text();
    files["vocab.txt"] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nalpha\nbeta\ngamma\ndelta\n##s\n.\n,\n1\n2\n3\n##1\n";
    files["modules.json"] =
        R"([{"type":"sentence_transformers.models.Transformer","path":""},{"type":"sentence_transformers.models.Pooling","path":"1_Pooling"}])";
    files["1_Pooling/config.json"] = R"({"pooling_mode_mean_tokens":true})";
  }
  ~SmallModel() { fs::remove_all(folder_); }
  SmallModel(const SmallModel&) = delete;
  SmallModel& operator=(const SmallModel&) = delete;

  BertEncoderOptions options(const std::string& precision = "f32") const {
    return {.model_folder = folder_.string(), .precision = precision, .threads = 2};
  }
  void write() {
    for (const auto& [name, text] : files) std::ofstream(folder_ / name, std::ios::binary) << text;
    std::ofstream(folder_ / "model.safetensors", std::ios::binary) << weights_file();
  }
  std::string weights_file() const {
    std::string header = "{", data;
    for (const auto& [name, tensor] : tensors) {
      std::string shape;
      for (std::size_t d : tensor.shape) shape += (shape.empty() ? "" : ",") + std::to_string(d);
      const std::size_t begin = data.size();
      data.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float));
      header += (header.size() > 1 ? ",\"" : "\"") + name + R"(":{"dtype":"F32","shape":[)" + shape +
                R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(data.size()) + "]}";
    }
    header += "}";
    const std::uint64_t bytes = header.size();
    return std::string(reinterpret_cast<const char*>(&bytes), sizeof bytes) + header + data;
  }
  std::string config_text() const {
    return R"({"model_type":"bert","hidden_act":"gelu","type_vocab_size":2,"vocab_size":15,"layer_norm_eps":1e-12,)"
           R"("hidden_size":)" +
           std::to_string(size_.hidden) + R"(,"num_hidden_layers":)" + std::to_string(size_.layers) +
           R"(,"num_attention_heads":)" + std::to_string(size_.heads) + R"(,"intermediate_size":)" +
           std::to_string(size_.intermediate) + R"(,"max_position_embeddings":)" +
           std::to_string(size_.positions) + "}";
  }
  fs::path folder() const { return folder_; }
  const Size& size() const { return size_; }

  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> files;

 private:
  void add(const std::string& name, std::vector<std::size_t> shape, float spread, float middle = 0.0f) {
    std::normal_distribution<float> normal(middle, spread);
    std::size_t count = 1;
    for (std::size_t d : shape) count *= d;
    Tensor tensor{std::move(shape), std::vector<float>(count)};
    for (float& v : tensor.values) v = normal(random_);
    tensors[name] = std::move(tensor);
  }
  void add_norm(const std::string& name) {
    add(name + ".weight", {size_.hidden}, 0.2f, 1.0f);
    add(name + ".bias", {size_.hidden}, 0.2f);
  }
  void add_dense(const std::string& name, std::size_t outputs, std::size_t inputs) {
    add(name + ".weight", {outputs, inputs}, 1.5f / std::sqrt(static_cast<float>(inputs)));
    add(name + ".bias", {outputs}, 0.3f);
  }
  void make_tensors() {
    const std::size_t h = size_.hidden;
    add("embeddings.word_embeddings.weight", {15, h}, 1.0f);
    add("embeddings.position_embeddings.weight", {size_.positions, h}, 0.5f);
    add("embeddings.token_type_embeddings.weight", {2, h}, 0.5f);
    add_norm("embeddings.LayerNorm");
    for (std::size_t i = 0; i < size_.layers; ++i) {
      const std::string layer = "encoder.layer." + std::to_string(i) + ".";
      for (const char* part : {"query", "key", "value"}) add_dense(layer + "attention.self." + part, h, h);
      add_dense(layer + "attention.output.dense", h, h);
      add_norm(layer + "attention.output.LayerNorm");
      add_dense(layer + "intermediate.dense", size_.intermediate, h);
      add_dense(layer + "output.dense", h, size_.intermediate);
      add_norm(layer + "output.LayerNorm");
    }
  }

  const Size size_;
  std::mt19937 random_;
  fs::path folder_;
};

/// The formulas of the BERT paper, written down once more, slowly.
class Reference {
 public:
  explicit Reference(const SmallModel& model) : model_(model), hidden_(model.size().hidden) {}

  using Rows = std::vector<std::vector<double>>;

  Rows states(const std::vector<std::int32_t>& ids, std::size_t second_from) const {
    Rows x;
    for (std::size_t t = 0; t < ids.size(); ++t) {
      std::vector<double> row(hidden_);
      for (std::size_t i = 0; i < hidden_; ++i) {
        row[i] = static_cast<double>(
                     at("embeddings.word_embeddings.weight", static_cast<std::size_t>(ids[t]), i)) +
                 at("embeddings.position_embeddings.weight", t, i) +
                 at("embeddings.token_type_embeddings.weight", t >= second_from ? 1 : 0, i);
      }
      x.push_back(row);
    }
    norm(x, "embeddings.LayerNorm");
    for (std::size_t l = 0; l < model_.size().layers; ++l)
      layer(x, "encoder.layer." + std::to_string(l) + ".");
    return x;
  }

 private:
  float at(const std::string& name, std::size_t row, std::size_t column) const {
    const Tensor& tensor = model_.tensors.at(name);
    return tensor.values[row * (tensor.shape.size() == 2 ? tensor.shape[1] : 1) + column];
  }
  Rows dense(const Rows& x, const std::string& name) const {
    const Tensor& weight = model_.tensors.at(name + ".weight");
    Rows y;
    for (const auto& row : x) {
      std::vector<double> out(weight.shape[0]);
      for (std::size_t o = 0; o < out.size(); ++o) {
        out[o] = at(name + ".bias", o, 0);
        for (std::size_t i = 0; i < row.size(); ++i) out[o] += row[i] * at(name + ".weight", o, i);
      }
      y.push_back(out);
    }
    return y;
  }
  void norm(Rows& x, const std::string& name) const {
    for (auto& row : x) {
      double mean = 0, variance = 0;
      for (double v : row) mean += v / static_cast<double>(hidden_);
      for (double v : row) variance += (v - mean) * (v - mean) / static_cast<double>(hidden_);
      for (std::size_t i = 0; i < hidden_; ++i) {
        row[i] = (row[i] - mean) / std::sqrt(variance + 1e-12) * at(name + ".weight", i, 0) +
                 at(name + ".bias", i, 0);
      }
    }
  }
  static void add(Rows& x, const Rows& y) {
    for (std::size_t t = 0; t < x.size(); ++t) {
      for (std::size_t i = 0; i < x[t].size(); ++i) x[t][i] += y[t][i];
    }
  }
  Rows attend(const Rows& x, const std::string& name) const {
    const Rows q = dense(x, name + "query"), k = dense(x, name + "key"), v = dense(x, name + "value");
    const std::size_t dim = hidden_ / model_.size().heads;
    Rows out(x.size(), std::vector<double>(hidden_));
    for (std::size_t first = 0; first < hidden_; first += dim) {
      for (std::size_t t = 0; t < x.size(); ++t) {
        std::vector<double> weight(x.size());
        double sum = 0;
        for (std::size_t s = 0; s < x.size(); ++s) {
          for (std::size_t d = first; d < first + dim; ++d) weight[s] += q[t][d] * k[s][d];
          sum += weight[s] = std::exp(weight[s] / std::sqrt(static_cast<double>(dim)));
        }
        for (std::size_t s = 0; s < x.size(); ++s) {
          for (std::size_t d = first; d < first + dim; ++d) out[t][d] += weight[s] / sum * v[s][d];
        }
      }
    }
    return out;
  }
  void layer(Rows& x, const std::string& name) const {
    add(x, dense(attend(x, name + "attention.self."), name + "attention.output.dense"));
    norm(x, name + "attention.output.LayerNorm");
    Rows wide = dense(x, name + "intermediate.dense");
    for (auto& row : wide) {
      for (double& v : row) v = v / 2 * (1 + std::erf(v / std::sqrt(2.0)));
    }
    add(x, dense(wide, name + "output.dense"));
    norm(x, name + "output.LayerNorm");
  }

  const SmallModel& model_;
  const std::size_t hidden_;
};

std::vector<double> pooled(const Reference::Rows& states, Pooling pooling) {
  std::vector<double> out = pooling == Pooling::last ? states.back() : states.front();
  if (pooling == Pooling::mean || pooling == Pooling::max) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      for (std::size_t t = 1; t < states.size(); ++t) {
        out[i] = pooling == Pooling::mean ? out[i] + states[t][i] : std::max(out[i], states[t][i]);
      }
    }
  }
  double squares = 0;
  for (double v : out) squares += v * v;
  for (double& v : out) v /= std::sqrt(squares);
  return out;
}

class BertEncoderTest : public testing::Test {
 protected:
  BertEncoderTest() { context_.clock = &clock_; }
  std::unique_ptr<BertEncoder> open(const BertEncoderOptions& options) {
    auto opened = BertEncoder::open(options);
    EXPECT_TRUE(opened.ok()) << opened.error().to_string();
    return opened.ok() ? std::move(opened).value() : nullptr;
  }
  Matrix embed(const Embedder& encoder, const std::vector<std::string_view>& texts) {
    auto made = encoder.embed(texts, context_);
    EXPECT_TRUE(made.ok()) << made.error().to_string();
    return std::move(made).value();
  }
  static std::vector<std::int32_t> sequence(const BertEncoder& encoder, std::string_view text,
                                            std::size_t max) {
    std::vector<std::int32_t> ids{2};
    for (const TokenSpan& token : encoder.tokenize(text)) ids.push_back(token.id);
    ids.resize(std::min(ids.size(), max - 1));
    ids.push_back(3);
    return ids;
  }
  void expect_refused(const BertEncoderOptions& options, Code code, std::string_view reason) {
    const auto opened = BertEncoder::open(options);
    ASSERT_FALSE(opened.ok()) << reason;
    EXPECT_EQ(opened.error().code(), code) << opened.error().to_string();
    EXPECT_NE(opened.error().message().find(reason), std::string::npos) << opened.error().message();
  }

  SystemClock clock_;
  CallContext context_;
};

const std::vector<std::string_view> texts = {
    "",
    "alpha",
    "alpha betas, gamma 1. delta 2 3",
    "beta beta beta beta beta beta beta beta",
    "unknown words only",
    "1 2 3 alpha 1 2 3 beta 1 2 3 gamma 1 2 3 delta 1 2 3 alpha 1 2 3 beta 1 2 3 "
    "gamma 1 2 3 delta 1 2 3 and more than fits"};

TEST_F(BertEncoderTest, VectorsEqualTheFormulas) {
  for (const Size& size :
       {Size{}, Size{.hidden = 52, .layers = 1, .heads = 2, .intermediate = 20, .positions = 12},
        Size{.hidden = 24, .layers = 3, .heads = 6, .intermediate = 100, .positions = 33}}) {
    SmallModel model(size);
    model.write();
    const Reference reference(model);
    for (Pooling pooling : {Pooling::mean, Pooling::first, Pooling::max, Pooling::last}) {
      auto options = model.options();
      options.pooling = pooling;
      const auto encoder = open(options);
      ASSERT_TRUE(encoder);
      const Matrix made = embed(*encoder, texts);
      for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto ids = sequence(*encoder, texts[i], size.positions);
        const auto expected = pooled(reference.states(ids, ids.size()), pooling);
        for (std::size_t d = 0; d < size.hidden; ++d) ASSERT_NEAR(made.row(i)[d], expected[d], 2e-5) << i;
      }
    }
  }
}

TEST_F(BertEncoderTest, EveryInstructionSetGivesTheSameVectors) {
  SmallModel model;
  model.write();
  const Matrix expected = embed(*open(model.options()), texts);
  for (SimdLevel level : {SimdLevel::baseline, SimdLevel::avx2, SimdLevel::avx512, SimdLevel::amx}) {
    if (!kernels_at(level)) continue;
    auto options = model.options();
    options.simd = level;
    const Matrix made = embed(*open(options), texts);
    for (std::size_t i = 0; i < made.values.size(); ++i)
      ASSERT_NEAR(made.values[i], expected.values[i], 2e-5);
  }
}

TEST_F(BertEncoderTest, LowerPrecisionStaysClose) {
  SmallModel model;
  model.write();
  const Matrix expected = embed(*open(model.options()), texts);
  for (const auto& [name, number, least] :
       {std::tuple{"bf16", Number::bf16, 0.999}, std::tuple{"int8", Number::u8, 0.995}}) {
    if (!supported(number)) continue;
    for (SimdLevel level : {SimdLevel::baseline, SimdLevel::avx512, SimdLevel::amx}) {
      if (!kernels_at(level) || (number == Number::bf16 && level == SimdLevel::baseline)) continue;
      auto options = model.options(name);
      options.simd = level;
      const auto encoder = open(options);
      ASSERT_TRUE(encoder);
      EXPECT_EQ(encoder->info().precision, name);
      const Matrix made = embed(*encoder, texts);
      for (std::size_t r = 0; r < made.rows; ++r) {
        double cosine = 0;
        for (std::size_t i = 0; i < made.columns; ++i)
          cosine += static_cast<double>(made.row(r)[i]) * expected.row(r)[i];
        EXPECT_GE(cosine, least) << name << " text " << r;
      }
    }
  }
}

/// What else is in a batch changes nothing: rows are the same to the last bits, in any order and number.
TEST_F(BertEncoderTest, BatchesDoNotChangeVectors) {
  SmallModel model;
  model.write();
  auto options = model.options("auto");
  options.batch_tokens = 32;
  const auto encoder = open(options);
  std::mt19937 random(5);
  std::vector<std::string_view> many;
  std::vector<std::size_t> which;
  for (int i = 0; i < 200; ++i) {
    which.push_back(random() % texts.size());
    many.push_back(texts[which.back()]);
  }
  const Matrix together = embed(*encoder, many);
  ASSERT_EQ(together.rows, 200u);
  for (std::size_t t = 0; t < texts.size(); ++t) {
    const Matrix alone = embed(*encoder, {texts[t]});
    for (std::size_t i = 0; i < many.size(); ++i) {
      if (which[i] != t) continue;
      for (std::size_t d = 0; d < alone.columns; ++d) ASSERT_NEAR(together.row(i)[d], alone.values[d], 1e-6);
    }
  }
  EXPECT_EQ(embed(*encoder, {}).rows, 0u);
}

TEST_F(BertEncoderTest, ThreadsMayCallAtOnce) {
  SmallModel model;
  model.write();
  const auto encoder = open(model.options());
  const Matrix expected = embed(*encoder, texts);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const auto made = encoder->embed(texts, context_);
        ASSERT_TRUE(made.ok());
        for (std::size_t v = 0; v < made->values.size(); ++v)
          ASSERT_NEAR(made->values[v], expected.values[v], 1e-6);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(BertEncoderTest, TokenVectorsComeWithTheirTokens) {
  SmallModel model;
  model.write();
  const auto encoder = open(model.options());
  const Reference reference(model);
  std::vector<TokenSpan> tokens;
  const auto states = encoder->token_vectors("alpha betas", tokens, context_);
  ASSERT_TRUE(states.ok());
  ASSERT_EQ(tokens.size(), 5u);
  EXPECT_EQ(tokens[0].id, 2);
  EXPECT_EQ(tokens[2].begin, 6u);
  EXPECT_EQ(tokens[2].end, 10u);
  EXPECT_EQ(tokens[4].id, 3);
  EXPECT_EQ(tokens[4].begin, tokens[4].end);
  const auto expected = reference.states({2, 4, 5, 8, 3}, 5);
  for (std::size_t t = 0; t < 5; ++t) {
    for (std::size_t d = 0; d < 32; ++d) EXPECT_NEAR(states->row(t)[d], expected[t][d], 1e-4);
  }
}

TEST_F(BertEncoderTest, PairsHaveTwoTokenTypes) {
  SmallModel model;
  model.write();
  const auto encoder = open(model.options());
  std::vector<TokenSpan> tokens;
  const auto states = encoder->token_vectors("alpha", "gamma 1", tokens, context_);
  ASSERT_TRUE(states.ok());
  ASSERT_EQ(tokens.size(), 6u);
  EXPECT_EQ(tokens[3].begin, 0u);  // in the second text
  const auto expected = Reference(model).states({2, 4, 3, 6, 11, 3}, 3);
  for (std::size_t t = 0; t < 6; ++t) {
    for (std::size_t d = 0; d < 32; ++d) EXPECT_NEAR(states->row(t)[d], expected[t][d], 1e-4);
  }
  std::string large;
  for (int i = 0; i < 60; ++i) large += "alpha ";
  for (const auto& [first, second] :
       {std::pair(large, std::string("beta")), {std::string("beta"), large}, {large, large}}) {
    const auto cut = encoder->token_vectors(first, second, tokens, context_);
    ASSERT_TRUE(cut.ok());
    EXPECT_EQ(cut->rows, 40u);
    EXPECT_EQ(tokens.size(), 40u);
    EXPECT_EQ(tokens.back().id, 3);
  }
}

TEST_F(BertEncoderTest, StopsWhenCancelledOrLate) {
  SmallModel model;
  model.write();
  const auto encoder = open(model.options());
  CallContext cancelled = context_;
  cancelled.cancel.cancel();
  EXPECT_EQ(encoder->embed(texts, cancelled).error().code(), Code::cancelled);
  CallContext late = context_;
  late.cancel = {};
  late.deadline = clock_.now();
  EXPECT_EQ(encoder->embed(texts, late).error().code(), Code::deadline_exceeded);
  std::vector<TokenSpan> tokens;
  EXPECT_EQ(encoder->token_vectors("alpha", tokens, late).error().code(), Code::deadline_exceeded);
}

TEST_F(BertEncoderTest, DescribesItself) {
  SmallModel model;
  model.write();
  auto options = model.options();
  const auto encoder = open(options);
  EXPECT_EQ(encoder->info().name, model.folder().filename());
  EXPECT_EQ(encoder->info().digest.size(), 64u);
  EXPECT_EQ(encoder->info().dimensions, 32u);
  EXPECT_EQ(encoder->info().max_tokens, 40u);
  options.name = "mine";
  options.digest = "abc";
  options.max_tokens = 10;
  options.model_folder += "/";
  const auto named = open(options);
  EXPECT_EQ(named->info().name, "mine");
  EXPECT_EQ(named->info().digest, "abc");
  EXPECT_EQ(named->info().max_tokens, 10u);
}

TEST_F(BertEncoderTest, IsDescribedWithoutBeingOpened) {
  SmallModel model;
  model.write();
  const auto encoder = open(model.options());
  auto described = BertEncoder::describe(model.options());
  ASSERT_TRUE(described.ok());
  EXPECT_EQ(described->name, encoder->info().name);
  EXPECT_EQ(described->digest, encoder->info().digest);
  EXPECT_EQ(described->precision, encoder->info().precision);
  EXPECT_EQ(described->dimensions, encoder->info().dimensions);
  EXPECT_EQ(described->max_tokens, encoder->info().max_tokens);
  auto wrong = model.options();
  wrong.max_tokens = 41;
  EXPECT_EQ(BertEncoder::describe(wrong).error().code(), Code::invalid_argument);
}

TEST_F(BertEncoderTest, LazyOpensAtTheFirstUseAndOnce) {
  SmallModel model;
  model.write();
  const std::vector<std::string_view> two = {"alpha beta", "gamma"};
  const Matrix expected = embed(*open(model.options()), two);
  auto options = model.options();
  options.digest = BertEncoder::describe(options)->digest;
  const fs::path weights = model.folder() / "model.safetensors", aside = model.folder() / "aside";
  fs::rename(weights, aside);
  auto lazy = LazyEncoder::open(options);
  ASSERT_TRUE(lazy.ok()) << lazy.error().to_string();
  EXPECT_EQ((*lazy)->info().dimensions, 32u);
  CallContext context;
  const std::string_view text = "alpha";
  EXPECT_EQ((*lazy)->prepare().error().code(), Code::not_found);
  const auto refused = (*lazy)->embed({&text, 1}, context);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().to_string().find("model.safetensors"), std::string::npos);
  EXPECT_TRUE((*lazy)->tokenize(text).empty());
  fs::rename(aside, weights);  // a failure is not remembered
  std::vector<Matrix> made(4);
  std::vector<std::thread> threads;
  for (Matrix& out : made) threads.emplace_back([&] { out = embed(**lazy, two); });
  for (std::thread& thread : threads) thread.join();
  for (const Matrix& out : made) EXPECT_EQ(out.values, expected.values);
  EXPECT_EQ((*lazy)->tokenize(text).size(), 1u);
  fs::remove(weights);  // opened once: the file is not looked for again
  EXPECT_TRUE((*lazy)->prepare().ok());
}

TEST_F(BertEncoderTest, LazyRefusesOtherWeightsThanExpected) {
  SmallModel model;
  model.write();
  auto options = model.options();
  options.digest = std::string(64, '0');
  const auto lazy = LazyEncoder::open(options);
  ASSERT_TRUE(lazy.ok());
  const Status status = (*lazy)->prepare();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), Code::data_loss);
  EXPECT_NE(status.error().message().find("other weights than expected"), std::string::npos);
}

TEST_F(BertEncoderTest, RefusesWrongOptions) {
  SmallModel model;
  model.write();
  auto options = model.options("f64");
  expect_refused(options, Code::invalid_argument, "precision must be");
  options = model.options();
  options.threads = 1000;
  expect_refused(options, Code::invalid_argument, "threads");
  options = model.options();
  options.max_tokens = 41;
  expect_refused(options, Code::invalid_argument, "max_tokens");
  options = model.options();
  options.batch_tokens = 1;
  expect_refused(options, Code::invalid_argument, "batch_tokens");
  options = model.options();
  options.model_folder += "/nowhere";
  expect_refused(options, Code::not_found, "config.json");
}

TEST_F(BertEncoderTest, NamesTheTensorThatIsMissingOrWrong) {
  const auto refused_after = [&](auto change, Code code, std::string_view reason) {
    SmallModel model;
    change(model);
    model.write();
    expect_refused(model.options(), code, reason);
  };
  for (const char* name :
       {"embeddings.word_embeddings.weight", "embeddings.LayerNorm.bias",
        "encoder.layer.1.attention.self.key.bias", "encoder.layer.0.output.dense.weight"}) {
    refused_after([&](SmallModel& m) { m.tensors.erase(name); }, Code::invalid_argument, name);
    refused_after([&](SmallModel& m) { m.tensors.at(name).shape.push_back(1); }, Code::invalid_argument,
                  name);
  }
  refused_after([](SmallModel& m) { m.tensors.at("encoder.layer.0.output.dense.bias").values[3] = NAN; },
                Code::invalid_argument, "not finite");
  refused_after([](SmallModel& m) { m.files["vocab.txt"] += "one\ntwo\n"; }, Code::invalid_argument,
                "different models");
  refused_after([](SmallModel& m) { m.files["vocab.txt"] = "alpha\nbeta\n"; }, Code::invalid_argument,
                "[CLS]");
  refused_after([](SmallModel& m) { m.files["config.json"] = "{}"; }, Code::invalid_argument, "model_type");
  refused_after([](SmallModel& m) { m.files["tokenizer.json"] = "{}"; }, Code::invalid_argument,
                "tokenizer.json");
  refused_after([](SmallModel& m) { m.files["1_Pooling/config.json"] = "{}"; }, Code::invalid_argument,
                "pooling");
}

TEST_F(BertEncoderTest, RefusesDamagedWeights) {
  SmallModel model;
  model.write();
  const std::string whole = model.weights_file();
  const auto write = [&](const std::string& bytes) {
    std::ofstream(model.folder() / "model.safetensors", std::ios::binary | std::ios::trunc) << bytes;
  };
  write(whole.substr(0, whole.size() - 100));
  expect_refused(model.options(), Code::data_loss, "outside the file");
  write("");
  expect_refused(model.options(), Code::data_loss, "size field");
  fs::remove(model.folder() / "model.safetensors");
  expect_refused(model.options(), Code::not_found, "model.safetensors");
}

TEST_F(BertEncoderTest, AWordVectorThatIsNotFiniteIsAnError) {
  SmallModel model;
  model.tensors.at("embeddings.word_embeddings.weight").values[4 * 32] = INFINITY;  // "alpha"
  model.write();
  const auto encoder = open(model.options());
  EXPECT_TRUE(encoder->embed(std::vector<std::string_view>{"beta"}, context_).ok());
  EXPECT_EQ(encoder->embed(std::vector<std::string_view>{"alpha"}, context_).error().code(), Code::data_loss);
}

TEST_F(BertEncoderTest, ReadsWeightsBelowAPrefix) {
  SmallModel model;
  model.write();
  const Matrix expected = embed(*open(model.options()), texts);
  std::map<std::string, Tensor> wrapped;
  for (auto& [name, tensor] : model.tensors) wrapped["bert." + name] = std::move(tensor);
  wrapped["classifier.weight"] = {{1}, {1.0f}};
  model.tensors = std::move(wrapped);
  model.write();
  EXPECT_EQ(embed(*open(model.options()), texts).values, expected.values);
}

}  // namespace
}  // namespace loadline

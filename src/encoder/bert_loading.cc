// BertNetwork::load: finds the tensors of a BERT model, checks their shapes and packs them for the products.
#include <algorithm>
#include <cmath>
#include <string>

#include "encoder/bert_network.h"

namespace loadline {
namespace {

/// Checkpoints name the encoder's tensors from the root, or below the model that wraps it.
constexpr std::string_view prefixes[] = {"", "bert.", "model.", "0.auto_model."};

Result<std::string> find_prefix(const SafeTensors& tensors) {
  for (std::string_view prefix : prefixes) {
    if (tensors.find(std::string(prefix) + "embeddings.word_embeddings.weight")) return std::string(prefix);
  }
  return Error(
      Code::invalid_argument,
      "tensor 'embeddings.word_embeddings.weight' is missing: these are not the weights of a BERT model");
}

/// Rounds each output's weights to 8 bits, symmetric, with a scale of its own.
struct QuantisedWeights {
  std::vector<std::int8_t> values;
  std::vector<float> scale;
  std::vector<std::int32_t> sum;

  QuantisedWeights(std::span<const float> weights, std::size_t outputs)
      : values(weights.size()), scale(outputs), sum(outputs) {
    const std::size_t inputs = weights.size() / outputs;
    for (std::size_t o = 0; o < outputs; ++o) {
      const std::span<const float> row = weights.subspan(o * inputs, inputs);
      float most = 0.0f;
      for (float w : row) most = std::max(most, std::fabs(w));
      scale[o] = most / 127.0f;
      const float inverse = most > 0.0f ? 127.0f / most : 0.0f;
      for (std::size_t i = 0; i < inputs; ++i) {
        values[o * inputs + i] = static_cast<std::int8_t>(std::lround(row[i] * inverse));
        sum[o] += values[o * inputs + i];
      }
    }
  }
};

}  // namespace

struct BertNetwork::Loader {
  const SafeTensors& tensors;
  const std::string prefix;
  BertNetwork& network;

  Result<const TensorView*> find(const std::string& name, std::initializer_list<std::uint64_t> shape) const {
    return tensors.require(prefix + name, {shape.begin(), shape.size()});
  }

  Result<std::vector<float>> read(const std::string& name, std::initializer_list<std::uint64_t> shape) const {
    LOADLINE_ASSIGN(const TensorView* tensor, find(name, shape));
    std::vector<float> values(tensor->elements());
    tensor->read(0, values.size(), values.data());
    for (float value : values) {
      if (!std::isfinite(value)) {
        return Error(Code::invalid_argument,
                     "tensor '" + prefix + name + "' holds a value that is not finite");
      }
    }
    return values;
  }

  Result<Norm> read_norm(const std::string& name) const {
    Norm norm;
    LOADLINE_ASSIGN(norm.gamma, read(name + ".weight", {network.config_.hidden}));
    LOADLINE_ASSIGN(norm.beta, read(name + ".bias", {network.config_.hidden}));
    return norm;
  }

  Status read_embeddings() const {
    const BertConfig& config = network.config_;
    Embeddings& out = network.embeddings_;
    LOADLINE_ASSIGN(out.words, find("embeddings.word_embeddings.weight", {config.vocabulary, config.hidden}));
    LOADLINE_ASSIGN(out.positions,
                    read("embeddings.position_embeddings.weight", {config.positions, config.hidden}));
    LOADLINE_ASSIGN(out.types,
                    read("embeddings.token_type_embeddings.weight", {config.token_types, config.hidden}));
    LOADLINE_ASSIGN(out.norm, read_norm("embeddings.LayerNorm"));
    return {};
  }

  Result<Projection> read_projection(const ProductKind& kind, const std::string& name) const {
    const ProductShape& shape = kind.shape();
    LOADLINE_ASSIGN(const auto weights, read(name + ".weight", {shape.outputs, shape.inputs}));
    LOADLINE_ASSIGN(auto bias, read(name + ".bias", {shape.outputs}));
    return network.project(kind, weights, std::move(bias));
  }

  /// Queries, keys and values as one product.
  Result<Projection> read_qkv(const std::string& layer) const {
    const std::size_t hidden = network.config_.hidden;
    std::vector<float> weights, bias;
    for (const char* part : {"query", "key", "value"}) {
      const std::string name = layer + "attention.self." + part;
      LOADLINE_ASSIGN(const auto part_weights, read(name + ".weight", {hidden, hidden}));
      LOADLINE_ASSIGN(const auto part_bias, read(name + ".bias", {hidden}));
      weights.insert(weights.end(), part_weights.begin(), part_weights.end());
      bias.insert(bias.end(), part_bias.begin(), part_bias.end());
    }
    return network.project(*network.qkv_kind_, weights, std::move(bias));
  }

  Status read_layer(std::size_t index) const {
    const std::string name = "encoder.layer." + std::to_string(index) + ".";
    Layer& layer = network.layers_[index];
    LOADLINE_ASSIGN(layer.qkv, read_qkv(name));
    LOADLINE_ASSIGN(layer.context, read_projection(*network.context_kind_, name + "attention.output.dense"));
    LOADLINE_ASSIGN(layer.up, read_projection(*network.up_kind_, name + "intermediate.dense"));
    LOADLINE_ASSIGN(layer.down, read_projection(*network.down_kind_, name + "output.dense"));
    LOADLINE_ASSIGN(layer.after_attention, read_norm(name + "attention.output.LayerNorm"));
    LOADLINE_ASSIGN(layer.after_feed_forward, read_norm(name + "output.LayerNorm"));
    return {};
  }
};

Result<BertNetwork::Projection> BertNetwork::project(const ProductKind& kind, std::span<const float> weights,
                                                     std::vector<float> bias) const {
  Projection made;
  if (precision_ != Precision::int8) {
    LOADLINE_ASSIGN(PackedWeights packed, PackedWeights::pack(kind, weights, bias));
    made.weights = std::make_unique<PackedWeights>(std::move(packed));
    return made;
  }
  QuantisedWeights quantised(weights, kind.shape().outputs);
  LOADLINE_ASSIGN(PackedWeights packed, PackedWeights::pack(kind, quantised.values));
  made.weights = std::make_unique<PackedWeights>(std::move(packed));
  made.scale = std::move(quantised.scale);
  made.sum = std::move(quantised.sum);
  made.bias = std::move(bias);
  return made;
}

Result<std::unique_ptr<BertNetwork>> BertNetwork::load(const SafeTensors& tensors, const BertConfig& config,
                                                       Precision precision, const Kernels& kernels,
                                                       std::size_t rows_max, const ForEach& for_each) {
  std::unique_ptr<BertNetwork> network(new BertNetwork(config, precision, kernels, rows_max));
  LOADLINE_ASSIGN(std::string prefix, find_prefix(tensors));
  const Loader loader{tensors, std::move(prefix), *network};
  LOADLINE_TRY(loader.read_embeddings());
  network->layers_.resize(config.layers);
  const auto make_kinds = [&](std::size_t) { return network->make_kinds(); };
  LOADLINE_TRY(for_each(1, make_kinds));
  const auto read_layer = [&](std::size_t index) { return loader.read_layer(index); };
  LOADLINE_TRY(for_each(config.layers, read_layer));
  return network;
}

}  // namespace loadline

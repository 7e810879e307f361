#pragma once
// The numbers that describe a BERT-family model, read from its folder (config.json, and what
// sentence-transformers puts beside it: modules.json, the pooling module's config.json,
// sentence_bert_config.json). Only what the encoder can compute exactly is accepted.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

enum class Pooling : std::uint8_t { mean, first, max, last };
enum class Activation : std::uint8_t { none, gelu_erf, gelu_tanh, relu };

struct BertConfig {
  static constexpr std::size_t hidden_max = 8192, layers_max = 128, positions_max = 8192;

  std::size_t hidden = 0;
  std::size_t layers = 0;
  std::size_t heads = 0;
  std::size_t intermediate = 0;
  std::size_t vocabulary = 0;
  std::size_t positions = 0;
  std::size_t token_types = 0;
  float layer_norm_epsilon = 1e-12f;
  Activation activation = Activation::gelu_erf;
  Pooling pooling = Pooling::mean;
  std::size_t max_tokens = 0;  // special tokens included; at most `positions`

  std::size_t head_dim() const { return hidden / heads; }
};

/// The content of config.json: everything but `pooling` and `max_tokens`, which gets `positions`.
/// invalid_argument, naming the setting, if it is damaged or not a plain BERT encoder.
Result<BertConfig> read_bert_config(std::string_view file);
/// The content of the pooling module's config.json. invalid_argument for a mode that is not in `Pooling`.
Result<Pooling> read_pooling(std::string_view file);
/// The content of sentence_bert_config.json: nothing if it sets no length.
Result<std::optional<std::size_t>> read_max_tokens(std::string_view file);
/// The content of modules.json: the folder of its pooling module, empty if there is none. invalid_argument
/// for modules that change the vector in other ways (a dense layer, for example).
Result<std::string> read_pooling_folder(std::string_view file);

}  // namespace loadline

#include "encoder/bert_config.h"

#include <boost/json.hpp>

#include "encoder/json_reader.h"

namespace loadline {
namespace {

namespace json = boost::json;

constexpr std::size_t config_bytes_max = 1u << 20;

Error wrong(const std::string& what) { return Error(Code::invalid_argument, what); }

Result<std::size_t> positive(const json::value& root, std::string_view name, std::size_t most) {
  const std::optional<std::size_t> value = size_member(root, name, 0, most);
  if (!value || *value == 0) {
    return wrong("config.json: " + std::string(name) + " must be a whole number from 1 to " +
                 std::to_string(most));
  }
  return *value;
}

Result<Activation> read_activation(const json::value& root) {
  const std::string name = string_member(root, "hidden_act");
  if (name == "gelu" || name.empty()) return Activation::gelu_erf;
  if (name == "gelu_new" || name == "gelu_pytorch_tanh" || name == "gelu_fast") return Activation::gelu_tanh;
  if (name == "relu") return Activation::relu;
  return wrong("config.json: hidden_act is not gelu, gelu_new, gelu_pytorch_tanh, gelu_fast or relu");
}

Status check_kind(const json::value& root) {
  if (string_member(root, "model_type") != "bert") {
    return wrong("config.json: model_type must be bert; other encoders are not supported");
  }
  const std::string positions = string_member(root, "position_embedding_type");
  if (!positions.empty() && positions != "absolute") {
    return wrong("config.json: position_embedding_type must be absolute");
  }
  if (bool_member(root, "is_decoder", false)) return wrong("config.json: the model is a decoder");
  return {};
}

float number_member(const json::value& root, std::string_view name, float fallback) {
  if (!root.is_object()) return fallback;
  const json::value* found = root.get_object().if_contains(json::string_view(name.data(), name.size()));
  if (!found) return fallback;
  json::error_code failed;
  const auto value = found->to_number<double>(failed);
  return failed ? fallback : static_cast<float>(value);
}

}  // namespace

Result<BertConfig> read_bert_config(std::string_view file) {
  LOADLINE_ASSIGN(const json::value root, parse_json(file, "config.json", config_bytes_max));
  LOADLINE_TRY(check_kind(root));
  BertConfig config;
  LOADLINE_ASSIGN(config.hidden, positive(root, "hidden_size", BertConfig::hidden_max));
  LOADLINE_ASSIGN(config.layers, positive(root, "num_hidden_layers", BertConfig::layers_max));
  LOADLINE_ASSIGN(config.heads, positive(root, "num_attention_heads", BertConfig::hidden_max));
  LOADLINE_ASSIGN(config.intermediate, positive(root, "intermediate_size", 8 * BertConfig::hidden_max));
  LOADLINE_ASSIGN(config.vocabulary, positive(root, "vocab_size", 1u << 22));
  LOADLINE_ASSIGN(config.positions, positive(root, "max_position_embeddings", BertConfig::positions_max));
  LOADLINE_ASSIGN(config.token_types, positive(root, "type_vocab_size", 16));
  LOADLINE_ASSIGN(config.activation, read_activation(root));
  config.layer_norm_epsilon = number_member(root, "layer_norm_eps", 1e-12f);
  if (!(config.layer_norm_epsilon >= 0.0f && config.layer_norm_epsilon < 1.0f)) {
    return wrong("config.json: layer_norm_eps must be from 0 to 1");
  }
  if (config.hidden % config.heads != 0 || config.head_dim() % 2 != 0) {
    return wrong("config.json: hidden_size must be an even multiple of num_attention_heads");
  }
  if (config.positions < 3) return wrong("config.json: max_position_embeddings must be 3 or more");
  config.max_tokens = config.positions;
  return config;
}

Result<Pooling> read_pooling(std::string_view file) {
  LOADLINE_ASSIGN(const json::value root,
                  parse_json(file, "the pooling module's config.json", config_bytes_max));
  struct Mode {
    std::string_view name;
    std::optional<Pooling> pooling;
  };
  const Mode modes[] = {{"pooling_mode_cls_token", Pooling::first},
                        {"pooling_mode_mean_tokens", Pooling::mean},
                        {"pooling_mode_max_tokens", Pooling::max},
                        {"pooling_mode_lasttoken", Pooling::last},
                        {"pooling_mode_mean_sqrt_len_tokens", std::nullopt},
                        {"pooling_mode_weightedmean_tokens", std::nullopt}};
  std::optional<Pooling> chosen;
  for (const Mode& mode : modes) {
    if (!bool_member(root, mode.name, false)) continue;
    if (!mode.pooling) return wrong("pooling: " + std::string(mode.name) + " is not supported");
    if (chosen) return wrong("pooling: more than one mode is on");
    chosen = mode.pooling;
  }
  const std::string name = string_member(root, "pooling_mode");  // newer files name the mode instead
  for (const auto& [text, pooling] : {std::pair{"cls", Pooling::first},
                                      {"mean", Pooling::mean},
                                      {"max", Pooling::max},
                                      {"lasttoken", Pooling::last}}) {
    if (!chosen && name == text) chosen = pooling;
  }
  if (!chosen) return wrong("pooling: no supported mode is on (cls, mean, max or last token)");
  return *chosen;
}

Result<std::optional<std::size_t>> read_max_tokens(std::string_view file) {
  LOADLINE_ASSIGN(const json::value root, parse_json(file, "sentence_bert_config.json", config_bytes_max));
  const std::optional<std::size_t> length = size_member(root, "max_seq_length", 0, BertConfig::positions_max);
  if (!length || *length == 0) return std::optional<std::size_t>();
  if (*length < 3) return wrong("sentence_bert_config.json: max_seq_length must be 3 or more");
  return length;
}

Result<std::string> read_pooling_folder(std::string_view file) {
  LOADLINE_ASSIGN(const json::value root, parse_json(file, "modules.json", config_bytes_max));
  if (!root.is_array()) return wrong("modules.json: expected a list of modules");
  std::string folder;
  for (const json::value& module : root.get_array()) {
    const std::string type = string_member(module, "type");
    const std::string kind = type.substr(type.rfind('.') + 1);
    if (kind == "Transformer" || kind == "Normalize") continue;
    if (kind != "Pooling")
      return wrong("modules.json: a module other than Transformer, Pooling and Normalize");
    folder = string_member(module, "path");
    if (folder.find('/') != std::string::npos || folder.starts_with('.')) {
      return wrong("modules.json: the pooling module's path must be a plain folder name");
    }
  }
  return folder;
}

}  // namespace loadline

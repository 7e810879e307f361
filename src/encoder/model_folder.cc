#include "encoder/model_folder.h"

#include <openssl/evp.h>

#include <boost/json.hpp>

#include "encoder/json_reader.h"

namespace loadline {
namespace {

constexpr std::size_t settings_bytes_max = 1u << 20;

/// Null if the file is not there.
Result<std::unique_ptr<MappedFile>> open_optional(const std::string& path) {
  auto file = MappedFile::open(path);
  if (!file.ok() && file.error().code() == Code::not_found) return std::unique_ptr<MappedFile>();
  return file;
}

/// What vocab.txt leaves open stands in tokenizer_config.json.
Result<WordpieceOptions> read_tokenizer_settings(const std::string& path) {
  WordpieceOptions options;
  LOADLINE_ASSIGN(const auto file, open_optional(path + "/tokenizer_config.json"));
  if (!file) return options;
  LOADLINE_ASSIGN(const boost::json::value root,
                  parse_json(file->text(), "tokenizer_config.json", settings_bytes_max));
  options.lowercase = bool_member(root, "do_lower_case", true);
  options.split_ideographs = bool_member(root, "tokenize_chinese_chars", true);
  if (root.is_object()) {
    const boost::json::value* accents = root.get_object().if_contains("strip_accents");
    if (accents && accents->is_bool()) options.strip_accents = accents->get_bool();
  }
  return options;
}

Result<Wordpiece> read_tokenizer(const std::string& path) {
  LOADLINE_ASSIGN(const auto file, open_optional(path + "/tokenizer.json"));
  if (file) return Wordpiece::from_tokenizer_json(file->text());
  LOADLINE_ASSIGN(auto options, read_tokenizer_settings(path));
  LOADLINE_ASSIGN(const auto vocabulary, MappedFile::open(path + "/vocab.txt"));
  return Wordpiece::from_vocabulary(vocabulary->text(), std::move(options));
}

Result<Pooling> read_pooling_module(const std::string& path) {
  LOADLINE_ASSIGN(const auto modules, open_optional(path + "/modules.json"));
  if (!modules) return Pooling::mean;
  LOADLINE_ASSIGN(const std::string folder, read_pooling_folder(modules->text()));
  if (folder.empty()) return Pooling::mean;
  LOADLINE_ASSIGN(const auto file, MappedFile::open(path + "/" + folder + "/config.json"));
  return read_pooling(file->text());
}

}  // namespace

Result<BertConfig> ModelFolder::read_settings(const std::string& path) {
  LOADLINE_ASSIGN(const auto file, MappedFile::open(path + "/config.json"));
  LOADLINE_ASSIGN(BertConfig config, read_bert_config(file->text()));
  LOADLINE_ASSIGN(config.pooling, read_pooling_module(path));
  LOADLINE_ASSIGN(const auto lengths, open_optional(path + "/sentence_bert_config.json"));
  if (lengths) {
    LOADLINE_ASSIGN(const std::optional<std::size_t> length, read_max_tokens(lengths->text()));
    if (length) config.max_tokens = std::min(*length, config.positions);
  }
  return config;
}

Result<ModelFolder> ModelFolder::read(const std::string& path) {
  LOADLINE_ASSIGN(BertConfig config, read_settings(path));
  LOADLINE_ASSIGN(Wordpiece tokenizer, read_tokenizer(path));
  if (tokenizer.vocabulary_size() > config.vocabulary) {
    return Error(Code::invalid_argument, "the tokenizer has " + std::to_string(tokenizer.vocabulary_size()) +
                                             " tokens, config.json has vocab_size " +
                                             std::to_string(config.vocabulary) +
                                             ": these files belong to different models");
  }
  LOADLINE_ASSIGN(auto weights, MappedFile::open(path + "/model.safetensors"));
  return ModelFolder{path, config, std::move(tokenizer), std::move(weights)};
}

Result<std::string> sha256_hex(std::span<const std::byte> bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1) {
    return Error(Code::internal, "OpenSSL cannot compute SHA-256 here");
  }
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

}  // namespace loadline

#pragma once
// Reading a model folder: its configuration, tokenizer and mapped weights.
#include <memory>
#include <string>

#include "base/result.h"
#include "encoder/bert_config.h"
#include "encoder/mapped_file.h"
#include "encoder/wordpiece.h"

namespace loadline {

struct ModelFolder {
  std::string path;
  BertConfig config;
  Wordpiece tokenizer;
  std::unique_ptr<MappedFile> weights;

  /// The settings alone; as BertEncoder::describe.
  static Result<BertConfig> read_settings(const std::string& path);
  /// As BertEncoder::open. The tokenizer's ids are checked against the model's vocabulary.
  static Result<ModelFolder> read(const std::string& path);
};

/// SHA-256 in lower-case hex.
Result<std::string> sha256_hex(std::span<const std::byte> bytes);

}  // namespace loadline

#pragma once
// What a GGUF model file says about itself, without loading weights: for `loadline models inspect`, and for
// fitting memory before a model is opened. Our own reader of the header, since the file may be damaged or
// hostile: every length is checked against the file's size and a named bound, nothing is allocated by a
// number that the file states.
//
// Format: GGUF 2 and 3, little endian (ggml repository, docs/gguf.md).
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace loadline::llama {

struct GgufInfo {
  std::string name;          // general.name, or the file's name
  std::string architecture;  // "qwen2"
  std::string quantisation;  // as the file calls itself: "Q4_K_M"; else the type that most weights have
  std::string licence;       // general.license, "" if not stated
  std::string author;
  std::string tokenizer;  // tokenizer.ggml.model
  std::uint64_t parameters = 0;
  std::uint64_t tensors = 0;
  std::uint64_t weight_bytes = 0;  // of the tensors
  std::uint64_t file_bytes = 0;
  std::uint32_t version = 0;
  std::uint32_t context_length = 0;  // that it was trained for, tokens
  std::uint32_t vocabulary = 0;      // tokens
  std::uint32_t layers = 0;
  std::uint32_t embedding_length = 0;
  std::uint32_t heads = 0;
  std::uint32_t kv_heads = 0;
  std::uint32_t key_length = 0;    // of one head
  std::uint32_t value_length = 0;  // of one head
  bool has_chat_template = false;
  std::vector<std::pair<std::string, std::uint64_t>> tensor_types;  // type, how many weights; most first

  /// Bytes that one token takes in the cache of keys and values with this many bytes per number.
  double cache_bytes_per_token(double bytes_per_number) const;
};

/// not_found; invalid_argument: not a GGUF file, or one of another version; data_loss: it is cut off or
/// contradicts itself. The message says where.
Result<GgufInfo> read_gguf_info(const std::string& path);

}  // namespace loadline::llama

#pragma once
// The Embedder port: text to unit vectors, with the tokenizer that goes with them.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"

namespace loadline {

struct TokenSpan {
  std::int32_t id = 0;
  std::uint32_t begin = 0, end = 0;  // bytes of the input text; special tokens have begin == end
};

/// Row-major float matrix.
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<float> values;
  std::span<const float> row(std::size_t r) const { return {values.data() + r * columns, columns}; }
};

struct EmbedderInfo {
  std::string name;       // "all-minilm-l6-v2"
  std::string digest;     // SHA-256 of the weights, hex; stored beside every vector
  std::string precision;  // "f32" | "bf16" | "int8"
  std::size_t dimensions = 0;
  std::size_t max_tokens = 0;  // special tokens included; longer texts are cut there
};

/// Thread-safe: calls from several threads are run one after the other or side by side, as the adapter sees
/// fit.
class Embedder {
 public:
  virtual ~Embedder() = default;
  virtual const EmbedderInfo& info() const = 0;
  /// Brings about whatever the first call would otherwise wait for. An error of it is one that `embed` would
  /// return.
  virtual Status prepare() const { return {}; }
  /// One unit-length row per text. Any number of texts; the adapter batches. Errors: cancelled,
  /// deadline_exceeded.
  virtual Result<Matrix> embed(std::span<const std::string_view> texts, const CallContext& context) const = 0;
  /// The last hidden state of each token of `text`, cut at max_tokens, special tokens included; `tokens`
  /// names them.
  virtual Result<Matrix> token_vectors(std::string_view text, std::vector<TokenSpan>& tokens,
                                       const CallContext& context) const = 0;
  /// Tokens without special ones, not cut. Never fails after a `prepare` or `embed` that did not.
  virtual std::vector<TokenSpan> tokenize(std::string_view text) const = 0;
  virtual std::size_t count_tokens(std::string_view text) const { return tokenize(text).size(); }
};

}  // namespace loadline

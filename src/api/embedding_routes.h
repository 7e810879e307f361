#pragma once
// POST /v1/embeddings. Thread-safe.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_error.h"
#include "api/metrics.h"
#include "model/embedder.h"
#include "net/http_handler.h"

namespace loadline {

struct EmbeddingCall {
  std::string model;
  std::vector<std::string> inputs;
  bool base64 = false;
  std::optional<std::int64_t> dimensions;
  bool truncate = false;  // our extension: texts that are too long are cut instead of refused
};
std::optional<EmbeddingCall> parse_embedding_call(std::string_view body, std::size_t inputs_max,
                                                  ApiError& error);

/// {"object":"list","data":[{"object":"embedding", ...}], ...}
std::string embeddings_json(const EmbeddingCall& call, const Matrix& vectors, std::uint64_t tokens);

class EmbeddingRoutes {
 public:
  /// All must outlive it.
  EmbeddingRoutes(const Embedder& embedder, std::size_t inputs_max, Metrics& metrics)
      : embedder_(embedder), inputs_max_(inputs_max), metrics_(metrics) {}
  void embeddings(HttpExchange& exchange) const;

 private:
  bool fits(const EmbeddingCall& call, std::uint64_t& tokens, ApiError& error) const;

  const Embedder& embedder_;
  const std::size_t inputs_max_;
  Metrics& metrics_;
};

}  // namespace loadline

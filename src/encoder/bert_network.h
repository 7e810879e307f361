#pragma once
// The transformer of a BERT model: packed token sequences in, the last hidden state of every token out.
//
// Sequences of a batch lie behind each other without padding: the matrix products run over all their tokens
// at once, attention runs within each sequence. The residual stream stays in f32 at every precision; what
// goes through the matrix products is f32, bf16, or 8-bit with one scale and zero point a row (activations,
// found anew for each row) and one scale a column (weights).
//
// Immutable after `load`. `forward` may run on several threads at once, each with its own Workspace.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "encoder/bert_config.h"
#include "encoder/kernels.h"
#include "encoder/linear.h"
#include "encoder/safetensors.h"

namespace loadline {

enum class Precision : std::uint8_t { f32, bf16, int8 };

/// Token sequences behind each other. Every sequence has 1 to `positions` tokens; ids and types are in range.
struct PackedTokens {
  std::vector<std::int32_t> ids;
  std::vector<std::uint8_t> types;
  std::vector<std::size_t> ends;  // of sequence i in ids; the first begins at 0

  std::size_t begin_of(std::size_t sequence) const { return sequence == 0 ? 0 : ends[sequence - 1]; }
};

/// Memory for one forward pass at a time.
class Workspace {
 public:
  /// [tokens][hidden], after `forward`.
  const float* hidden_state() const { return residual_.data(); }

 private:
  friend class BertNetwork;
  std::vector<float> residual_;
  std::vector<std::byte> narrow_;       // [rows][hidden]: the residual as the products take it
  std::vector<std::byte> qkv_;          // [rows][3 * hidden]
  std::vector<std::byte> context_;      // [rows][hidden]
  std::vector<std::byte> wide_;         // [rows][intermediate]
  std::vector<std::int32_t> products_;  // int8: [rows][max(3 * hidden, intermediate)]
  std::vector<float> row_;              // int8: one row of any width
  std::vector<RowScale> narrow_scales_, wide_scales_, context_scales_;
  std::vector<std::uint8_t> context_bytes_;
  std::vector<float> attention_scratch_;
};

class BertNetwork {
 public:
  /// Runs its argument for 0 to n - 1, perhaps on several threads; used for packing weights.
  using ForEach = std::function<Status(std::size_t n, const std::function<Status(std::size_t)>& work)>;

  /// `tensors` must outlive the network: embedding rows are read from it at each use. invalid_argument,
  /// naming the tensor, if one is missing or has another shape than `config` says. `rows_max`: tokens in one
  /// batch.
  static Result<std::unique_ptr<BertNetwork>> load(const SafeTensors& tensors, const BertConfig& config,
                                                   Precision precision, const Kernels& kernels,
                                                   std::size_t rows_max, const ForEach& for_each);

  std::unique_ptr<Workspace> make_workspace() const;
  /// internal or resource_exhausted, from oneDNN.
  Status forward(const PackedTokens& batch, Workspace& space) const;

 private:
  /// One product with its bias; for int8 also what turns integers back into numbers.
  struct Projection {
    std::unique_ptr<PackedWeights> weights;
    std::vector<float> scale, bias;
    std::vector<std::int32_t> sum;

    IntegerRow integer_row(const std::int32_t* products, RowScale row) const;
  };
  struct Norm {
    std::vector<float> gamma, beta;
  };
  struct Layer {
    Projection qkv, context, up, down;
    Norm after_attention, after_feed_forward;
  };
  struct Embeddings {
    const TensorView* words = nullptr;
    std::vector<float> positions, types;
    Norm norm;
  };
  struct Loader;

  BertNetwork(const BertConfig& config, Precision precision, const Kernels& kernels, std::size_t rows_max);
  Status make_kinds();
  Result<Projection> project(const ProductKind& kind, std::span<const float> weights,
                             std::vector<float> bias) const;

  void embed(const PackedTokens& batch, Workspace& space) const;
  Status run_layer(const Layer& layer, const PackedTokens& batch, Workspace& space, std::size_t rows) const;
  Status project_qkv(const Layer& layer, Workspace& space, std::size_t rows) const;
  void attend(const PackedTokens& batch, Workspace& space) const;
  Status add_context(const Layer& layer, Workspace& space, std::size_t rows) const;
  Status add_feed_forward(const Layer& layer, Workspace& space, std::size_t rows) const;
  /// Normalises the residual and brings it into the form that the products take.
  void normalise(const Norm& norm, Workspace& space, std::size_t rows) const;
  const void* product_input(const Workspace& space) const;
  Status add_integer_product(const Projection& projection, const void* x, const std::vector<RowScale>& scales,
                             Workspace& space, std::size_t rows) const;

  const BertConfig config_;
  const Precision precision_;
  const bool bf16_attention_;
  const Kernels& kernels_;
  const std::size_t rows_max_;
  std::unique_ptr<ProductKind> qkv_kind_, context_kind_, up_kind_, down_kind_;  // outlive layers_
  Embeddings embeddings_;
  std::vector<Layer> layers_;
};

}  // namespace loadline

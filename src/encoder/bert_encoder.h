#pragma once
// The Embedder: a BERT-family sentence encoder from a model folder as sentence-transformers lays it out
// (config.json, model.safetensors, tokenizer.json or vocab.txt, and, where there, modules.json with its
// pooling module and sentence_bert_config.json).
//
// Its own threads do the work; calls of any number of threads share them batch by batch, in turns. A call
// waits for its own batches and blocks meanwhile. Weights are packed into memory at `open`, but for the word
// embeddings, of which rows are read from the mapped file.
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "encoder/bert_config.h"
#include "encoder/kernels.h"
#include "model/embedder.h"

namespace loadline {

struct BertEncoderOptions {
  std::string model_folder = {};
  std::string precision =
      "auto";                  // auto: bf16 where the CPU multiplies it, otherwise f32 | f32 | bf16 | int8
  std::size_t threads = 0;     // 0: one for each CPU, at most threads_max
  std::string name = {};       // empty: the folder's name
  std::string digest = {};     // SHA-256 of model.safetensors, hex; empty: computed
  std::size_t max_tokens = 0;  // 0: as the folder says; never more than the model has positions for
  std::optional<Pooling> pooling = {};  // unset: as the folder says, mean if it says nothing
  std::optional<SimdLevel> simd = {};   // unset: the widest kernels that the CPU can run; for tests
  std::size_t batch_tokens = 320;       // computed together on one thread; 16 to batch_tokens_max

  static constexpr std::size_t threads_max = 64, batch_tokens_max = 8192;
};

class BertEncoder final : public Embedder {
 public:
  /// not_found: the folder lacks a file. invalid_argument: an option is wrong, or a file says something that
  /// is not supported; data_loss: the weights file is damaged. failed_precondition: this CPU cannot do the
  /// precision asked for. Takes about 0.2 s for a model of 90 MB.
  static Result<std::unique_ptr<BertEncoder>> open(const BertEncoderOptions& options);
  /// What `info()` of the encoder will say, from the model's settings alone: about a millisecond, and the
  /// weights are read only if `options.digest` is empty. Errors as `open`, as far as settings show them.
  static Result<EmbedderInfo> describe(const BertEncoderOptions& options);
  ~BertEncoder() override;

  const EmbedderInfo& info() const override;
  /// Also data_loss if the weights give a vector that is not finite.
  Result<Matrix> embed(std::span<const std::string_view> texts, const CallContext& context) const override;
  Result<Matrix> token_vectors(std::string_view text, std::vector<TokenSpan>& tokens,
                               const CallContext& context) const override;
  /// The same for two texts in one sequence, [CLS] first [SEP] second [SEP], the second with token type 1;
  /// offsets refer to the text that the token is of. `first` is cut so that its tokens leave room for the
  /// special ones, `second` to what remains. failed_precondition if the model has a single token type.
  Result<Matrix> token_vectors(std::string_view first, std::string_view second,
                               std::vector<TokenSpan>& tokens, const CallContext& context) const;
  std::vector<TokenSpan> tokenize(std::string_view text) const override;

 private:
  struct Parts;
  explicit BertEncoder(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace loadline

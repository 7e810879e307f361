#pragma once
// An Embedder that opens its BertEncoder at the first call that needs it: commands that only ask what the
// embedder is, and a server that nobody has searched yet, hold neither weights nor threads.
//
// Thread-safe. Calls that come while the encoder is being opened (about 0.2 s) wait for it. A failure is
// returned to the call that met it and not remembered: the next call tries again, so putting the files right
// needs no restart.
#include <memory>
#include <mutex>

#include "encoder/bert_encoder.h"

namespace loadline {

class LazyEncoder final : public Embedder {
 public:
  /// Reads the model's settings only. With `options.digest`, the digest expected of the weights, the weights
  /// are not read before they are needed, and others than expected are data_loss then; without it, they are
  /// read once here for their digest. Errors as BertEncoder::describe.
  static Result<std::unique_ptr<LazyEncoder>> open(BertEncoderOptions options);

  const EmbedderInfo& info() const override { return info_; }
  Status prepare() const override;
  Result<Matrix> embed(std::span<const std::string_view> texts, const CallContext& context) const override;
  Result<Matrix> token_vectors(std::string_view text, std::vector<TokenSpan>& tokens,
                               const CallContext& context) const override;
  /// No tokens if the encoder cannot be opened.
  std::vector<TokenSpan> tokenize(std::string_view text) const override;

 private:
  LazyEncoder(BertEncoderOptions options, EmbedderInfo info)
      : options_(std::move(options)), info_(std::move(info)) {}
  Result<const BertEncoder*> encoder() const;

  const BertEncoderOptions options_;
  const EmbedderInfo info_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<BertEncoder> encoder_;  // guarded by mutex_; once set, it stays
};

}  // namespace loadline

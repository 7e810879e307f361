#include "encoder/lazy_encoder.h"

#include <utility>

namespace loadline {

Result<std::unique_ptr<LazyEncoder>> LazyEncoder::open(BertEncoderOptions options) {
  LOADLINE_ASSIGN(EmbedderInfo info, BertEncoder::describe(options));
  return std::unique_ptr<LazyEncoder>(new LazyEncoder(std::move(options), std::move(info)));
}

Result<const BertEncoder*> LazyEncoder::encoder() const {
  const std::lock_guard lock(mutex_);
  if (encoder_) return encoder_.get();
  BertEncoderOptions options = options_;
  options.digest.clear();  // computed from what is there, to be compared with what should be
  LOADLINE_ASSIGN(auto opened, BertEncoder::open(options));
  if (opened->info().digest != info_.digest)
    return Error(
        Code::data_loss,
        "the embedding model in " + options_.model_folder +
            " has other weights than expected (their SHA-256 differs), so vectors made with it would "
            "not fit the stored ones; remove model.safetensors there and fetch the model again");
  encoder_ = std::move(opened);
  return encoder_.get();
}

Status LazyEncoder::prepare() const {
  auto opened = encoder();
  return opened ? Status() : Status(opened.error());
}

Result<Matrix> LazyEncoder::embed(std::span<const std::string_view> texts, const CallContext& context) const {
  LOADLINE_ASSIGN(const BertEncoder* const encoder, this->encoder());
  return encoder->embed(texts, context);
}

Result<Matrix> LazyEncoder::token_vectors(std::string_view text, std::vector<TokenSpan>& tokens,
                                          const CallContext& context) const {
  LOADLINE_ASSIGN(const BertEncoder* const encoder, this->encoder());
  return encoder->token_vectors(text, tokens, context);
}

std::vector<TokenSpan> LazyEncoder::tokenize(std::string_view text) const {
  const auto opened = encoder();
  return opened ? (*opened)->tokenize(text) : std::vector<TokenSpan>();
}

}  // namespace loadline

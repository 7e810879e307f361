#pragma once
// Text to tokens and back, over a loaded model's vocabulary. Thread-safe: only reads.
//
// A chat template writes control tokens ("<|im_end|>") as text, and so could a user's message or a retrieved
// document. `Guarded` text keeps the two apart: control tokens that stand in contents are wrapped in marks
// before the template runs and come out as plain characters, so nobody can end a turn from inside a document.
#include <llama.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace loadline::llama {

class Vocabulary {
 public:
  /// The model must outlive it.
  explicit Vocabulary(const llama_model* model);

  const llama_vocab* handle() const { return vocab_; }
  std::size_t size() const { return size_; }
  bool ends_generation(std::int32_t token) const { return llama_vocab_is_eog(vocab_, token); }

  /// `special`: add the model's beginning token and read control tokens written as text.
  Result<std::vector<std::int32_t>> tokenize(std::string_view text, bool special) const;
  /// A template's output made from guarded contents.
  Result<std::vector<std::int32_t>> tokenize_guarded(std::string_view text) const;
  /// `text` with the control tokens in it marked.
  std::string guarded(std::string_view text) const;

  /// The token's bytes; control tokens give none unless `show_control`.
  std::string bytes(std::int32_t token, bool show_control) const;
  /// The one token that `text` is, or -1.
  std::int32_t single(std::string_view text) const;

 private:
  Result<std::vector<std::int32_t>> tokenize(std::string_view text, bool add_special,
                                             bool parse_special) const;

  const llama_vocab* vocab_;
  std::size_t size_;
  std::vector<std::string> control_texts_;  // longest first
};

}  // namespace loadline::llama

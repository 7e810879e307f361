// Fuzz target: the tokenizer. The first byte chooses: a text to cut into tokens (spans must be ordered and
// inside it, a limit gives a prefix), a vocab.txt, or a tokenizer.json.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "encoder/wordpiece.h"

namespace {

using loadline::TokenSpan;
using loadline::Wordpiece;

void encode(const Wordpiece& tokenizer, std::string_view text) {
  std::vector<TokenSpan> tokens, few;
  tokenizer.encode(text, tokens);
  std::uint32_t last = 0;
  for (const TokenSpan& token : tokens) {
    LOADLINE_ASSERT(last <= token.begin && token.begin < token.end && token.end <= text.size());
    LOADLINE_ASSERT(token.id >= 0 && static_cast<std::size_t>(token.id) < tokenizer.vocabulary_size());
    last = token.begin;
  }
  tokenizer.encode(text, few, tokens.size() / 2);
  LOADLINE_ASSERT(few.size() == tokens.size() / 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto tokenizer = Wordpiece::from_vocabulary(
      "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##a\ni\nab\n##b\nrate\n##s\n.\n5\n##"
      "5\n\xe4\xb8\xad\n\xe1\x84\x80\n",
      {});
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 4 == 1) {
    const auto made = Wordpiece::from_vocabulary(input, {});
    if (made.ok()) encode(*made, input);
  } else if (data[0] % 4 == 2) {
    const auto made = Wordpiece::from_tokenizer_json(input);
    if (made.ok()) encode(*made, input);
  } else {
    encode(*tokenizer, input);
  }
  return 0;
}

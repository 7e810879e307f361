#include "llama/vocabulary.h"

#include <algorithm>
#include <limits>

namespace loadline::llama {
namespace {

// Unicode noncharacters, which no text should hold: U+FDD0 before and U+FDD1 after a control token's text
// with its first character's place taken, so that the tokenizer cannot see it.
constexpr std::string_view kOpen = "\xEF\xB7\x90";
constexpr std::string_view kClose = "\xEF\xB7\x91";
constexpr std::size_t kMarkLength = 3;
// More than a context on one machine holds, and tokenized in well under a second: nothing in here looks at
// the deadline.
constexpr std::size_t kTextBytesMax = 2U << 20;

// In one pass: a hostile text is nothing but matches.
void replace_all(std::string& text, std::string_view what, std::string_view with) {
  std::size_t at = text.find(what);
  if (at == std::string::npos) return;
  std::string out;
  std::size_t from = 0;
  for (; at != std::string::npos; at = text.find(what, from)) {
    out.append(text, from, at - from).append(with);
    from = at + what.size();
  }
  text = out.append(text, from);
}

void append(std::vector<std::int32_t>& to, const std::vector<std::int32_t>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

Vocabulary::Vocabulary(const llama_model* model)
    : vocab_(llama_model_get_vocab(model)), size_(static_cast<std::size_t>(llama_vocab_n_tokens(vocab_))) {
  for (std::size_t i = 0; i < size_; ++i) {
    const auto token = static_cast<std::int32_t>(i);
    const auto attributes = static_cast<unsigned>(llama_vocab_get_attr(vocab_, token));
    if ((attributes & LLAMA_TOKEN_ATTR_CONTROL) == 0 && !llama_vocab_is_eog(vocab_, token)) continue;
    std::string text = llama_vocab_get_text(vocab_, token);
    if (text.size() >= 2) control_texts_.push_back(std::move(text));
  }
  std::sort(control_texts_.begin(), control_texts_.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

Result<std::vector<std::int32_t>> Vocabulary::tokenize(std::string_view text, bool add_special,
                                                       bool parse_special) const {
  if (text.size() > kTextBytesMax)
    return Error(Code::invalid_argument, "the text has " + std::to_string(text.size()) +
                                             " bytes, more than " + std::to_string(kTextBytesMax) +
                                             " that are tokenized in one piece");
  std::vector<std::int32_t> tokens(text.size() / 3 + 16);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const std::int32_t n =
        llama_tokenize(vocab_, text.data(), static_cast<std::int32_t>(text.size()), tokens.data(),
                       static_cast<std::int32_t>(tokens.size()), add_special, parse_special);
    if (n >= 0) {
      tokens.resize(static_cast<std::size_t>(n));
      return tokens;
    }
    if (n == std::numeric_limits<std::int32_t>::min()) break;
    tokens.resize(static_cast<std::size_t>(-n));
  }
  return Error(Code::internal, "the tokenizer gave two different lengths for one text");
}

Result<std::vector<std::int32_t>> Vocabulary::tokenize(std::string_view text, bool special) const {
  return tokenize(text, special, special);
}

std::string Vocabulary::guarded(std::string_view text) const {
  std::string result(text);
  replace_all(result, kOpen, "");
  replace_all(result, kClose, "");
  for (const std::string& control : control_texts_) {
    if (result.find(control) == std::string::npos) continue;
    const std::string marked =
        control.substr(0, 1) + std::string(kOpen) + control.substr(1) + std::string(kClose);
    replace_all(result, control, marked);
  }
  return result;
}

Result<std::vector<std::int32_t>> Vocabulary::tokenize_guarded(std::string_view text) const {
  std::vector<std::int32_t> tokens;
  bool first = true;
  // <text> x OPEN yz CLOSE <text>: "xyz" is plain characters, the rest is the template's.
  for (std::size_t open = text.find(kOpen); open != std::string_view::npos; open = text.find(kOpen)) {
    const std::size_t close = text.find(kClose, open);
    if (close == std::string_view::npos || open == 0) break;
    LOADLINE_ASSIGN(const auto before, tokenize(text.substr(0, open - 1), first, true));
    std::string plain(text.substr(open - 1, 1));
    plain += text.substr(open + kMarkLength, close - open - kMarkLength);
    replace_all(plain, kOpen, "");
    LOADLINE_ASSIGN(const auto inside, tokenize(plain, false, false));
    append(tokens, before);
    append(tokens, inside);
    text.remove_prefix(close + kMarkLength);
    first = false;
  }
  std::string rest(text);
  replace_all(rest, kOpen, "");
  replace_all(rest, kClose, "");
  LOADLINE_ASSIGN(const auto after, tokenize(rest, first, true));
  append(tokens, after);
  return tokens;
}

std::string Vocabulary::bytes(std::int32_t token, bool show_control) const {
  std::string piece(16, '\0');
  for (int attempt = 0; attempt < 2; ++attempt) {
    const std::int32_t n = llama_token_to_piece(vocab_, token, piece.data(),
                                                static_cast<std::int32_t>(piece.size()), 0, show_control);
    piece.resize(static_cast<std::size_t>(n < 0 ? -n : n));
    if (n >= 0) break;
  }
  return piece;
}

std::int32_t Vocabulary::single(std::string_view text) const {
  const auto tokens = tokenize(text, false, true);
  return tokens.ok() && tokens->size() == 1 ? tokens->front() : -1;
}

}  // namespace loadline::llama

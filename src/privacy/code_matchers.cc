// Codes of letters and digits.
#include <algorithm>
#include <array>
#include <string>

#include "privacy/checksums.h"
#include "privacy/context.h"
#include "privacy/matchers.h"

namespace loadline {
namespace {

constexpr std::size_t code_max = 34;

// Letters and digits from a place on, single blanks or dashes between groups left out, in upper case.
struct Code {
  std::array<char, code_max> bytes{};
  std::array<std::size_t, code_max> ends{};  // in the text, after each byte
  std::size_t size = 0;

  std::string_view first(std::size_t n) const { return {bytes.data(), n}; }
};

Code read_code(const Window& w, std::size_t at, std::size_t bytes_max) {
  Code code;
  for (std::size_t i = at; code.size < std::min(bytes_max, code_max);) {
    const unsigned char c = w.at(i);
    if (is_alnum_byte(c)) {
      code.bytes[code.size] = static_cast<char>(to_upper_byte(c));
      code.ends[code.size++] = ++i;
    } else if ((c == ' ' || c == '-' || c == '.') && is_alnum_byte(w.at(i + 1))) {
      ++i;
    } else {
      break;
    }
  }
  return code;
}

bool letters(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}
bool digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}
bool any_digit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}
bool ends_here(const Window& w, std::size_t end) { return !is_alnum_byte(w.at(end)); }

// "DE 89 ...": a group of letters, then one that begins with a digit.
bool digit_follows(const Window& w, const Token& token) {
  return (token.next == ' ' || token.next == '-' || token.next == '.') && is_digit_byte(w.at(token.end + 1));
}

void match_iban(const Window& w, const Token& token, Match& best) {
  if (token.size() == 2 && !digit_follows(w, token)) return;
  const char country[2] = {static_cast<char>(to_upper_byte(w.at(token.begin))),
                           static_cast<char>(to_upper_byte(w.at(token.begin + 1)))};
  const std::size_t length = iban_length({country, 2});
  if (length == 0) return;
  const Code code = read_code(w, token.begin, length);
  if (code.size != length || !iban_valid(code.first(length)) || !ends_here(w, code.ends[length - 1])) return;
  best.offer(DataType::iban, code.ends[length - 1], 1);
}

void match_securities(const Window& w, const Token& token, std::string_view code, Match& best) {
  const bool upper = (token.classes & ByteClass::lower) == 0;
  if (!upper) return;
  if (code.size() == 12 && letters(code.substr(0, 2)) && isin_valid(code))
    best.offer(DataType::isin, token.end, 0.9F);
  if (code.size() == 20 && digits(code.substr(18)) && any_digit(code.substr(0, 18)) && mod97_valid(code))
    best.offer(DataType::lei, token.end, 0.97F);
  if (code.size() == 9 && cusip_valid(code) && Context::before(w, token.begin).has(Hint::cusip))
    best.offer(DataType::cusip, token.end, 0.9F);
}

bool bic_form(std::string_view code) {
  return (code.size() == 8 || code.size() == 11) && letters(code.substr(0, 6)) &&
         is_country(code.substr(4, 2)) && code[6] != '0' && code[6] != '1' && code[7] != 'O';
}

void match_bic(const Window& w, const Token& token, std::string_view code, Match& best) {
  if ((token.classes & ByteClass::lower) != 0 || !bic_form(code)) return;
  const Context context = Context::before(w, token.begin);
  // "SWIFT: ", "BIC code is "; words in capitals may have the form, so letters alone must stand right behind
  const bool close =
      context.has(Hint::bic, 3) ||
      (context.has(Hint::bic, 16) && (context.has(Hint::code, 4) || context.has(Hint::number, 4)));
  if (close || (token.has_digit() && context.has(Hint::bic, 48))) best.offer(DataType::bic, token.end, 0.9F);
}

void match_nino(const Window& w, const Token& token, Match& best) {
  if (token.size() == 2 ? !is_upper_byte(w.at(token.begin)) || !digit_follows(w, token)
                        : token.size() != 8 && token.size() != 9)
    return;
  const Code code = read_code(w, token.begin, 9);
  if (code.size != 9 || !ends_here(w, code.ends[8])) return;
  const std::string_view c = code.first(9);
  if (!letters(c.substr(0, 2)) || !digits(c.substr(2, 6)) || c[8] < 'A' || c[8] > 'D') return;
  if (std::string_view("DFIQUV").find(c[0]) != std::string_view::npos ||
      std::string_view("DFIQUVO").find(c[1]) != std::string_view::npos)
    return;
  for (const std::string_view unused : {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})
    if (c.substr(0, 2) == unused) return;
  const bool upper = is_upper_byte(w.at(token.begin)) && is_upper_byte(w.at(token.begin + 1));
  const Context context = Context::before(w, token.begin);
  const bool named = context.has(Hint::uk_nino) || context.has(Hint::insurance);
  if (upper || named) best.offer(DataType::uk_nino, code.ends[8], named ? 0.95F : 0.7F);
}

// "12345678Z", "X1234567L", also with a dash before the letter.
void match_dni(const Window& w, const Token& token, Match& best) {
  const Code code = read_code(w, token.begin, 9);
  if (code.size != 9 || code.ends[8] > token.begin + 12 || !ends_here(w, code.ends[8]) ||
      !es_dni_valid(code.first(9)))
    return;
  const bool upper = is_upper_byte(w.at(code.ends[8] - 1));
  const bool named = Context::before(w, token.begin).has(Hint::es_dni);
  if (token.size() == 9 ? upper || named : named)
    best.offer(DataType::es_dni, code.ends[8], named ? 0.95F : 0.75F);
}

void match_pan(const Window& w, const Token& token, std::string_view code, Match& best) {
  if (code.size() != 10 || !letters(code.substr(0, 5)) || !digits(code.substr(5, 4)) ||
      !letters(code.substr(9)))
    return;
  if (std::string_view("ABCFGHJLPT").find(code[3]) == std::string_view::npos) return;
  const bool upper = (token.classes & ByteClass::lower) == 0;
  const bool named = Context::before(w, token.begin).has(Hint::in_pan);
  if (upper || named) best.offer(DataType::in_pan, token.end, named ? 0.95F : 0.7F);
}

// Corsican numbers have a letter: the others are digits only and come through match_numbers.
void match_corsican_nir(const Token& token, std::string_view code, Match& best) {
  if (code.size() == 15 && fr_nir_valid(code)) best.offer(DataType::fr_nir, token.end, 1);
}

// Their forms differ from state to state, so the words decide, and there must be digits enough.
void match_papers(const Window& w, const Token& token, std::string_view code, Match& best) {
  const auto digit_count =
      std::count_if(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digit_count < 4 || code.size() < 6 || code.size() > 18) return;
  const Context context = Context::before(w, token.begin);
  if (code.size() <= 9 && context.has(Hint::passport, 40)) best.offer(DataType::passport, token.end, 0.8F);
  if (context.has(Hint::driver, 48) && (context.has(Hint::licence, 40) || context.has(Hint::driver, 24)))
    best.offer(DataType::driving_licence, token.end, 0.7F);
}

}  // namespace

Token token_at(const Window& w, std::size_t at) {
  Token token{at, at, 0, false, 0};
  const std::size_t limit = std::min(at + token_bytes_read, w.text.size());
  std::size_t i = at;
  for (; i < limit; ++i) {
    const std::uint8_t classes = byte_classes[static_cast<unsigned char>(w.text[i])];
    if ((classes & ByteClass::alnum) == 0) break;
    token.classes |= classes;
  }
  w.count(i - at);
  token.end = i;
  token.cut = token.size() == token_bytes_read;
  if (!token.cut) token.next = w.at(i);
  return token;
}

void match_codes(const Window& w, const Token& token, Match& best) {
  if (token.cut || token.size() > code_max) return;
  const bool starts_with_letters =
      token.size() >= 2 && is_letter_byte(w.at(token.begin)) && is_letter_byte(w.at(token.begin + 1));
  if (starts_with_letters && (token.size() == 2 || is_digit_byte(w.at(token.begin + 2)))) {
    match_iban(w, token, best);
    match_nino(w, token, best);
  }
  if (!token.has_digit()) {
    if (token.size() == 8 || token.size() == 11)
      match_bic(w, token, read_code(w, token.begin, token.size()).first(token.size()), best);
    if (token.size() == 1 && token.next == '-' && digit_follows(w, token)) match_dni(w, token, best);
    return;
  }
  if (token.size() >= 8 && token.size() <= 9) match_dni(w, token, best);
  if (token.only_digits()) return;
  const Code whole = read_code(w, token.begin, token.size());
  const std::string_view code = whole.first(whole.size);
  match_securities(w, token, code, best);
  match_bic(w, token, code, best);
  match_pan(w, token, code, best);
  match_corsican_nir(token, code, best);
  if (code.size() == 16 && it_fiscal_code_valid(code)) best.offer(DataType::it_fiscal_code, token.end, 1);
  match_papers(w, token, code, best);
}

}  // namespace loadline

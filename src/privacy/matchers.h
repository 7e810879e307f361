#pragma once
// The matchers: each reads from one place to the right and offers what it finds. Called by the scanner where
// a value may begin, which is where a word, a number or a starting sign begins.
//
// Pure functions of the text and the place; everything is read through the window. The most that one reads is
// Detector::reach_bytes (long_reach_bytes for private keys and JWTs).
#include <cstddef>

#include "privacy/window.h"

namespace loadline {

/// What stands at a place: letters and digits up to the first other byte.
struct Token {
  std::size_t begin = 0, end = 0;
  std::uint8_t classes = 0;  // of all its bytes
  bool cut = false;          // longer than is looked at
  unsigned char next = 0;    // the byte after it

  std::size_t size() const { return end - begin; }
  bool has_digit() const { return (classes & ByteClass::digit) != 0; }
  bool only_digits() const { return (classes & ByteClass::letter) == 0; }
};
inline constexpr std::size_t token_bytes_read = 128;
Token token_at(const Window& window, std::size_t at);

/// Numbers whose groups may be split: cards, national numbers, phones, accounts, IPv4, dates. At a digit.
void match_numbers(const Window& window, const Token& token, Match& best);
/// A card inside a word ("card4111..."). At a digit after a letter.
void match_glued_card(const Window& window, std::size_t at, Match& best);
/// "+49 ..." and "(555) ...". At the sign.
void match_phone_sign(const Window& window, std::size_t at, Match& best);
/// Codes of letters and digits: IBAN, BIC, ISIN, CUSIP, LEI, national codes, passports, licences.
void match_codes(const Window& window, const Token& token, Match& best);
/// E-mail, URL with credentials, IPv6, MAC.
void match_network(const Window& window, const Token& token, Match& best);
/// "::1". At the first colon.
void match_ipv6_colon(const Window& window, std::size_t at, Match& best);
/// API keys and JWTs by their form; passwords and keys that the text names as such.
void match_secrets(const Window& window, const Token& token, Match& best);
/// "-----BEGIN ... PRIVATE KEY-----" up to its end. At the first dash.
void match_private_key(const Window& window, std::size_t at, Match& best);
/// What goes on behind a value of `type` that was cut at its bound.
Match match_rest(const Window& window, std::size_t at, DataType type);
/// Street addresses that begin with a number, or with the name of a street; post boxes.
void match_address(const Window& window, const Token& token, Match& best);
/// May a month's name begin with it?
inline bool starts_month(unsigned char c) {
  constexpr std::uint32_t letters = 1U << ('j' - 'a') | 1U << ('f' - 'a') | 1U << ('m' - 'a') |
                                    1U << ('a' - 'a') | 1U << ('s' - 'a') | 1U << ('o' - 'a') |
                                    1U << ('n' - 'a') | 1U << ('d' - 'a');
  return is_letter_byte(c) && (letters >> (to_lower_byte(c) - 'a') & 1U) != 0;
}
/// A date after words of birth. At its first digit or the name of its month.
void match_birth_date(const Window& window, const Token& token, Match& best);

}  // namespace loadline

// Addresses of mails and machines.
#include <algorithm>
#include <array>

#include "privacy/context.h"
#include "privacy/matchers.h"

namespace loadline {
namespace {

constexpr std::size_t mail_local_max = 64;  // RFC 5321
constexpr std::size_t domain_max = 128;
constexpr std::size_t user_info_max = 128;

bool is_hex(unsigned char c) { return is_digit_byte(c) || (byte_classes[c] & ByteClass::hex_letter) != 0; }

// The end of a host name with at least one dot and a top label of letters; 0 if there is none.
std::size_t domain_end(const Window& w, std::size_t at) {
  std::size_t label = at, good = 0;
  for (std::size_t i = at; i < at + domain_max;) {
    const unsigned char c = w.at(i);
    if (is_alnum_byte(c) || c >= 0x80 || (c == '-' && i > label)) {
      ++i;
      continue;
    }
    // a label ends here
    if (i == label) break;
    const bool top = label > at && i - label >= 2 && !is_digit_byte(w.before(i)) && w.before(i) != '-' &&
                     is_letter_byte(w.at(label));
    if (top) good = i;
    if (c != '.') break;
    label = ++i;
  }
  return good;
}

void match_mail(const Window& w, const Token& token, Match& best) {
  if (token.next != '@' && (byte_classes[token.next] & ByteClass::mail) == 0 && !token.cut) return;
  const std::size_t at_sign = w.skip(token.begin, ByteClass::mail, token.begin + mail_local_max);
  if (w.at(at_sign) != '@' || w.before(at_sign) == '.') return;
  const std::size_t end = domain_end(w, at_sign + 1);
  if (end != 0) best.offer(DataType::email, end, 1);
}

// scheme "://" user ":" password "@" host
void match_url(const Window& w, const Token& token, Match& best) {
  if (token.next != ':' || token.size() < 2 || token.size() > 16 || !w.has(token.end, "://")) return;
  const std::size_t begin = token.end + 3;
  bool password = false;
  for (std::size_t i = begin; i < begin + user_info_max; ++i) {
    const unsigned char c = w.at(i);
    if (c == '@') {
      if (!password || i == begin) return;
      std::size_t end = i + 1;
      while (end < i + domain_max) {
        const unsigned char h = w.at(end);
        if (!is_alnum_byte(h) && h != '.' && h != '-' && h != ':' && h != '[' && h != ']' && h < 0x80) break;
        ++end;
      }
      while (end > i + 1 && (w.before(end) == '.' || w.before(end) == ':')) --end;
      if (end > i + 1) best.offer(DataType::url_credentials, end, 1);
      return;
    }
    if (c == ':') password = true;
    if (c <= ' ' || c == '/' || c == '"' || c == '<' || c == '>' || c == '\'' || c == '?' || c == '#') return;
  }
}

// Groups of up to four hex digits between colons, one "::" at most, 8 groups in all; not inside a longer
// word.
void match_ipv6(const Window& w, std::size_t at, Match& best) {
  std::size_t groups = 0, i = at, end = at;
  bool gap = false;
  for (;;) {
    std::size_t n = 0;
    const std::size_t begin = i;
    while (n < 5 && is_hex(w.at(i))) ++n, ++i;
    if (n == 5) return;
    if (n > 0 && w.at(i) == '.' && groups >= 2) {  // ends in an IPv4 address
      std::size_t k = begin, dots = 0;
      while (k < begin + 15 && (is_digit_byte(w.at(k)) || w.at(k) == '.')) dots += w.at(k++) == '.';
      if (dots == 3 && is_digit_byte(w.before(k))) end = k, groups += 2;
      break;
    }
    if (n > 0) {
      ++groups;
      end = i;
    }
    if (groups == 8 || w.at(i) != ':') break;
    if (w.at(i + 1) == ':') {
      if (gap) return;
      gap = true;
      i += 2;
      end = i;
      if (!is_hex(w.at(i))) break;
    } else if (is_hex(w.at(i + 1)) && (n > 0 || gap)) {
      ++i;
    } else {
      break;
    }
  }
  if (is_alnum_byte(w.at(end)) || (w.at(end) == ':' && is_alnum_byte(w.at(end + 1)))) return;
  const bool whole = groups == 8 && !gap;
  if (!whole && !(gap && groups <= 7)) return;
  if (gap && groups < 2 && end - at < 3) return;  // "::" alone is C++
  const std::string_view text = w.text.substr(at, end - at);
  if (std::none_of(text.begin(), text.end(),
                   [](char c) { return is_digit_byte(static_cast<unsigned char>(c)); }) &&
      groups < 3)
    return;
  if (text == "::1") return;  // every machine's own
  best.offer(DataType::ip_address, end, 0.9F);
}

void match_mac(const Window& w, const Token& token, Match& best) {
  const unsigned char sign = token.next;
  if (token.size() == 2 && (sign == ':' || sign == '-')) {
    for (std::size_t pair = 0; pair < 6; ++pair) {
      const std::size_t i = token.begin + pair * 3;
      if (!is_hex(w.at(i)) || !is_hex(w.at(i + 1))) return;
      if (pair < 5 && w.at(i + 2) != sign) return;
    }
    const std::size_t end = token.begin + 17;
    const unsigned char after = w.at(end);
    if (is_alnum_byte(after) || (after == sign && is_alnum_byte(w.at(end + 1)))) return;
    best.offer(DataType::mac_address, end, sign == ':' ? 0.95F : 0.85F);
  } else if (token.size() == 4 && sign == '.') {  // 0011.2233.4455
    bool letter = false;
    for (std::size_t k = 0; k < 14; ++k) {
      const unsigned char c = w.at(token.begin + k);
      if (k % 5 == 4 ? c != '.' : !is_hex(c)) return;
      letter = letter || is_letter_byte(c);
    }
    if (letter && !is_alnum_byte(w.at(token.begin + 14)))
      best.offer(DataType::mac_address, token.begin + 14, 0.8F);
  }
}

}  // namespace

void match_network(const Window& w, const Token& token, Match& best) {
  match_mail(w, token, best);
  match_url(w, token, best);
  if (token.size() <= 4 && (token.next == ':' || token.next == '-' || token.next == '.')) {
    match_mac(w, token, best);
    if (token.next == ':' && is_hex(w.at(token.begin)) && w.before(token.begin) != ':')
      match_ipv6(w, token.begin, best);
  }
}

void match_ipv6_colon(const Window& w, std::size_t at, Match& best) {
  if (w.at(at + 1) != ':' || is_alnum_byte(w.before(at)) || w.before(at) == ':') return;
  if (is_hex(w.at(at + 2))) match_ipv6(w, at, best);
}

}  // namespace loadline

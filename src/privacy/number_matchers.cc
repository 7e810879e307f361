// Numbers whose groups may be split by blanks, dashes, dots or slashes.
#include <algorithm>
#include <array>

#include "privacy/checksums.h"
#include "privacy/context.h"
#include "privacy/detector.h"
#include "privacy/matchers.h"

namespace loadline {
namespace {

constexpr std::size_t digits_max = 32;
constexpr std::size_t groups_max = 20;

// Groups of digits, one after the other. `gap` is the sign before a group: ' ', '-', '.', '/'; a blank beside
// another sign counts as that sign.
struct Chain {
  struct Group {
    std::size_t begin, end;  // in the text
    std::size_t digits_end;  // in `digits`
    char gap;
  };
  std::array<char, digits_max> digits{};
  std::array<Group, groups_max> groups{};
  std::size_t size = 0;

  std::size_t count(std::size_t first, std::size_t last) const {  // digits of the groups [first, last)
    return groups[last - 1].digits_end - (first == 0 ? 0 : groups[first - 1].digits_end);
  }
  std::size_t length(std::size_t group) const { return groups[group].end - groups[group].begin; }
  std::string_view prefix(std::size_t group_count) const {
    return {digits.data(), groups[group_count - 1].digits_end};
  }
  // The one sign between the first groups; 0 if they differ or there is none.
  char sign(std::size_t group_count) const {
    if (group_count < 2) return 0;
    for (std::size_t g = 2; g < group_count; ++g)
      if (groups[g].gap != groups[1].gap) return 0;
    return groups[1].gap;
  }
  bool shape(std::initializer_list<std::size_t> lengths) const {
    if (size < lengths.size()) return false;
    std::size_t g = 0;
    for (const std::size_t n : lengths)
      if (length(g++) != n) return false;
    return true;
  }
};

bool is_gap(unsigned char c) { return c == ' ' || c == '-' || c == '.' || c == '/' || c == '_'; }

// The sign at `at` and where the next group begins; 0 if no group follows.
char gap_at(const Window& w, std::size_t at, std::size_t& next) {
  unsigned char c = w.at(at);
  if (!is_gap(c)) return 0;
  char sign = static_cast<char>(c);
  std::size_t i = at + 1;
  for (int more = 0; more < 2; ++more, ++i) {
    c = w.at(i);
    if (is_digit_byte(c)) break;
    if (!is_gap(c) || (c != ' ' && sign != ' ')) return 0;
    if (c != ' ')
      sign = static_cast<char>(c);
    else if (sign == ' ')
      return 0;  // two blanks are a column
  }
  if (!is_digit_byte(w.at(i))) return 0;
  next = i;
  return sign;
}

Chain read_chain(const Window& w, std::size_t at) {
  Chain chain;
  std::size_t used = 0;
  char gap = 0;
  for (std::size_t begin = at; chain.size < groups_max;) {
    std::size_t i = begin;
    std::size_t n = used;
    while (is_digit_byte(w.at(i)) && n < digits_max) chain.digits[n++] = static_cast<char>(w.at(i++));
    const bool extension = w.at(i) == 'x' && is_digit_byte(w.at(i + 1));  // of a phone
    if (is_alnum_byte(w.at(i)) && !extension) break;  // a group that goes on as something else
    used = n;
    chain.groups[chain.size++] = {begin, i, used, gap};
    std::size_t next = 0;
    gap = gap_at(w, i, next);
    if (gap == 0) break;
    begin = next;
  }
  return chain;
}

// The words to the left, read when first asked for.
class LazyContext {
 public:
  LazyContext(const Window& w, std::size_t at) : window_(w), at_(at) {}
  bool has(Hint hint, std::size_t bytes_max = 254) {
    if (!read_) {
      context_ = Context::before(window_, at_);
      read_ = true;
    }
    return context_.has(hint, bytes_max);
  }

 private:
  const Window& window_;
  std::size_t at_;
  Context context_{};
  bool read_ = false;
};

// "tax file number", "Tax ID": tax alone stands above half of a bank's tables.
bool tax_number(LazyContext& context) {
  return context.has(Hint::tax, 32) && (context.has(Hint::number, 12) || context.has(Hint::identity, 12));
}

bool usual_card_groups(const Chain& c, std::size_t groups, std::size_t digits) {
  if (groups == 1) return true;
  if (c.sign(groups) == 0) return false;
  if (groups == digits) return true;  // each digit on its own
  if (digits == 15 && groups == 3) return c.length(0) == 4 && c.length(1) == 6;
  if (digits == 14 && groups == 3) return c.length(0) == 4 && c.length(1) == 6;
  for (std::size_t g = 0; g + 1 < groups; ++g)
    if (c.length(g) != 4) return digits % 2 == 0 && c.length(g) == 2 && c.length(groups - 1) == 2;
  return c.length(groups - 1) <= 4;
}

void match_card(const Chain& c, LazyContext& context, Match& best) {
  for (std::size_t groups = 1; groups <= c.size; ++groups) {
    const std::string_view digits = c.prefix(groups);
    if (digits.size() > 19) return;
    if (digits.size() < 12 || !luhn_valid(digits)) continue;
    const bool known = card_range_valid(digits);
    const std::size_t end = c.groups[groups - 1].end;
    const bool usual = usual_card_groups(c, groups, digits.size());
    if (known && usual && digits.size() >= 14 && c.sign(groups) != '/')
      best.offer(DataType::payment_card, end, 1);
    else if (context.has(Hint::card) &&
             (known || usual))  // an issuer we do not know, or a grouping of one's own
      best.offer(DataType::payment_card, end, 0.8F);
    else if (known && groups == 1 && digits.size() == 13)
      best.offer(DataType::payment_card, end, 0.6F);
  }
}

bool ssn_rules(std::string_view d) {
  return d.substr(0, 3) != "000" && d.substr(0, 3) != "666" && d[0] != '9' && d.substr(3, 2) != "00" &&
         d.substr(5) != "0000";
}

bool itin_rules(std::string_view d) {
  const int group = (d[3] - '0') * 10 + (d[4] - '0');
  return d[0] == '9' && ((group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
                         (group >= 90 && group <= 92) || (group >= 94 && group <= 99));
}

void match_us(const Chain& c, LazyContext& context, Match& best) {
  const auto social = [&] {
    return context.has(Hint::ssn) || (context.has(Hint::social) && context.has(Hint::security));
  };
  if (c.shape({3, 2, 4}) && c.sign(3) != 0 && c.sign(3) != '/') {
    const std::string_view d = c.prefix(3);
    const bool dash = c.sign(3) == '-';
    const std::size_t end = c.groups[2].end;
    if (ssn_rules(d) && (dash || c.sign(3) == ' ' || social()))
      best.offer(DataType::us_ssn, end, social() ? 0.95F : dash ? 0.8F : 0.5F);
    if (itin_rules(d))
      best.offer(DataType::us_itin, end, context.has(Hint::itin) ? 0.95F : dash ? 0.8F : 0.5F);
  }
  if (c.shape({2, 7}) && c.groups[1].gap == '-' &&
      (context.has(Hint::employer) || context.has(Hint::us_tax) || context.has(Hint::tax)))
    best.offer(DataType::us_ein, c.groups[1].end, 0.9F);
  if (c.length(0) != 9) return;
  const std::string_view d = c.prefix(1);
  const std::size_t end = c.groups[0].end;
  if (ssn_rules(d) && social()) best.offer(DataType::us_ssn, end, 0.85F);
  if (itin_rules(d) && (context.has(Hint::itin) || context.has(Hint::us_tax)))
    best.offer(DataType::us_itin, end, 0.8F);
  if (context.has(Hint::employer, 40)) best.offer(DataType::us_ein, end, 0.6F);
  if (aba_valid(d) && context.has(Hint::routing)) best.offer(DataType::aba_routing, end, 0.9F);
}

void match_nine_digits(const Chain& c, LazyContext& context, Match& best) {
  std::size_t groups = 1;
  if (c.shape({3, 3, 3}) && c.sign(3) != 0)
    groups = 3;
  else if (c.length(0) != 9)
    return;
  const std::string_view d = c.prefix(groups);
  const std::size_t end = c.groups[groups - 1].end;
  if (luhn_valid(d) && d[0] != '0' && d[0] != '8' &&
      (context.has(Hint::ca_sin) || (context.has(Hint::social) && context.has(Hint::insurance))))
    best.offer(DataType::ca_sin, end, 0.9F);
  if (au_tfn_valid(d) && (context.has(Hint::au_tfn) || tax_number(context)))
    best.offer(DataType::au_tfn, end, 0.9F);
  if (nl_bsn_valid(d) && context.has(Hint::nl_bsn)) best.offer(DataType::nl_bsn, end, 0.9F);
  if (cusip_valid(d) && context.has(Hint::cusip)) best.offer(DataType::cusip, end, 0.9F);
}

// The number of groups whose digits make `digits`; 0 if none do.
std::size_t groups_of(const Chain& c, std::size_t digits) {
  for (std::size_t groups = 1; groups <= c.size; ++groups) {
    if (c.count(0, groups) == digits) return groups;
    if (c.count(0, groups) > digits) return 0;
  }
  return 0;
}

void match_eleven_digits(const Chain& c, LazyContext& context, Match& best) {
  const std::size_t groups = groups_of(c, 11);
  if (groups == 0) return;
  const std::string_view d = c.prefix(groups);
  const std::size_t end = c.groups[groups - 1].end;
  if (de_tax_id_valid(d) && (context.has(Hint::de_tax) || tax_number(context)))
    best.offer(DataType::de_tax_id, end, 0.95F);
  if (be_national_number_valid(d)) {
    const bool form = c.shape({2, 2, 2, 3, 2}) && c.groups[1].gap == '.' && c.groups[3].gap == '-';
    if (form || context.has(Hint::be_national) || context.has(Hint::national_id))
      best.offer(DataType::be_national_number, end, form ? 1.0F : 0.9F);
  }
  if (groups == 1 && pl_pesel_valid(d) && context.has(Hint::pl_pesel))
    best.offer(DataType::pl_pesel, end, 0.95F);
}

void match_nordic_and_alpine(const Chain& c, LazyContext& context, Match& best) {
  const bool split =
      c.size >= 2 && c.groups[1].gap == '-' && c.length(1) == 4 && (c.length(0) == 6 || c.length(0) == 8);
  const bool whole = c.length(0) == 10 || c.length(0) == 12;
  if (split || whole) {
    std::string_view d = c.prefix(split ? 2 : 1);
    const bool century = d.size() == 12;
    if (century) d.remove_prefix(2);
    const std::string_view year = c.prefix(1).substr(0, 2);
    if (d.size() == 10 && se_personnummer_valid(d) && (!century || year == "19" || year == "20") &&
        (split || context.has(Hint::se_person)))
      best.offer(DataType::se_personnummer, c.groups[split ? 1 : 0].end,
                 split ? (context.has(Hint::se_person) ? 0.95F : 0.6F) : 0.9F);
  }
  if (const std::size_t groups = groups_of(c, 13);
      groups != 0 && ch_ahv_valid(c.prefix(groups)) && (groups == 1 || c.shape({3, 4, 4, 2})))
    best.offer(DataType::ch_ahv, c.groups[groups - 1].end,
               groups == 1 && !context.has(Hint::ch_ahv) ? 0.7F : 1.0F);
}

void match_other_nationals(const Chain& c, LazyContext& context, Match& best) {
  if (const std::size_t groups = groups_of(c, 15); groups != 0 && fr_nir_valid(c.prefix(groups))) {
    const bool form = groups == 1 || c.length(0) == 1;
    if (form)
      best.offer(DataType::fr_nir, c.groups[groups - 1].end,
                 context.has(Hint::fr_nir) || groups >= 6 ? 1.0F : 0.8F);
  }
  if (const std::size_t groups = groups_of(c, 12);
      groups != 0 && c.prefix(1)[0] >= '2' && verhoeff_valid(c.prefix(groups))) {
    const bool form = groups == 3 && c.shape({4, 4, 4}) && c.sign(3) == ' ';
    if (context.has(Hint::in_aadhaar))
      best.offer(DataType::in_aadhaar, c.groups[groups - 1].end, 0.95F);
    else if (form && c.size == 3)
      best.offer(DataType::in_aadhaar, c.groups[groups - 1].end, 0.6F);
  }
  if (const std::size_t groups = groups_of(c, 10); groups != 0 && groups <= 2 &&
                                                   uk_utr_valid(c.prefix(groups)) &&
                                                   (context.has(Hint::uk_utr) || tax_number(context)))
    best.offer(DataType::uk_utr, c.groups[groups - 1].end, 0.9F);
}

bool octet(const Window& w, const Chain::Group& group) {
  const std::size_t n = group.end - group.begin;
  if (n == 0 || n > 3 || (n > 1 && w.text[group.begin] == '0')) return false;
  int value = 0;
  for (std::size_t i = group.begin; i < group.end; ++i) value = value * 10 + (w.text[i] - '0');
  return value <= 255;
}

void match_ipv4(const Window& w, const Chain& c, LazyContext& context, Match& best) {
  if (c.size < 4 || c.sign(4) != '.') return;
  for (std::size_t g = 0; g < 4; ++g) {
    if (!octet(w, c.groups[g])) return;
    if (g > 0 && c.groups[g].begin != c.groups[g - 1].end + 1) return;
  }
  if (c.size > 4 && c.groups[4].gap == '.' && c.groups[4].begin == c.groups[3].end + 1) return;  // longer
  const std::size_t begin = c.groups[0].begin;
  if (w.before(begin) == '.' && is_digit_byte(w.before(begin - 1))) return;
  if (context.has(Hint::version, 12) || context.has(Hint::page, 12)) return;
  const std::string_view address = w.text.substr(begin, c.groups[3].end - begin);
  if (address == "127.0.0.1" || address == "0.0.0.0" || address == "255.255.255.255") return;  // nobody's
  best.offer(DataType::ip_address, c.groups[3].end, 0.95F);
}

// "x123", " ext. 123" behind a phone; `at` if there is none.
std::size_t after_extension(const Window& w, std::size_t at) {
  std::size_t i = at;
  if (w.at(i) == ' ' && (w.at(i + 1) == 'x' || w.at(i + 1) == 'e')) ++i;
  if (w.has(i, "ext")) {
    i += 3;
    if (w.at(i) == '.') ++i;
    if (w.at(i) == ' ') ++i;
  } else if (w.at(i) == 'x') {
    ++i;
  } else {
    return at;
  }
  const std::size_t end = w.skip(i, ByteClass::digit, i + 6);
  return end > i && !is_alnum_byte(w.at(end)) ? end : at;
}

bool us_area(std::string_view ten) { return ten[0] >= '2' && ten[3] >= '2'; }

// "555-010-9999", "555.010.9999", "1-555-010-9999", "(555) 010-9999" comes through match_phone_sign.
void match_us_phone(const Window& w, const Chain& c, LazyContext& context, Match& best) {
  const std::size_t lead = c.length(0) == 1 && c.prefix(1) == "1" ? 1 : 0;
  if (c.size < lead + 3) return;
  if (c.length(lead) != 3 || c.length(lead + 1) != 3 || c.length(lead + 2) != 4) return;
  const char sign = c.groups[lead + 2].gap;
  if (sign == '/') return;
  for (std::size_t g = 1; g < lead + 3; ++g)
    if (c.groups[g].begin != c.groups[g - 1].end + 1) return;  // "285-287. 1962" is pages and a year
  const std::string_view ten = c.prefix(lead + 3).substr(lead);
  if (!us_area(ten)) return;
  const std::size_t end = after_extension(w, c.groups[lead + 2].end);
  best.offer(DataType::phone, end, context.has(Hint::phone) ? 0.9F : sign == ' ' ? 0.6F : 0.75F);
}

// National forms that begin with 0: groups of two to five, eight to twelve digits in all.
void match_national_phone(const Window& w, const Chain& c, LazyContext& context, Match& best) {
  if (c.prefix(1)[0] != '0' && !context.has(Hint::phone, 40)) return;
  const bool zero = c.prefix(1)[0] == '0';
  for (std::size_t groups = c.size; groups >= 1; --groups) {
    const std::size_t digits = c.count(0, groups);
    if (digits < (zero ? 8U : 7U) || digits > 13) continue;
    bool plain = true;
    for (std::size_t g = 0; g < groups; ++g)
      plain = plain && (groups == 1 || (c.length(g) >= 2 && c.length(g) <= 8));
    for (std::size_t g = 1; g < groups; ++g)
      plain = plain && c.groups[g].gap != '/' && (c.groups[g].gap != '.' || c.sign(groups) == '.');
    if (!plain) continue;
    // a date is not a phone: 01.02.2003, 2003-02-01
    if (groups == 3 && c.length(0) <= 2 && c.length(1) <= 2 && c.length(2) == 4 &&
        !context.has(Hint::phone, 40))
      return;
    if (groups == 3 && c.shape({3, 2, 4}) && c.sign(3) == '-')
      return;  // nor is what looks like a social security number
    const bool near = context.has(Hint::phone, 40);
    const std::size_t begin = c.groups[0].begin;
    if (!near && w.before(begin) == '-' && begin >= 2 && is_letter_byte(w.before(begin - 1)))
      return;  // "TR-0165-00519"
    const std::size_t end = after_extension(w, c.groups[groups - 1].end);
    if (zero && (groups > 1 || near) && digits >= 9)
      best.offer(DataType::phone, end, near ? 0.8F : 0.55F);
    else if (near && (groups > 1 || digits >= 9))
      best.offer(DataType::phone, end, 0.6F);
    return;
  }
}

void match_account(const Chain& c, LazyContext& context, Match& best) {
  const std::size_t digits = c.length(0);
  if (digits < 6 || digits > 17) return;
  if (context.has(Hint::account, 12) || (context.has(Hint::account, 28) && context.has(Hint::number, 12)))
    best.offer(DataType::bank_account, c.groups[0].end, 0.6F);
}

void match_passport_number(const Chain& c, LazyContext& context, Match& best) {
  if (c.length(0) < 7 || c.length(0) > 14) return;
  if (c.length(0) <= 9 && context.has(Hint::passport, 40))
    best.offer(DataType::passport, c.groups[0].end, 0.8F);
  if (context.has(Hint::driver, 48) && context.has(Hint::licence, 40))
    best.offer(DataType::driving_licence, c.groups[0].end, 0.7F);
}

bool part_of_longer_number(const Window& w, std::size_t at) {
  const unsigned char left = w.before(at);
  return (left == '.' || left == ',') && at >= 2 && is_digit_byte(w.before(at - 1));
}

}  // namespace

void match_numbers(const Window& w, const Token& token, Match& best) {
  const Chain chain = read_chain(w, token.begin);
  if (chain.size == 0) return;
  const std::size_t digits = chain.prefix(chain.size).size();
  if (digits < 4) return;
  LazyContext context(w, token.begin);
  match_ipv4(w, chain, context, best);
  if (digits < 6) return;
  if (!part_of_longer_number(w, token.begin)) {
    match_us(chain, context, best);
    match_nine_digits(chain, context, best);
    match_us_phone(w, chain, context, best);
    match_national_phone(w, chain, context, best);
    match_account(chain, context, best);
    match_passport_number(chain, context, best);
    match_nordic_and_alpine(chain, context, best);
  }
  match_eleven_digits(chain, context, best);
  match_other_nationals(chain, context, best);
  match_card(chain, context, best);
}

void match_glued_card(const Window& w, std::size_t at, Match& best) {
  const std::size_t end = w.skip(at, ByteClass::digit, at + 20);
  if (end - at < 14 || end - at > 19 || is_alnum_byte(w.at(end))) return;
  const std::string_view digits = w.text.substr(at, end - at);
  if (card_range_valid(digits) && luhn_valid(digits)) best.offer(DataType::payment_card, end, 0.9F);
}

// '+' country and number, or '(' area ')': digits with blanks, dashes, dots, slashes and brackets between.
void match_phone_sign(const Window& w, std::size_t at, Match& best) {
  const bool plus = w.at(at) == '+';
  std::size_t digits = 0;
  std::size_t end = at, i = at + 1, open = plus ? 0 : at + 1, signs = 0;
  if (is_alnum_byte(w.before(at))) return;
  if (plus && w.at(i) == '(') open = i++ + 1;
  if (!is_digit_byte(w.at(i)) && !(w.at(i) == '+' && !plus)) return;
  const unsigned char first = w.at(i);
  if (first == '+') ++i;
  std::size_t groups = 0;
  while (i < at + 40) {
    const unsigned char c = w.at(i);
    if (is_digit_byte(c)) {
      if (i == at + 1 || !is_digit_byte(w.before(i))) ++groups;
      if (++digits > 15) return;
      signs = 0;
      end = ++i;
    } else if (c == ')' && open != 0) {
      if (digits == 0) return;
      open = 0;
      if (!is_digit_byte(w.before(i))) return;
      ++i;
    } else if (c == '(' && open == 0 && digits > 0 && digits <= 4) {
      open = ++i;
    } else if ((c == ' ' || c == '-' || c == '.' || c == '/') && signs < 2 && open == 0) {
      ++signs;
      ++i;
    } else {
      break;
    }
  }
  if (open != 0) return;
  end = after_extension(w, end);
  if (is_alnum_byte(w.at(end))) return;
  if (plus || first == '+') {
    if (digits >= 8 && digits <= 15 && w.text[at + (plus ? 1 : 2)] != '0')
      best.offer(DataType::phone, end, 0.9F);
    return;
  }
  if (digits < 7 || digits > 13 || groups < 2) return;
  Context context = Context::before(w, at);
  // "(555) 010-9999": three digits in brackets and seven after; "(0x) ...": a trunk prefix
  const std::size_t close = w.text.find(')', at);
  const std::size_t area = close - at - 1;
  if (area == 3 && digits == 10 && w.text[at + 1] >= '2')
    best.offer(DataType::phone, end, 0.85F);
  else if (area <= 5 && area >= 2 && first == '0' && digits >= 8)
    best.offer(DataType::phone, end, 0.7F);
  else if (area <= 5 && context.has(Hint::phone, 40))
    best.offer(DataType::phone, end, 0.6F);
}

}  // namespace loadline

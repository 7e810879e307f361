#include "privacy/checksums.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace loadline {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int value(char c) { return c - '0'; }

// 0-9, A-Z as 10-35; -1 for others.
int alnum_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return -1;
}

int number(std::string_view digits) {
  int n = 0;
  for (const char c : digits) n = n * 10 + value(c);
  return n;
}

bool day_and_month(int day, int month) { return month >= 1 && month <= 12 && day >= 1 && day <= 31; }

// Remainder by 97 of a text whose letters stand for two digits; -1 for other characters.
int remainder97(std::string_view text, int remainder = 0) {
  for (const char c : text) {
    const int v = alnum_value(c);
    if (v < 0) return -1;
    remainder = (remainder * (v > 9 ? 100 : 10) + v) % 97;
  }
  return remainder;
}

struct Country {
  std::string_view code;
  std::size_t length;
};

// IBAN registry.
constexpr std::array iban_countries = {
    Country{"AD", 24}, Country{"AE", 23}, Country{"AL", 28}, Country{"AT", 20}, Country{"AZ", 28},
    Country{"BA", 20}, Country{"BE", 16}, Country{"BG", 22}, Country{"BH", 22}, Country{"BI", 27},
    Country{"BR", 29}, Country{"BY", 28}, Country{"CH", 21}, Country{"CR", 22}, Country{"CY", 28},
    Country{"CZ", 24}, Country{"DE", 22}, Country{"DJ", 27}, Country{"DK", 18}, Country{"DO", 28},
    Country{"EE", 20}, Country{"EG", 29}, Country{"ES", 24}, Country{"FI", 18}, Country{"FK", 18},
    Country{"FO", 18}, Country{"FR", 27}, Country{"GB", 22}, Country{"GE", 22}, Country{"GI", 23},
    Country{"GL", 18}, Country{"GR", 27}, Country{"GT", 28}, Country{"HR", 21}, Country{"HU", 28},
    Country{"IE", 22}, Country{"IL", 23}, Country{"IQ", 23}, Country{"IS", 26}, Country{"IT", 27},
    Country{"JO", 30}, Country{"KW", 30}, Country{"KZ", 20}, Country{"LB", 28}, Country{"LC", 32},
    Country{"LI", 21}, Country{"LT", 20}, Country{"LU", 20}, Country{"LV", 21}, Country{"LY", 25},
    Country{"MC", 27}, Country{"MD", 24}, Country{"ME", 22}, Country{"MK", 19}, Country{"MN", 20},
    Country{"MR", 27}, Country{"MT", 31}, Country{"MU", 30}, Country{"NI", 28}, Country{"NL", 18},
    Country{"NO", 15}, Country{"OM", 23}, Country{"PK", 24}, Country{"PL", 28}, Country{"PS", 29},
    Country{"PT", 25}, Country{"QA", 29}, Country{"RO", 24}, Country{"RS", 22}, Country{"RU", 33},
    Country{"SA", 24}, Country{"SC", 31}, Country{"SD", 18}, Country{"SE", 24}, Country{"SI", 19},
    Country{"SK", 24}, Country{"SM", 27}, Country{"SO", 23}, Country{"ST", 25}, Country{"SV", 28},
    Country{"TL", 23}, Country{"TN", 24}, Country{"TR", 26}, Country{"UA", 29}, Country{"VA", 22},
    Country{"VG", 24}, Country{"XK", 20}, Country{"YE", 30}};

constexpr std::string_view countries =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV "
    "BW BY "
    "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI "
    "FJ FK "
    "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO "
    "IQ IR "
    "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG "
    "MH MK "
    "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK "
    "PL PM "
    "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC "
    "TD TF "
    "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW ";

}  // namespace

bool luhn_valid(std::string_view digits) {
  if (!all_digits(digits)) return false;
  int sum = 0;
  bool twice = false;
  for (auto c = digits.rbegin(); c != digits.rend(); ++c, twice = !twice) {
    const int v = value(*c) << (twice ? 1 : 0);
    sum += v > 9 ? v - 9 : v;
  }
  return sum % 10 == 0;
}

bool mod97_valid(std::string_view text) { return text.size() > 2 && remainder97(text) == 1; }

std::size_t iban_length(std::string_view country) {
  const auto found = std::lower_bound(iban_countries.begin(), iban_countries.end(), country,
                                      [](const Country& c, std::string_view code) { return c.code < code; });
  return found != iban_countries.end() && found->code == country ? found->length : 0;
}

bool iban_valid(std::string_view text) {
  if (text.size() < 15 || iban_length(text.substr(0, 2)) != text.size() || !all_digits(text.substr(2, 2)))
    return false;
  const int rest = remainder97(text.substr(4));
  return rest >= 0 && remainder97(text.substr(0, 4), rest) == 1;
}

bool mod11_10_valid(std::string_view digits) {
  if (!all_digits(digits)) return false;
  int product = 10;
  for (const char c : digits.substr(0, digits.size() - 1)) {
    int sum = (value(c) + product) % 10;
    if (sum == 0) sum = 10;
    product = sum * 2 % 11;
  }
  return (11 - product) % 10 == value(digits.back());
}

bool mod11_2_valid(std::string_view text) {
  if (text.size() < 2 || !all_digits(text.substr(0, text.size() - 1))) return false;
  int sum = 0;
  for (const char c : text.substr(0, text.size() - 1)) sum = (sum + value(c)) * 2 % 11;
  const int check = (12 - sum) % 11;
  return check == 10 ? text.back() == 'X' : text.back() == '0' + check;
}

// The multiplication of the dihedral group of order 10, computed: 0-4 turn, 5-9 mirror.
bool verhoeff_valid(std::string_view digits) {
  if (!all_digits(digits)) return false;
  constexpr std::array<int, 10> permutation = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
  const auto multiply = [](int a, int b) {
    if (a < 5) return b < 5 ? (a + b) % 5 : 5 + (a + b) % 5;
    return b < 5 ? 5 + (a - b) % 5 : (a - b + 5) % 5;
  };
  int check = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    int v = value(digits[digits.size() - 1 - i]);
    for (std::size_t times = 0; times < i % 8; ++times) v = permutation[static_cast<std::size_t>(v)];
    check = multiply(check, v);
  }
  return check == 0;
}

int weighted_sum(std::string_view digits, std::string_view weights) {
  if (digits.size() != weights.size() || !all_digits(digits)) return -1;
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) sum += value(digits[i]) * (weights[i] - 'a');
  return sum;
}

bool isin_valid(std::string_view text) {
  if (text.size() != 12 || !is_country(text.substr(0, 2))) {
    if (text.size() != 12 || (text.substr(0, 2) != "XS" && text.substr(0, 2) != "EU")) return false;
  }
  std::string digits;
  for (const char c : text) {
    const int v = alnum_value(c);
    if (v < 0) return false;
    digits += std::to_string(v);
  }
  return value(text.back()) >= 0 && value(text.back()) <= 9 && luhn_valid(digits);
}

bool cusip_valid(std::string_view text) {
  if (text.size() != 9 || !all_digits(text.substr(8))) return false;
  int sum = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    int v = alnum_value(text[i]);
    if (v < 0) return false;
    if (i % 2 == 1) v *= 2;
    sum += v / 10 + v % 10;
  }
  return (10 - sum % 10) % 10 == value(text[8]);
}

bool aba_valid(std::string_view digits) {
  if (digits.size() != 9) return false;
  const int sum = weighted_sum(digits, "dhbdhbdhb");  // 3 7 1
  if (sum <= 0 || sum % 10 != 0) return false;
  const int range = number(digits.substr(0, 2));
  return range <= 12 || (range >= 21 && range <= 32) || (range >= 61 && range <= 72) || range == 80;
}

// One digit occurs twice or three times among the first ten, all others at most once.
bool de_tax_id_valid(std::string_view digits) {
  if (digits.size() != 11 || digits[0] == '0' || !mod11_10_valid(digits)) return false;
  std::array<int, 10> times{};
  for (const char c : digits.substr(0, 10)) ++times[static_cast<std::size_t>(value(c))];
  const auto repeated = std::count_if(times.begin(), times.end(), [](int n) { return n > 1; });
  return repeated == 1 && *std::max_element(times.begin(), times.end()) <= 3;
}

bool fr_nir_valid(std::string_view text) {
  if (text.size() != 15 || (text[0] != '1' && text[0] != '2')) return false;
  std::string digits(text);
  std::int64_t correction = 0;
  if (text[5] == '2' && (text[6] == 'A' || text[6] == 'B')) {
    correction = text[6] == 'A' ? 1'000'000 : 2'000'000;
    digits[6] = '0';
  }
  if (!all_digits(digits)) return false;
  const int month = number(text.substr(3, 2));
  if (!((month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50)) return false;
  std::int64_t n = -correction;
  std::int64_t read = 0;
  for (const char c : digits.substr(0, 13)) read = read * 10 + value(c);
  n += read;
  return 97 - n % 97 == number(digits.substr(13));
}

bool it_fiscal_code_valid(std::string_view text) {
  if (text.size() != 16) return false;
  constexpr std::string_view shape = "AAAAAA00A00A000A";
  constexpr std::string_view as_digit = "LMNPQRSTUV";  // digits may be written as these where codes collide
  for (std::size_t i = 0; i < 16; ++i) {
    const bool letter = text[i] >= 'A' && text[i] <= 'Z';
    if (shape[i] == 'A'
            ? !letter
            : !(all_digits(text.substr(i, 1)) || as_digit.find(text[i]) != std::string_view::npos))
      return false;
  }
  if (std::string_view("ABCDEHLMPRST").find(text[8]) == std::string_view::npos) return false;
  constexpr std::array<int, 26> odd = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                       20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  int sum = 0;
  for (std::size_t i = 0; i < 15; ++i) {
    const int v = text[i] <= '9' ? value(text[i]) : text[i] - 'A';
    sum += i % 2 == 0 ? odd[static_cast<std::size_t>(v)] : v;
  }
  return text[15] == 'A' + sum % 26;
}

bool es_dni_valid(std::string_view text) {
  if (text.size() != 9) return false;
  std::string digits(text.substr(0, 8));
  if (digits[0] >= 'X' && digits[0] <= 'Z') digits[0] = static_cast<char>('0' + (digits[0] - 'X'));
  if (!all_digits(digits)) return false;
  return text[8] ==
         std::string_view("TRWAGMYFPDXBNJZSQVHLCKE")[static_cast<std::size_t>(number(digits) % 23)];
}

bool nl_bsn_valid(std::string_view digits) {
  if (digits.size() != 9 || !all_digits(digits) || digits.substr(0, 2) == "00") return false;
  const int sum = weighted_sum(digits.substr(0, 8), "jihgfedc") - value(digits[8]);
  return sum % 11 == 0 && sum != 0;
}

bool be_national_number_valid(std::string_view digits) {
  if (digits.size() != 11 || !all_digits(digits)) return false;
  const int month = number(digits.substr(2, 2)), day = number(digits.substr(4, 2));
  if (month > 12 || day > 31) return false;  // 00 where the date is unknown
  std::int64_t n = 0;
  for (const char c : digits.substr(0, 9)) n = n * 10 + value(c);
  const int check = number(digits.substr(9));
  return check == 97 - n % 97 || check == 97 - (n + 2'000'000'000) % 97;
}

bool pl_pesel_valid(std::string_view digits) {
  if (digits.size() != 11) return false;
  const int sum = weighted_sum(digits, "bdhjbdhjbdb");
  if (sum <= 0 || sum % 10 != 0) return false;
  return day_and_month(number(digits.substr(4, 2)), number(digits.substr(2, 2)) % 20);
}

bool se_personnummer_valid(std::string_view digits) {
  if (digits.size() != 10 || !luhn_valid(digits)) return false;
  const int day = number(digits.substr(4, 2));
  return day_and_month(day > 60 ? day - 60 : day, number(digits.substr(2, 2)));
}

bool ch_ahv_valid(std::string_view digits) {
  if (digits.size() != 13 || digits.substr(0, 3) != "756") return false;
  return weighted_sum(digits, "bdbdbdbdbdbdb") % 10 == 0;
}

bool uk_utr_valid(std::string_view digits) {
  if (digits.size() != 10 || !all_digits(digits)) return false;
  const int sum = weighted_sum(digits.substr(1), "ghijkfedc");  // 6 7 8 9 10 5 4 3 2
  return std::string_view("21987654321")[static_cast<std::size_t>(sum % 11)] == digits[0];
}

bool au_tfn_valid(std::string_view digits) {
  const int sum = weighted_sum(digits, "bedhfigjk");  // 1 4 3 7 5 8 6 9 10
  return sum > 0 && sum % 11 == 0;
}

bool card_range_valid(std::string_view digits) {
  const std::size_t n = digits.size();
  if (n < 13 || n > 19) return n == 12 && (digits.substr(0, 2) == "50" || digits[0] == '6');
  const int two = number(digits.substr(0, 2)), four = number(digits.substr(0, 4));
  if (digits[0] == '4') return n == 13 || n == 16 || n == 19;                      // Visa
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return n == 16;  // Mastercard
  if (two == 34 || two == 37) return n == 15;                                      // American Express
  if (two == 36 || two == 38 || two == 39 || (four >= 3000 && four <= 3059) || four == 3095)  // Diners Club
    return n == 14 || n == 16 || (two == 36 && n <= 19);
  if (four >= 3528 && four <= 3589) return n >= 16;  // JCB
  if (four == 2131 || four == 1800) return n == 15;  // JCB, old
  if (two == 65 || four == 6011 || (four >= 6440 && four <= 6499) || two == 62 || two == 60 || two == 81 ||
      two == 82)
    return n >= 16;                                                            // Discover, UnionPay, RuPay
  if (four >= 2200 && four <= 2205) return n >= 16;                            // Mir, Borica
  if (two == 50 || (two >= 56 && two <= 59) || digits[0] == '6') return true;  // Maestro, 12 to 19
  return four == 9792 && n == 16;                                              // Troy
}

bool is_country(std::string_view two_letters) {
  if (two_letters.size() != 2) return false;
  for (std::size_t at = 0; at < countries.size(); at += 3)
    if (countries.substr(at, 2) == two_letters) return true;
  return false;
}

}  // namespace loadline

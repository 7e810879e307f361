#pragma once
// Values for tests, made up and given their check digits here; none is copied from anywhere.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "privacy/checksums.h"
#include "privacy/data_type.h"

namespace loadline::testing {

inline std::string random_from(Rng& rng, std::string_view letters, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i)
    text.push_back(letters[rng.below(static_cast<std::uint32_t>(letters.size()))]);
  return text;
}
inline std::string random_digits(Rng& rng, std::size_t size) { return random_from(rng, "0123456789", size); }

// `start`, random digits up to `size`, the last one the first that `valid` takes; starts again if none does.
template <class Valid>
std::string made(Rng& rng, std::string_view start, std::size_t size, Valid&& valid) {
  for (;;) {
    std::string digits = std::string(start) + random_digits(rng, size - start.size());
    for (char c = '0'; c <= '9'; ++c) {
      digits.back() = c;
      if (valid(digits)) return digits;
    }
  }
}

inline std::string made_card(Rng& rng) {
  static constexpr std::string_view starts[] = {"4", "51", "2300", "37", "6011", "3530", "62"};
  const std::string_view start = starts[rng.below(7)];
  return made(rng, start, start == "37" ? 15 : 16, luhn_valid);
}

inline std::string made_iban(Rng& rng) {
  static constexpr std::string_view countries[] = {"DE", "NL", "GB", "FR", "NO", "MT"};
  const std::string country(countries[rng.below(6)]);
  std::string account;
  const std::size_t size = iban_length(country) - 4;
  account = country == "NL" || country == "GB" || country == "MT"
                ? random_from(rng, "BCDFGH", 4) + random_digits(rng, size - 4)
                : random_digits(rng, size);
  for (int check = 2; check <= 98; ++check) {
    std::string iban = country + (check < 10 ? "0" : "") + std::to_string(check) + account;
    if (iban_valid(iban)) return iban;
  }
  return {};
}

inline std::string made_mail(Rng& rng) {
  return random_from(rng, "abcdefgh", 3 + rng.below(6)) + (rng.below(2) == 0 ? "." : "_") +
         random_from(rng, "klmnop", 4) + "@" + random_from(rng, "qrstuv", 5) +
         (rng.below(2) == 0 ? ".example" : ".co.example");
}

inline std::string made_ssn(Rng& rng) {
  return std::to_string(100 + rng.below(500)) + "-" + std::to_string(10 + rng.below(80)) + "-" +
         std::to_string(1000 + rng.below(8999));
}

inline std::string made_key(Rng& rng) {
  constexpr std::string_view letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
  return rng.below(2) == 0 ? "sk-" + random_from(rng, letters, 20) + "A7" + random_from(rng, letters, 12)
                           : "ghp_" + random_from(rng, letters, 36);
}

inline std::string grouped(std::string_view digits, std::size_t size, std::string_view sign) {
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && i % size == 0) text += sign;
    text.push_back(digits[i]);
  }
  return text;
}

}  // namespace loadline::testing

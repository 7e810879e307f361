#include "privacy/checksums.h"

#include <gtest/gtest.h>

#include "privacy/made_values_test.h"

namespace loadline {
namespace {

using testing::made;
using testing::random_digits;

// Of ten last digits exactly one is right, and no other single digit may change.
template <class Valid>
void expect_one_check_digit(Valid&& valid, std::size_t size) {
  Rng rng(7);
  for (int round = 0; round < 200; ++round) {
    std::string digits = random_digits(rng, size);
    int right = 0;
    for (char c = '0'; c <= '9'; ++c) {
      digits.back() = c;
      right += valid(digits) ? 1 : 0;
    }
    EXPECT_EQ(right, 1) << digits;
    digits = made(rng, "", size, valid);
    const std::size_t place = rng.below(static_cast<std::uint32_t>(size));
    digits[place] = static_cast<char>('0' + (digits[place] - '0' + 1 + rng.below(9)) % 10);
    EXPECT_FALSE(valid(digits)) << digits << " after a change at " << place;
  }
}

TEST(Checksums, LuhnHasOneCheckDigitAndSeesEveryChange) { expect_one_check_digit(luhn_valid, 16); }
TEST(Checksums, VerhoeffHasOneCheckDigitAndSeesEveryChange) { expect_one_check_digit(verhoeff_valid, 12); }
TEST(Checksums, Mod1110HasOneCheckDigitAndSeesEveryChange) { expect_one_check_digit(mod11_10_valid, 11); }

TEST(Checksums, VerhoeffSeesNeighboursExchanged) {
  Rng rng(3);
  for (int round = 0; round < 200; ++round) {
    std::string digits = made(rng, "", 12, verhoeff_valid);
    const std::size_t place = rng.below(11);
    if (digits[place] == digits[place + 1]) continue;
    std::swap(digits[place], digits[place + 1]);
    EXPECT_FALSE(verhoeff_valid(digits)) << digits;
  }
}

TEST(Checksums, IbanHasOneCheckAndItsCountrysLength) {
  Rng rng(5);
  for (int round = 0; round < 100; ++round) {
    std::string iban = testing::made_iban(rng);
    ASSERT_TRUE(iban_valid(iban)) << iban;
    EXPECT_FALSE(iban_valid(iban + "0"));
    EXPECT_FALSE(iban_valid(iban.substr(0, iban.size() - 1)));
    iban.back() = iban.back() == '9' ? '0' : static_cast<char>(iban.back() + 1);
    EXPECT_FALSE(iban_valid(iban)) << iban;
  }
  EXPECT_EQ(iban_length("DE"), 22U);
  EXPECT_EQ(iban_length("US"), 0U);
}

// The examples that the standards themselves work through.
TEST(Checksums, ExamplesOfTheStandards) {
  EXPECT_TRUE(iban_valid("GB82WEST12345698765432"));
  EXPECT_TRUE(isin_valid("US0378331005"));
  EXPECT_TRUE(cusip_valid("037833100"));
  EXPECT_TRUE(aba_valid("111000025"));
  EXPECT_TRUE(it_fiscal_code_valid("RSSMRA85T10A562S"));
  EXPECT_TRUE(es_dni_valid("12345678Z"));
  EXPECT_TRUE(es_dni_valid("X1234567L"));
  EXPECT_TRUE(nl_bsn_valid("111222333"));
  EXPECT_TRUE(ch_ahv_valid("7569217076985"));
  EXPECT_TRUE(au_tfn_valid("123456782"));
  EXPECT_TRUE(pl_pesel_valid("44051401359"));
  EXPECT_TRUE(se_personnummer_valid("8112189876"));
}

TEST(Checksums, NationalNumbersRefuseEveryOtherLastDigit) {
  struct Case {
    std::string digits;
    bool (*valid)(std::string_view);
  };
  Rng rng(11);
  const Case cases[] = {
      {made(rng, "8507", 11, [](std::string_view d) { return pl_pesel_valid(d); }), pl_pesel_valid},
      {made(rng, "756", 13, ch_ahv_valid), ch_ahv_valid},
      {made(rng, "8112", 10, se_personnummer_valid), se_personnummer_valid},
      {made(rng, "1", 9, nl_bsn_valid), nl_bsn_valid},
      {made(rng, "3", 9, au_tfn_valid), au_tfn_valid},
      {made(rng, "0", 9, aba_valid), aba_valid},
      {made(rng, "85", 11, be_national_number_valid), be_national_number_valid}};
  for (const Case& one : cases) {
    std::string digits = one.digits;
    for (int step = 1; step < 10; ++step) {
      digits.back() = static_cast<char>('0' + (digits.back() - '0' + 1) % 10);
      EXPECT_FALSE(one.valid(digits)) << digits;
    }
  }
}

TEST(Checksums, OtherCharactersAreNeverValid) {
  for (const char* text :
       {"", "abc", "12 34", "4000-1234", "\xC3\xA9", "999999999999999999999999999999999"}) {
    for (auto* valid :
         {luhn_valid, verhoeff_valid, iban_valid, isin_valid, cusip_valid, aba_valid, de_tax_id_valid,
          fr_nir_valid, it_fiscal_code_valid, es_dni_valid, nl_bsn_valid, be_national_number_valid,
          pl_pesel_valid, se_personnummer_valid, ch_ahv_valid, uk_utr_valid, au_tfn_valid})
      if (std::string_view(text).find_first_not_of("9") != std::string_view::npos ||
          std::string_view(text).empty())
        EXPECT_FALSE(valid(text)) << text;
  }
}

}  // namespace
}  // namespace loadline

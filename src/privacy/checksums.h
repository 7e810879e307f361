#pragma once
// Check digits of the world's numbers. All take digits (or letters and digits) without separators; what has
// other characters is wrong. Pure functions.
#include <cstddef>
#include <string_view>

namespace loadline {

/// Sum of all digits, every second one from the right but one doubled (9 subtracted if over 9), divisible
/// by 10.
bool luhn_valid(std::string_view digits);
/// ISO 7064 mod 97-10 over the text as it stands (letters A=10 ... Z=35): remainder 1. LEI.
bool mod97_valid(std::string_view text);
/// IBAN: the first four characters moved to the end, then mod 97-10; the country's length.
bool iban_valid(std::string_view text);
/// The length of a country's IBANs; 0 if it has none.
std::size_t iban_length(std::string_view country);
/// ISO 7064 mod 11,10 (German tax id, without its rule on repeated digits).
bool mod11_10_valid(std::string_view digits);
/// Verhoeff's dihedral check (Aadhaar).
bool verhoeff_valid(std::string_view digits);
/// Sum of digit times weight; a weight is a letter ('a' = 0, 'b' = 1, ...). -1 for other characters or
/// another length.
int weighted_sum(std::string_view digits, std::string_view weights);
/// ISIN: letters become two digits, then Luhn.
bool isin_valid(std::string_view text);
/// CUSIP: modulus 10 double add double over letters and digits.
bool cusip_valid(std::string_view text);
bool aba_valid(std::string_view digits);
bool de_tax_id_valid(std::string_view digits);
/// French INSEE number with its key, 15 characters; Corsican departments 2A and 2B.
bool fr_nir_valid(std::string_view text);
bool it_fiscal_code_valid(std::string_view text);
/// Spanish DNI or NIE with its letter, 9 characters.
bool es_dni_valid(std::string_view text);
bool nl_bsn_valid(std::string_view digits);
bool be_national_number_valid(std::string_view digits);
bool pl_pesel_valid(std::string_view digits);
/// 10 digits.
bool se_personnummer_valid(std::string_view digits);
bool ch_ahv_valid(std::string_view digits);
bool uk_utr_valid(std::string_view digits);
bool au_tfn_valid(std::string_view digits);
/// 11 characters, the last a digit or X: ISO 7064 mod 11-2.
bool mod11_2_valid(std::string_view text);
/// Issuer range and length of a payment card, without its check digit.
bool card_range_valid(std::string_view digits);
/// ISO 3166 two upper-case letters.
bool is_country(std::string_view two_letters);

}  // namespace loadline

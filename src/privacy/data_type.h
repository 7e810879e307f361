#pragma once
// The kinds of personal data and secrets that are looked for, and what is done with a value of a kind.
// Plain values, thread-safe.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace loadline {

enum class DataType : std::uint8_t {
  payment_card,
  iban,
  bic,
  bank_account,
  aba_routing,
  isin,
  cusip,
  lei,
  us_ssn,
  us_itin,
  us_ein,
  email,
  phone,
  ip_address,
  mac_address,
  url_credentials,
  street_address,
  birth_date,
  passport,
  driving_licence,
  uk_nino,
  uk_utr,
  de_tax_id,
  fr_nir,
  it_fiscal_code,
  es_dni,
  nl_bsn,
  be_national_number,
  pl_pesel,
  se_personnummer,
  ch_ahv,
  ca_sin,
  in_aadhaar,
  in_pan,
  au_tfn,
  api_key,
  private_key,
  jwt,
  secret,  // a password or key that the text names as one
  custom,  // a customer's pattern
  // found by a model, not here (FurtherFindings)
  person,
  organisation,
  place,
  // the same, and only where a manifest names them: each says little alone
  date_time,
  age,
  nationality,
  title,
  web_address,
};
inline constexpr std::size_t data_type_count = static_cast<std::size_t>(DataType::web_address) + 1;
/// Only a model finds it (NameTagger).
constexpr bool is_found_by_model(DataType type) { return type >= DataType::person; }
/// Not looked for unless asked for by name.
constexpr bool is_only_on_request(DataType type) { return type >= DataType::date_time; }

/// "payment_card": the name in manifests, metrics and records.
std::string_view name_of(DataType type);
std::optional<DataType> data_type_of(std::string_view name);
/// "CARD": the name within a token ("[CARD_7F3AK2]"). Upper-case letters only, another one for each type.
std::string_view token_name_of(DataType type);
std::optional<DataType> data_type_of_token_name(std::string_view name);

enum class Action : std::uint8_t {
  keep,          // left as it is, and counted
  pseudonymise,  // a token of the tenant's vault, restorable
  mask,          // "[CARD]"
  hash,          // "[CARD#1f0c4ab29d03]": equal values of a tenant are equal, nobody can restore it
  drop,          // nothing stands there any more
  block,         // the text ends here, with FilterState::blocked
};
std::string_view name_of(Action action);
std::optional<Action> action_of(std::string_view name);

/// What is done with each type; the default pseudonymises everything.
struct ActionTable {
  std::array<Action, data_type_count> of = filled(Action::pseudonymise);

  Action operator[](DataType type) const { return of[static_cast<std::size_t>(type)]; }
  void set(DataType type, Action action) { of[static_cast<std::size_t>(type)] = action; }
  static constexpr std::array<Action, data_type_count> filled(Action action) {
    std::array<Action, data_type_count> all{};
    all.fill(action);
    return all;
  }
};

/// One value in a text. Bytes of the original text, [begin, end); never empty, never inside a UTF-8 sequence.
struct Finding {
  DataType type = DataType::custom;
  std::uint16_t pattern = 0;  // which custom pattern; 0 for every other type
  float confidence = 0;       // (0, 1]; 1: a checksum or a fixed form that nothing else has
  std::size_t begin = 0, end = 0;

  friend bool operator==(const Finding&, const Finding&) = default;
};

}  // namespace loadline

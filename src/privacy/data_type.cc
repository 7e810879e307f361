#include "privacy/data_type.h"

namespace loadline {
namespace {

struct TypeNames {
  std::string_view name, token_name;
};

// In the order of DataType.
constexpr std::array<TypeNames, data_type_count> type_names = {{
    {"payment_card", "CARD"},
    {"iban", "IBAN"},
    {"bic", "BIC"},
    {"bank_account", "ACCOUNT"},
    {"aba_routing", "ROUTING"},
    {"isin", "ISIN"},
    {"cusip", "CUSIP"},
    {"lei", "LEI"},
    {"us_ssn", "SSN"},
    {"us_itin", "ITIN"},
    {"us_ein", "EIN"},
    {"email", "EMAIL"},
    {"phone", "PHONE"},
    {"ip_address", "IP"},
    {"mac_address", "MAC"},
    {"url_credentials", "URL"},
    {"street_address", "ADDRESS"},
    {"birth_date", "BIRTHDATE"},
    {"passport", "PASSPORT"},
    {"driving_licence", "LICENCE"},
    {"uk_nino", "NINO"},
    {"uk_utr", "UTR"},
    {"de_tax_id", "STEUERID"},
    {"fr_nir", "NIR"},
    {"it_fiscal_code", "CODICE"},
    {"es_dni", "DNI"},
    {"nl_bsn", "BSN"},
    {"be_national_number", "RIJKSNR"},
    {"pl_pesel", "PESEL"},
    {"se_personnummer", "PERSONNR"},
    {"ch_ahv", "AHV"},
    {"ca_sin", "SIN"},
    {"in_aadhaar", "AADHAAR"},
    {"in_pan", "PAN"},
    {"au_tfn", "TFN"},
    {"api_key", "APIKEY"},
    {"private_key", "PRIVATEKEY"},
    {"jwt", "JWT"},
    {"secret", "SECRET"},
    {"custom", "CUSTOM"},
    {"person", "PERSON"},
    {"organisation", "ORG"},
    {"place", "PLACE"},
    {"date_time", "DATE"},
    {"age", "AGE"},
    {"nationality", "NATION"},
    {"title", "TITLE"},
    {"web_address", "WEB"},
}};
constexpr std::array<std::string_view, 6> action_names = {"keep", "pseudonymise", "mask",
                                                          "hash", "drop",         "block"};

}  // namespace

std::string_view name_of(DataType type) { return type_names[static_cast<std::size_t>(type)].name; }

std::string_view token_name_of(DataType type) {
  return type_names[static_cast<std::size_t>(type)].token_name;
}

std::optional<DataType> data_type_of(std::string_view name) {
  for (std::size_t i = 0; i < type_names.size(); ++i)
    if (type_names[i].name == name) return static_cast<DataType>(i);
  return std::nullopt;
}

std::optional<DataType> data_type_of_token_name(std::string_view name) {
  for (std::size_t i = 0; i < type_names.size(); ++i)
    if (type_names[i].token_name == name) return static_cast<DataType>(i);
  return std::nullopt;
}

std::string_view name_of(Action action) { return action_names[static_cast<std::size_t>(action)]; }

std::optional<Action> action_of(std::string_view name) {
  for (std::size_t i = 0; i < action_names.size(); ++i)
    if (action_names[i] == name) return static_cast<Action>(i);
  return std::nullopt;
}

}  // namespace loadline

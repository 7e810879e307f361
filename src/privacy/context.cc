#include "privacy/context.h"

#include <algorithm>
#include <unordered_map>

#include "privacy/detector.h"

namespace loadline {
namespace {

struct HintWord {
  std::string_view word;
  Hint hint;
};

// Whole words, lower case, without marks (the normaliser folds them).
constexpr HintWord hint_words[] = {
    {"card", Hint::card},
    {"cards", Hint::card},
    {"credit", Hint::card},
    {"debit", Hint::card},
    {"visa", Hint::card},
    {"mastercard", Hint::card},
    {"amex", Hint::card},
    {"kreditkarte", Hint::card},
    {"karte", Hint::card},
    {"carte", Hint::card},
    {"tarjeta", Hint::card},
    {"carta", Hint::card},
    {"iban", Hint::iban},
    {"bic", Hint::bic},
    {"swift", Hint::bic},
    {"ssn", Hint::ssn},
    {"ssns", Hint::ssn},
    {"social", Hint::social},
    {"security", Hint::security},
    {"itin", Hint::itin},
    {"taxpayer", Hint::us_tax},
    {"ein", Hint::employer},
    {"fein", Hint::employer},
    {"employer", Hint::employer},
    {"irs", Hint::us_tax},
    {"routing", Hint::routing},
    {"aba", Hint::routing},
    {"rtn", Hint::routing},
    {"transit", Hint::routing},
    {"account", Hint::account},
    {"acct", Hint::account},
    {"acc", Hint::account},
    {"konto", Hint::account},
    {"kontonummer", Hint::account},
    {"cuenta", Hint::account},
    {"conto", Hint::account},
    {"compte", Hint::account},
    {"phone", Hint::phone},
    {"telephone", Hint::phone},
    {"tel", Hint::phone},
    {"mobile", Hint::phone},
    {"cell", Hint::phone},
    {"cellphone", Hint::phone},
    {"call", Hint::phone},
    {"fax", Hint::phone},
    {"dial", Hint::phone},
    {"reach", Hint::phone},
    {"contact", Hint::phone},
    {"telefon", Hint::phone},
    {"handy", Hint::phone},
    {"mobil", Hint::phone},
    {"telefono", Hint::phone},
    {"whatsapp", Hint::phone},
    {"sms", Hint::phone},
    {"text", Hint::phone},
    {"portable", Hint::phone},
    {"ring", Hint::phone},
    {"ph", Hint::phone},
    {"birth", Hint::birth},
    {"dob", Hint::birth},
    {"birthday", Hint::birth},
    {"birthdate", Hint::birth},
    {"born", Hint::born},
    {"geboren", Hint::birth},
    {"geburtsdatum", Hint::birth},
    {"geburtstag", Hint::birth},
    {"geb", Hint::birth},
    {"naissance", Hint::birth},
    {"nacimiento", Hint::birth},
    {"nascita", Hint::birth},
    {"geboortedatum", Hint::birth},
    {"naci", Hint::birth},
    {"passport", Hint::passport},
    {"passports", Hint::passport},
    {"reisepass", Hint::passport},
    {"passeport", Hint::passport},
    {"pasaporte", Hint::passport},
    {"passaporto", Hint::passport},
    {"passnummer", Hint::passport},
    {"paspoort", Hint::passport},
    {"driver", Hint::driver},
    {"drivers", Hint::driver},
    {"driving", Hint::driver},
    {"licence", Hint::licence},
    {"license", Hint::licence},
    {"fuhrerschein", Hint::driver},
    {"fuehrerschein", Hint::driver},
    {"rijbewijs", Hint::driver},
    {"cusip", Hint::cusip},
    {"isin", Hint::isin},
    {"lei", Hint::lei},
    {"nino", Hint::uk_nino},
    {"insurance", Hint::insurance},
    {"utr", Hint::uk_utr},
    {"hmrc", Hint::uk_utr},
    {"steuer", Hint::de_tax},
    {"steuerid", Hint::de_tax},
    {"steueridentifikationsnummer", Hint::de_tax},
    {"identifikationsnummer", Hint::de_tax},
    {"idnr", Hint::de_tax},
    {"tin", Hint::de_tax},
    {"nir", Hint::fr_nir},
    {"insee", Hint::fr_nir},
    {"secu", Hint::fr_nir},
    {"codice", Hint::it_tax},
    {"fiscale", Hint::it_tax},
    {"dni", Hint::es_dni},
    {"nie", Hint::es_dni},
    {"nif", Hint::es_dni},
    {"bsn", Hint::nl_bsn},
    {"burgerservicenummer", Hint::nl_bsn},
    {"sofinummer", Hint::nl_bsn},
    {"rijksregisternummer", Hint::be_national},
    {"rijksregister", Hint::be_national},
    {"niss", Hint::be_national},
    {"insz", Hint::be_national},
    {"pesel", Hint::pl_pesel},
    {"personnummer", Hint::se_person},
    {"pnr", Hint::se_person},
    {"ahv", Hint::ch_ahv},
    {"avs", Hint::ch_ahv},
    {"sin", Hint::ca_sin},
    {"aadhaar", Hint::in_aadhaar},
    {"aadhar", Hint::in_aadhaar},
    {"uidai", Hint::in_aadhaar},
    {"pan", Hint::in_pan},
    {"tfn", Hint::au_tfn},
    {"national", Hint::national_id},
    {"tax", Hint::tax},
    {"ip", Hint::ip},
    {"address", Hint::none},
    {"version", Hint::version},
    {"versions", Hint::version},
    {"release", Hint::version},
    {"ver", Hint::version},
    {"number", Hint::number},
    {"numbers", Hint::number},
    {"no", Hint::number},
    {"num", Hint::number},
    {"nr", Hint::number},
    {"numero", Hint::number},
    {"nummer", Hint::number},
    {"identity", Hint::identity},
    {"id", Hint::identity},
    {"page", Hint::page},
    {"pages", Hint::page},
    {"chapter", Hint::page},
    {"section", Hint::page},
    {"figure", Hint::page},
    {"code", Hint::code},
    {"is", Hint::code},
};

constexpr std::size_t word_bytes_max = 28;

// First letter and length of the words, to spare most others the search.
bool may_hint(unsigned char first, std::size_t size) {
  static constexpr std::array<std::uint32_t, 26> lengths = [] {
    std::array<std::uint32_t, 26> made{};
    for (const HintWord& entry : hint_words)
      made[static_cast<std::size_t>(entry.word[0] - 'a')] |= 1U << entry.word.size();
    return made;
  }();
  return (lengths[to_lower_byte(first) - std::size_t{'a'}] >> size & 1U) != 0;
}

const std::unordered_map<std::string_view, Hint>& hints_by_word() {
  static const std::unordered_map<std::string_view, Hint> map = [] {
    std::unordered_map<std::string_view, Hint> made;
    for (const HintWord& entry : hint_words) made.emplace(entry.word, entry.hint);
    return made;
  }();
  return map;
}

}  // namespace

Context Context::before(const Window& window, std::size_t at) {
  Context context;
  context.distance_.fill(absent);
  const std::size_t first = at > Detector::context_bytes ? at - Detector::context_bytes : 0;
  std::size_t end = at;
  std::array<char, word_bytes_max> word{};
  window.count(at - first);
  while (end > first) {
    if (!is_letter_byte(window.before(end))) {
      --end;
      continue;
    }
    std::size_t begin = end;
    while (begin > first && is_letter_byte(window.before(begin))) --begin;
    if (begin == first && first > 0) break;  // perhaps cut
    const std::size_t size = end - begin;
    if (size >= 2 && size <= word_bytes_max && may_hint(window.before(begin + 1), size)) {
      for (std::size_t i = 0; i < size; ++i)
        word[i] = static_cast<char>(to_lower_byte(static_cast<unsigned char>(window.text[begin + i])));
      const auto found = hints_by_word().find(std::string_view(word.data(), size));
      if (found != hints_by_word().end()) {
        auto& distance = context.distance_[static_cast<std::size_t>(found->second)];
        distance = std::min(distance, static_cast<std::uint8_t>(at - end));
      }
    }
    end = begin;
  }
  return context;
}

}  // namespace loadline

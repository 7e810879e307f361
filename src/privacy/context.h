#pragma once
// The words to the left of a place that say what the value there is.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "privacy/window.h"

namespace loadline {

enum class Hint : std::uint8_t {
  none,
  card,
  iban,
  bic,
  ssn,
  itin,
  us_tax,
  employer,
  routing,
  account,
  phone,
  birth,
  born,
  passport,
  driver,
  licence,
  cusip,
  isin,
  lei,
  uk_nino,
  uk_utr,
  de_tax,
  fr_nir,
  it_tax,
  es_dni,
  nl_bsn,
  be_national,
  pl_pesel,
  se_person,
  ch_ahv,
  ca_sin,
  in_aadhaar,
  in_pan,
  au_tfn,
  national_id,
  tax,
  ip,
  version,
  social,
  security,
  insurance,
  number,
  identity,
  page,
  code,
  count
};

/// The nearest word of each hint before a place. Reads at most Detector::context_bytes to the left.
class Context {
 public:
  static constexpr std::uint8_t absent = 255;

  /// Reads the words before `at`; a word cut by the edge of what is read does not count.
  static Context before(const Window& window, std::size_t at);

  /// Is there such a word that ends at most `bytes_max` before the place?
  bool has(Hint hint, std::size_t bytes_max = absent - 1) const {
    return distance_[static_cast<std::size_t>(hint)] <= bytes_max;
  }

 private:
  std::array<std::uint8_t, static_cast<std::size_t>(Hint::count)> distance_;
};

}  // namespace loadline

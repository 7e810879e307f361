#pragma once
// Numbers as people write them in text and tables, read as values with scale and unit, so that "$5.8
// billion", "5,794" under "(in millions)" and "5 794 M" can be compared. Pure functions, thread-safe.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace loadline {

enum class QuantityUnit : std::uint8_t { none, percent, basis_points, currency };

struct Quantity {
  double value = 0;  // as written, without the scale; negative for "(12)" and "-12"
  double scale = 0;  // 1e3, 1e6, 1e9, 1e12 if a word or letter says so; 0: not stated
  QuantityUnit unit = QuantityUnit::none;
  char32_t currency = 0;           // '$', U+20AC ... or 0
  int decimals = 0;                // digits after the point, as written
  bool from_word = false;          // "twelve"
  std::size_t begin = 0, end = 0;  // bytes, sign and unit included
};

/// All quantities of `text` in order. Digits inside identifiers ("A4", "10-K", "x86") are not quantities;
/// parts of dates are. Number words from "two" to "twenty" and the tens to "ninety" count ("one" is too often
/// a pronoun).
std::vector<Quantity> find_quantities(std::string_view text);

/// "EUR", "USD": a unit, which texts write in other ways too. Upper case only.
bool is_currency_code(std::string_view word);

/// The scale that a caption or header states for the figures below it ("(in millions, except per share data)"
/// is 1e6); 0 if none.
double stated_scale(std::string_view caption);

/// Whether `claim` says the same as `source`: equal values, where a scale left out by one side may be the
/// other's or `source_scale` (from a table's caption; 0: none), signs included unless the claim is written as
/// a positive amount of a loss; a claim with fewer decimals may be the rounded source. Percent only agrees
/// with percent or a plain number.
bool same_quantity(const Quantity& claim, const Quantity& source, double source_scale);

}  // namespace loadline

#include "governance/money.h"

#include <algorithm>

namespace loadline {

Result<NanoDollars> parse_dollars(std::string_view text) {
  constexpr std::size_t places = 9;
  const auto wrong = [] {
    return Error(Code::invalid_argument,
                 "an amount is a decimal of dollars with at most nine places, up to 1000000, like 0.15");
  };
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view rest = point < text.size() ? text.substr(point + 1) : std::string_view{};
  if (whole.empty() || whole.size() > 7 || rest.size() > places || (point < text.size() && rest.empty()))
    return wrong();
  NanoDollars amount = 0;
  for (const std::string_view digits : {whole, rest})
    for (const char c : digits) {
      if (c < '0' || c > '9') return wrong();
      amount = amount * 10 + (c - '0');
    }
  for (std::size_t i = rest.size(); i < places; ++i) amount *= 10;
  if (amount > amount_max) return wrong();
  return amount;
}

std::string show_dollars(NanoDollars amount) {
  const bool negative = amount < 0;
  const std::uint64_t size =
      negative ? 0 - static_cast<std::uint64_t>(amount) : static_cast<std::uint64_t>(amount);
  std::string rest = std::to_string(size % nanos_per_dollar);
  rest.insert(0, 9 - rest.size(), '0');
  while (rest.size() > 2 && rest.back() == '0') rest.pop_back();
  return (negative ? "-" : "") + std::to_string(size / nanos_per_dollar) + "." + rest;
}

}  // namespace loadline

#pragma once
// What tokens cost: prices from the manifest, or from a dated table of list prices of our own compiling.
//
// Costs are integers. The parts of one request (input, cached, output, reasoning) are summed exactly in
// 128 bits and rounded up once, to the next nano-dollar: an account never says less than was spent.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "governance/money.h"

namespace loadline {

/// What an upstream said it counted. Absent is "not told"; zero is zero. `cached` is a part of `input`,
/// `reasoning` a part of `output`, whatever the dialect on the wire.
struct TokenCounts {
  std::optional<std::uint64_t> input{}, output{}, cached{}, reasoning{};

  friend bool operator==(const TokenCounts&, const TokenCounts&) = default;
};

/// Nano-dollars per million tokens (0.15 dollars per million tokens = 150,000,000).
struct Price {
  NanoDollars input = 0;
  NanoDollars output = 0;
  std::optional<NanoDollars> cached{};     // absent: as input
  std::optional<NanoDollars> reasoning{};  // absent: as output
  NanoDollars per_request = 0;             // nano-dollars, once
  std::uint64_t prompt_tokens_max = 0;     // longer prompts cost more than this says; 0: they do not

  friend bool operator==(const Price&, const Price&) = default;
};

/// Of what is told; what is not told counts as zero. Tokens above `billed_tokens_max` count as that many, a
/// part never as more than its whole. At most amount_max.
NanoDollars cost_of(const Price& price, const TokenCounts& tokens);
inline constexpr std::uint64_t billed_tokens_max = 1'000'000'000;

/// What a request may cost at most: every prompt token at the dearer of input and cached, every output token
/// at the dearer of output and reasoning.
NanoDollars most_cost_of(const Price& price, std::uint64_t prompt_tokens, std::uint64_t output_tokens);

/// Output tokens that `reserved` covers after the prompt; 0 if it covers none. Without a price of output:
/// `billed_tokens_max`. most_cost_of(price, prompt, allowed_output(price, prompt, reserved)) <= reserved.
std::uint64_t allowed_output(const Price& price, std::uint64_t prompt_tokens, NanoDollars reserved);

/// A price by model name. Thread-safe once filled.
class PriceTable {
 public:
  /// The list prices below; `set` puts the manifest's own in front.
  static PriceTable with_list_prices();
  void set(std::string model, const Price& price) { prices_[std::move(model)] = price; }
  /// Exact name, or the name without a date at its end ("-2024-08-06", "-20250219", "-latest"). Nothing: no
  /// price is known, and the caller decides (a budget without a price cannot hold).
  std::optional<Price> find(std::string_view model) const;
  std::size_t size() const { return prices_.size(); }

 private:
  std::map<std::string, Price, std::less<>> prices_;
};

/// A row of our own table of common models' list prices. To be checked against the contract.
struct ListPrice {
  std::string_view vendor, model;
  Price price;
  std::string_view seen_on;  // "2026-10-24"
  std::string_view source;   // "vendor": its price page as reported on that day; "recalled": from memory
};
/// By vendor and model.
std::vector<ListPrice> list_prices();

}  // namespace loadline

#include "governance/prices.h"

#include <algorithm>

namespace loadline {
namespace {

struct ListRow {
  const char *vendor, *model, *input, *output, *cached, *reasoning;
  std::uint64_t prompt_tokens_max;
  const char *seen_on, *source;
};
#include "governance/list_prices.inc"

__extension__ using Wide = unsigned __int128;
constexpr Wide per_price = 1'000'000;  // tokens

Wide times(std::uint64_t tokens, NanoDollars price) {
  return Wide{std::min(tokens, billed_tokens_max)} * static_cast<Wide>(std::max<NanoDollars>(price, 0));
}

NanoDollars rounded_up(Wide micro, NanoDollars per_request) {
  const Wide nanos =
      (micro + per_price - 1) / per_price + static_cast<Wide>(std::max<NanoDollars>(per_request, 0));
  return static_cast<NanoDollars>(std::min(nanos, Wide{amount_max}));
}

// A part at its own price, what remains of the whole at the whole's.
Wide split(std::uint64_t whole, NanoDollars price, std::uint64_t part,
           std::optional<NanoDollars> part_price) {
  part = std::min(part, whole);
  return times(whole - part, price) + times(part, part_price.value_or(price));
}

NanoDollars dearest(NanoDollars price, std::optional<NanoDollars> part) {
  return std::max(price, part.value_or(price));
}

bool is_date(std::string_view text) {
  const auto digits = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (text.size() == 8) return digits(text);
  return text.size() == 10 && text[4] == '-' && text[7] == '-' && digits(text.substr(0, 4)) &&
         digits(text.substr(5, 2)) && digits(text.substr(8));
}

// "gpt-4o" for "gpt-4o-2024-08-06"; "" if there is nothing to take off.
std::string_view without_date(std::string_view model) {
  for (const std::size_t length : {8, 10})
    if (model.size() > length + 1 && model[model.size() - length - 1] == '-' &&
        is_date(model.substr(model.size() - length)))
      return model.substr(0, model.size() - length - 1);
  constexpr std::string_view latest = "-latest";
  return model.ends_with(latest) ? model.substr(0, model.size() - latest.size()) : std::string_view{};
}

}  // namespace

NanoDollars cost_of(const Price& price, const TokenCounts& tokens) {
  return rounded_up(
      split(tokens.input.value_or(0), price.input, tokens.cached.value_or(0), price.cached) +
          split(tokens.output.value_or(0), price.output, tokens.reasoning.value_or(0), price.reasoning),
      price.per_request);
}

NanoDollars most_cost_of(const Price& price, std::uint64_t prompt_tokens, std::uint64_t output_tokens) {
  return rounded_up(times(prompt_tokens, dearest(price.input, price.cached)) +
                        times(output_tokens, dearest(price.output, price.reasoning)),
                    price.per_request);
}

std::uint64_t allowed_output(const Price& price, std::uint64_t prompt_tokens, NanoDollars reserved) {
  const NanoDollars prompt = most_cost_of(price, prompt_tokens, 0);
  if (reserved < prompt) return 0;
  const NanoDollars each = dearest(price.output, price.reasoning);
  if (each <= 0) return billed_tokens_max;
  const Wide left = static_cast<Wide>(reserved - std::max<NanoDollars>(price.per_request, 0)) * per_price -
                    times(prompt_tokens, dearest(price.input, price.cached));
  return static_cast<std::uint64_t>(std::min(left / static_cast<Wide>(each), Wide{billed_tokens_max}));
}

PriceTable PriceTable::with_list_prices() {
  PriceTable table;
  for (const ListPrice& row : list_prices()) table.set(std::string(row.model), row.price);
  return table;
}

std::optional<Price> PriceTable::find(std::string_view model) const {
  auto at = prices_.find(model);
  if (at == prices_.end()) {
    const std::string_view shorter = without_date(model);
    if (!shorter.empty()) at = prices_.find(shorter);
  }
  if (at == prices_.end()) return std::nullopt;
  return at->second;
}

std::vector<ListPrice> list_prices() {
  std::vector<ListPrice> prices;
  for (const ListRow& row : list_rows) {
    Price price{.input = parse_dollars(row.input).value(), .output = parse_dollars(row.output).value()};
    if (row.cached != nullptr) price.cached = parse_dollars(row.cached).value();
    if (row.reasoning != nullptr) price.reasoning = parse_dollars(row.reasoning).value();
    price.prompt_tokens_max = row.prompt_tokens_max;
    prices.push_back({row.vendor, row.model, price, row.seen_on, row.source});
  }
  return prices;
}

}  // namespace loadline

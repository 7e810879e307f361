#include "dialect/dialect.h"

#include <array>
#include <utility>

namespace loadline {
namespace {

constexpr std::array<std::string_view, 6> names = {"openai_chat",        "openai_completions",
                                                   "openai_embeddings",  "openai_responses",
                                                   "anthropic_messages", "gemini"};

}  // namespace

std::string_view dialect_name(Dialect dialect) { return names.at(static_cast<std::size_t>(dialect)); }

std::optional<Dialect> dialect_named(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Dialect>(i);
  return std::nullopt;
}

void UsageFacts::merge(const UsageFacts& later) {
  const auto take = [](auto& ours, const auto& theirs) {
    if (theirs) ours = theirs;
  };
  take(input_tokens, later.input_tokens);
  take(output_tokens, later.output_tokens);
  take(cached_tokens, later.cached_tokens);
  take(cache_write_tokens, later.cache_write_tokens);
  take(reasoning_tokens, later.reasoning_tokens);
}

}  // namespace loadline

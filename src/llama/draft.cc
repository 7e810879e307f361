#include "llama/draft.h"

#include <algorithm>

namespace loadline::llama {

std::uint64_t PromptLookup::key(std::span<const std::int32_t> tokens, std::size_t end) const {
  std::uint64_t hash = 1469598103934665603ULL;
  for (std::size_t i = end - limits_.match_tokens; i < end; ++i)
    hash = (hash ^ static_cast<std::uint32_t>(tokens[i])) * 1099511628211ULL;
  return hash;
}

void PromptLookup::extend(std::span<const std::int32_t> tokens) {
  for (std::size_t end = std::max(indexed_ + 1, limits_.match_tokens); end <= tokens.size(); ++end) {
    const auto [place, fresh] = after_.try_emplace(key(tokens, end), end);
    if (!fresh) {
      earlier_[place->first] = place->second;
      place->second = end;
    }
  }
  indexed_ = tokens.size();
}

std::vector<std::int32_t> PromptLookup::guess(std::span<const std::int32_t> tokens) {
  seen_ = tokens.size();
  if (tokens.size() < limits_.match_tokens || tokens.size() < resume_at_) return {};
  const auto found = earlier_.find(key(tokens, tokens.size()));
  if (found == earlier_.end()) return {};
  const std::size_t from = found->second;
  // The hash may lie.
  for (std::size_t i = 1; i <= limits_.match_tokens; ++i) {
    if (tokens[from - i] != tokens[tokens.size() - i]) return {};
  }
  const std::size_t to = std::min(from + length_, tokens.size());
  return {tokens.begin() + static_cast<std::ptrdiff_t>(from),
          tokens.begin() + static_cast<std::ptrdiff_t>(to)};
}

void PromptLookup::result(std::size_t drafted, std::size_t accepted) {
  if (drafted == 0) return;
  if (accepted == drafted) {
    length_ = std::min(length_ * 2, limits_.draft_max);
  } else if (accepted * 2 < drafted) {
    length_ = std::max(length_ / 2, limits_.draft_min);
  }
  misses_ = accepted == 0 ? misses_ + 1 : 0;
  if (misses_ >= 2) {
    resume_at_ = seen_ + limits_.pause_tokens;
    misses_ = 0;
  }
}

}  // namespace loadline::llama

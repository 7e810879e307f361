#include "guard/hidden_echo.h"

#include <algorithm>
#include <bit>

namespace loadline {
namespace {

constexpr std::string_view removed = "[removed]";
constexpr std::size_t quote_bytes_max = 400;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
bool is_word_byte(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

constexpr std::uint64_t word_begin = 14695981039346656037ULL;
std::uint64_t word_step(std::uint64_t hash, char c) {
  return (hash ^ static_cast<unsigned char>(lower(c))) * 1099511628211ULL;
}
std::uint64_t key_of(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  std::uint64_t key = a * 0x9E3779B97F4A7C15ULL + std::rotl(b, 21) * 0xC2B2AE3D27D4EB4FULL + std::rotl(c, 42);
  key ^= key >> 29;
  key *= 0xBF58476D1CE4E5B9ULL;
  key ^= key >> 32;
  return key == 0 ? 1 : key;
}

/// The end of a quotation that begins at `at`; `at` if none does.
std::size_t quotation_end(std::string_view text, std::size_t at) {
  struct Quote {
    std::string_view open, close;
  };
  static constexpr Quote quotes[] = {
      {"\"", "\""}, {"\u201C", "\u201D"}, {"\u201E", "\u201C"}, {"\u00AB", "\u00BB"}};
  for (const Quote& quote : quotes) {
    if (!text.substr(at).starts_with(quote.open)) continue;
    const std::size_t inside = at + quote.open.size();
    const std::size_t end = text.substr(inside, quote_bytes_max).find(quote.close);
    if (end != std::string_view::npos) return inside + end + quote.close.size();
  }
  return at;
}

}  // namespace

HiddenContext::Impl::Impl(const std::vector<std::string_view>& texts,
                          const std::vector<std::string_view>& canaries) {
  for (const std::string_view canary : canaries) {
    canaries_.emplace_back(canary);
    std::transform(canary.begin(), canary.end(), canaries_.back().begin(), lower);
  }
  for (const std::string_view text : texts) read(text);
  if (keys_.empty()) return;
  table_.assign(std::bit_ceil(keys_.size() * 2), 0);
  for (const std::uint64_t key : keys_) insert(key);
  keys_ = {};
}

void HiddenContext::Impl::read(std::string_view text) {
  std::uint64_t before = 0, before_that = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t quoted = quotation_end(text, at); quoted != at) {
      at = quoted;
      before = before_that = 0;
      continue;
    }
    if (!is_word_byte(text[at])) {
      ++at;
      continue;
    }
    std::uint64_t hash = word_begin;
    for (std::size_t size = 0; at < text.size() && is_word_byte(text[at]) && size < EchoStage::word_bytes_max;
         ++size, ++at)
      hash = word_step(hash, text[at]);
    if (++words_ > words_max) {
      ++words_left_out_;
      continue;
    }
    if (before_that != 0) keys_.push_back(key_of(before_that, before, hash));
    before_that = before;
    before = hash;
  }
}

void HiddenContext::Impl::insert(std::uint64_t key) {
  std::size_t at = key & (table_.size() - 1);
  while (table_[at] != 0 && table_[at] != key) at = (at + 1) & (table_.size() - 1);
  table_[at] = key;
}

bool HiddenContext::Impl::has(std::uint64_t first, std::uint64_t second, std::uint64_t third) const {
  const std::uint64_t key = key_of(first, second, third);
  for (std::size_t at = key & (table_.size() - 1); table_[at] != 0; at = (at + 1) & (table_.size() - 1))
    if (table_[at] == key) return true;
  return false;
}

bool CanaryStage::feed(std::string_view piece, bool last, std::string& out) {
  if (hidden_ == nullptr || hidden_->canaries().empty()) {
    out.append(piece);
    return true;
  }
  held_.append(piece);
  std::size_t at = 0;
  for (; at < held_.size(); ++at) {
    bool partly = false;
    std::size_t found = 0;
    for (const std::string& canary : hidden_->canaries()) {
      const std::size_t size = std::min(canary.size(), held_.size() - at);
      if (!std::equal(canary.begin(), canary.begin() + static_cast<std::ptrdiff_t>(size),
                      held_.begin() + static_cast<std::ptrdiff_t>(at),
                      [](char a, char b) { return a == lower(b); }))
        continue;
      if (size < canary.size())
        partly = true;
      else if (found == 0 || size < found)
        found = size;
    }
    if (found == 0 && partly && !last) break;
    if (found == 0) {
      out += held_[at];
      continue;
    }
    ++report_.found[static_cast<std::size_t>(OutputFinding::canary)];
    if (action_ == OutputAction::block) {
      report_.blocked_by = OutputFinding::canary;
      return false;
    }
    if (action_ == OutputAction::keep) {
      out += held_[at];
      continue;
    }
    report_.changed = true;
    if (action_ == OutputAction::mask) out.append(removed);
    at += found - 1;
  }
  held_.erase(0, at);
  return true;
}

bool EchoStage::feed(std::string_view piece, bool last, std::string& out) {
  if (hidden_ == nullptr || !hidden_->has_words()) {
    out.append(piece);
    return true;
  }
  for (const char c : piece) {
    if (is_word_byte(c)) {
      if (word_bytes_ == word_bytes_max && !end_word(out)) return false;
      if (word_bytes_ == 0) hash_ = word_begin;
      hash_ = word_step(hash_, c);
      ++word_bytes_;
      gap_bytes_ = 0;
      held_ += c;
      continue;
    }
    if (word_bytes_ != 0 && !end_word(out)) return false;
    held_ += c;
    if (++gap_bytes_ > gap_bytes_max) {
      run_ = 0;
      echoing_ = false;
      before_ = before_that_ = 0;
    }
    if (run_ == 0) release(out);
  }
  if (!last) return true;
  if (word_bytes_ != 0 && !end_word(out)) return false;
  release(out);
  return true;
}

bool EchoStage::end_word(std::string& out) {
  word_bytes_ = 0;
  const bool hit = before_that_ != 0 && hidden_->has(before_that_, before_, hash_);
  before_that_ = before_;
  before_ = hash_;
  if (!hit) {
    run_ = 0;
    echoing_ = false;
    release(out);
    return true;
  }
  run_ = run_ == 0 ? 3 : run_ + 1;
  if (run_ < HiddenContext::echo_words) return true;
  if (!echoing_) ++report_.found[static_cast<std::size_t>(OutputFinding::echo)];
  if (action_ == OutputAction::block) {
    report_.blocked_by = OutputFinding::echo;
    return false;
  }
  if (action_ == OutputAction::keep) {
    release(out);
  } else {
    report_.changed = true;
    held_.clear();
    if (action_ == OutputAction::mask && !echoing_) out.append(removed);
  }
  echoing_ = true;
  return true;
}

void EchoStage::release(std::string& out) {
  out.append(held_);
  held_.clear();
}

}  // namespace loadline

#include "extract/pdf/profile.h"

#include <algorithm>
#include <cmath>

#include "base/utf8.h"
#include "extract/pdf/characters.h"

namespace loadline::pdf {
namespace {

constexpr float size_step = 0.5F;
constexpr std::size_t size_steps = 200;

// FNV-1a over the letters in lower case, punctuation at the ends left out.
std::uint64_t hash_of(std::string_view word) {
  while (!word.empty() && static_cast<unsigned char>(word.back()) < 0x80 &&
         !is_letter(static_cast<unsigned char>(word.back())))
    word.remove_suffix(1);
  while (!word.empty() && static_cast<unsigned char>(word.front()) < 0x80 &&
         !is_letter(static_cast<unsigned char>(word.front())))
    word.remove_prefix(1);
  if (word.empty()) return 0;
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : word) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    hash = (hash ^ static_cast<unsigned char>(lower)) * 0x100000001B3;
  }
  return hash;
}

}  // namespace

std::vector<int> profile_pages(int page_count) {
  std::vector<int> pages;
  const int count = std::min(page_count, profile_pages_max);
  for (int at = 0; at < count; ++at)
    pages.push_back(static_cast<int>(static_cast<std::int64_t>(at) * page_count / count));
  return pages;
}

void Vocabulary::add(std::string_view word) {
  const std::uint64_t hash = hash_of(word);
  if (hash != 0 && words_.size() < words_max) words_.insert(hash);
}

bool Vocabulary::contains(std::string_view word) const {
  const std::uint64_t hash = hash_of(word);
  return hash != 0 && words_.contains(hash);
}

void DocumentProfile::add(const PageWords& page) {
  letters_by_size_.resize(size_steps);
  for (const Frame& frame : page.frames) {
    for (const Word& word : frame.words) {
      const auto step = static_cast<std::size_t>(std::lround(word.size / size_step));
      letters_by_size_[std::min(step, size_steps - 1)] += word.text.size();
      letters_ += word.text.size();
      if (word.bold) bold_letters_ += word.text.size();
      vocabulary_.add(word.text);
    }
  }
}

void DocumentProfile::finish() {
  if (letters_ == 0) return;
  const auto most = std::max_element(letters_by_size_.begin(), letters_by_size_.end());
  body_size_ = std::max(1.0F, static_cast<float>(most - letters_by_size_.begin()) * size_step);
  bold_body_ = bold_letters_ * 2 > letters_;
}

}  // namespace loadline::pdf

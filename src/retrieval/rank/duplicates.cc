#include "retrieval/rank/duplicates.h"

#include <algorithm>
#include <string>

#include "base/hash.h"

namespace loadline {
namespace {

constexpr std::size_t sketch_size = 64;
constexpr std::size_t sequence_words = 3;

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c & 0x80) != 0;
}

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  a ^= b + 0x9E3779B97F4A7C15ULL + (a << 6) + (a >> 2);
  a *= 0xFF51AFD7ED558CCDULL;
  return a ^ (a >> 32);
}

}  // namespace

std::vector<std::uint64_t> text_sketch(std::string_view text) {
  std::vector<std::uint64_t> words;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    std::string word;
    while (end < text.size() && is_word_byte(text[end])) {
      const char c = text[end++];
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (end > at) words.push_back(hash64(word));
    at = std::max(end, at + 1);
  }
  if (words.empty()) return {};
  std::vector<std::uint64_t> sketch;
  const std::size_t width = std::min(sequence_words, words.size());
  for (std::size_t i = 0; i + width <= words.size(); ++i) {
    std::uint64_t sequence = 0;
    for (std::size_t w = 0; w < width; ++w) sequence = mixed(sequence, words[i + w]);
    sketch.push_back(sequence);
  }
  std::sort(sketch.begin(), sketch.end());
  sketch.erase(std::unique(sketch.begin(), sketch.end()), sketch.end());
  if (sketch.size() > sketch_size) sketch.resize(sketch_size);
  return sketch;
}

double sketch_overlap(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  if (a.empty() || b.empty()) return 0;
  // Of the smallest hashes of both together, the share that is in both (bottom-k estimate of Jaccard).
  std::size_t i = 0, j = 0, both = 0, seen = 0;
  // Sketches that are not full hold all sequences: then the share is exact.
  const bool full = std::max(a.size(), b.size()) == sketch_size;
  const std::size_t size = full ? sketch_size : a.size() + b.size();
  while (seen < size && (i < a.size() || j < b.size())) {
    ++seen;
    if (j == b.size() || (i < a.size() && a[i] < b[j])) {
      ++i;
    } else if (i == a.size() || b[j] < a[i]) {
      ++j;
    } else {
      ++both, ++i, ++j;
    }
  }
  return seen == 0 ? 0 : static_cast<double>(both) / static_cast<double>(seen);
}

}  // namespace loadline

#include "retrieval/rank/page_digest.h"

#include <algorithm>
#include <string_view>

#include "retrieval/rank/light_terms.h"

namespace loadline {
namespace {

constexpr std::size_t labels_max = 200;
constexpr std::size_t label_terms_max = 24;
constexpr std::size_t first_line_bytes_max = 160;
constexpr std::size_t pairs_max = 1500;

template <class T>
void make_set(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

// The year that a number of four digits is, 0 if it is none.
int year_of(std::string_view number) {
  if (number.size() != 4) return 0;
  int value = 0;
  for (const char c : number) {
    if (c < '0' || c > '9') return 0;
    value = value * 10 + (c - '0');
  }
  return value >= 1900 && value < 2100 ? value : 0;
}

void add_terms(std::string_view text, std::vector<std::uint64_t>& terms, std::vector<int>& years) {
  for (const LightTerm& term : light_terms(text)) {
    if (const int year = year_of(text.substr(term.begin, term.end - term.begin)); year != 0)
      years.push_back(year);
    if (term.hash != 0) terms.push_back(term.hash);
  }
}

class Digester {
 public:
  void read(const Chunk& chunk) {
    for (const std::string& heading : chunk.headings) read_heading(heading);
    read_heading(chunk.table_caption);
    read_heading(chunk.table_header);
    if (bytes_ == 0)
      read_heading(
          std::string_view(chunk.text).substr(0, chunk.text.find('\n')).substr(0, first_line_bytes_max));
    std::string_view rest = chunk.text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      read_line(rest.substr(0, end));
      rest.remove_prefix(std::min(rest.size(), end + 1));
    }
    bytes_ += chunk.text.size();
    if (chunk.is_table) table_bytes_ += chunk.text.size();
  }

  PageDigest finish() {
    digest_.terms.insert(digest_.terms.end(), digest_.heading_terms.begin(), digest_.heading_terms.end());
    digest_.years.insert(digest_.years.end(), digest_.heading_years.begin(), digest_.heading_years.end());
    make_set(digest_.terms);
    make_set(digest_.heading_terms);
    make_set(digest_.pairs);
    make_set(digest_.years);
    make_set(digest_.heading_years);
    make_set(digest_.labels);
    const std::uint32_t all = digest_.words + numbers_;
    if (all > 0) digest_.figure_share = static_cast<double>(numbers_) / all;
    if (bytes_ > 0) digest_.table_share = static_cast<double>(table_bytes_) / static_cast<double>(bytes_);
    if (lines_ > 0) digest_.listing_share = static_cast<double>(listing_lines_) / lines_;
    return std::move(digest_);
  }

 private:
  void read_heading(std::string_view text) {
    if (!text.empty()) add_terms(text, digest_.heading_terms, digest_.heading_years);
  }

  void read_line(std::string_view line) {
    const std::vector<LightTerm> terms = light_terms(line);
    if (terms.empty()) return;
    ++lines_;
    std::uint32_t numbers = 0;
    std::uint64_t before = 0;
    for (const LightTerm& term : terms) {
      if (term.hash != 0 && !term.number) {
        if (before != 0 && digest_.pairs.size() < pairs_max)
          digest_.pairs.push_back(pair_key(before, term.hash));
        before = term.hash;
      }
      if (const int year = year_of(line.substr(term.begin, term.end - term.begin)); year != 0)
        digest_.years.push_back(year);
      if (term.hash != 0) digest_.terms.push_back(term.hash);
      numbers += term.number ? 1 : 0;
    }
    numbers_ += numbers;
    digest_.words += static_cast<std::uint32_t>(terms.size()) - numbers;
    const LightTerm& last = terms.back();
    const std::string_view tail = line.substr(last.begin, last.end - last.begin);
    const bool small = last.number && last.end == line.size() && tail.size() <= 4 &&
                       tail.find_first_of(".,") == std::string_view::npos && year_of(tail) == 0;
    if (small && numbers <= 2 && terms.size() > numbers) ++listing_lines_;
    read_label(line);
  }

  // The first cell of a table row that has figures.
  void read_label(std::string_view line) {
    const std::size_t bar = line.find(" | ");
    if (bar == std::string_view::npos || bar == 0 || digest_.labels.size() >= labels_max) return;
    if (line.find_first_of("0123456789", bar) == std::string_view::npos) return;
    std::vector<std::uint64_t> label;
    for (const LightTerm& term : light_terms(line.substr(0, bar)))
      if (term.hash != 0 && !term.number && label.size() < label_terms_max) label.push_back(term.hash);
    make_set(label);
    if (!label.empty()) digest_.labels.push_back(std::move(label));
  }

  PageDigest digest_;
  std::uint32_t numbers_ = 0, lines_ = 0, listing_lines_ = 0;
  std::size_t bytes_ = 0, table_bytes_ = 0;
};

}  // namespace

std::uint64_t pair_key(std::uint64_t first, std::uint64_t second) {
  return (first * 0x9E3779B97F4A7C15ULL) ^ (second + (first >> 29));
}

PageDigest digest_page(std::span<const Chunk> chunks) {
  Digester digester;
  for (const Chunk& chunk : chunks) digester.read(chunk);
  return digester.finish();
}

std::shared_ptr<const PageDigest> PageDigests::find(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(key);
  if (place == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, place->second);
  return place->second->digest;
}

void PageDigests::keep(const Key& key, std::shared_ptr<const PageDigest> digest) {
  const std::lock_guard lock(mutex_);
  if (places_.contains(key)) return;
  entries_.push_front({key, std::move(digest)});
  places_[key] = entries_.begin();
  if (entries_.size() <= digests_max) return;
  places_.erase(entries_.back().key);
  entries_.pop_back();
}

}  // namespace loadline

#include "retrieval/rank/page_digest.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/hash.h"
#include "retrieval/rank/light_terms.h"

namespace loadline {
namespace {

constexpr std::size_t labels_max = 200;
constexpr std::size_t label_terms_max = 24;
constexpr std::size_t first_line_bytes_max = 160;
constexpr std::size_t pairs_max = 1500;

void make_set(std::vector<int>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

// Which keys a list has already. Open addressing; 0 is an empty place and stands for key 1.
class SeenKeys {
 public:
  // True the first time.
  bool add(TermKey key) {
    if (key == 0) key = 1;
    if (2 * ++count_ > places_.size()) grow();
    TermKey& place = places_[place_of(key)];
    if (place == key) return --count_, false;
    place = key;
    return true;
  }

 private:
  std::size_t place_of(TermKey key) const {
    std::size_t at = (key * 0x9E3779B9U) & (places_.size() - 1);
    while (places_[at] != 0 && places_[at] != key) at = (at + 1) & (places_.size() - 1);
    return at;
  }
  void grow() {
    const std::vector<TermKey> old = std::move(places_);
    places_.assign(2 * old.size(), 0);
    for (const TermKey key : old)
      if (key != 0) places_[place_of(key)] = key;
  }

  std::vector<TermKey> places_ = std::vector<TermKey>(512, 0);
  std::size_t count_ = 0;
};

// A list of keys, each once.
class KeyList {
 public:
  void add(TermKey key) {
    if (seen_.add(key)) keys_.push_back(key);
  }
  const std::vector<TermKey>& keys() const { return keys_; }

 private:
  std::vector<TermKey> keys_;
  SeenKeys seen_;
};

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
    for (const TermKey key : headings_.keys()) terms_.add(key);
    digest_.years.insert(digest_.years.end(), digest_.heading_years.begin(), digest_.heading_years.end());
    make_set(digest_.years);
    make_set(digest_.heading_years);
    // Copies are as large as they need to be: digests are kept.
    digest_.terms = terms_.keys();
    digest_.heading_terms = headings_.keys();
    digest_.pairs = pairs_.keys();
    digest_.label_terms.shrink_to_fit();
    digest_.label_ends.shrink_to_fit();
    const std::uint32_t all = digest_.words + numbers_;
    if (all > 0) digest_.figure_share = static_cast<double>(numbers_) / all;
    if (bytes_ > 0) digest_.table_share = static_cast<double>(table_bytes_) / static_cast<double>(bytes_);
    if (lines_ > 0) digest_.listing_share = static_cast<double>(listing_lines_) / lines_;
    return std::move(digest_);
  }

 private:
  // The chunks of a page mostly have the same headings.
  void read_heading(std::string_view text) {
    if (text.empty() || !headings_read_.add(term_key(hash64(text)))) return;
    light_terms(text, line_terms_);
    for (const LightTerm& term : line_terms_) {
      if (const int year = year_of(text.substr(term.begin, term.end - term.begin)); year != 0)
        digest_.heading_years.push_back(year);
      if (term.hash != 0) headings_.add(term_key(term.hash));
    }
  }

  void read_line(std::string_view line) {
    light_terms(line, line_terms_);
    const std::vector<LightTerm>& terms = line_terms_;
    if (terms.empty()) return;
    ++lines_;
    std::uint32_t numbers = 0;
    std::uint64_t before = 0;
    for (const LightTerm& term : terms) {
      if (term.hash != 0 && !term.number) {
        if (before != 0 && pairs_read_ < pairs_max) {
          pairs_.add(term_key(pair_key(before, term.hash)));
          ++pairs_read_;
        }
        before = term.hash;
      }
      if (const int year = year_of(line.substr(term.begin, term.end - term.begin)); year != 0)
        digest_.years.push_back(year);
      if (term.hash != 0) terms_.add(term_key(term.hash));
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
    if (bar == std::string_view::npos || bar == 0 || labels_read_ >= labels_max) return;
    if (line.find_first_of("0123456789", bar) == std::string_view::npos) return;
    std::array<TermKey, label_terms_max> label;
    std::size_t size = 0;
    for (const LightTerm& term : line_terms_) {
      if (term.begin >= bar || size == label.size()) break;
      if (term.hash != 0 && !term.number) label[size++] = term_key(term.hash);
    }
    std::sort(label.begin(), label.begin() + static_cast<std::ptrdiff_t>(size));
    const auto end = std::unique(label.begin(), label.begin() + static_cast<std::ptrdiff_t>(size));
    if (end == label.begin()) return;
    ++labels_read_;
    const std::string_view bytes(reinterpret_cast<const char*>(label.data()),
                                 static_cast<std::size_t>(end - label.begin()) * sizeof(TermKey));
    if (!labels_seen_.add(term_key(hash64(bytes)))) return;
    digest_.label_terms.insert(digest_.label_terms.end(), label.begin(), end);
    digest_.label_ends.push_back(static_cast<std::uint32_t>(digest_.label_terms.size()));
  }

  PageDigest digest_;
  std::vector<LightTerm> line_terms_;
  KeyList terms_, headings_, pairs_;
  SeenKeys headings_read_, labels_seen_;
  std::size_t pairs_read_ = 0, labels_read_ = 0;
  std::uint32_t numbers_ = 0, lines_ = 0, listing_lines_ = 0;
  std::size_t bytes_ = 0, table_bytes_ = 0;
};

}  // namespace

bool holds(const std::vector<TermKey>& keys, TermKey key) {
  std::uint32_t found = 0;
  for (const TermKey each : keys) found |= each == key ? 1U : 0U;  // no way out early: done many at a time
  return found != 0;
}

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

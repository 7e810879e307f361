#include "retrieval/rank/page_digest.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/hash.h"

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

}  // namespace

bool SeenKeys::add(TermKey key) {
  if (2 * ++count_ > places_.size()) grow();
  const Place wanted = (std::uint64_t{round_} << 32) | key;
  Place& place = places_[place_of(wanted)];
  if (place == wanted) return --count_, false;
  place = wanted;
  return true;
}

void SeenKeys::clear() {
  count_ = 0;
  if (++round_ != 0) return;
  std::fill(places_.begin(), places_.end(), 0);  // after four thousand million rounds
  round_ = 1;
}

std::size_t SeenKeys::place_of(Place wanted) const {
  const std::size_t mask = places_.size() - 1;
  std::size_t at = (static_cast<TermKey>(wanted) * 0x9E3779B9U >> 8) & mask;
  while (places_[at] >> 32 == round_ && places_[at] != wanted) at = (at + 1) & mask;
  return at;
}

void SeenKeys::grow() {
  const std::vector<Place> old = std::move(places_);
  places_.assign(2 * old.size(), 0);
  for (const Place place : old)
    if (place >> 32 == round_) places_[place_of(place)] = place;
}

void PageDigester::read(const ChunkText& chunk) {
  for (const std::string& heading : chunk.headings) read_heading(heading);
  read_heading(chunk.table_caption);
  read_heading(chunk.table_header);
  if (sums_.bytes == 0)
    read_heading(chunk.text.substr(0, chunk.text.find('\n')).substr(0, first_line_bytes_max));
  std::string_view rest = chunk.text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    read_line(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  sums_.bytes += chunk.text.size();
  if (chunk.is_table) sums_.table_bytes += chunk.text.size();
}

PageDigest PageDigester::finish() {
  for (const TermKey key : heading_terms_) add_term(key);
  digest_.years.insert(digest_.years.end(), digest_.heading_years.begin(), digest_.heading_years.end());
  make_set(digest_.years);
  make_set(digest_.heading_years);
  // Copies are as large as they need to be: digests are kept.
  digest_.terms = terms_;
  digest_.heading_terms = heading_terms_;
  digest_.pairs = pairs_;
  digest_.label_terms.shrink_to_fit();
  digest_.label_ends.shrink_to_fit();
  const std::uint32_t all = digest_.words + sums_.numbers;
  if (all > 0) digest_.figure_share = static_cast<double>(sums_.numbers) / all;
  if (sums_.bytes > 0)
    digest_.table_share = static_cast<double>(sums_.table_bytes) / static_cast<double>(sums_.bytes);
  if (sums_.lines > 0) digest_.listing_share = static_cast<double>(sums_.listing_lines) / sums_.lines;
  for (auto* list : {&terms_, &heading_terms_, &pairs_}) list->clear();
  for (SeenKeys* seen : {&terms_seen_, &heading_terms_seen_, &headings_seen_, &labels_seen_}) seen->clear();
  sums_ = {};
  return std::exchange(digest_, {});
}

// The chunks of a page mostly have the same headings.
void PageDigester::read_heading(std::string_view text) {
  if (text.empty() || !headings_seen_.add(term_key(hash64(text)))) return;
  light_terms(text, line_terms_);
  for (const LightTerm& term : line_terms_) {
    if (const int year = year_of(text.substr(term.begin, term.end - term.begin)); year != 0)
      digest_.heading_years.push_back(year);
    if (term.hash != 0 && heading_terms_seen_.add(term_key(term.hash)))
      heading_terms_.push_back(term_key(term.hash));
  }
}

void PageDigester::read_line(std::string_view line) {
  light_terms(line, line_terms_);
  const std::vector<LightTerm>& terms = line_terms_;
  if (terms.empty()) return;
  ++sums_.lines;
  std::uint32_t numbers = 0;
  std::uint64_t before = 0;
  for (const LightTerm& term : terms) {
    if (term.hash != 0 && !term.number) {
      if (before != 0 && pairs_.size() < pairs_max) pairs_.push_back(term_key(pair_key(before, term.hash)));
      before = term.hash;
    }
    if (const int year = year_of(line.substr(term.begin, term.end - term.begin)); year != 0)
      digest_.years.push_back(year);
    if (term.hash != 0) add_term(term_key(term.hash));
    numbers += term.number ? 1 : 0;
  }
  sums_.numbers += numbers;
  digest_.words += static_cast<std::uint32_t>(terms.size()) - numbers;
  const LightTerm& last = terms.back();
  const std::string_view tail = line.substr(last.begin, last.end - last.begin);
  const bool small = last.number && last.end == line.size() && tail.size() <= 4 &&
                     tail.find_first_of(".,") == std::string_view::npos && year_of(tail) == 0;
  if (small && numbers <= 2 && terms.size() > numbers) ++sums_.listing_lines;
  read_label(line);
}

// The first cell of a table row that has figures.
void PageDigester::read_label(std::string_view line) {
  const std::size_t bar = line.find(" | ");
  if (bar == std::string_view::npos || bar == 0 || sums_.labels_read >= labels_max) return;
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
  ++sums_.labels_read;
  const std::string_view bytes(reinterpret_cast<const char*>(label.data()),
                               static_cast<std::size_t>(end - label.begin()) * sizeof(TermKey));
  if (!labels_seen_.add(term_key(hash64(bytes)))) return;
  digest_.label_terms.insert(digest_.label_terms.end(), label.begin(), end);
  digest_.label_ends.push_back(static_cast<std::uint32_t>(digest_.label_terms.size()));
}

bool holds(const std::vector<TermKey>& keys, TermKey key) {
  std::uint32_t found = 0;
  for (const TermKey each : keys) found |= each == key ? 1U : 0U;  // no way out early: done many at a time
  return found != 0;
}

std::uint64_t pair_key(std::uint64_t first, std::uint64_t second) {
  return (first * 0x9E3779B97F4A7C15ULL) ^ (second + (first >> 29));
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

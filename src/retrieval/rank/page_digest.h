#pragma once
// What the second stage compares of a page: its words, the words of its headings, the labels of its table
// rows, the years in it, and how much of it is figures. Made from the page's chunks once and kept, because a
// question looks at dozens of pages and the next question at many of the same.
//
// PageDigest is immutable once made. PageDigests is thread-safe and keeps the `digests_max` last used ones.
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "model/knowledge_store.h"
#include "retrieval/rank/light_terms.h"

namespace loadline {

/// What is kept of a term's hash. Two terms out of a question and a page share one about once in a million
/// pages.
using TermKey = std::uint32_t;
constexpr TermKey term_key(std::uint64_t hash) { return static_cast<TermKey>(hash ^ (hash >> 32)); }

/// Keys are without order: a digest is made for every candidate page that no question met before, and to
/// order a page's keys takes longer than to read them through for the few that a question has.
struct PageDigest {
  std::vector<TermKey> terms;             // of text and headings, each once
  std::vector<TermKey> heading_terms;     // of headings, captions, header rows, first line, each once
  std::vector<TermKey> pairs;             // of neighbouring terms in a line, see pair_key; few come twice
  std::vector<TermKey> label_terms;       // of the labels of table rows, one label after the other
  std::vector<std::uint32_t> label_ends;  // in label_terms; labels are distinct
  std::vector<int> years;                 // sorted
  std::vector<int> heading_years;         // sorted
  double figure_share = 0;                // of words and numbers, how many are numbers
  double table_share = 0;                 // of the text's bytes, how much is in tables
  double listing_share =
      0;  // of lines, how many are a text that ends in one small number: a table of contents
  std::uint32_t words = 0;
};

bool holds(const std::vector<TermKey>& keys, TermKey key);

/// Of two terms that stand side by side, stop words between them left out.
std::uint64_t pair_key(std::uint64_t first, std::uint64_t second);

/// Which keys were met since the last `clear`.
class SeenKeys {
 public:
  /// True the first time.
  bool add(TermKey key);
  void clear();

 private:
  // A key with the round it was met in above it; places of earlier rounds count as empty.
  using Place = std::uint64_t;
  std::size_t place_of(Place wanted) const;
  void grow();

  std::vector<Place> places_ = std::vector<Place>(1024, 0);
  std::uint32_t round_ = 1;
  std::size_t count_ = 0;
};

/// Makes digests one after the other, and keeps its memory from one to the next.
class PageDigester {
 public:
  /// The next chunk of the page, in order.
  void read(const ChunkText& chunk);
  /// Of the chunks read since the last call.
  PageDigest finish();

 private:
  void read_heading(std::string_view text);
  void read_line(std::string_view line);
  void read_label(std::string_view line);
  void add_term(TermKey key) {
    if (terms_seen_.add(key)) terms_.push_back(key);
  }

  // Of the page that is read:
  struct Sums {
    std::size_t labels_read = 0, bytes = 0, table_bytes = 0;
    std::uint32_t numbers = 0, lines = 0, listing_lines = 0;
  };
  PageDigest digest_;
  std::vector<TermKey> terms_, heading_terms_, pairs_;
  Sums sums_;
  SeenKeys terms_seen_, heading_terms_seen_, headings_seen_, labels_seen_;
  std::vector<LightTerm> line_terms_;
};

class PageDigests {
 public:
  static constexpr std::size_t digests_max = 4096;

  struct Key {
    std::uint64_t version = 0;
    int page = 0;
    std::uint32_t run = 0;
    bool operator==(const Key&) const = default;
  };

  /// Null if it is not kept.
  std::shared_ptr<const PageDigest> find(const Key& key);
  void keep(const Key& key, std::shared_ptr<const PageDigest> digest);

 private:
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return static_cast<std::size_t>(
          (key.version * 0x9E3779B97F4A7C15ULL) ^
          ((static_cast<std::uint64_t>(key.page) + (std::uint64_t{key.run} << 32)) * 0xC2B2AE3D27D4EB4FULL));
    }
  };
  struct Entry {
    Key key;
    std::shared_ptr<const PageDigest> digest;
  };

  std::mutex mutex_;
  std::list<Entry> entries_;                                             // last used first; guarded by mutex_
  std::unordered_map<Key, std::list<Entry>::iterator, KeyHash> places_;  // guarded by mutex_
};

}  // namespace loadline

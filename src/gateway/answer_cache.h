#pragma once
// Answers that were given before, for the same request of the same tenant under the same rules. In memory,
// bounded in bytes; an entry dies after its time, and an answer from documents when any document changes: a
// new one might answer otherwise, one that is gone must not be cited. Thread-safe.
//
// "The same" is a SHA-256 over everything that could make the answer another one; what is not in the key must
// not matter. The request counts as it leaves the house (after the guards), without the blanks between its
// JSON tokens.
#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "dialect/dialect.h"
#include "model/data_label.h"

namespace loadline {

using CacheKey = std::array<unsigned char, 32>;

struct CacheKeyParts {
  std::string_view tenant;
  DataLabel label;
  std::string_view route;
  std::string_view rules;  // a version of everything that is configured: models, prompts, guards, index
  Dialect client = Dialect::openai_chat;
  std::string_view body;
};
CacheKey cache_key(const CacheKeyParts& parts);

/// JSON text without the blanks between its tokens. Text that is no JSON comes out as some other text.
std::string compact_json(std::string_view json);

/// As it was sent to the client: a whole answer, or all bytes of a stream.
struct CachedAnswer {
  std::string body;
  std::string content_type;
  std::string model;  // that answered
  std::string text;   // what is read of it, "" if it is not known: for comparing with other answers
  std::uint64_t knowledge =
      0;  // the state of the documents that it is from (KnowledgeStore::generation); 0: none
};

struct AnswerCacheOptions {
  std::size_t bytes_max = 64U << 20;          // of all entries with their keys
  std::size_t answer_bytes_max = 256U << 10;  // a longer answer is not kept
};

class AnswerCache {
 public:
  AnswerCache(AnswerCacheOptions options, const Clock& clock) : options_(options), clock_(clock) {}

  /// Null: nothing, or no longer.
  std::shared_ptr<const CachedAnswer> find(const CacheKey& key);
  void put(const CacheKey& key, CachedAnswer answer, Duration lifetime);
  /// Documents are in this state now: answers from earlier ones are forgotten, and not taken any more. Gives
  /// how many were forgotten.
  std::size_t follow_documents(std::uint64_t generation);
  void clear();

  struct Counts {
    std::uint64_t hits = 0, misses = 0, evicted = 0;
    std::size_t entries = 0, bytes = 0;
  };
  Counts counts() const;

 private:
  struct Entry {
    CacheKey key;
    std::shared_ptr<const CachedAnswer> answer;
    Instant until;
    std::size_t bytes;
  };
  struct KeyHash {
    std::size_t operator()(const CacheKey& key) const;
  };
  using Entries = std::list<Entry>;  // the one used last in front
  void erase(Entries::iterator entry);

  const AnswerCacheOptions options_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  // guarded by mutex_
  std::uint64_t generation_ = 0;  // of documents
  Entries entries_;
  std::unordered_map<CacheKey, Entries::iterator, KeyHash> index_;
  Counts counts_;
};

}  // namespace loadline

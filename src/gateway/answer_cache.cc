#include "gateway/answer_cache.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

namespace loadline {
namespace {

// With its length in front, so that two texts side by side cannot be read as two others.
void add_text(crypto_hash_sha256_state& state, std::string_view text) {
  const std::uint64_t size = text.size();
  crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(&size), sizeof size);
  crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

void add_number(crypto_hash_sha256_state& state, std::uint64_t number) {
  crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(&number), sizeof number);
}

}  // namespace

CacheKey cache_key(const CacheKeyParts& parts) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  add_text(state, parts.tenant);
  add_number(state, parts.label.level);
  add_number(state, parts.label.regions);
  add_text(state, parts.route);
  add_text(state, parts.rules);
  add_number(state, static_cast<std::uint64_t>(parts.client));
  add_text(state, compact_json(parts.body));
  CacheKey key;
  crypto_hash_sha256_final(&state, key.data());
  return key;
}

std::string compact_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool in_string = false, escaped = false;
  for (const char c : json) {
    if (!in_string && (c == ' ' || c == '\n' || c == '\t' || c == '\r')) continue;
    out += c;
    if (escaped)
      escaped = false;
    else if (in_string && c == '\\')
      escaped = true;
    else if (c == '"')
      in_string = !in_string;
  }
  return out;
}

std::size_t AnswerCache::KeyHash::operator()(const CacheKey& key) const {
  std::size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof hash);
  return hash;
}

void AnswerCache::erase(Entries::iterator entry) {
  counts_.bytes -= entry->bytes;
  index_.erase(entry->key);
  entries_.erase(entry);
}

std::shared_ptr<const CachedAnswer> AnswerCache::find(const CacheKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found != index_.end() && found->second->until <= clock_.now()) {
    erase(found->second);
    ++counts_.misses;
    return nullptr;
  }
  if (found == index_.end()) {
    ++counts_.misses;
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  ++counts_.hits;
  return found->second->answer;
}

void AnswerCache::put(const CacheKey& key, CachedAnswer answer, Duration lifetime) {
  if (answer.body.size() > options_.answer_bytes_max) return;
  const std::size_t bytes =
      sizeof(Entry) + sizeof(CachedAnswer) + answer.body.size() + answer.model.size() + answer.text.size();
  const std::lock_guard lock(mutex_);
  if (answer.knowledge != 0 && answer.knowledge < generation_) return;
  if (const auto old = index_.find(key); old != index_.end()) erase(old->second);
  while (!entries_.empty() && counts_.bytes + bytes > options_.bytes_max) {
    erase(std::prev(entries_.end()));
    ++counts_.evicted;
  }
  if (bytes > options_.bytes_max) return;
  entries_.push_front(
      {key, std::make_shared<const CachedAnswer>(std::move(answer)), clock_.now() + lifetime, bytes});
  index_[key] = entries_.begin();
  counts_.bytes += bytes;
}

std::size_t AnswerCache::follow_documents(std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  if (generation <= generation_) return 0;
  generation_ = generation;
  std::size_t forgotten = 0;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (entry->answer->knowledge != 0) {
      erase(entry);
      ++forgotten;
    }
    entry = next;
  }
  return forgotten;
}

void AnswerCache::clear() {
  const std::lock_guard lock(mutex_);
  index_.clear();
  entries_.clear();
  counts_.bytes = 0;
}

AnswerCache::Counts AnswerCache::counts() const {
  const std::lock_guard lock(mutex_);
  Counts counts = counts_;
  counts.entries = entries_.size();
  return counts;
}

}  // namespace loadline

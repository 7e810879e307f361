#include "gateway/injection_memo.h"

#include <sodium.h>

#include <cstring>

namespace loadline {

InjectionMemo::Key InjectionMemo::key_of(std::string_view text, TrustMark trust,
                                         const InjectionOptions& options) {
  static_assert(sizeof(Key) == crypto_hash_sha256_BYTES);
  struct Settings {
    double flag_rate, stop_rate;
    std::uint64_t trust;
  };
  const Settings settings{options.flag_rate, options.stop_rate, static_cast<std::uint64_t>(trust)};
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(&settings), sizeof settings);
  crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  Key key;
  crypto_hash_sha256_final(&state, key.data());
  return key;
}

std::size_t InjectionMemo::Hash::operator()(const Key& key) const {
  std::size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof hash);
  return hash;
}

std::optional<InjectionReport> InjectionMemo::find(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->second;
}

void InjectionMemo::put(const Key& key, const InjectionReport& report) {
  const std::lock_guard lock(mutex_);
  if (index_.count(key) > 0) return;
  entries_.emplace_front(key, report);
  index_.emplace(key, entries_.begin());
  if (entries_.size() <= entries_max) return;
  index_.erase(entries_.back().first);
  entries_.pop_back();
}

}  // namespace loadline

#pragma once
// What a vault has in memory: entries by tenant, value and token, and who goes first when they expire. A
// value without locks; the vault guards it.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "privacy/vault_file.h"

namespace loadline {

struct VaultHashHash {
  std::size_t operator()(const VaultHash& hash) const {
    std::size_t value = 0;
    std::memcpy(&value, hash.data(), sizeof value);
    return value;
  }
};

class VaultContent {
 public:
  using Entry = std::shared_ptr<const VaultEntry>;
  struct Tenant {
    std::unordered_map<VaultHash, Entry, VaultHashHash> by_value;
    std::unordered_map<std::string, Entry> by_token;
  };

  /// Null if there is none.
  Entry by_value(const VaultHash& tenant, const VaultHash& value) const;
  Entry by_token(const VaultHash& tenant, const std::string& token) const;
  const Tenant* tenant(const VaultHash& tenant) const;
  std::size_t entries_of(const VaultHash& tenant) const;

  /// Takes the place of what has its value or token, unless that was seen later.
  void insert(Entry entry);
  /// False if it is not (any more) this very entry that stands there.
  bool remove(const Entry& entry);
  std::size_t remove_tenant(const VaultHash& tenant);
  /// The next entry whose time is over, removed; null if there is none.
  Entry take_expired(std::int64_t now_unix_millis);

  std::vector<Entry> all() const;
  std::vector<VaultHash> tenants() const;
  std::size_t entries() const { return entries_; }
  std::size_t bytes() const { return bytes_; }

 private:
  using Ending = std::pair<std::int64_t, std::weak_ptr<const VaultEntry>>;
  static bool ends_later(const Ending& a, const Ending& b) { return a.first > b.first; }

  std::unordered_map<VaultHash, Tenant, VaultHashHash> tenants_;
  std::vector<Ending> endings_;  // a heap, the first to go in front; may name entries that are gone
  std::size_t entries_ = 0, bytes_ = 0;
};

}  // namespace loadline

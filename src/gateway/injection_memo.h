#pragma once
// What the injection guard's classifier said of texts that come again: a conversation sends all its earlier
// turns with each new one, and each is some milliseconds. Keeps digests and reports, no texts; the ones used
// last stay. Thread-safe.
#include <array>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "guard/injection.h"

namespace loadline {

class InjectionMemo {
 public:
  /// Some 200 bytes each.
  static constexpr std::size_t entries_max = 16'384;

  /// A SHA-256 over all that the report depends on.
  using Key = std::array<unsigned char, 32>;
  static Key key_of(std::string_view text, TrustMark trust, const InjectionOptions& options);

  std::optional<InjectionReport> find(const Key& key);
  void put(const Key& key, const InjectionReport& report);

 private:
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  using Entries = std::list<std::pair<Key, InjectionReport>>;  // the one used last in front

  std::mutex mutex_;
  // guarded by mutex_
  Entries entries_;
  std::unordered_map<Key, Entries::iterator, Hash> index_;
};

}  // namespace loadline

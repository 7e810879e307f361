#pragma once
// The keys that applications use: made here, shown once, kept as SHA-256 of 256 random bits.
//
// All keys stand in one file of the data folder, replaced atomically. A process that serves reads it again
// when it changed (a thread of its own, every `poll_every`), so that a revocation made by another process
// counts within that time; one made through the same object counts at once. A file that cannot be read keeps
// the last good one in force and is reported by `health`.
//
// `find` is one SHA-256 and one table probe, whatever the number of keys; no lock is held longer than it
// takes to copy a pointer. Thread-safe.
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "governance/identity.h"
#include "model/file_system.h"

namespace loadline {

using KeyDigest = std::array<unsigned char, 32>;

/// A key as it is kept and listed: everything but the secret.
struct KeyRecord {
  std::string name{};  // unique; letters, digits, ".-_@", at most name_bytes_max
  std::string team{};
  Scopes scopes{};
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> expires_ms{};
  std::optional<std::int64_t> revoked_ms{};
  KeyDigest digest{};
  std::string hint{};                          // the last four letters of the secret, to recognise it
  std::optional<KeyDigest> old_digest{};       // before the last rotation ...
  std::optional<std::int64_t> old_until_ms{};  // ... which works until then

  static constexpr std::size_t name_bytes_max = 128;
};

/// A key just made. The secret exists only here: it is not kept and cannot be shown again.
struct NewKey {
  std::string name{};
  std::string secret{};  // "ll-" and 43 letters
};

/// What of a key may be changed while it is used.
struct KeyTerms {
  Scopes scopes{};
  std::optional<std::int64_t> expires_ms{};
};

struct KeyStoreOptions {
  std::string file{};                         // e.g. DATA/keys.json; its folder must be there
  DataClasses classes{};                      // of the manifest
  std::chrono::milliseconds poll_every{250};  // zero: no thread, `refresh` is called by hand
  static constexpr std::size_t keys_max = 100'000;
  static constexpr std::size_t file_bytes_max = 128 << 20;
};

class KeyStore {
 public:
  /// A file that is not there holds no keys. data_loss: the file is damaged; the message names it.
  static Result<std::unique_ptr<KeyStore>> open(FileSystem& files, const Clock& clock,
                                                KeyStoreOptions options);
  ~KeyStore();

  /// Who has this secret. unauthenticated: unknown, expired or revoked, without saying which.
  Result<std::shared_ptr<const Identity>> find(std::string_view secret) const;
  bool empty() const;

  struct Creation {
    std::string name{}, team{};
    Scopes scopes{};
    std::optional<std::int64_t> expires_ms{};
  };
  /// already_exists, invalid_argument (name, class, weight), resource_exhausted (keys_max).
  Result<NewKey> create(const Creation& creation);
  /// A new secret; the one before works for `grace` more (zero: not at all). not_found; failed_precondition:
  /// revoked or expired.
  Result<NewKey> rotate(std::string_view name, std::chrono::seconds grace);
  /// For good, both secrets. ok if it was revoked before; not_found.
  Status revoke(std::string_view name);
  /// Changes what the key may do, at once and in one step: `edit` gets the terms as they are. Gives
  /// the key as it is now. not_found, invalid_argument, failed_precondition (revoked), what `edit` gives.
  Result<KeyRecord> change(std::string_view name, const std::function<Status(KeyTerms&)>& edit);
  /// By name.
  std::vector<KeyRecord> list() const;

  /// Reads the file again if it changed.
  Status refresh();
  /// Of the last refresh.
  Status health() const;
  /// After the manifest changed.
  void use_classes(DataClasses classes);

 private:
  struct Table;
  KeyStore(FileSystem& files, const Clock& clock, KeyStoreOptions options);
  std::shared_ptr<const Table> table() const;
  Status read_file();
  template <class Change>
  Status change_file(const Change& change);
  Status check_scopes(const Scopes& scopes) const;
  void publish(std::vector<KeyRecord> records, std::uint64_t fingerprint);
  void watch();

  FileSystem& files_;
  const Clock& clock_;
  const std::string file_;
  const std::chrono::milliseconds poll_every_;
  mutable std::mutex reading_;  // one read or change of the file at a time; never held by find
  mutable std::mutex mutex_;
  // guarded by mutex_
  DataClasses classes_;
  std::shared_ptr<const Table> table_;
  Status health_;
  bool stopping_ = false;
  std::condition_variable stop_;
  std::thread watcher_;
};

}  // namespace loadline

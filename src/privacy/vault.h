#pragma once
// The pseudonym vault: which token stands for which value, per tenant.
//
// The same value of a tenant always gets the same token: the token's id is taken from a keyed hash of the
// type and the value's canonical form (digits without blanks, mails in lower case), so it is the same after a
// restart, after expiry and on every node with the same master key. Restoring gives the value in the form in
// which it was first seen.
//
// Values never lie open: in memory and on disk each is sealed with XChaCha20-Poly1305 under a key of its
// tenant. Those keys are random, sealed under the master key, and stand in a file of their own: removing one
// makes every value of the tenant unreadable, in copies of the other files too. The master key lies in
// guarded memory that no core dump shows. Tenants are kept under a keyed hash of their name.
//
// Disk. `token_for` touches it only for a tenant's first value ever (its key must be durable first).
// `flush()` writes what is new as one file, atomically; `flush` after an erase or expiry rewrites everything,
// and the old files are removed. What was not flushed when the process dies can no longer be restored; seeing
// the value again gives its token again. Call `flush` from a thread of its own every second or so.
//
// Several processes may have one folder open: files are written under a lock, only ever added, and each
// process takes in what the others wrote, `poll_every` late at most. So what one of them erased, none of them
// restores.
//
// Thread-safe. The hook is called without locks held, on the caller's thread, before the result is returned.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/file_system.h"
#include "privacy/data_type.h"

namespace loadline {

/// For the audit log. Never a value.
struct VaultEvent {
  enum class Kind : std::uint8_t { restored, exported, erased, erased_tenant, expired };
  Kind kind = Kind::restored;
  std::string_view tenant;  // "" for expired
  std::string_view token;   // "" where many are meant
  std::string_view reason;  // as given by the caller: a request id, "operator ..."
  std::size_t count = 1;    // values concerned
};

struct VaultOptions {
  std::string folder;                                               // made if absent; only vaults write there
  std::chrono::milliseconds lifetime{std::chrono::hours(24 * 30)};  // after the last time a value was seen
  std::chrono::milliseconds poll_every{50};  // how late the files of other processes are looked at
  std::size_t tenants_max = 100'000;
  std::size_t tenant_entries_max = 1'000'000;
  std::size_t entries_max = 4'000'000;
  std::size_t bytes_max = std::size_t{512} << 20;  // of sealed values, all tenants
  std::function<void(const VaultEvent&)> audit;    // may be empty
};

class Vault {
 public:
  static constexpr std::size_t key_bytes = 32;
  static constexpr std::size_t value_bytes_max = 16384;

  /// `master_key`: key_bytes bytes, or twice as many hex digits. Reads the folder. invalid_argument: the
  /// key's length; failed_precondition: another key wrote the folder; data_loss: a damaged file (named).
  static Result<std::unique_ptr<Vault>> open(VaultOptions options, std::string_view master_key,
                                             FileSystem& files, const Clock& clock);
  ~Vault();

  /// The token for a value, made if it is new: "[CARD_7F3AK2QX]". resource_exhausted: a bound is reached (the
  /// caller must not let the value through); invalid_argument: empty or too long.
  Result<std::string> token_for(std::string_view tenant, DataType type, std::string_view value);
  /// The value behind a token of this tenant; nothing if unknown, erased, expired, or another tenant's.
  /// `token` with or without its brackets.
  std::optional<std::string> restore(std::string_view tenant, std::string_view token,
                                     std::string_view reason);
  /// Hex digits of a keyed hash of the value's canonical form; another key than that of tokens.
  std::string hash_of(std::string_view tenant, DataType type, std::string_view value) const;

  struct Exported {
    std::string token, value;
    DataType type;
    std::int64_t expires_unix_millis;
  };
  /// All live values of a tenant, by token.
  std::vector<Exported> export_tenant(std::string_view tenant, std::string_view reason);
  /// False if there is no such token. This process restores it no more; on disk and for other processes it is
  /// gone after the next `flush`.
  bool erase(std::string_view tenant, std::string_view token, std::string_view reason);
  /// Every value of a tenant, with the tenant's key: durable when it returns, also in copies of the vault's
  /// files that lack the key's. Gives how many. unavailable: the file system failed; then nothing is erased.
  Result<std::size_t> erase_tenant(std::string_view tenant, std::string_view reason);
  /// The token that a value has, if it has one: to find what must be erased for a person.
  std::optional<std::string> find(std::string_view tenant, DataType type, std::string_view value) const;
  /// The same whatever its type is.
  std::vector<std::string> tokens_of(std::string_view tenant, std::string_view value) const;

  /// Removes what has expired and makes everything durable. Does nothing if nothing changed. unavailable: the
  /// file system failed; what is new stays pending.
  Status flush();

  struct Counts {
    std::size_t entries = 0, bytes = 0, pending = 0;
  };
  Counts counts() const;

  struct TenantCounts {
    std::array<std::size_t, data_type_count> by_type{};
    std::size_t entries = 0;
    std::int64_t first_expiry_unix_millis = 0;  // 0: no entry
  };
  TenantCounts counts_of(std::string_view tenant) const;

 private:
  class Impl;
  explicit Vault(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// What a token looks like: '[' name '_' id ']', the id token_id_bytes letters and digits of an alphabet
/// without vowels. If `text` begins with one (with its brackets), its length; otherwise 0.
inline constexpr std::size_t token_id_bytes = 8;
inline constexpr std::size_t token_bytes_max = 32;
std::size_t token_at_start(std::string_view text);

}  // namespace loadline

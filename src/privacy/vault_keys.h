#pragma once
// The keys of a vault: hashes are keyed with what is derived from the master key, which lies in guarded
// memory; values are sealed under keys of their tenants, which are sealed under it. Thread-safe.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "privacy/data_type.h"

namespace loadline {

using VaultHash = std::array<std::uint8_t, 16>;

class VaultKeys {
 public:
  static Result<std::unique_ptr<VaultKeys>> make(std::string_view master_key);
  ~VaultKeys();
  VaultKeys(const VaultKeys&) = delete;
  VaultKeys& operator=(const VaultKeys&) = delete;

  /// Says which key wrote a file, and nothing about it.
  VaultHash key_mark() const;
  VaultHash tenant_id(std::string_view tenant) const;
  /// Of a value's canonical form.
  VaultHash value_hash(const VaultHash& tenant, DataType type, std::string_view canonical) const;
  VaultHash public_hash(const VaultHash& tenant, DataType type, std::string_view canonical) const;
  /// The `attempt`-th token id for a value.
  std::string token_id(const VaultHash& tenant, const VaultHash& value, unsigned attempt) const;
  /// A new key of a tenant, at random, sealed under the master key. Whoever removes it makes everything that
  /// was sealed under it unreadable, also in copies.
  std::string new_tenant_key(const VaultHash& tenant) const;
  /// Nonce and cipher text, under a tenant's key. `bound` must be the same when it is opened. "" if
  /// `tenant_key` is not of this tenant and master key.
  std::string seal(const VaultHash& tenant, std::string_view tenant_key, std::string_view value,
                   std::string_view bound) const;
  std::optional<std::string> unseal(const VaultHash& tenant, std::string_view tenant_key,
                                    std::string_view sealed, std::string_view bound) const;
  /// Of a whole file.
  std::array<std::uint8_t, 32> file_mac(std::string_view content) const;

 private:
  enum class Purpose : std::uint8_t { mark, tenant, value, outside, token, seal, file };

  using SealKey = std::array<std::uint8_t, 32>;
  class OpenedKey;

  VaultKeys() = default;
  SealKey wrapping_key(const VaultHash& tenant) const;
  void hash(Purpose purpose, std::string_view first, std::string_view second, std::uint8_t* out,
            std::size_t size) const;

  unsigned char* master_ = nullptr;
};

/// Which key of a tenant sealed an entry, and nothing about it.
std::uint64_t mark_of_tenant_key(std::string_view tenant_key);

/// What two writings of one value have in common: folded, digits and letters only for numbers, lower case for
/// mails, as it stands for secrets.
std::string canonical_form(DataType type, std::string_view value);

}  // namespace loadline

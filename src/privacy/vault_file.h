#pragma once
// The files of the vault, each under a header and a keyed hash of all of it.
//
// Entries, "vault-<number>.bin":
//   "LLVAULT2" | number u64 | whole u8 | key mark 16 | count u32 | entries | count u32 | erasures | hash 32
//   entry: tenant 16 | tenant's key u64 | type u8 | value hash 16 | seen i64 | expiry i64 |
//          token (u8 length) | sealed (u32 length)
//   erasure: tenant 16 | value hash 16 | when i64
// `whole`: the file holds all there is; files with smaller numbers are void.
//
// The tenants' keys, "tenants-<number>.keys"; only the one with the greatest number counts:
//   "LLVTENT1" | number u64 | key mark 16 | count u32 | tenant 16, sealed key (u32 length) | hash 32
//
// Little-endian. Pure functions.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "privacy/vault_keys.h"

namespace loadline {

struct VaultEntry {
  VaultHash tenant{}, value{};
  DataType type = DataType::custom;
  std::uint64_t key = 0;              // mark of the tenant's key that sealed it
  std::int64_t seen_unix_millis = 0;  // when a text last had the value, to half a lifetime
  std::int64_t expires_unix_millis = 0;
  std::string token;  // without brackets
  std::string sealed;

  /// What the sealed value is bound to: moved to another tenant, type or token it does not open.
  std::string bound() const;
};

/// A value that was erased: entries of it that were seen no later are void, wherever they still are.
struct VaultErasure {
  VaultHash tenant{}, value{};
  std::int64_t at_unix_millis = 0;
};

struct VaultFile {
  std::uint64_t number = 0;
  bool whole = false;
  std::vector<VaultEntry> entries;
  std::vector<VaultErasure> erasures;
};

std::string write_vault_file(const VaultKeys& keys, const VaultFile& file);
/// failed_precondition: another key; data_loss: damaged.
Result<VaultFile> read_vault_file(const VaultKeys& keys, std::string_view content);

using SealedTenantKeys = std::map<VaultHash, std::string>;  // by tenant
std::string write_tenants_file(const VaultKeys& keys, std::uint64_t number, const SealedTenantKeys& tenants);
/// As read_vault_file.
Result<SealedTenantKeys> read_tenants_file(const VaultKeys& keys, std::string_view content);

}  // namespace loadline

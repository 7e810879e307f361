#pragma once
// A file of the vault: sealed entries under a header and a keyed hash of all of it.
//
//   "LLVAULT1" | number u64 | whole u8 | key mark 16 | count u32 | entries | keyed hash 32
//   entry: tenant 16 | type u8 | value hash 16 | expiry i64 | token (u8 length) | sealed (u32 length)
//
// `whole`: the file holds all there is; files with smaller numbers are void. Little-endian. Pure functions.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "privacy/vault_keys.h"

namespace loadline {

struct VaultEntry {
  VaultHash tenant{}, value{};
  DataType type = DataType::custom;
  std::int64_t expires_unix_millis = 0;
  std::string token;  // without brackets
  std::string sealed;

  /// What the sealed value is bound to: moved to another tenant, type or token it does not open.
  std::string bound() const;
};

struct VaultFile {
  std::uint64_t number = 0;
  bool whole = false;
  std::vector<VaultEntry> entries;
};

std::string write_vault_file(const VaultKeys& keys, std::uint64_t number, bool whole,
                             const std::vector<VaultEntry>& entries);
/// failed_precondition: another key; data_loss: damaged.
Result<VaultFile> read_vault_file(const VaultKeys& keys, std::string_view content);

}  // namespace loadline

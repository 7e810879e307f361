// A file of the vault, read from any bytes. With an even first byte the keyed hash is set right, so that what
// lies behind it is read too.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "privacy/vault_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace loadline;
  static const auto keys = VaultKeys::make("0123456789abcdef0123456789abcdef").value();
  if (size < 1) return 0;
  std::string content(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    const VaultHash mark = keys->key_mark();
    if (content.size() >= 32)
      content.replace(16, 16, reinterpret_cast<const char*>(mark.data()), mark.size());
    const auto mac = keys->file_mac(content);
    content.append(reinterpret_cast<const char*>(mac.data()), mac.size());
  }
  if (const auto tenants = read_tenants_file(*keys, content)) {
    const auto twice = read_tenants_file(*keys, write_tenants_file(*keys, 1, *tenants));
    if (!twice || *twice != *tenants) std::abort();
  }
  const auto file = read_vault_file(*keys, content);
  if (!file) return 0;
  const auto twice = read_vault_file(*keys, write_vault_file(*keys, *file));
  if (!twice || twice->entries.size() != file->entries.size() ||
      twice->erasures.size() != file->erasures.size())
    std::abort();
  const std::string key = keys->new_tenant_key({});
  for (const VaultEntry& entry : file->entries)
    static_cast<void>(keys->unseal(entry.tenant, key, entry.sealed, entry.bound()));
  return 0;
}

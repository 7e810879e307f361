#include "privacy/vault_file.h"

#include <cstring>

#include "privacy/vault.h"

namespace loadline {
namespace {

constexpr std::string_view entries_magic = "LLVAULT2", tenants_magic = "LLVTENT1";
constexpr std::size_t mac_bytes = 32;

template <class Number>
void put(std::string& out, Number number) {
  std::array<char, sizeof(Number)> bytes;
  std::memcpy(bytes.data(), &number, sizeof number);
  out.append(bytes.data(), bytes.size());
}

void put(std::string& out, const VaultHash& hash) {
  out.append(reinterpret_cast<const char*>(hash.data()), hash.size());
}

// Reads from the front; `ok` turns false where something is missing, and stays so.
struct Reader {
  std::string_view left;
  bool ok = true;

  std::string_view take(std::size_t size) {
    ok = ok && size <= left.size();
    if (!ok) return {};
    const std::string_view taken = left.substr(0, size);
    left.remove_prefix(size);
    return taken;
  }
  template <class Number>
  Number number() {
    Number value{};
    const std::string_view bytes = take(sizeof value);
    if (ok) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  VaultHash hash() {
    VaultHash value{};
    const std::string_view bytes = take(value.size());
    if (ok) std::memcpy(value.data(), bytes.data(), value.size());
    return value;
  }
};

Error damaged() {
  return Error(Code::data_loss,
               "the vault's file is damaged; put a copy of it back, or remove it and lose its tokens");
}

void put_head(std::string& out, std::string_view magic, std::uint64_t number, const VaultKeys& keys) {
  out += magic;
  put(out, number);
  put(out, keys.key_mark());
}

void put_end(std::string& out, const VaultKeys& keys) {
  const auto mac = keys.file_mac(out);
  out.append(reinterpret_cast<const char*>(mac.data()), mac.size());
}

// What stands between head and end; `number` is of the head.
Result<Reader> open_file(std::string_view content, std::string_view magic, const VaultKeys& keys,
                         std::uint64_t& number) {
  if (content.size() < mac_bytes || !content.starts_with(magic)) return damaged();
  Reader in{content.substr(magic.size(), content.size() - magic.size() - mac_bytes)};
  number = in.number<std::uint64_t>();
  const VaultHash mark = in.hash();
  if (!in.ok) return damaged();
  if (mark != keys.key_mark())
    return Error(Code::failed_precondition, "the vault was written with another key; start with that one");
  const auto mac = keys.file_mac(content.substr(0, content.size() - mac_bytes));
  if (std::memcmp(mac.data(), content.data() + content.size() - mac_bytes, mac_bytes) != 0) return damaged();
  return in;
}

void put_entry(std::string& out, const VaultEntry& entry) {
  put(out, entry.tenant);
  put(out, entry.key);
  put(out, static_cast<std::uint8_t>(entry.type));
  put(out, entry.value);
  put(out, entry.seen_unix_millis);
  put(out, entry.expires_unix_millis);
  put(out, static_cast<std::uint8_t>(entry.token.size()));
  out += entry.token;
  put(out, static_cast<std::uint32_t>(entry.sealed.size()));
  out += entry.sealed;
}

VaultEntry take_entry(Reader& in) {
  VaultEntry entry;
  entry.tenant = in.hash();
  entry.key = in.number<std::uint64_t>();
  const auto type = in.number<std::uint8_t>();
  in.ok = in.ok && type < data_type_count;
  if (in.ok) entry.type = static_cast<DataType>(type);
  entry.value = in.hash();
  entry.seen_unix_millis = in.number<std::int64_t>();
  entry.expires_unix_millis = in.number<std::int64_t>();
  entry.token = in.take(in.number<std::uint8_t>());
  entry.sealed = in.take(in.number<std::uint32_t>());
  return entry;
}

}  // namespace

std::string VaultEntry::bound() const {
  std::string text;
  put(text, tenant);
  put(text, value);
  text.push_back(static_cast<char>(type));
  text += token;
  return text;
}

std::string write_vault_file(const VaultKeys& keys, const VaultFile& file) {
  std::string out;
  put_head(out, entries_magic, file.number, keys);
  put(out, static_cast<std::uint8_t>(file.whole));
  put(out, static_cast<std::uint32_t>(file.entries.size()));
  for (const VaultEntry& entry : file.entries) put_entry(out, entry);
  put(out, static_cast<std::uint32_t>(file.erasures.size()));
  for (const VaultErasure& erasure : file.erasures) {
    put(out, erasure.tenant);
    put(out, erasure.value);
    put(out, erasure.at_unix_millis);
  }
  put_end(out, keys);
  return out;
}

Result<VaultFile> read_vault_file(const VaultKeys& keys, std::string_view content) {
  VaultFile file;
  LOADLINE_ASSIGN(Reader in, open_file(content, entries_magic, keys, file.number));
  file.whole = in.number<std::uint8_t>() != 0;
  const auto count = in.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.ok; ++i) file.entries.push_back(take_entry(in));
  const auto erased = in.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < erased && in.ok; ++i) {
    VaultErasure& erasure = file.erasures.emplace_back();
    erasure.tenant = in.hash();
    erasure.value = in.hash();
    erasure.at_unix_millis = in.number<std::int64_t>();
  }
  if (!in.ok || !in.left.empty()) return damaged();
  return file;
}

std::string write_tenants_file(const VaultKeys& keys, std::uint64_t number, const SealedTenantKeys& tenants) {
  std::string out;
  put_head(out, tenants_magic, number, keys);
  put(out, static_cast<std::uint32_t>(tenants.size()));
  for (const auto& [tenant, sealed] : tenants) {
    put(out, tenant);
    put(out, static_cast<std::uint32_t>(sealed.size()));
    out += sealed;
  }
  put_end(out, keys);
  return out;
}

Result<SealedTenantKeys> read_tenants_file(const VaultKeys& keys, std::string_view content) {
  std::uint64_t number = 0;
  LOADLINE_ASSIGN(Reader in, open_file(content, tenants_magic, keys, number));
  SealedTenantKeys tenants;
  const auto count = in.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.ok; ++i) {
    const VaultHash tenant = in.hash();
    tenants[tenant] = in.take(in.number<std::uint32_t>());
  }
  if (!in.ok || !in.left.empty()) return damaged();
  return tenants;
}

}  // namespace loadline

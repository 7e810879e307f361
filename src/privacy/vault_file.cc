#include "privacy/vault_file.h"

#include <cstring>

#include "privacy/vault.h"

namespace loadline {
namespace {

constexpr std::string_view magic = "LLVAULT1";
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

}  // namespace

std::string VaultEntry::bound() const {
  std::string text;
  put(text, tenant);
  put(text, value);
  text.push_back(static_cast<char>(type));
  text += token;
  return text;
}

std::string write_vault_file(const VaultKeys& keys, std::uint64_t number, bool whole,
                             const std::vector<VaultEntry>& entries) {
  std::string out(magic);
  put(out, number);
  put(out, static_cast<std::uint8_t>(whole));
  put(out, keys.key_mark());
  put(out, static_cast<std::uint32_t>(entries.size()));
  for (const VaultEntry& entry : entries) {
    put(out, entry.tenant);
    put(out, static_cast<std::uint8_t>(entry.type));
    put(out, entry.value);
    put(out, entry.expires_unix_millis);
    put(out, static_cast<std::uint8_t>(entry.token.size()));
    out += entry.token;
    put(out, static_cast<std::uint32_t>(entry.sealed.size()));
    out += entry.sealed;
  }
  const auto mac = keys.file_mac(out);
  out.append(reinterpret_cast<const char*>(mac.data()), mac.size());
  return out;
}

Result<VaultFile> read_vault_file(const VaultKeys& keys, std::string_view content) {
  const auto damaged = [] {
    return Error(Code::data_loss,
                 "the vault's file is damaged; put a copy of it back, or remove it and lose its tokens");
  };
  if (content.size() < mac_bytes || !content.starts_with(magic)) return damaged();
  Reader in{content.substr(magic.size(), content.size() - magic.size() - mac_bytes)};
  VaultFile file;
  file.number = in.number<std::uint64_t>();
  file.whole = in.number<std::uint8_t>() != 0;
  const VaultHash mark = in.hash();
  if (!in.ok) return damaged();
  if (mark != keys.key_mark())
    return Error(Code::failed_precondition, "the vault was written with another key; start with that one");
  const auto mac = keys.file_mac(content.substr(0, content.size() - mac_bytes));
  if (std::memcmp(mac.data(), content.data() + content.size() - mac_bytes, mac_bytes) != 0) return damaged();
  const auto count = in.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.ok; ++i) {
    VaultEntry entry;
    entry.tenant = in.hash();
    const auto type = in.number<std::uint8_t>();
    entry.value = in.hash();
    entry.expires_unix_millis = in.number<std::int64_t>();
    entry.token = in.take(in.number<std::uint8_t>());
    entry.sealed = in.take(in.number<std::uint32_t>());
    if (type >= data_type_count) return damaged();
    entry.type = static_cast<DataType>(type);
    if (in.ok) file.entries.push_back(std::move(entry));
  }
  if (!in.ok || !in.left.empty()) return damaged();
  return file;
}

}  // namespace loadline

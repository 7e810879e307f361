#include "privacy/vault_keys.h"

#include <sodium.h>

#include <cstring>

#include "privacy/normaliser.h"
#include "privacy/vault.h"
#include "privacy/window.h"

namespace loadline {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
std::string_view view_of(const VaultHash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::string_view token_letters = "0123456789BCDFGHJKLMNPQRSTVWXYZ";

std::string box(const std::uint8_t* key, std::string_view value, std::string_view bound) {
  std::string sealed(nonce_bytes + value.size() + tag_bytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(sealed.data());
  randombytes_buf(out, nonce_bytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out + nonce_bytes, nullptr, bytes_of(value), value.size(),
                                             bytes_of(bound), bound.size(), nullptr, out, key);
  return sealed;
}

std::optional<std::string> open_box(const std::uint8_t* key, std::string_view sealed,
                                    std::string_view bound) {
  if (sealed.size() < nonce_bytes + tag_bytes) return std::nullopt;
  std::string value(sealed.size() - nonce_bytes - tag_bytes, '\0');
  const int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
      reinterpret_cast<unsigned char*>(value.data()), nullptr, nullptr, bytes_of(sealed) + nonce_bytes,
      sealed.size() - nonce_bytes, bytes_of(bound), bound.size(), bytes_of(sealed), key);
  if (bad != 0) return std::nullopt;
  return value;
}

}  // namespace

Result<std::unique_ptr<VaultKeys>> VaultKeys::make(std::string_view master_key) {
  if (sodium_init() < 0) return Error(Code::internal, "libsodium does not start");
  std::unique_ptr<VaultKeys> keys(new VaultKeys);
  keys->master_ = static_cast<unsigned char*>(sodium_malloc(Vault::key_bytes));
  if (keys->master_ == nullptr)
    return Error(Code::resource_exhausted, "no guarded memory for the vault's key");
  std::size_t size = 0;
  if (master_key.size() == Vault::key_bytes) {
    std::memcpy(keys->master_, master_key.data(), Vault::key_bytes);
  } else if (master_key.size() != 2 * Vault::key_bytes ||
             sodium_hex2bin(keys->master_, Vault::key_bytes, master_key.data(), master_key.size(), nullptr,
                            &size, nullptr) != 0 ||
             size != Vault::key_bytes) {
    return Error(Code::invalid_argument, "the vault's key must be 32 bytes, or 64 hex digits");
  }
  sodium_mprotect_readonly(keys->master_);
  return keys;
}

VaultKeys::~VaultKeys() { sodium_free(master_); }

// BLAKE2b under the master key: purpose, length of the first part, both parts.
void VaultKeys::hash(Purpose purpose, std::string_view first, std::string_view second, std::uint8_t* out,
                     std::size_t size) const {
  crypto_generichash_state state;
  crypto_generichash_init(&state, master_, Vault::key_bytes, size);
  const std::uint64_t length = first.size();
  const auto kind = static_cast<unsigned char>(purpose);
  crypto_generichash_update(&state, &kind, 1);
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(&length), sizeof length);
  crypto_generichash_update(&state, bytes_of(first), first.size());
  crypto_generichash_update(&state, bytes_of(second), second.size());
  crypto_generichash_final(&state, out, size);
  sodium_memzero(&state, sizeof state);
}

VaultHash VaultKeys::key_mark() const {
  VaultHash out;
  hash(Purpose::mark, {}, {}, out.data(), out.size());
  return out;
}

VaultHash VaultKeys::tenant_id(std::string_view tenant) const {
  VaultHash out;
  hash(Purpose::tenant, tenant, {}, out.data(), out.size());
  return out;
}

VaultHash VaultKeys::value_hash(const VaultHash& tenant, DataType type, std::string_view canonical) const {
  VaultHash out;
  std::string value(1, static_cast<char>(type));
  value += canonical;
  hash(Purpose::value, view_of(tenant), value, out.data(), out.size());
  sodium_memzero(value.data(), value.size());
  return out;
}

VaultHash VaultKeys::public_hash(const VaultHash& tenant, DataType type, std::string_view canonical) const {
  VaultHash out;
  const VaultHash inner = value_hash(tenant, type, canonical);
  hash(Purpose::outside, view_of(tenant), view_of(inner), out.data(), out.size());
  return out;
}

std::string VaultKeys::token_id(const VaultHash& tenant, const VaultHash& value, unsigned attempt) const {
  std::array<std::uint8_t, 16> bytes{};
  std::string material(view_of(value));
  material.push_back(static_cast<char>(attempt));
  hash(Purpose::token, view_of(tenant), material, bytes.data(), bytes.size());
  std::string id;
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  for (std::size_t i = 0; i < token_id_bytes; ++i, number /= token_letters.size())
    id.push_back(token_letters[number % token_letters.size()]);
  return id;
}

VaultKeys::SealKey VaultKeys::wrapping_key(const VaultHash& tenant) const {
  SealKey key;
  hash(Purpose::seal, view_of(tenant), {}, key.data(), key.size());
  return key;
}

// A tenant's key in clear, as long as it is needed.
class VaultKeys::OpenedKey {
 public:
  OpenedKey(const VaultKeys& keys, const VaultHash& tenant, std::string_view sealed) {
    SealKey wrapping = keys.wrapping_key(tenant);
    std::optional<std::string> opened = open_box(wrapping.data(), sealed, view_of(tenant));
    sodium_memzero(wrapping.data(), wrapping.size());
    valid_ = opened && opened->size() == key_.size();
    if (valid_) std::memcpy(key_.data(), opened->data(), key_.size());
    if (opened) sodium_memzero(opened->data(), opened->size());
  }
  ~OpenedKey() { sodium_memzero(key_.data(), key_.size()); }
  OpenedKey(const OpenedKey&) = delete;
  OpenedKey& operator=(const OpenedKey&) = delete;

  const std::uint8_t* bytes() const { return valid_ ? key_.data() : nullptr; }

 private:
  SealKey key_{};
  bool valid_ = false;
};

std::string VaultKeys::new_tenant_key(const VaultHash& tenant) const {
  std::string key(SealKey().size(), '\0');
  randombytes_buf(key.data(), key.size());
  SealKey wrapping = wrapping_key(tenant);
  std::string sealed = box(wrapping.data(), key, view_of(tenant));
  sodium_memzero(wrapping.data(), wrapping.size());
  sodium_memzero(key.data(), key.size());
  return sealed;
}

std::string VaultKeys::seal(const VaultHash& tenant, std::string_view tenant_key, std::string_view value,
                            std::string_view bound) const {
  const OpenedKey key(*this, tenant, tenant_key);
  return key.bytes() == nullptr ? std::string() : box(key.bytes(), value, bound);
}

std::optional<std::string> VaultKeys::unseal(const VaultHash& tenant, std::string_view tenant_key,
                                             std::string_view sealed, std::string_view bound) const {
  const OpenedKey key(*this, tenant, tenant_key);
  if (key.bytes() == nullptr) return std::nullopt;
  return open_box(key.bytes(), sealed, bound);
}

std::array<std::uint8_t, 32> VaultKeys::file_mac(std::string_view content) const {
  std::array<std::uint8_t, 32> out;
  hash(Purpose::file, {}, content, out.data(), out.size());
  return out;
}

std::uint64_t mark_of_tenant_key(std::string_view tenant_key) {
  std::uint64_t mark = 0;  // the nonce is random: a name for it as good as any
  if (tenant_key.size() >= sizeof mark) std::memcpy(&mark, tenant_key.data(), sizeof mark);
  return mark;
}

std::string canonical_form(DataType type, std::string_view value) {
  switch (type) {
    case DataType::api_key:
    case DataType::private_key:
    case DataType::jwt:
    case DataType::secret:
    case DataType::url_credentials:
    case DataType::custom:
      return std::string(value);
    default:
      break;
  }
  Normaliser normaliser;
  normaliser.append(value);
  normaliser.finish();
  const std::string_view text = normaliser.text();
  const bool words = type == DataType::street_address || type == DataType::person ||
                     type == DataType::organisation || type == DataType::place;
  const bool signs = type == DataType::email || type == DataType::ip_address || type == DataType::birth_date;
  std::string form;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_alnum_byte(byte) || byte >= 0x80 || signs)
      form.push_back(static_cast<char>(to_lower_byte(byte)));
    else if (words && !form.empty() && form.back() != ' ')
      form.push_back(' ');
  }
  while (!form.empty() && form.back() == ' ') form.pop_back();
  return form.empty() ? std::string(value) : form;
}

}  // namespace loadline

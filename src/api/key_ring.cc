#include "api/key_ring.h"

#include <sodium.h>

#include "api/api.h"

namespace loadline {

KeyRing::Digest KeyRing::digest_of(std::string_view secret) {
  Digest digest{};
  crypto_generichash(digest.data(), digest.size(), reinterpret_cast<const unsigned char*>(secret.data()),
                     secret.size(), nullptr, 0);
  return digest;
}

Result<KeyRing> KeyRing::open(const std::vector<ApiKey>& keys) {
  if (sodium_init() < 0) return Error(Code::internal, "the cryptographic library cannot start");
  KeyRing ring;
  for (const ApiKey& key : keys) {
    if (key.name.empty())  // the name parts what requests may share; without keys it is ""
      return Error(Code::invalid_argument, "a key has no name");
    if (key.secret.empty())
      return Error(Code::invalid_argument,
                   "the key '" + key.name + "' is empty; set its environment variable or file");
    ring.keys_.push_back({key.name, digest_of(key.secret)});
  }
  return ring;
}

const std::string* KeyRing::find(std::string_view authorization) const {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() <= scheme.size()) return nullptr;
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    const char c = authorization[i];
    if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != scheme[i]) return nullptr;
  }
  const Digest given = digest_of(authorization.substr(scheme.size()));
  const std::string* found = nullptr;
  for (const Key& key : keys_)
    if (sodium_memcmp(key.digest.data(), given.data(), given.size()) == 0) found = &key.name;
  return found;
}

}  // namespace loadline

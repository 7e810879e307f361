#include "api/authenticator.h"

#include <sodium.h>

#include "api/api.h"

namespace loadline {
namespace {

KeyDigest digest_of(std::string_view secret) {
  KeyDigest digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
  return digest;
}

// What a key of the manifest may do: everything but administrate.
Scopes all_scopes(const DataClasses& classes) {
  Scopes scopes;
  scopes.routes.every = scopes.models.every = scopes.collections.every = true;
  if (!classes.classes.empty()) scopes.clearance = classes.classes.back();
  return scopes;
}

}  // namespace

std::string_view secret_of(const HttpRequest& request) {
  constexpr std::string_view bearer = "bearer ";
  const std::string_view authorization = request.header("authorization");
  if (authorization.size() > bearer.size()) {
    bool is_bearer = true;
    for (std::size_t i = 0; i < bearer.size(); ++i)
      is_bearer = is_bearer && (authorization[i] | 0x20) == bearer[i];
    if (is_bearer) return authorization.substr(bearer.size());
  }
  if (const std::string_view key = request.header("x-api-key"); !key.empty()) return key;
  return request.header("api-key");
}

Result<std::unique_ptr<Authenticator>> Authenticator::open(const std::vector<ApiKey>& keys,
                                                           const DataClasses& classes, const KeyStore* store,
                                                           const JwtVerifier* tokens, const Clock& clock) {
  std::unique_ptr<Authenticator> opened(new Authenticator(store, tokens, clock));
  opened->anonymous_ =
      std::make_shared<const Identity>(make_identity("anonymous", "", all_scopes(classes), classes));
  for (const ApiKey& key : keys) {
    if (key.name.empty() || key.secret.empty())
      return Error(Code::invalid_argument, "a key of the manifest has no name or no secret");
    opened->manifest_keys_[digest_of(key.secret)] =
        std::make_shared<const Identity>(make_identity(key.name, "", all_scopes(classes), classes));
  }
  return opened;
}

bool Authenticator::required() const {
  return !manifest_keys_.empty() || tokens_ != nullptr || (store_ != nullptr && !store_->empty());
}

Result<std::shared_ptr<const Identity>> Authenticator::identify(const HttpRequest& request) const {
  if (!required()) return anonymous_;
  const std::string_view secret = secret_of(request);
  if (secret.empty())
    return Error(Code::unauthenticated, "no API key was given; send it as \"Authorization: Bearer KEY\"");
  if (!manifest_keys_.empty())
    if (const auto found = manifest_keys_.find(digest_of(secret)); found != manifest_keys_.end())
      return found->second;
  if (tokens_ != nullptr && JwtVerifier::looks_like_token(secret))
    return tokens_->verify(secret, clock_.unix_millis());
  if (store_ != nullptr) return store_->find(secret);
  return Error(Code::unauthenticated, "the API key is not valid");
}

}  // namespace loadline

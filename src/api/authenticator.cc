#include "api/authenticator.h"

#include <sodium.h>

#include "api/api.h"
#include "api/api_error.h"

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

HttpResponse refusal_of_caller(const Error& error, const HttpRequest& request) {
  HttpResponse response = error_response(api_error(error));
  for (HttpHeader& header : response.headers)
    if (header.name == "www-authenticate" && !secret_of(request).empty())
      header.value += " error=\"invalid_token\"";
  return response;
}

Result<std::unique_ptr<Authenticator>> Authenticator::open(const AuthenticatorParts& parts) {
  std::unique_ptr<Authenticator> opened(new Authenticator(parts.store, parts.tokens));
  opened->anonymous_ = std::make_shared<const Identity>(
      make_identity("anonymous", "", all_scopes(parts.classes), parts.classes));
  for (const ApiKey& key : parts.keys) {
    if (key.name.empty() || key.secret.empty())
      return Error(Code::invalid_argument, "a key of the manifest has no name or no secret");
    opened->manifest_keys_[digest_of(key.secret)] = std::make_shared<const Identity>(
        make_identity(key.name, "", all_scopes(parts.classes), parts.classes));
  }
  if (parts.admin_secret.empty()) return opened;
  if (parts.admin_secret.size() < admin_secret_bytes_min)
    return Error(Code::invalid_argument, "the admin key is too short: take at least " +
                                             std::to_string(admin_secret_bytes_min) + " random letters");
  opened->admin_digest_ = digest_of(parts.admin_secret);
  if (opened->manifest_keys_.contains(*opened->admin_digest_))
    return Error(Code::invalid_argument,
                 "the admin key is also a key of 'server.keys'; it must be another one");
  Scopes scopes;
  scopes.admin = true;
  opened->admin_ =
      std::make_shared<const Identity>(make_identity("admin", "", std::move(scopes), parts.classes));
  return opened;
}

bool Authenticator::required() const {
  return !manifest_keys_.empty() || tokens_ != nullptr || (store_ != nullptr && !store_->empty());
}

// By digests: what comparing them takes says nothing about a secret.
Result<std::shared_ptr<const Identity>> Authenticator::find(std::string_view secret) const {
  if (!manifest_keys_.empty())
    if (const auto found = manifest_keys_.find(digest_of(secret)); found != manifest_keys_.end())
      return found->second;
  if (tokens_ != nullptr && JwtVerifier::looks_like_token(secret)) return tokens_->verify(secret);
  if (store_ != nullptr) return store_->find(secret);
  return Error(Code::unauthenticated, "the API key is not valid");
}

Result<std::shared_ptr<const Identity>> Authenticator::identify(const HttpRequest& request) const {
  if (!required()) return anonymous_;
  const std::string_view secret = secret_of(request);
  if (secret.empty())
    return Error(Code::unauthenticated, "no API key was given; send it as \"Authorization: Bearer KEY\"");
  return find(secret);
}

Result<std::shared_ptr<const Identity>> Authenticator::identify_admin(const HttpRequest& request) const {
  const std::string_view secret = secret_of(request);
  if (secret.empty())
    return Error(Code::unauthenticated, "no admin key was given; send it as \"Authorization: Bearer KEY\"");
  if (admin_digest_) {
    const KeyDigest digest = digest_of(secret);
    if (sodium_memcmp(digest.data(), admin_digest_->data(), digest.size()) == 0) return admin_;
  }
  LOADLINE_ASSIGN(std::shared_ptr<const Identity> identity, find(secret));
  if (!identity->scopes.admin) return Error(Code::permission_denied, "this key may not administrate");
  return identity;
}

}  // namespace loadline

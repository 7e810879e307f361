#pragma once
// Who sends a request: by a key of the manifest, a key made with `loadline keys`, or a token of an identity
// provider. And who may administrate: by the manifest's admin key, or a key or token that says so.
// Thread-safe; waits for nothing.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "governance/bearer_tokens.h"
#include "governance/keys.h"
#include "net/http_message.h"

namespace loadline {

struct ApiKey;

/// `store` and `tokens` may be null; they must outlive the Authenticator.
struct AuthenticatorParts {
  const std::vector<ApiKey>& keys;  // of the manifest
  std::string_view admin_secret;    // of the manifest; "": none
  const DataClasses& classes;
  const KeyStore* store = nullptr;
  const BearerTokens* tokens = nullptr;
};

class Authenticator {
 public:
  static constexpr std::size_t admin_secret_bytes_min = 24;

  /// invalid_argument: a key without name or secret, an admin key that is too short.
  static Result<std::unique_ptr<Authenticator>> open(const AuthenticatorParts& parts);

  /// Whether anyone needs a key: there are keys, or could be tokens. The manifest's admin key is for the
  /// admin API alone and does not count.
  bool required() const;
  /// The identity of who sent it; of nobody in particular, who may do everything, if no key is required. Keys
  /// come in "Authorization: Bearer", "x-api-key" or "api-key". unauthenticated, permission_denied; of tokens
  /// also unavailable (BearerTokens::verify).
  Result<std::shared_ptr<const Identity>> identify(const HttpRequest& request) const;
  /// Who administrates; never nobody in particular. unauthenticated; permission_denied: a good key that may
  /// not.
  Result<std::shared_ptr<const Identity>> identify_admin(const HttpRequest& request) const;

 private:
  Authenticator(const KeyStore* store, const BearerTokens* tokens) : store_(store), tokens_(tokens) {}
  Result<std::shared_ptr<const Identity>> find(std::string_view secret) const;

  const KeyStore* store_;
  const BearerTokens* tokens_;
  std::shared_ptr<const Identity> anonymous_;
  std::map<KeyDigest, std::shared_ptr<const Identity>> manifest_keys_;
  std::optional<KeyDigest> admin_digest_;
  std::shared_ptr<const Identity> admin_;
};

/// The answer to who could not be identified; with WWW-Authenticate (RFC 6750) where another key would help.
HttpResponse refusal_of_caller(const Error& error, const HttpRequest& request);

/// Whom a request comes from, once its plan was made; null: that did not matter.
inline const Identity* caller_of(const HttpRequest& request) {
  return static_cast<const Identity*>(request.caller.get());
}

/// The secret that a request carries; "" if none.
std::string_view secret_of(const HttpRequest& request);

}  // namespace loadline

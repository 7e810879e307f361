#pragma once
// Who sends a request: by a key of the manifest, a key made with `loadline keys`, or a token of an identity
// provider. Thread-safe; waits for nothing.
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "governance/jwt.h"
#include "governance/keys.h"
#include "net/http_message.h"

namespace loadline {

struct ApiKey;

class Authenticator {
 public:
  /// `store` and `tokens` may be null; all must outlive it. invalid_argument: a key without name or secret.
  static Result<std::unique_ptr<Authenticator>> open(const std::vector<ApiKey>& keys,
                                                     const DataClasses& classes, const KeyStore* store,
                                                     const JwtVerifier* tokens, const Clock& clock);

  /// Whether anyone needs a key: there are keys, or could be tokens.
  bool required() const;
  /// The identity of who sent it; of nobody in particular, who may do everything, if no key is required. Keys
  /// come in "Authorization: Bearer", "x-api-key" or "api-key". unauthenticated, permission_denied.
  Result<std::shared_ptr<const Identity>> identify(const HttpRequest& request) const;

 private:
  Authenticator(const KeyStore* store, const JwtVerifier* tokens, const Clock& clock)
      : store_(store), tokens_(tokens), clock_(clock) {}

  const KeyStore* store_;
  const JwtVerifier* tokens_;
  const Clock& clock_;
  std::shared_ptr<const Identity> anonymous_;
  std::map<KeyDigest, std::shared_ptr<const Identity>> manifest_keys_;
};

/// The secret that a request carries; "" if none.
std::string_view secret_of(const HttpRequest& request);

}  // namespace loadline

#pragma once
// Bearer tokens of an identity provider (OpenID Connect): signed JWTs, checked against a key set (JWKS).
//
// RS256 (2048 bits and more), ES256 (P-256) and EdDSA (Ed25519), through OpenSSL. The algorithm belongs to
// the key, never to the token: a token whose header names another one is refused, as is `none`, every HMAC,
// and a header with `crit`. Fetching a key set from a URL is the caller's; here it is the content.
//
// A verified token is remembered by its SHA-256 until it expires (at most `remembered_max`), so that the
// signature is computed once and not per request. Thread-safe.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "governance/identity.h"

namespace loadline {

/// "Whoever has `value` in `claim` may ...": equal to a text, an element of a list, or a word of a text of
/// words (as in `scope`). A claim inside others is written with dots: "realm_access.roles".
struct ClaimRule {
  std::string claim{};
  std::string value{};  // "*": any value
  Scopes scopes{};
};

struct JwtOptions {
  std::string issuer{};                                            // `iss` must equal it
  std::string audience{};                                          // `aud` must be or contain it
  std::vector<std::string> algorithms{"RS256", "ES256", "EdDSA"};  // that may have signed
  std::string subject_claim = "sub";
  std::string team_claim{};         // "": no team
  std::vector<ClaimRule> rules{};   // what applies is united; nothing applies: permission_denied
  std::chrono::seconds leeway{60};  // on exp, nbf and iat
  DataClasses classes{};            // of the manifest

  static constexpr std::size_t token_bytes_max = 16384;
  static constexpr std::size_t subject_bytes_max = 128;  // of subject and team
  static constexpr std::size_t issuer_bytes_max = 127;   // with the subject it is a name of the ledger
  static constexpr std::size_t key_set_bytes_max = 1 << 20;
  static constexpr std::size_t keys_max = 100;
  static constexpr std::size_t remembered_max = 4096;
};

class JwtVerifier {
 public:
  /// invalid_argument: no issuer or one that is too long, no audience, no rules, or another algorithm.
  static Result<std::unique_ptr<JwtVerifier>> create(JwtOptions options);
  virtual ~JwtVerifier() = default;

  /// Replaces the key set by that of a JWKS document and forgets remembered tokens. Keys of other kinds or
  /// uses are skipped. invalid_argument: not a key set, or no key of it can be used (the one before stays).
  virtual Status set_keys(std::string_view jwks_json) = 0;
  /// unauthenticated: form, signature, algorithm, issuer, audience or time; the message names which, never
  /// what the token says. not_found: it names a key that is not in the set. permission_denied: a good token
  /// to which no rule applies.
  virtual Result<std::shared_ptr<const Identity>> verify(std::string_view token,
                                                         std::int64_t now_ms) const = 0;

  /// Whether a bearer secret has the form of a JWT (three parts, first letters "eyJ"), to choose between this
  /// and KeyStore::find.
  static bool looks_like_token(std::string_view secret);
};

}  // namespace loadline

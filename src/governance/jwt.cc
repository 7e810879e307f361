#include "governance/jwt.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstring>
#include <mutex>
#include <optional>

#include "base/utf8.h"

namespace loadline {
namespace {

namespace json = boost::json;

template <class T, void (*Free)(T*)>
struct Freeing {
  void operator()(T* object) const { Free(object); }
};
template <class T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freeing<T, Free>>;
using KeyPtr = std::shared_ptr<EVP_PKEY>;
using Number = Owned<BIGNUM, BN_free>;
using Builder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = Owned<OSSL_PARAM, OSSL_PARAM_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using EcSignature = Owned<ECDSA_SIG, ECDSA_SIG_free>;

enum class Algorithm { rs256, es256, eddsa };

constexpr std::size_t coordinate_bytes = 32;
constexpr int rsa_bits_min = 2048, rsa_bits_max = 8192, rsa_exponent_bits_max = 64;
constexpr std::size_t json_depth_max = 16;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Base64url without padding, and no other form of the same bytes.
std::optional<std::string> decoded(std::string_view text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  std::size_t length = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &length, &end, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
      end != text.data() + text.size())
    return std::nullopt;
  bytes.resize(length);
  return bytes;
}

std::optional<json::object> object_of(std::string_view text) {
  json::parse_options options;
  options.max_depth = json_depth_max;
  json::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::optional<std::string> text_in(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

KeyPtr key_from(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  return {key, EVP_PKEY_free};
}

Number number_from(const json::object& jwk, std::string_view name) {
  const auto text = text_in(jwk, name);
  const auto bytes = text ? decoded(*text) : std::nullopt;
  if (!bytes || bytes->empty() || bytes->size() > rsa_bits_max / 8) return nullptr;
  return Number(BN_bin2bn(bytes_of(*bytes), static_cast<int>(bytes->size()), nullptr));
}

KeyPtr rsa_key(const json::object& jwk) {
  const Number n = number_from(jwk, "n"), e = number_from(jwk, "e");
  if (!n || !e || BN_num_bits(n.get()) < rsa_bits_min || BN_num_bits(n.get()) > rsa_bits_max ||
      BN_num_bits(e.get()) > rsa_exponent_bits_max || BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) != 0)
    return nullptr;
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return nullptr;
  return key_from("RSA", builder.get());
}

std::optional<std::string> coordinate(const json::object& jwk, std::string_view name) {
  const auto text = text_in(jwk, name);
  auto bytes = text ? decoded(*text) : std::nullopt;
  if (!bytes || bytes->size() != coordinate_bytes) return std::nullopt;
  return bytes;
}

KeyPtr ec_key(const json::object& jwk) {
  const auto x = coordinate(jwk, "x"), y = coordinate(jwk, "y");
  if (!x || !y || text_in(jwk, "crv") != "P-256") return nullptr;
  const std::string point = "\x04" + *x + *y;  // uncompressed; OpenSSL checks that it lies on the curve
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
          1)
    return nullptr;
  return key_from("EC", builder.get());
}

KeyPtr ed_key(const json::object& jwk) {
  const auto x = coordinate(jwk, "x");
  if (!x || text_in(jwk, "crv") != "Ed25519") return nullptr;
  return {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*x), x->size()), EVP_PKEY_free};
}

struct VerificationKey {
  std::string id;
  Algorithm algorithm = Algorithm::rs256;
  KeyPtr key{};
};

const char* algorithm_name(Algorithm algorithm) {
  return algorithm == Algorithm::rs256 ? "RS256" : algorithm == Algorithm::es256 ? "ES256" : "EdDSA";
}

// Nothing: not a key that can be used here.
std::optional<VerificationKey> verification_key(const json::object& jwk) {
  const auto type = text_in(jwk, "kty");
  VerificationKey key;
  key.id = text_in(jwk, "kid").value_or("");
  if (const auto use = text_in(jwk, "use"); use && *use != "sig") return std::nullopt;
  if (type == "RSA")
    key.algorithm = Algorithm::rs256, key.key = rsa_key(jwk);
  else if (type == "EC")
    key.algorithm = Algorithm::es256, key.key = ec_key(jwk);
  else if (type == "OKP")
    key.algorithm = Algorithm::eddsa, key.key = ed_key(jwk);
  const auto algorithm = text_in(jwk, "alg");
  if (!key.key || (algorithm && *algorithm != algorithm_name(key.algorithm))) return std::nullopt;
  return key;
}

// The two numbers of an ES256 signature side by side, in the form that OpenSSL reads.
std::optional<std::string> der_signature(std::string_view raw) {
  if (raw.size() != 2 * coordinate_bytes) return std::nullopt;
  const EcSignature pair(ECDSA_SIG_new());
  Number r(BN_bin2bn(bytes_of(raw), coordinate_bytes, nullptr));
  Number s(BN_bin2bn(bytes_of(raw) + coordinate_bytes, coordinate_bytes, nullptr));
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return std::nullopt;
  static_cast<void>(r.release()), static_cast<void>(s.release());  // they are the pair's now
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(pair.get(), &der);
  if (length <= 0) return std::nullopt;
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return out;
}

bool signature_holds(const VerificationKey& key, std::string_view signed_part, std::string signature) {
  if (key.algorithm == Algorithm::es256) {
    auto der = der_signature(signature);
    if (!der) return false;
    signature = *std::move(der);
  }
  const DigestContext context(EVP_MD_CTX_new());
  const EVP_MD* digest = key.algorithm == Algorithm::eddsa ? nullptr : EVP_sha256();
  return context && EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(signed_part),
                          signed_part.size()) == 1;
}

// A claim by its name, or by a path of names.
const json::value* claim_at(const json::object& claims, std::string_view path) {
  if (const json::value* direct = claims.if_contains(path)) return direct;
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos) return nullptr;
  const json::value* outer = claims.if_contains(path.substr(0, dot));
  if (outer == nullptr || !outer->is_object()) return nullptr;
  return claim_at(outer->get_object(), path.substr(dot + 1));
}

bool has_word(std::string_view words, std::string_view wanted) {
  for (std::size_t at = 0; at <= words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    if (words.substr(at, end - at) == wanted) return true;
    at = end + 1;
  }
  return false;
}

bool applies(const ClaimRule& rule, const json::object& claims) {
  const json::value* claim = claim_at(claims, rule.claim);
  if (claim == nullptr || claim->is_null()) return false;
  if (rule.value == "*") return true;
  const auto equal = [&](const json::value& value) {
    return value.is_string() && std::string_view(value.get_string()) == rule.value;
  };
  if (claim->is_string()) return equal(*claim) || has_word(claim->get_string(), rule.value);
  if (claim->is_bool()) return claim->get_bool() ? rule.value == "true" : rule.value == "false";
  return claim->is_array() && std::any_of(claim->get_array().begin(), claim->get_array().end(), equal);
}

// Of 1 to subject_bytes_max bytes, none of which a terminal or a log would take for an order.
bool can_be_name(std::string_view text) {
  return !text.empty() && text.size() <= JwtOptions::subject_bytes_max && is_valid_utf8(text) &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// Seconds since 1970. An empty Result value: the claim is not there.
Result<std::optional<double>> time_of(const json::object& claims, std::string_view name) {
  const json::value* value = claims.if_contains(name);
  if (value == nullptr) return std::optional<double>();
  if (!value->is_number())
    return Error(Code::unauthenticated, "the token's '" + std::string(name) + "' is not a time");
  return std::optional<double>(value->to_number<double>());
}

Error refused(const char* why) {
  return Error(Code::unauthenticated, std::string("the token is not valid: ") + why);
}

using TokenDigest = std::array<unsigned char, crypto_hash_sha256_BYTES>;

// Verified tokens by their digest, one for each place; a later one takes the place of an earlier one.
class RememberedTokens {
 public:
  RememberedTokens() : slots_(JwtOptions::remembered_max) {}

  std::shared_ptr<const Identity> find(const TokenDigest& digest, std::int64_t now_ms) const {
    std::lock_guard lock(mutex_);
    const Slot& slot = slots_[place_of(digest)];
    if (slot.digest != digest || now_ms >= slot.until_ms) return nullptr;
    return slot.identity;
  }
  // Not one that was verified before the key set changed.
  void put(const TokenDigest& digest, std::int64_t until_ms, std::shared_ptr<const Identity> identity,
           std::uint64_t generation) {
    std::lock_guard lock(mutex_);
    if (generation == generation_) slots_[place_of(digest)] = {digest, until_ms, std::move(identity)};
  }
  void clear(std::uint64_t generation) {
    std::lock_guard lock(mutex_);
    generation_ = generation;
    std::fill(slots_.begin(), slots_.end(), Slot{});
  }

 private:
  struct Slot {
    TokenDigest digest{};
    std::int64_t until_ms = 0;
    std::shared_ptr<const Identity> identity{};
  };
  static std::size_t place_of(const TokenDigest& digest) {
    std::uint32_t value;
    std::memcpy(&value, digest.data(), sizeof value);
    return value % JwtOptions::remembered_max;
  }

  mutable std::mutex mutex_;
  std::vector<Slot> slots_;
  std::uint64_t generation_ = 0;
};

class Verifier final : public JwtVerifier {
 public:
  explicit Verifier(JwtOptions options) : options_(std::move(options)) {}

  Status set_keys(std::string_view jwks_json) override;
  Result<std::shared_ptr<const Identity>> verify(std::string_view token, std::int64_t now_ms) const override;

 private:
  struct KeySet {
    std::vector<VerificationKey> keys{};
    std::uint64_t generation = 0;
  };
  Result<const VerificationKey*> key_for(const KeySet& set, std::string_view header) const;
  Result<std::int64_t> check_times(const json::object& claims, std::int64_t now_ms) const;
  Status check_parties(const json::object& claims) const;
  Result<std::shared_ptr<const Identity>> identity_of(const json::object& claims) const;

  const JwtOptions options_;
  mutable RememberedTokens remembered_;
  mutable std::mutex mutex_;
  std::shared_ptr<const KeySet> set_ = std::make_shared<KeySet>();  // guarded by mutex_
};

Status Verifier::set_keys(std::string_view jwks_json) {
  const auto wrong = [](const char* why) {
    return Error(Code::invalid_argument, std::string("the key set is not usable: ") + why);
  };
  if (jwks_json.size() > JwtOptions::key_set_bytes_max) return wrong("larger than 1 MiB");
  const auto whole = object_of(jwks_json);
  const json::value* list = whole ? whole->if_contains("keys") : nullptr;
  if (list == nullptr || !list->is_array()) return wrong("not a JSON object with \"keys\"");
  if (list->get_array().size() > JwtOptions::keys_max) return wrong("more than 100 keys");
  auto set = std::make_shared<KeySet>();
  for (const json::value& jwk : list->get_array())
    if (jwk.is_object())
      if (auto key = verification_key(jwk.get_object())) set->keys.push_back(*std::move(key));
  if (set->keys.empty()) return wrong("no RSA (2048 bits), P-256 or Ed25519 key for signatures in it");
  std::lock_guard lock(mutex_);
  set->generation = set_->generation + 1;
  remembered_.clear(set->generation);
  set_ = std::move(set);
  return {};
}

Result<const VerificationKey*> Verifier::key_for(const KeySet& set, std::string_view header_text) const {
  const auto bytes = decoded(header_text);
  const auto header = bytes ? object_of(*bytes) : std::nullopt;
  if (!header) return refused("its header is not base64url of JSON");
  if (header->contains("crit")) return refused("it demands an extension");
  const auto algorithm = text_in(*header, "alg");
  const auto id = text_in(*header, "kid");
  const VerificationKey* found = nullptr;
  bool named = false;
  for (const VerificationKey& key : set.keys) {
    if (id && key.id != *id) continue;
    named = true;
    if (algorithm != algorithm_name(key.algorithm)) continue;
    if (found != nullptr) return refused("it does not say which key signed it");
    found = &key;
  }
  if (id && !named) return Error(Code::not_found, "the token is signed by a key that is not in the key set");
  if (found == nullptr) return refused("its algorithm is not that of the key");
  const auto& allowed = options_.algorithms;
  if (std::find(allowed.begin(), allowed.end(), algorithm_name(found->algorithm)) == allowed.end())
    return refused("its algorithm is not accepted here");
  return found;
}

// Until when it holds, leeway included.
Result<std::int64_t> Verifier::check_times(const json::object& claims, std::int64_t now_ms) const {
  LOADLINE_ASSIGN(const auto expires, time_of(claims, "exp"));
  LOADLINE_ASSIGN(const auto not_before, time_of(claims, "nbf"));
  LOADLINE_ASSIGN(const auto issued, time_of(claims, "iat"));
  constexpr double seconds_max = 1e12;  // year 33658
  const double now = static_cast<double>(now_ms) / 1000,
               leeway = static_cast<double>(options_.leeway.count());
  if (!expires) return refused("it does not say when it expires");
  if (!(now < *expires + leeway)) return refused("it is expired");
  if (not_before && !(*not_before <= now + leeway)) return refused("it does not hold yet");
  if (issued && !(*issued <= now + leeway)) return refused("it was issued in the future");
  return static_cast<std::int64_t>((std::min(*expires, seconds_max) + leeway) * 1000);
}

Status Verifier::check_parties(const json::object& claims) const {
  if (text_in(claims, "iss") != options_.issuer) return refused("it is of another issuer");
  const json::value* audience = claims.if_contains("aud");
  const auto ours = [&](const json::value& value) {
    return value.is_string() && std::string_view(value.get_string()) == options_.audience;
  };
  const bool fits =
      audience != nullptr &&
      (ours(*audience) || (audience->is_array() &&
                           std::any_of(audience->get_array().begin(), audience->get_array().end(), ours)));
  if (!fits) return refused("it is for another audience");
  return {};
}

Result<std::shared_ptr<const Identity>> Verifier::identity_of(const json::object& claims) const {
  const json::value* subject = claim_at(claims, options_.subject_claim);
  if (subject == nullptr || !subject->is_string() || !can_be_name(subject->get_string()))
    return refused("it names no subject that can stand in records");
  std::optional<Scopes> scopes;
  for (const ClaimRule& rule : options_.rules)
    if (applies(rule, claims)) scopes = scopes ? unite(*scopes, rule.scopes, options_.classes) : rule.scopes;
  if (!scopes)
    return Error(Code::permission_denied, "the token is valid, but none of its claims grants anything here");
  std::string team;
  if (!options_.team_claim.empty())
    if (const json::value* value = claim_at(claims, options_.team_claim);
        value != nullptr && value->is_string() && can_be_name(value->get_string()))
      team = std::string(value->get_string());
  return std::make_shared<const Identity>(
      make_identity(options_.issuer + "|" + std::string(subject->get_string()), std::move(team),
                    *std::move(scopes), options_.classes));
}

Result<std::shared_ptr<const Identity>> Verifier::verify(std::string_view token, std::int64_t now_ms) const {
  if (token.size() > JwtOptions::token_bytes_max) return refused("longer than 16 KiB");
  TokenDigest digest{};
  crypto_hash_sha256(digest.data(), bytes_of(token), token.size());
  if (auto known = remembered_.find(digest, now_ms)) return known;
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return refused("it has not three parts");
  std::shared_ptr<const KeySet> set;
  {
    std::lock_guard lock(mutex_);
    set = set_;
  }
  LOADLINE_ASSIGN(const VerificationKey* key, key_for(*set, token.substr(0, first)));
  auto signature = decoded(token.substr(second + 1));
  if (!signature || !signature_holds(*key, token.substr(0, second), *std::move(signature)))
    return refused("its signature is wrong");
  const auto body = decoded(token.substr(first + 1, second - first - 1));
  const auto claims = body ? object_of(*body) : std::nullopt;
  if (!claims) return refused("its claims are not base64url of JSON");
  LOADLINE_TRY(check_parties(*claims));
  LOADLINE_ASSIGN(const std::int64_t until_ms, check_times(*claims, now_ms));
  LOADLINE_ASSIGN(std::shared_ptr<const Identity> identity, identity_of(*claims));
  remembered_.put(digest, until_ms, identity, set->generation);
  return identity;
}

}  // namespace

Result<std::unique_ptr<JwtVerifier>> JwtVerifier::create(JwtOptions options) {
  if (sodium_init() < 0) return Error(Code::internal, "the cryptographic library cannot start");
  if (options.issuer.empty() || options.audience.empty() || options.rules.empty())
    return Error(Code::invalid_argument, "bearer tokens need an issuer, an audience and at least one rule");
  if (options.issuer.size() > JwtOptions::issuer_bytes_max)
    return Error(Code::invalid_argument, "the issuer is longer than 127 bytes");
  for (const std::string& name : options.algorithms)
    if (name != "RS256" && name != "ES256" && name != "EdDSA")
      return Error(Code::invalid_argument, "tokens are signed by RS256, ES256 or EdDSA, not '" + name + "'");
  return std::unique_ptr<JwtVerifier>(std::make_unique<Verifier>(std::move(options)));
}

bool JwtVerifier::looks_like_token(std::string_view secret) {
  return secret.starts_with("eyJ") && std::count(secret.begin(), secret.end(), '.') == 2;
}

}  // namespace loadline

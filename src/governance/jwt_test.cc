#include "governance/jwt.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "base/rng.h"
#include "governance/bearer_tokens.h"

namespace loadline {
namespace {

constexpr std::int64_t now_ms = 1'800'000'000'000;
const std::string issuer = "https://login.example/";

std::string base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.pop_back();
  return text;
}

// A key made for the test, with its public half as a JWK and its signature in the form of tokens.
class TestKey {
 public:
  TestKey(std::string algorithm, std::string id, unsigned rsa_bits = 2048)
      : algorithm_(std::move(algorithm)), id_(std::move(id)) {
    if (algorithm_ == "RS256")
      key_ = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(rsa_bits));
    if (algorithm_ == "ES256") key_ = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    if (algorithm_ == "EdDSA") key_ = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    EXPECT_NE(key_, nullptr);
  }
  ~TestKey() { EVP_PKEY_free(key_); }
  TestKey(const TestKey&) = delete;
  TestKey& operator=(const TestKey&) = delete;

  std::string number(const char* name) const {
    BIGNUM* value = nullptr;
    EXPECT_EQ(EVP_PKEY_get_bn_param(key_, name, &value), 1);
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
    BN_bn2bin(value, reinterpret_cast<unsigned char*>(bytes.data()));
    BN_free(value);
    return bytes;
  }
  std::string jwk(const std::string& more = "") const {
    std::string text = "{\"kid\":\"" + id_ + "\"" + more;
    if (algorithm_ == "RS256")
      return text + ",\"kty\":\"RSA\",\"n\":\"" + base64(number(OSSL_PKEY_PARAM_RSA_N)) + "\",\"e\":\"" +
             base64(number(OSSL_PKEY_PARAM_RSA_E)) + "\"}";
    if (algorithm_ == "ES256") {
      const auto padded = [](std::string bytes) {
        return base64(std::string(32 - bytes.size(), '\0') + bytes);
      };
      return text + R"(,"kty":"EC","crv":"P-256","x":")" + padded(number(OSSL_PKEY_PARAM_EC_PUB_X)) +
             "\",\"y\":\"" + padded(number(OSSL_PKEY_PARAM_EC_PUB_Y)) + "\"}";
    }
    std::string raw(32, '\0');
    std::size_t size = raw.size();
    EXPECT_EQ(EVP_PKEY_get_raw_public_key(key_, reinterpret_cast<unsigned char*>(raw.data()), &size), 1);
    return text + R"(,"kty":"OKP","crv":"Ed25519","x":")" + base64(raw) + "\"}";
  }
  std::string signature(std::string_view text) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    std::string out(1024, '\0');
    std::size_t size = out.size();
    EXPECT_EQ(
        EVP_DigestSignInit(context, nullptr, algorithm_ == "EdDSA" ? nullptr : EVP_sha256(), nullptr, key_),
        1);
    EXPECT_EQ(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size,
                             reinterpret_cast<const unsigned char*>(text.data()), text.size()),
              1);
    EVP_MD_CTX_free(context);
    out.resize(size);
    return algorithm_ == "ES256" ? raw_form(out) : out;
  }
  std::string token(const std::string& claims, const std::string& header = "") const {
    const std::string head =
        header.empty() ? "{\"alg\":\"" + algorithm_ + "\",\"kid\":\"" + id_ + "\"}" : header;
    const std::string text = base64(head) + "." + base64(claims);
    return text + "." + base64(signature(text));
  }

 private:
  static std::string raw_form(const std::string& der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    std::string raw(64, '\0');
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), reinterpret_cast<unsigned char*>(raw.data()), 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), reinterpret_cast<unsigned char*>(raw.data()) + 32, 32);
    ECDSA_SIG_free(pair);
    return raw;
  }
  const std::string algorithm_, id_;
  EVP_PKEY* key_ = nullptr;
};

std::string claims_with(const std::string& more, std::int64_t exp = now_ms / 1000 + 600) {
  return "{\"iss\":\"" + issuer + "\",\"aud\":\"loadline\",\"sub\":\"mara\",\"exp\":" + std::to_string(exp) +
         more + "}";
}
const std::string staff = R"(,"groups":["staff"])";

std::unique_ptr<JwtVerifier> verifier() {
  JwtOptions options;
  options.issuer = issuer, options.audience = "loadline", options.team_claim = "org.unit";
  options.classes = {{"public", "internal", "restricted"}, {"eu"}};
  ClaimRule rule{"groups", "staff", {}};
  rule.scopes.routes.names = {"chat"}, rule.scopes.clearance = "internal", rule.scopes.floor = "internal";
  options.rules.push_back(rule);
  rule = {"scope", "models:all", {}};
  rule.scopes.models.every = true, rule.scopes.clearance = "restricted";
  options.rules.push_back(rule);
  auto made = JwtVerifier::create(options);
  EXPECT_TRUE(made.ok());
  return *std::move(made);
}

std::string set_of(const std::string& keys) { return "{\"keys\":[" + keys + "]}"; }

Code code_of(const JwtVerifier& verifier, const std::string& token, std::int64_t at = now_ms) {
  const auto result = verifier.verify(token, at);
  return result ? Code{} : result.error().code();
}

TEST(Jwt, every_algorithm_is_verified_and_claims_become_scopes) {
  for (const char* algorithm : {"RS256", "ES256", "EdDSA"}) {
    SCOPED_TRACE(algorithm);
    const TestKey key(algorithm, "k1"), other(algorithm, "k1");
    const auto tokens = verifier();
    ASSERT_TRUE(tokens->set_keys(set_of(key.jwk())).ok());
    const std::string good =
        key.token(claims_with(staff + R"(,"scope":"openid models:all","org":{"unit":"blue"})"));
    EXPECT_TRUE(JwtVerifier::looks_like_token(good));
    const auto identity = tokens->verify(good, now_ms);
    ASSERT_TRUE(identity.ok()) << identity.error().message();
    EXPECT_EQ((*identity)->key, issuer + "|mara");
    EXPECT_EQ((*identity)->team, "blue");
    EXPECT_EQ((*identity)->clearance_level, 2);
    EXPECT_EQ((*identity)->floor.level, 1);
    EXPECT_TRUE((*identity)->scopes.routes.has("chat") && (*identity)->scopes.models.has("any"));
    EXPECT_EQ(code_of(*tokens, other.token(claims_with(staff))), Code::unauthenticated);
    // One bit anywhere.
    Rng rng(5);
    for (int i = 0; i < 60; ++i) {
      std::string bad = good;
      const std::size_t at = rng.below(static_cast<std::uint32_t>(bad.size()));
      bad[at] = static_cast<char>(bad[at] ^ (1 << rng.below(7)));
      EXPECT_FALSE(tokens->verify(bad, now_ms).ok()) << "byte " << at;
    }
    // An ECDSA signature in its other form, cut ones, empty ones.
    const std::string start = good.substr(0, good.rfind('.') + 1);
    for (const std::string& signature :
         {std::string(), std::string(64, '\0'), std::string(63, 'x'), std::string(70, '0')})
      EXPECT_EQ(code_of(*tokens, start + base64(signature)), Code::unauthenticated);
  }
}

TEST(Jwt, the_algorithm_is_the_keys_and_not_the_tokens) {
  const TestKey rsa("RS256", "r"), ec("ES256", "e");
  const auto tokens = verifier();
  ASSERT_TRUE(tokens->set_keys(set_of(rsa.jwk() + "," + ec.jwk())).ok());
  const std::string claims = claims_with(staff);
  for (const char* algorithm : {"none", "None", "HS256", "HS512", "RS384", "PS256", "ES256", "rs256", ""}) {
    const std::string header = std::string(R"({"alg":")") + algorithm + R"(","kid":"r"})";
    EXPECT_EQ(code_of(*tokens, rsa.token(claims, header)), Code::unauthenticated) << algorithm;
    EXPECT_FALSE(tokens->verify(base64(header) + "." + base64(claims) + ".", now_ms).ok()) << algorithm;
  }
  // The classic: the public key as an HMAC secret.
  const std::string head = base64(R"({"alg":"HS256","kid":"r"})") + "." + base64(claims);
  const std::string secret = rsa.number(OSSL_PKEY_PARAM_RSA_N);
  unsigned char mac[32];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(head.data()), head.size(), mac, &size);
  EXPECT_FALSE(tokens->verify(head + "." + base64({reinterpret_cast<char*>(mac), size}), now_ms).ok());
  EXPECT_EQ(code_of(*tokens, rsa.token(claims, R"({"alg":"RS256","kid":"r","crit":["x"],"x":1})")),
            Code::unauthenticated);
  EXPECT_EQ(code_of(*tokens, rsa.token(claims, R"({"alg":"RS256","kid":"other"})")), Code::not_found);
  EXPECT_EQ(code_of(*tokens, rsa.token(claims, R"({"alg":"RS256"})")), Code{});  // the only RSA key there is
}

TEST(Jwt, times_and_parties_are_checked_with_leeway) {
  const TestKey key("EdDSA", "k");
  const auto tokens = verifier();
  ASSERT_TRUE(tokens->set_keys(set_of(key.jwk())).ok());
  const std::int64_t now = now_ms / 1000;
  const auto check = [&](const std::string& claims) { return code_of(*tokens, key.token(claims)); };
  EXPECT_EQ(check(claims_with(staff, now - 59)), Code{});
  EXPECT_EQ(check(claims_with(staff, now - 60)), Code::unauthenticated);
  EXPECT_EQ(check(claims_with(staff + ",\"nbf\":" + std::to_string(now + 60))), Code{});
  EXPECT_EQ(check(claims_with(staff + ",\"nbf\":" + std::to_string(now + 61))), Code::unauthenticated);
  EXPECT_EQ(check(claims_with(staff + ",\"iat\":" + std::to_string(now + 61))), Code::unauthenticated);
  EXPECT_EQ(check(claims_with(staff + R"(,"nbf":"soon")")), Code::unauthenticated);
  EXPECT_EQ(check(R"({"iss":")" + issuer + R"(","aud":"loadline","sub":"m","groups":["staff"]})"),
            Code::unauthenticated);
  EXPECT_EQ(
      check(R"({"iss":"https://login.example","aud":"loadline","sub":"m","exp":9e9,"groups":["staff"]})"),
      Code::unauthenticated);
  EXPECT_EQ(
      check(R"({"iss":")" + issuer + R"(","aud":["x","loadline"],"sub":"m","exp":9e9,"groups":["staff"]})"),
      Code{});
  EXPECT_EQ(check(R"({"iss":")" + issuer + R"(","aud":["x"],"sub":"m","exp":9e9,"groups":["staff"]})"),
            Code::unauthenticated);
  EXPECT_EQ(check(R"({"iss":")" + issuer + R"(","sub":"m","exp":9e9,"groups":["staff"]})"),
            Code::unauthenticated);
  EXPECT_EQ(check(R"({"iss":")" + issuer + R"(","aud":"loadline","exp":9e9,"groups":["staff"]})"),
            Code::unauthenticated);
  EXPECT_EQ(check(claims_with("")), Code::permission_denied);
  EXPECT_EQ(check(claims_with(R"(,"groups":["staff2"],"scope":"models:allx")")), Code::permission_denied);
  EXPECT_EQ(check(claims_with(R"(,"groups":[{"a":"staff"}])")), Code::permission_denied);
}

TEST(Jwt, a_remembered_token_expires_and_a_changed_key_set_forgets_it) {
  const TestKey key("ES256", "k"), next("ES256", "k2");
  const auto tokens = verifier();
  ASSERT_TRUE(tokens->set_keys(set_of(key.jwk())).ok());
  const std::string token = key.token(claims_with(staff, now_ms / 1000 + 10));
  EXPECT_EQ(code_of(*tokens, token), Code{});
  EXPECT_EQ(code_of(*tokens, token, now_ms + 69'999), Code{});
  EXPECT_EQ(code_of(*tokens, token, now_ms + 70'000), Code::unauthenticated);
  ASSERT_TRUE(tokens->set_keys(set_of(next.jwk())).ok());
  EXPECT_EQ(code_of(*tokens, token), Code::not_found);
  EXPECT_EQ(code_of(*tokens, next.token(claims_with(staff))), Code{});
}

TEST(Jwt, key_sets_with_nothing_usable_are_refused_and_the_old_one_stays) {
  const TestKey key("RS256", "k"), weak("RS256", "w", 1024);
  const auto tokens = verifier();
  ASSERT_TRUE(
      tokens->set_keys(set_of(key.jwk() + R"(,{"kty":"oct","k":"AAAA"},7,{"kty":"EC","crv":"P-384"})")).ok());
  for (const std::string& bad :
       {std::string(), std::string("[]"), std::string("{\"keys\":{}}"), set_of(""), set_of(weak.jwk()),
        set_of(key.jwk(",\"use\":\"enc\"")), set_of(key.jwk(",\"alg\":\"PS256\"")),
        set_of(R"({"kty":"EC","crv":"P-256","x":")" + base64(std::string(32, '\1')) + R"(","y":")" +
               base64(std::string(32, '\1')) + "\"}"),
        std::string(2 << 20, '[')})
    EXPECT_EQ(tokens->set_keys(bad).error().code(), Code::invalid_argument) << bad.substr(0, 80);
  EXPECT_EQ(code_of(*tokens, key.token(claims_with(staff))), Code{});
  EXPECT_FALSE(JwtVerifier::create({}).ok());
}

TEST(Jwt, errors_do_not_repeat_the_token) {
  const TestKey key("EdDSA", "k");
  const auto tokens = verifier();
  ASSERT_TRUE(tokens->set_keys(set_of(key.jwk())).ok());
  for (const std::string& token :
       {key.token(claims_with(R"(,"mail":"secret-part")", 1)), std::string("eyJ.secret-part.x"),
        std::string("secret-part"), std::string("a.b.c.d"), std::string("..")}) {
    const auto refused = tokens->verify(token, now_ms);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().message().find("secret"), std::string::npos);
  }
}

JwtOptions plain_options() {
  JwtOptions options;
  options.issuer = issuer, options.audience = "loadline";
  options.rules.push_back({"groups", "staff", {}});
  return options;
}

TEST(Jwt, only_the_algorithms_that_are_named_are_accepted) {
  const TestKey rsa("RS256", "r"), ed("EdDSA", "e");
  JwtOptions options = plain_options();
  options.algorithms = {"EdDSA", "ES256"};
  const auto tokens = *JwtVerifier::create(options);
  ASSERT_TRUE(tokens->set_keys(set_of(rsa.jwk() + "," + ed.jwk())).ok());
  EXPECT_EQ(code_of(*tokens, ed.token(claims_with(staff))), Code{});
  EXPECT_EQ(code_of(*tokens, rsa.token(claims_with(staff))), Code::unauthenticated);
  options.algorithms = {"HS256"};
  EXPECT_FALSE(JwtVerifier::create(options).ok());
  options.algorithms = {"EdDSA"}, options.issuer = std::string(JwtOptions::issuer_bytes_max + 1, 'i');
  EXPECT_FALSE(JwtVerifier::create(options).ok());
}

TEST(Jwt, a_subject_is_a_name_that_records_can_have) {
  const TestKey key("EdDSA", "e");
  const auto tokens = *JwtVerifier::create(plain_options());
  ASSERT_TRUE(tokens->set_keys(set_of(key.jwk())).ok());
  const auto with = [&](const std::string& subject) {
    return code_of(*tokens, key.token(R"({"iss":")" + issuer + R"(","aud":"loadline","exp":9e9,"sub":")" +
                                      subject + R"(","groups":["staff"]})"));
  };
  EXPECT_EQ(with("M\\u00e4rz \\uD83D\\uDE00"), Code{});
  for (const std::string& bad : {std::string(), std::string("a\\nb"), std::string("\\u001b[2J"),
                                 std::string(JwtOptions::subject_bytes_max + 1, 'x')})
    EXPECT_EQ(with(bad), Code::unauthenticated) << bad;
}

// A provider whose key set can be changed and taken away, and the time.
class Provider : public testing::Test {
 protected:
  void SetUp() override {
    KeySetOptions keys;
    keys.fetch = [this]() -> Result<std::string> {
      ++fetches_;
      if (set_.empty()) return Error(Code::unavailable, "the provider is away");
      return set_;
    };
    keys.refresh_every = std::chrono::minutes(5), keys.unknown_every = std::chrono::seconds(10);
    keys.stale_max = std::chrono::minutes(15), keys.by_hand = true;
    auto opened = BearerTokens::open(plain_options(), std::move(keys), clock_, log_);
    ASSERT_TRUE(opened) << opened.error().message();
    tokens_ = std::move(*opened);
  }
  Code with(const TestKey& key) const {
    const auto result = tokens_->verify(key.token(claims_with(staff, clock_.unix_millis() / 1000 + 100'000)));
    return result ? Code{} : result.error().code();
  }
  void after(Duration time) {
    clock_.advance(time);
    tokens_->step();
  }

  ManualClock clock_;
  Log log_{clock_, LogLevel::info, [](std::string_view) {}};
  std::string set_;
  int fetches_ = 0;
  std::unique_ptr<BearerTokens> tokens_;
};

TEST_F(Provider, nobody_is_let_in_before_the_first_key_set_and_it_is_tried_again_soon) {
  const TestKey key("EdDSA", "k");
  EXPECT_EQ(fetches_, 1);
  EXPECT_EQ(with(key), Code::unavailable);
  EXPECT_FALSE(tokens_->health().ok());
  set_ = set_of(key.jwk());
  after(std::chrono::milliseconds(999));
  EXPECT_EQ(fetches_, 1);
  after(std::chrono::milliseconds(1));
  EXPECT_EQ(with(key), Code{});
  EXPECT_TRUE(tokens_->health().ok());
}

TEST_F(Provider, a_key_that_is_not_known_makes_it_look_but_not_more_than_it_may) {
  const TestKey key("EdDSA", "k"), next("EdDSA", "k2"), made_up("EdDSA", "none");
  set_ = set_of(key.jwk());
  after(std::chrono::seconds(2));
  ASSERT_EQ(with(key), Code{});
  const int before = fetches_;
  EXPECT_EQ(with(next), Code::unauthenticated) << "it was fetched just now";
  clock_.advance(std::chrono::seconds(10));
  set_ = set_of(key.jwk() + "," + next.jwk());
  EXPECT_EQ(with(next), Code::unavailable) << "worth another try";
  EXPECT_EQ(with(next), Code::unavailable);
  tokens_->step();
  EXPECT_EQ(with(next), Code{});
  EXPECT_EQ(fetches_, before + 1);
  for (int second = 0; second < 100; ++second) {
    for (int i = 0; i < 10; ++i) EXPECT_NE(with(made_up), Code{});
    after(std::chrono::seconds(1));
  }
  EXPECT_LE(fetches_, before + 1 + 10);
}

TEST_F(Provider, the_last_key_set_serves_until_it_is_too_old) {
  const TestKey key("EdDSA", "k");
  set_ = set_of(key.jwk());
  after(std::chrono::seconds(2));
  set_.clear();
  after(std::chrono::minutes(5));
  EXPECT_FALSE(tokens_->health().ok());
  EXPECT_EQ(with(key), Code{});
  after(std::chrono::minutes(10));
  EXPECT_EQ(with(key), Code{});
  after(std::chrono::seconds(1));
  EXPECT_EQ(with(key), Code::unavailable) << "also of tokens that were good before";
  set_ = "no key set";
  after(std::chrono::minutes(5));
  EXPECT_EQ(with(key), Code::unavailable);
  set_ = set_of(key.jwk());
  after(std::chrono::minutes(5));
  EXPECT_EQ(with(key), Code{});
  set_ = set_of(TestKey("EdDSA", "k2").jwk());
  after(std::chrono::minutes(5));
  EXPECT_NE(with(key), Code{}) << "a key that was taken out is not remembered";
}

}  // namespace
}  // namespace loadline

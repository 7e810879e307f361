// Fuzz target: what governance reads that others wrote or damaged: bearer tokens and key sets, records of the
// ledger and of the audit log, checkpoints.
//
// Crashes and hangs are what is looked for, and that what was decoded is decoded the same again. The first
// byte chooses which. Tokens are looked at behind the signature too: the target signs the claims with a key
// of its own.
#include <openssl/evp.h>
#include <sodium.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "governance/audit_records.h"
#include "governance/jwt.h"
#include "governance/ledger_records.h"
#include "governance/money.h"

namespace {

using namespace loadline;

std::string base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.pop_back();
  return text;
}

// An Ed25519 key for the claims that the input brings.
class Issuer {
 public:
  Issuer() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free) {
    JwtOptions options;
    options.issuer = "i", options.audience = "a", options.team_claim = "t.u";
    options.rules.push_back({"r", "x", {}}), options.rules.push_back({"s.t", "*", {}});
    verifier_ = JwtVerifier::create(options).value();
    unsigned char raw[32];
    std::size_t size = sizeof raw;
    LOADLINE_ASSERT(EVP_PKEY_get_raw_public_key(key_.get(), raw, &size) == 1);
    set_ = R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":")" + base64({reinterpret_cast<char*>(raw), size}) +
           "\"}]}";
    LOADLINE_ASSERT(verifier_->set_keys(set_).ok());
  }

  void verify(std::string_view token) const {
    static_cast<void>(verifier_->verify(token, 1'800'000'000'000).ok());
  }
  void verify_claims(std::string_view claims) const {
    const std::string text = base64(R"({"alg":"EdDSA"})") + "." + base64(claims);
    unsigned char signature[64];
    std::size_t size = sizeof signature;
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    LOADLINE_ASSERT(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
                    EVP_DigestSign(context.get(), signature, &size,
                                   reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
    verify(text + "." + base64({reinterpret_cast<char*>(signature), size}));
  }
  void set_keys(std::string_view jwks) const {
    if (verifier_->set_keys(jwks)) LOADLINE_ASSERT(verifier_->set_keys(set_).ok());
  }

 private:
  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
  std::unique_ptr<JwtVerifier> verifier_;
  std::string set_;
};

void ledger_record(std::string_view bytes) {
  const auto record = decode_ledger_record(bytes);
  if (!record) return;
  RecordWriter again;
  encode(*record, again);
  LOADLINE_ASSERT(decode_ledger_record(again.out()).has_value());
  LedgerState state;
  static_cast<void>(state.apply(1, bytes));
}

// Records one after the other, each with its length in front.
void ledger_replay(std::string_view bytes) {
  LedgerState state;
  for (std::uint64_t number = 1; !bytes.empty(); ++number) {
    const std::size_t size = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (!state.apply(number, bytes.substr(0, size))) return;
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  const std::string text =
      LedgerState::encode_checkpoint(state.applied(), state.names(), state.open(), state.share_days());
  const auto back = LedgerState::decode_checkpoint(text);
  LOADLINE_ASSERT(back && back->applied() == state.applied() && back->open().size() == state.open().size());
}

void audit_record(std::string_view bytes) {
  const auto record = decode_audit_body(bytes);
  if (!record) return;
  const std::string again = encode_audit_body(record->time_ms, record->event);
  LOADLINE_ASSERT(decode_audit_body(again).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Issuer issuer;
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 8) {
    case 0:
      issuer.verify(input);
      break;
    case 1:
      issuer.verify_claims(input);
      break;
    case 2:
      issuer.set_keys(input);
      break;
    case 3:
      ledger_record(input);
      break;
    case 4:
      ledger_replay(input);
      break;
    case 5:
      audit_record(input);
      break;
    case 6:
      static_cast<void>(LedgerState::decode_checkpoint(input).has_value());
      break;
    default:
      static_cast<void>(parse_dollars(input).ok());
      static_cast<void>(AuditAnchor::parse(input).ok());
  }
  return 0;
}

#include "storage/sha256.h"

#include <openssl/evp.h>

#include <array>

#include "base/assert.h"

namespace loadline {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { LOADLINE_ASSERT(context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1); }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;

void Sha256::add(const void* data, std::size_t size) {
  LOADLINE_ASSERT(EVP_DigestUpdate(state_->context, data, size) == 1);
}

std::string Sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  LOADLINE_ASSERT(EVP_DigestFinal_ex(state_->context, digest.data(), &size) == 1);
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

}  // namespace loadline

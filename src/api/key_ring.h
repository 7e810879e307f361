#pragma once
// The keys that clients may use. Only hashes are kept, and all of them are compared each time, in constant
// time, so that the time taken tells nothing. Thread-safe.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace loadline {

struct ApiKey;

class KeyRing {
 public:
  /// invalid_argument: an empty secret or name.
  static Result<KeyRing> open(const std::vector<ApiKey>& keys);

  bool empty() const { return keys_.empty(); }
  /// Name of the key in the value of an Authorization header ("Bearer SECRET"); null if it is none of them.
  const std::string* find(std::string_view authorization) const;

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Key {
    std::string name;
    Digest digest;
  };
  static Digest digest_of(std::string_view secret);
  std::vector<Key> keys_;
};

}  // namespace loadline

#pragma once
// SHA-256 in pieces, for content identity and ledger hashes. One thread per object.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace loadline {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(const void* data, std::size_t size);
  void add(std::string_view text) { add(text.data(), text.size()); }
  /// Lower-case hex. Once; nothing may be added after it.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loadline

#pragma once
// A server that behaves as model APIs do, as well or as badly as it is told (README.md). For tests in the
// same process, and as the program loadline_fake_upstream.
//
// Serves on one thread of its own, on 127.0.0.1; the members may be called from any other thread.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

class FakeUpstream {
 public:
  static constexpr std::size_t head_bytes_max = 65536;
  static constexpr std::size_t body_bytes_max = 64 << 20;
  static constexpr std::size_t log_requests_max = 10'000;
  static constexpr std::size_t log_bytes_max = 64 << 20;

  /// `port` 0: any free one. unavailable: it is taken.
  static Result<std::unique_ptr<FakeUpstream>> start(std::uint16_t port = 0);
  ~FakeUpstream();
  FakeUpstream(const FakeUpstream&) = delete;
  FakeUpstream& operator=(const FakeUpstream&) = delete;

  std::uint16_t port() const;
  std::string url() const;

  /// As `PUT /control`. invalid_argument: not the JSON of README.md.
  Status script(std::string_view json);
  /// As `DELETE /control`: forgets script, requests and counts.
  void reset();
  /// As `GET /control/counts` and `GET /control/requests`.
  std::string counts() const;
  std::string requests() const;

 private:
  class Impl;
  explicit FakeUpstream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace loadline

#pragma once
// One HTTP request at a time, for threads that have nothing else to do: the exporter of traces, the keeper of
// an identity provider's keys.
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http_client.h"

namespace loadline {

struct BlockingReply {
  int status = 0;
  std::string body;
};

class BlockingHttp {
 public:
  static constexpr std::chrono::milliseconds time_max{10'000};

  /// `ca_file`: PEM, for https; "": the system's authorities. invalid_argument: no URL; what TlsTrust fails
  /// with. The clock must outlive it.
  static Result<std::shared_ptr<BlockingHttp>> open(const std::string& url, const std::string& ca_file,
                                                    const Clock& clock);
  const HttpUrl& url() const { return url_; }

  struct Request {
    std::string_view method = "GET";
    std::string_view target = "/";
    std::span<const HttpField> fields{};
    std::string_view body{};
    std::size_t answer_bytes_max = 65536;
  };
  /// On a connection of its own; by one thread at a time. Errors as HttpCall::start and read_rest.
  Result<BlockingReply> send(const Request& request) const;

 private:
  BlockingHttp(HttpUrl url, std::shared_ptr<TlsTrust> trust, const Clock& clock)
      : url_(std::move(url)), trust_(std::move(trust)), clock_(clock) {}

  const HttpUrl url_;
  const std::shared_ptr<TlsTrust> trust_;
  const Clock& clock_;
};

}  // namespace loadline

#pragma once
// Whom our connections to others trust: certificate authorities. Costly to make (it reads and parses them),
// cheap to share. Thread-safe once made.
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <string>

#include "base/result.h"

namespace loadline {

class TlsTrust {
 public:
  /// The authorities that the operating system trusts.
  static Result<std::shared_ptr<TlsTrust>> system();
  /// Those of a PEM file only. invalid_argument: it cannot be read, or holds none.
  static Result<std::shared_ptr<TlsTrust>> from_file(const std::string& ca_file);

  boost::asio::ssl::context& context() { return context_; }
  /// Makes the handshake of `ssl` demand a valid chain to these authorities and a certificate for `host` (a
  /// name or an IP address), and tell the server the name (SNI). TLS 1.2 or later.
  static Status expect_host(SSL* ssl, const std::string& host);

 private:
  explicit TlsTrust(boost::asio::ssl::context context) : context_(std::move(context)) {}
  boost::asio::ssl::context context_;
};

}  // namespace loadline

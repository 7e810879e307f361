#include "net/tls_trust.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>

#include "base/printable.h"

namespace loadline {
namespace {

namespace ssl = boost::asio::ssl;
using ErrorCode = boost::system::error_code;

Result<ssl::context> make_context() {
  ssl::context context(ssl::context::tls_client);
  ErrorCode error;
  context.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 |
                          SSL_OP_NO_RENEGOTIATION,
                      error);
  if (!error) context.set_verify_mode(ssl::verify_peer, error);
  if (error) return Error(Code::internal, "TLS options: " + error.message());
  // Speaks HTTP/1.1 and says so, or some servers choose HTTP/2.
  static constexpr unsigned char protocols[] = "\x08http/1.1";
  if (SSL_CTX_set_alpn_protos(context.native_handle(), protocols, sizeof protocols - 1) != 0)
    return Error(Code::internal, "TLS options: the protocol cannot be announced");
  return context;
}

}  // namespace

Result<std::shared_ptr<TlsTrust>> TlsTrust::system() {
  LOADLINE_ASSIGN(ssl::context context, make_context());
  ErrorCode error;
  context.set_default_verify_paths(error);
  if (error)
    return Error(Code::failed_precondition, "the system's certificate authorities cannot be read: " +
                                                error.message() + "; install ca-certificates");
  return std::shared_ptr<TlsTrust>(new TlsTrust(std::move(context)));
}

Result<std::shared_ptr<TlsTrust>> TlsTrust::from_file(const std::string& ca_file) {
  LOADLINE_ASSIGN(ssl::context context, make_context());
  ErrorCode error;
  context.load_verify_file(ca_file, error);
  if (error)
    return Error(Code::invalid_argument, "the certificate authorities " + printable(ca_file) +
                                             " cannot be used: " + error.message() +
                                             "; it must be a readable PEM file");
  return std::shared_ptr<TlsTrust>(new TlsTrust(std::move(context)));
}

Status TlsTrust::expect_host(SSL* ssl, const std::string& host) {
  ErrorCode not_an_address;
  boost::asio::ip::make_address(host, not_an_address);
  bool ok = false;
  if (not_an_address) {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    ok = SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
  } else {
    ok = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  }
  if (!ok) return Error(Code::internal, "TLS cannot be told which host to expect");
  return {};
}

}  // namespace loadline

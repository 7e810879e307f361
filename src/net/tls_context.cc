#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>

#include "base/printable.h"

namespace loadline {
namespace {

namespace ssl = boost::asio::ssl;

Error file_error(const std::string& what, const std::string& file, const boost::system::error_code& error) {
  return Error(Code::invalid_argument, "TLS " + what + " " + printable(file) + " cannot be used: " +
                                           error.message() + "; it must be a readable PEM file");
}

}  // namespace

Result<ssl::context> make_tls_context(const std::string& certificate_file, const std::string& key_file) {
  ssl::context context(ssl::context::tls_server);
  boost::system::error_code error;
  context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                          ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 | SSL_OP_NO_RENEGOTIATION,
                      error);
  if (error) return Error(Code::internal, "TLS options: " + error.message());
  context.use_certificate_chain_file(certificate_file, error);
  if (error) return file_error("certificate", certificate_file, error);
  context.use_private_key_file(key_file, ssl::context::pem, error);
  if (error && ERR_GET_REASON(static_cast<unsigned long>(error.value())) == X509_R_KEY_VALUES_MISMATCH)
    return Error(Code::invalid_argument, "TLS key " + printable(key_file) +
                                             " does not belong to the certificate " +
                                             printable(certificate_file));
  if (error) return file_error("key", key_file, error);
  return context;
}

}  // namespace loadline

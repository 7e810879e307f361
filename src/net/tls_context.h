#pragma once
// TLS of the server: TLS 1.2 and newer, one certificate chain.
#include <boost/asio/ssl/context.hpp>
#include <string>

#include "base/result.h"

namespace loadline {

/// invalid_argument: a file cannot be read or is not what it should be, or key and certificate do not belong
/// together.
Result<boost::asio::ssl::context> make_tls_context(const std::string& certificate_file,
                                                   const std::string& key_file);

}  // namespace loadline

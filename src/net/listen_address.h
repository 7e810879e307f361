#pragma once
// Where a server may listen.
#include <boost/asio/ip/address.hpp>
#include <string>

#include "base/result.h"
#include "net/http_server.h"

namespace loadline {

/// The address of the options. invalid_argument: it is none; failed_precondition: others than this machine
/// could reach it, and neither keys nor `insecure` allow that.
Result<boost::asio::ip::address> listen_address(const HttpServerOptions& options);

}  // namespace loadline

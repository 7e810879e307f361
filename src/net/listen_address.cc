#include "net/listen_address.h"

#include "base/printable.h"

namespace loadline {

Result<boost::asio::ip::address> listen_address(const HttpServerOptions& options) {
  boost::system::error_code error;
  const std::string text = options.address == "localhost" ? "127.0.0.1" : options.address;
  const auto address = boost::asio::ip::make_address(text, error);
  if (error)
    return Error(Code::invalid_argument,
                 "\"" + printable(options.address) +
                     "\" is no address to listen on; give an IP address of this machine, e.g. 127.0.0.1, or "
                     "0.0.0.0 for all of them");
  if (!address.is_loopback() && !options.keys_required && !options.insecure)
    return Error(
        Code::failed_precondition,
        "refusing to listen on " + address.to_string() +
            " without keys: whoever reaches this machine could read the documents and use the models. "
            "Add keys to the manifest (server: keys:), or listen on 127.0.0.1, or say --insecure if "
            "the network is yours alone");
  return address;
}

}  // namespace loadline

#pragma once
// Telling programs of this machine from web pages that make a browser ask for them.
#include "net/http_message.h"

namespace loadline {

/// Whether a request to a server on loopback comes from where it says: its Host is this machine by address
/// or as "localhost" (another name means that a page's own name was pointed at this machine), and if it has
/// an Origin, that is this machine too.
bool is_local_request(const HttpRequest& request);

}  // namespace loadline

#pragma once
// The line of the log that each request leaves. Never what a request or an answer says.
#include "api/routes.h"
#include "base/log.h"
#include "net/http_handler.h"

namespace loadline {

void log_request(Log& log, Route route, const HttpDone& done);

}  // namespace loadline

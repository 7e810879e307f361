#include "api/request_log.h"

#include <chrono>

#include "api/metrics.h"

namespace loadline {

void log_request(Log& log, Route route, const HttpDone& done) {
  log.info("request", {{"request_id", done.request.request_id},
                       {"method", done.request.method},
                       {"route", route_label(route)},
                       {"status", done.status},
                       {"bytes", done.bytes_sent},
                       {"ms", std::chrono::duration<double, std::milli>(done.time).count()},
                       {"client_gone", done.client_gone}});
}

}  // namespace loadline

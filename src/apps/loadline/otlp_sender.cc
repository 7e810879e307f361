#include "apps/loadline/otlp_sender.h"

#include "apps/loadline/blocking_http.h"

namespace loadline {

Result<std::function<Status(std::string)>> make_otlp_sender(const std::string& endpoint, const Clock& clock) {
  LOADLINE_ASSIGN(const std::shared_ptr<BlockingHttp> http, BlockingHttp::open(endpoint, "", clock));
  return std::function<Status(std::string)>([http](const std::string& body) -> Status {
    const HttpField fields[] = {{"content-type", "application/json"}};
    const std::string target = http->url().path + "/v1/traces";
    LOADLINE_ASSIGN(const BlockingReply reply,
                    http->send({.method = "POST", .target = target, .fields = fields, .body = body}));
    if (reply.status >= 300)
      return Error(Code::unavailable, "the collector answered with status " + std::to_string(reply.status));
    return {};
  });
}

}  // namespace loadline

#pragma once
// What answers while the API is still being made (models load for seconds to minutes): /healthz is ok, so
// that nobody restarts the process, and everything else is "not ready". From `hand_over` on the API answers.
// Thread-safe.
#include <atomic>

#include "base/log.h"
#include "net/http_handler.h"

namespace loadline {

class StartingHandler final : public HttpHandler {
 public:
  explicit StartingHandler(Log& log) : log_(log) {}

  /// Once, after the server was opened. `api` must outlive the server.
  void hand_over(HttpHandler& api);

  RequestPlan plan(const HttpRequest& request) override;
  void handle(HttpExchange& exchange) override;
  HttpResponse refusal(int status, const Error& error) override;
  void done(const HttpDone& done) override;
  void on_start(const HttpServerStats& stats) override { stats_.store(&stats); }

 private:
  Log& log_;
  std::atomic<HttpHandler*> api_{nullptr};
  std::atomic<const HttpServerStats*> stats_{nullptr};
};

}  // namespace loadline

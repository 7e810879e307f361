#pragma once
// What answers while the API is still being made (models load for seconds to minutes): /healthz is ok, so
// that nobody restarts the process, and everything else is "not ready". From `hand_over` on the API answers.
// Thread-safe.
#include <atomic>
#include <vector>

#include "base/log.h"
#include "net/async_exchange.h"
#include "net/http_handler.h"

namespace loadline {

class StartingHandler final : public HttpHandler, private AsyncHandler {
 public:
  explicit StartingHandler(Log& log) : log_(log) {}

  /// Once, after the server was opened. `api` must outlive the server.
  void hand_over(HttpHandler& api);

  RequestPlan plan(const HttpRequest& request) override;
  void handle(HttpExchange& exchange) override;
  HttpResponse refusal(int status, const Error& error) override;
  void done(const HttpDone& done) override;
  void on_start(const HttpServerStats& stats) override { stats_.store(&stats); }
  AsyncHandler* async() override { return this; }

 private:
  // The API learns of a thread with its first coroutine there: it did not exist when the threads were made.
  void on_thread_start(std::size_t index, boost::asio::any_io_executor executor) override;
  void on_thread_stop(std::size_t index) override;
  boost::asio::awaitable<void> serve(AsyncExchange& exchange) override;

  struct Thread {
    boost::asio::any_io_executor executor;
    bool told = false;  // on that thread
  };
  Log& log_;
  std::atomic<HttpHandler*> api_{nullptr};
  std::vector<Thread> threads_;
  std::atomic<const HttpServerStats*> stats_{nullptr};
};

}  // namespace loadline

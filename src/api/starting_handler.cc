#include "api/starting_handler.h"

#include "api/api_error.h"
#include "api/request_log.h"
#include "api/routes.h"

namespace loadline {

void StartingHandler::hand_over(HttpHandler& api) {
  if (const HttpServerStats* stats = stats_.load()) api.on_start(*stats);
  api_.store(&api);
}

// Everything is answered from the plan: a request that was planned here is never handled by the API.
RequestPlan StartingHandler::plan(const HttpRequest& request) {
  if (HttpHandler* api = api_.load()) return api->plan(request);
  RequestPlan plan;
  if (match_route(request.path()).route == Route::health) {
    plan.refusal = health_response();
  } else {
    plan.refusal = error_response(api_error(503, "the server is starting: its models are being loaded"));
  }
  return plan;
}

void StartingHandler::handle(HttpExchange& exchange) { api_.load()->handle(exchange); }

void StartingHandler::on_thread_start(std::size_t index, boost::asio::any_io_executor executor) {
  if (threads_.size() <= index) threads_.resize(index + 1);
  threads_[index].executor = std::move(executor);
}

void StartingHandler::on_thread_stop(std::size_t index) {
  if (threads_[index].told) api_.load()->async()->on_thread_stop(index);
  threads_[index].executor = {};
}

boost::asio::awaitable<void> StartingHandler::serve(AsyncExchange& exchange) {
  AsyncHandler* api = api_.load()->async();
  Thread& thread = threads_[exchange.thread_index()];
  if (!thread.told) {
    thread.told = true;
    api->on_thread_start(exchange.thread_index(), thread.executor);
  }
  return api->serve(exchange);
}

HttpResponse StartingHandler::refusal(int status, const Error& error) {
  return refusal_response(status, error);
}

void StartingHandler::done(const HttpDone& done) {
  if (HttpHandler* api = api_.load()) return api->done(done);
  log_request(log_, Route::none, done);
}

}  // namespace loadline

// The floor of the gateway: passes every request on to one server and does nothing else. What it costs is
// what sockets, HTTP and coroutines cost; bench/proxy.py measures it beside nginx. usage: loadline_bare_proxy
// UPSTREAM_PORT   (prints its own port, ends on SIGTERM)
#include <signal.h>

#include <boost/asio/awaitable.hpp>
#include <cstdio>
#include <cstdlib>

#include "net/async_exchange.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace loadline {
namespace {

class BareProxy final : public HttpHandler, public AsyncHandler {
 public:
  explicit BareProxy(std::uint16_t upstream) : upstream_(upstream) {}

  RequestPlan plan(const HttpRequest&) override {
    RequestPlan plan;
    plan.place = RequestPlan::Place::coroutine;
    return plan;
  }
  AsyncHandler* async() override { return this; }
  void handle(HttpExchange&) override {}
  HttpResponse refusal(int status, const Error& error) override {
    HttpResponse response;
    response.status = status;
    response.body = error.message();
    return response;
  }
  void done(const HttpDone&) override {}
  void on_start(const HttpServerStats&) override {}
  void on_thread_start(std::size_t, boost::asio::any_io_executor executor) override {
    client_ = std::make_unique<HttpClient>(executor, clock_, HttpClientOptions{});
    HttpOriginOptions options;
    options.url.host = "127.0.0.1";
    options.url.port = upstream_;
    origin_ = *client_->origin(std::move(options));
  }
  void on_thread_stop(std::size_t) override {
    origin_.reset();
    client_.reset();
  }

  boost::asio::awaitable<void> serve(AsyncExchange& exchange) override {
    HttpCall call(*origin_);
    exchange.on_cancelled([&call] { call.cancel(); });
    static constexpr HttpField fields[] = {{"content-type", "application/json"},
                                           {"authorization", "Bearer of-the-upstream"}};
    HttpClientRequest request;
    request.method = exchange.request().method;
    request.target = exchange.request().target;
    request.fields = fields;
    request.body = exchange.request().body;
    request.may_open = [] { return Status(); };
    const Status status = co_await call.start(std::move(request));
    HttpResponse response;
    if (!status) {
      response.status = 502;
      response.body = status.error().message();
      co_await exchange.respond(std::move(response));
      co_return;
    }
    response.status = call.head().status;
    response.content_type = call.head().field("content-type");
    const bool stream = response.content_type == "text/event-stream";
    if (!stream) {
      const Status read = co_await call.read_rest(response.body, 64 << 20);
      if (read) co_await exchange.respond(std::move(response));
      co_return;
    }
    exchange.begin_stream(std::move(response));
    for (;;) {
      const Result<std::string_view> piece = co_await call.read_some();
      if (!piece) co_return;
      if (piece->empty()) break;
      const bool there = co_await exchange.write(*piece);
      if (!there) co_return;
    }
    co_await exchange.end_stream({});
  }

 private:
  const std::uint16_t upstream_;
  SystemClock clock_;
  std::unique_ptr<HttpClient> client_;  // there is one thread
  std::shared_ptr<HttpOrigin> origin_;
};

}  // namespace
}  // namespace loadline

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: loadline_bare_proxy UPSTREAM_PORT\n");
    return 2;
  }
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  loadline::SystemClock clock;
  loadline::BareProxy proxy(static_cast<std::uint16_t>(std::atoi(argv[1])));
  loadline::HttpServerOptions options;
  options.port = 0;
  options.threads = 1;
  const auto server = loadline::HttpServer::open(options, clock, proxy);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message().c_str());
    return 1;
  }
  std::printf("%u\n", (*server)->port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
}

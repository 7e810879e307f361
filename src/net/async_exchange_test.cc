#include "net/async_exchange.h"

#include <gtest/gtest.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <thread>
#include <vector>

#include "net/http_client.h"
#include "net/http_server.h"
#include "net/raw_client_test.h"
#include "net/raw_server_test.h"

namespace loadline {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// What each path does stands in `serve`.
class CoroutineHandler final : public HttpHandler, public AsyncHandler {
 public:
  RequestPlan plan(const HttpRequest& request) override {
    RequestPlan plan;
    plan.tag = 7;
    plan.place = request.path() == "/pool" ? RequestPlan::Place::pool : RequestPlan::Place::coroutine;
    return plan;
  }
  AsyncHandler* async() override { return this; }
  void handle(HttpExchange& exchange) override { exchange.respond({}); }
  HttpResponse refusal(int status, const Error& error) override {
    HttpResponse response;
    response.status = status;
    response.body = error.message();
    return response;
  }
  void done(const HttpDone& done) override {
    std::lock_guard lock(mutex_);
    dones_.push_back({done.status, done.client_gone});
  }
  void on_start(const HttpServerStats&) override {}

  void on_thread_start(std::size_t index, asio::any_io_executor executor) override {
    EXPECT_EQ(index, clients.size());
    ++threads;
    clients.push_back(std::make_unique<HttpClient>(executor, clock, HttpClientOptions{}));
    HttpOriginOptions options;
    options.url.host = "127.0.0.1";
    options.url.port = upstream_port;
    upstreams.push_back(*clients.back()->origin(std::move(options)));
  }
  void on_thread_stop(std::size_t index) override {
    --threads;
    upstreams[index].reset();
    clients[index].reset();
  }

  asio::awaitable<void> serve(AsyncExchange& exchange) override {
    const std::string path(exchange.request().path());
    if (path == "/throw") throw std::runtime_error("serve");
    if (path == "/silent") co_return;
    if (path == "/wait") co_return co_await wait(exchange);
    if (path == "/stream") co_return co_await stream(exchange);
    if (path == "/broken-stream" || path == "/thrown-stream") co_return co_await break_off(exchange);
    if (path == "/head-only") co_return exchange.begin_stream({});
    if (path == "/flood") co_return co_await flood(exchange);
    if (path == "/proxy") co_return co_await proxy(exchange);
    HttpResponse response;
    response.body = exchange.request().method + " " + path + " " + exchange.request().body + " " +
                    std::to_string(exchange.tag()) + (exchange.context().deadline ? " until" : "");
    EXPECT_EQ(exchange.context().request_id, exchange.request().request_id);
    EXPECT_LT(exchange.thread_index(), 2U);
    co_await exchange.respond(std::move(response));
  }

  std::pair<int, bool> report(std::size_t n) {
    for (int i = 0; i < 30000; ++i) {
      {
        std::lock_guard lock(mutex_);
        if (dones_.size() > n) return dones_[n];
      }
      std::this_thread::sleep_for(1ms);
    }
    return {-1, false};
  }

  SystemClock clock;
  std::uint16_t upstream_port = 0;
  std::vector<std::unique_ptr<HttpClient>> clients;  // by thread
  std::vector<std::shared_ptr<HttpOrigin>> upstreams;
  std::atomic<int> waiting{0}, threads{0};
  std::atomic<bool> released{false}, cancelled{false}, gone{false};

 private:
  // Until released or cancelled.
  asio::awaitable<void> pause(AsyncExchange& exchange) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    bool notified = false;
    exchange.on_cancelled([&] {
      notified = true;
      timer.cancel();
    });
    ++waiting;
    while (!released && !notified) {
      timer.expires_after(1ms);
      boost::system::error_code ignored;
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    exchange.on_cancelled({});
    EXPECT_EQ(notified, !exchange.context().check().ok());
    if (notified) cancelled = true;
  }
  asio::awaitable<void> wait(AsyncExchange& exchange) {
    co_await pause(exchange);
    HttpResponse response;
    response.status = exchange.context().check().ok() ? 200 : 504;
    response.body = "waited";
    gone = !co_await exchange.respond(std::move(response));
  }
  asio::awaitable<void> stream(AsyncExchange& exchange) {
    HttpResponse head;
    head.content_type = "text/event-stream";
    exchange.begin_stream(std::move(head));
    co_await exchange.write("one ");
    co_await pause(exchange);
    if (!co_await exchange.write("two ")) gone = true;
    co_await exchange.end_stream("three");
  }
  asio::awaitable<void> break_off(AsyncExchange& exchange) {
    exchange.begin_stream({});
    co_await exchange.write("half of it");
    if (exchange.request().path() == "/thrown-stream") throw std::runtime_error("stream");
  }
  asio::awaitable<void> flood(AsyncExchange& exchange) {
    exchange.begin_stream({});
    const std::string block(65536, 'x');
    ++waiting;
    while (co_await exchange.write(block)) {
    }
    cancelled = exchange.context().cancel.cancelled();
  }
  asio::awaitable<void> proxy(AsyncExchange& exchange) {
    HttpCall call(*upstreams[exchange.thread_index()]);
    exchange.on_cancelled([&call] { call.cancel(); });
    HttpClientRequest request;
    request.target = "/v1";
    request.body = exchange.request().body;
    request.may_open = [] { return Status(); };
    ++waiting;
    Status status = co_await call.start(std::move(request));
    if (status) {
      HttpResponse head;
      head.status = call.head().status;
      exchange.begin_stream(std::move(head));
      for (;;) {
        const Result<std::string_view> piece = co_await call.read_some();
        if (!piece) status = piece.error();
        if (!piece || piece->empty() || !co_await exchange.write(*piece)) break;
      }
      if (status) co_await exchange.end_stream("");
    }
    cancelled = !status && status.error().code() == Code::cancelled;
    exchange.on_cancelled({});
  }

  std::mutex mutex_;
  std::vector<std::pair<int, bool>> dones_;
};

struct Fixture {
  explicit Fixture(const std::function<void(HttpServerOptions&)>& change = {}, std::uint16_t upstream = 0) {
    options.port = 0;
    options.limits.sweep_interval = 2ms;
    handler.upstream_port = upstream;
    if (change) change(options);
    auto opened = HttpServer::open(options, clock, handler);
    EXPECT_TRUE(opened) << opened.error().message();
    server = std::move(*opened);
  }
  std::uint16_t port() const { return server->port(); }
  static void wait(const std::function<bool()>& over) {
    const auto limit = std::chrono::steady_clock::now() + 60s;
    while (!over() && std::chrono::steady_clock::now() < limit) std::this_thread::sleep_for(1ms);
    EXPECT_TRUE(over());
  }

  HttpServerOptions options;
  ManualClock clock;
  CoroutineHandler handler;
  std::unique_ptr<HttpServer> server;
};

TEST(AsyncExchange, Answers) {
  Fixture f;
  EXPECT_EQ(f.handler.threads.load(), 2);
  RawClient client(f.port());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.get("/a").body, "GET /a  7 until");
    EXPECT_EQ(client.post("/b", "body").body, "POST /b body 7 until");
    EXPECT_EQ(client.get("/pool").status, 200);
  }
  EXPECT_EQ(f.server->stats().connections_accepted.load(), 1U) << "one connection for all";
  client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.read(true).headers.at("content-length"), "16");
  RawClient old(f.port());
  EXPECT_EQ(old.ask("GET /a HTTP/1.0\r\n\r\n").body, "GET /a  7 until");
  EXPECT_TRUE(old.closed());
  f.server->stop();
  EXPECT_EQ(f.handler.threads.load(), 0);
}

TEST(AsyncExchange, PipelinedRequestsAreAnsweredInOrder) {
  Fixture f;
  RawClient client(f.port());
  std::string requests;
  for (int i = 0; i < 50; ++i)
    requests += std::string("POST ") + (i % 2 == 0 ? "/a" : "/pool") +
                " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n" + std::to_string(10 + i);
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 50; ++i) {
    const RawAnswer answer = client.read();
    ASSERT_EQ(answer.status, 200);
    if (i % 2 == 0) EXPECT_EQ(answer.body, "POST /a " + std::to_string(10 + i) + " 7 until");
  }
}

TEST(AsyncExchange, Streams) {
  Fixture f;
  f.handler.released = true;
  RawClient client(f.port());
  for (int i = 0; i < 3; ++i) {
    const RawAnswer answer = client.get("/stream");
    EXPECT_TRUE(answer.whole);
    EXPECT_EQ(answer.body, "one two three");
  }
  RawClient old(f.port());
  EXPECT_EQ(old.ask("GET /stream HTTP/1.0\r\n\r\n").body, "one two three");
  EXPECT_EQ(f.handler.report(3), (std::pair<int, bool>{200, false}));
}

TEST(AsyncExchange, TheHeadOfAStreamComesWithItsFirstPiece) {
  Fixture f;
  RawClient client(f.port());
  ASSERT_TRUE(client.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"));
  ASSERT_TRUE(client.anything());
  EXPECT_NE(client.held().find("\r\n\r\n4\r\none \r\n"), std::string::npos) << client.held();
  f.handler.released = true;
  EXPECT_EQ(client.read().body, "one two three");
}

TEST(AsyncExchange, WhatAHandlerThrowsOrForgetsIsAnAnswer) {
  Fixture f;
  RawClient client(f.port());
  EXPECT_EQ(client.get("/throw").status, 500);
  EXPECT_EQ(client.get("/silent").status, 500);
  EXPECT_EQ(client.get("/a").status, 200);
}

TEST(AsyncExchange, ABrokenStreamIsSeenToBeBroken) {
  for (const char* path : {"/broken-stream", "/thrown-stream", "/head-only"}) {
    Fixture f;
    RawClient client(f.port());
    const RawAnswer answer = client.get(path);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, std::string_view(path) == "/head-only" ? "" : "half of it");
    EXPECT_FALSE(answer.whole);
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(f.handler.report(0), (std::pair<int, bool>{200, false})) << "the client was not gone";
  }
}

TEST(AsyncExchange, AClientThatGoesAwayCancelsItsRequest) {
  for (const char* path : {"/wait", "/stream"})
    for (const bool reset : {true, false}) {
      Fixture f;
      RawClient client(f.port());
      ASSERT_TRUE(client.send(std::string("GET ") + path + " HTTP/1.1\r\nHost: h\r\n\r\n"));
      Fixture::wait([&] { return f.handler.waiting > 0; });
      if (reset) {
        client.reset();
      } else {
        if (std::string_view(path) == "/stream") ASSERT_TRUE(client.anything());
        client.close();
      }
      Fixture::wait([&] { return f.handler.cancelled.load(); });
      EXPECT_TRUE(f.handler.report(0).second) << path;
      EXPECT_TRUE(f.handler.gone.load());
      EXPECT_EQ(f.server->stats().requests_in_flight.load(), 0U);
    }
}

TEST(AsyncExchange, AHalfClosedClientStillGetsItsAnswer) {
  for (const char* path : {"/wait", "/stream"}) {
    Fixture f;
    RawClient client(f.port());
    ASSERT_TRUE(client.send(std::string("GET ") + path + " HTTP/1.1\r\nHost: h\r\n\r\n"));
    Fixture::wait([&] { return f.handler.waiting > 0; });
    client.half_close();
    // The server's probe arrives before the answer goes on.
    if (std::string_view(path) == "/stream")
      while (client.held().find("\r\n0") == std::string::npos) ASSERT_TRUE(client.more());
    f.handler.released = true;
    const RawAnswer answer = client.read();
    EXPECT_TRUE(answer.whole);
    EXPECT_EQ(answer.body, std::string_view(path) == "/wait" ? "waited" : "one two three");
    EXPECT_TRUE(client.closed());
  }
}

TEST(AsyncExchange, MoreRequestsThanMayRunAreRefusedAtOnce) {
  Fixture f([](HttpServerOptions& o) { o.limits.coroutines_in_flight_max = 1; });
  RawClient first(f.port()), second(f.port());
  ASSERT_TRUE(first.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
  Fixture::wait([&] { return f.handler.waiting > 0; });
  EXPECT_EQ(f.server->stats().requests_in_flight.load(), 1U);
  EXPECT_EQ(second.get("/a").status, 429);
  f.handler.released = true;
  EXPECT_EQ(first.read().body, "waited");
  Fixture::wait([&] { return f.server->stats().requests_in_flight.load() == 0; });
  EXPECT_EQ(second.get("/a").status, 200);
}

TEST(AsyncExchange, ARequestPastItsTimeIsCancelledAndMayAnswer) {
  Fixture f;
  RawClient client(f.port());
  ASSERT_TRUE(client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
  Fixture::wait([&] { return f.handler.waiting > 0; });
  f.clock.advance(f.options.limits.request_time + 1s);
  EXPECT_EQ(client.read().status, 504);
  EXPECT_EQ(client.get("/a").status, 200) << "the next request has a token of its own";
  EXPECT_TRUE(f.handler.cancelled.load());
}

TEST(AsyncExchange, ASlowReaderIsGivenUp) {
  Fixture f([](HttpServerOptions& o) { o.limits.request_time = 24h; });
  RawClient client(f.port(), 4096);
  ASSERT_TRUE(client.send("GET /flood HTTP/1.1\r\nHost: h\r\n\r\n"));
  Fixture::wait([&] { return f.handler.waiting > 0; });
  Fixture::wait([&] {
    f.clock.advance(f.options.limits.idle_time);
    return f.handler.cancelled.load();
  });
  EXPECT_TRUE(f.handler.report(0).second);
}

TEST(AsyncExchange, StoppingLetsRunningStreamsEnd) {
  Fixture f;
  RawClient idle(f.port()), busy(f.port());
  EXPECT_EQ(idle.get("/a").status, 200);
  ASSERT_TRUE(busy.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"));
  Fixture::wait([&] { return f.handler.waiting > 0; });
  std::thread stopper([&] { f.server->stop(); });
  EXPECT_TRUE(idle.closed());
  f.handler.released = true;
  const RawAnswer answer = busy.read();
  EXPECT_TRUE(answer.whole);
  EXPECT_EQ(answer.body, "one two three");
  EXPECT_TRUE(busy.closed());
  stopper.join();
}

TEST(AsyncExchange, StoppingCancelsWhatDoesNotEnd) {
  Fixture f([](HttpServerOptions& o) { o.limits.stop_time = 0ms; });
  RawClient client(f.port());
  ASSERT_TRUE(client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
  Fixture::wait([&] { return f.handler.waiting > 0; });
  f.server->stop();
  EXPECT_TRUE(f.handler.cancelled.load());
  EXPECT_EQ(client.read().status, 504) << "it is told";
}

TEST(AsyncExchange, PassingOnWithTheClient) {
  RawServer upstream([](RawPeer& peer, int) {
    for (std::string request = peer.request(); !request.empty(); request = peer.request()) {
      const std::string body = request.substr(request.find("\r\n\r\n") + 4);
      peer.send("HTTP/1.1 201 Made\r\ntransfer-encoding: chunked\r\n\r\n3\r\nfor\r\n1\r\n \r\n");
      char size[20];
      peer.send(std::string(
          size, static_cast<std::size_t>(std::snprintf(size, sizeof size, "%zx\r\n", body.size()))));
      peer.send(body + "\r\n0\r\n\r\n");
    }
  });
  Fixture f({}, upstream.port());
  std::vector<std::thread> clients;
  std::atomic<int> right{0};
  for (int c = 0; c < 8; ++c)
    clients.emplace_back([&, c] {
      RawClient client(f.port());
      for (int i = 0; i < 25; ++i) {
        const std::string body = std::to_string(c * 100 + i) + std::string(i % 5 == 0 ? 100'000 : 1, 'b');
        const RawAnswer answer = client.post("/proxy", body);
        if (answer.status == 201 && answer.whole && answer.body == "for " + body) ++right;
      }
    });
  for (std::thread& thread : clients) thread.join();
  EXPECT_EQ(right.load(), 8 * 25);
  EXPECT_LE(upstream.connections(), 8);
}

TEST(AsyncExchange, AClientThatGoesAwayEndsTheCallUpstream) {
  for (const bool in_body : {false, true}) {
    std::atomic<bool> saw_end{false};
    RawServer upstream([&](RawPeer& peer, int) {
      peer.request();
      if (in_body) peer.send("HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\nfour");
      saw_end = peer.closed();
    });
    Fixture f({}, upstream.port());
    {
      RawClient client(f.port());
      ASSERT_TRUE(client.send("GET /proxy HTTP/1.1\r\nHost: h\r\n\r\n"));
      Fixture::wait([&] { return f.handler.waiting > 0; });
      if (in_body) ASSERT_TRUE(client.anything());
      client.reset();
    }
    Fixture::wait([&] { return saw_end.load(); });
    EXPECT_TRUE(f.handler.report(0).second);
    EXPECT_TRUE(f.handler.cancelled.load());
  }
}

TEST(AsyncExchange, AnUpstreamThatBreaksOffBreaksTheStream) {
  RawServer upstream([&](RawPeer& peer, int) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\nfour");
  });
  Fixture f({}, upstream.port());
  RawClient client(f.port());
  const RawAnswer answer = client.get("/proxy");
  EXPECT_EQ(answer.body, "four");
  EXPECT_FALSE(answer.whole);
}

}  // namespace
}  // namespace loadline

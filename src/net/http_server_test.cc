#include "net/http_server.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "net/raw_client_test.h"

namespace loadline {
namespace {

using namespace std::chrono_literals;

// A flag that one thread sets and another waits for, within a limit.
class Signal {
 public:
  void set() {
    {
      std::lock_guard lock(mutex_);
      set_ = true;
    }
    changed_.notify_all();
  }
  bool is_set() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 5ms, [this] { return set_; });
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 30s, [this] { return set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

class CountingSink final : public BodySink {
 public:
  explicit CountingSink(bool fails) : fails_(fails) {}
  Status write(std::string_view piece) override {
    size += piece.size();
    if (fails_) return Error(Code::failed_precondition, "the disk is full");
    return {};
  }
  Status finish() override {
    finished = true;
    return {};
  }
  std::size_t size = 0;
  bool finished = false;

 private:
  const bool fails_;
};

// What each path does stands in `handle`.
class TestHandler final : public HttpHandler {
 public:
  RequestPlan plan(const HttpRequest& request) override {
    RequestPlan plan;
    plan.tag = 7;
    if (request.path() == "/here") plan.place = RequestPlan::Place::connection_thread;
    if (request.path() == "/forbidden") plan.refusal = refusal(403, Error(Code::permission_denied, "no"));
    if (request.path() == "/small") plan.body_bytes_max = 4;
    if (request.path() == "/sink") plan.body_sink = std::make_unique<CountingSink>(false);
    if (request.path() == "/full-disk") plan.body_sink = std::make_unique<CountingSink>(true);
    if (request.path() == "/bad-plan") throw std::runtime_error("plan");
    return plan;
  }

  void handle(HttpExchange& exchange) override {
    const std::string path(exchange.request().path());
    if (path == "/throw") throw std::runtime_error("handle");
    if (path == "/silent") return;
    if (path == "/wait") return wait(exchange);
    if (path == "/stream") return stream(exchange);
    if (path == "/broken-stream") return break_off(exchange);
    if (path == "/flood") return flood(exchange);
    HttpResponse response;
    response.content_type = "text/plain";
    response.body = exchange.request().method + " " + path + " " + exchange.request().body;
    if (exchange.body_sink() != nullptr) {
      const auto& sink = dynamic_cast<const CountingSink&>(*exchange.body_sink());
      response.body = std::to_string(sink.size) + (sink.finished ? " finished" : " cut");
    }
    exchange.respond(std::move(response));
  }

  HttpResponse refusal(int status, const Error& error) override {
    HttpResponse response;
    response.status = status == 0 ? 409 : status;
    response.content_type = "text/plain";
    response.body = error.message();
    return response;
  }

  void done(const HttpDone& done) override {
    std::lock_guard lock(mutex_);
    dones.push_back({done.status, done.client_gone});
    done_came_.notify_all();
  }
  void on_start(const HttpServerStats&) override { started = true; }

  /// Waits for the n-th report.
  std::pair<int, bool> report(std::size_t n) {
    std::unique_lock lock(mutex_);
    done_came_.wait_for(lock, 30s, [&] { return dones.size() > n; });
    return dones.size() > n ? dones[n] : std::pair<int, bool>{-1, false};
  }

  bool started = false;
  Signal waiting, release, cancelled;
  std::atomic<int> pushed_full{0};

 private:
  // Until released or cancelled.
  void wait(HttpExchange& exchange) {
    waiting.set();
    while (exchange.context().check().ok() && !released()) std::this_thread::yield();
    const Status status = exchange.context().check();
    if (!status) cancelled.set();
    HttpResponse response;
    response.status = status ? 200 : 504;
    response.body = "waited";
    exchange.respond(std::move(response));
  }
  bool released() const { return released_.load(); }

  void stream(HttpExchange& exchange) {
    HttpResponse head;
    head.content_type = "text/event-stream";
    exchange.begin_stream(std::move(head));
    exchange.push("one ");
    waiting.set();
    while (exchange.context().check().ok() && !released()) std::this_thread::yield();
    if (!exchange.context().check()) cancelled.set();
    exchange.push("two ");
    exchange.end_stream("three");
  }

  static void break_off(HttpExchange& exchange) {
    exchange.begin_stream({});
    exchange.push("half of it");
  }

  // More than the client takes: the bounded buffer must say so, and never grow.
  void flood(HttpExchange& exchange) {
    exchange.begin_stream({});
    const std::string block(65536, 'x');
    for (;;) {
      const HttpExchange::Push pushed = exchange.push(block);
      if (pushed == HttpExchange::Push::gone) break;
      if (pushed == HttpExchange::Push::full) {
        ++pushed_full;
        waiting.set();
        std::this_thread::yield();
        if (!exchange.context().check()) break;
      }
    }
    cancelled.set();
  }

 public:
  std::atomic<bool> released_{false};

 private:
  std::mutex mutex_;
  std::condition_variable done_came_;
  std::vector<std::pair<int, bool>> dones;
};

struct Fixture {
  explicit Fixture(const std::function<void(HttpServerOptions&)>& change = {}) {
    options.port = 0;
    options.limits.sweep_interval = 2ms;
    if (change) change(options);
    auto opened = HttpServer::open(options, clock, handler);
    EXPECT_TRUE(opened) << opened.error().message();
    server = std::move(*opened);
  }
  std::uint16_t port() const { return server->port(); }
  // Lets time pass, again and again (the server may begin to wait only after the first step), until `over`.
  bool pass(Duration step, const std::function<bool()>& over) {
    for (int i = 0; i < 100000; ++i) {
      clock.advance(step);
      if (over()) return true;
      std::this_thread::yield();
    }
    return false;
  }

  HttpServerOptions options;
  ManualClock clock;
  TestHandler handler;
  std::unique_ptr<HttpServer> server;
};

TEST(HttpServer, AnswersOnBothPlaces) {
  Fixture f;
  EXPECT_TRUE(f.handler.started);
  RawClient client(f.port());
  for (const char* path : {"/here", "/pool"}) {
    const RawAnswer answer = client.get(path);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, std::string("GET ") + path + " ");
    EXPECT_EQ(answer.headers.at("x-request-id").substr(0, 4), "req_");
    EXPECT_EQ(answer.headers.count("date"), 1U);
  }
  EXPECT_EQ(client.post("/pool", "body").body, "POST /pool body");
  EXPECT_EQ(f.server->stats().connections_accepted.load(), 1U) << "one connection for all";
}

TEST(HttpServer, RequestIdsOfTheClientAreKeptIfSane) {
  Fixture f;
  RawClient client(f.port());
  EXPECT_EQ(
      client.ask("GET /here HTTP/1.1\r\nHost: h\r\nX-Request-Id: abc-1\r\n\r\n").headers.at("x-request-id"),
      "abc-1");
  EXPECT_NE(
      client.ask("GET /here HTTP/1.1\r\nHost: h\r\nX-Request-Id: a b\r\n\r\n").headers.at("x-request-id"),
      "a b");
}

TEST(HttpServer, PipelinedRequestsAreAnsweredInOrder) {
  Fixture f;
  RawClient client(f.port());
  std::string requests;
  for (int i = 0; i < 50; ++i)
    requests += std::string("POST ") + (i % 2 == 0 ? "/here" : "/pool") +
                " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n" + std::to_string(10 + i);
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 50; ++i) {
    const RawAnswer answer = client.read();
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body.substr(answer.body.size() - 2), std::to_string(10 + i));
  }
}

TEST(HttpServer, OneByteAtATime) {
  Fixture f;
  RawClient client(f.port());
  for (const char c : std::string(
           "POST /pool HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
    ASSERT_TRUE(client.send(std::string_view(&c, 1)));
  EXPECT_EQ(client.read().body, "POST /pool abc");
}

TEST(HttpServer, ClosesWhenAskedTo) {
  Fixture f;
  RawClient closing(f.port());
  EXPECT_EQ(
      closing.ask("GET /here HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").headers.at("connection"),
      "close");
  EXPECT_TRUE(closing.closed());
  RawClient old(f.port());
  EXPECT_EQ(old.ask("GET /pool HTTP/1.0\r\n\r\n").body, "GET /pool ");
  EXPECT_TRUE(old.closed());
  RawClient old_kept(f.port());
  EXPECT_EQ(old_kept.ask("GET /pool HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").headers.at("connection"),
            "keep-alive");
  EXPECT_EQ(old_kept.ask("GET /here HTTP/1.0\r\n\r\n").status, 200);
}

TEST(HttpServer, HeadHasTheLengthAndNoBody) {
  Fixture f;
  RawClient client(f.port());
  ASSERT_TRUE(client.send("HEAD /pool HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_EQ(client.read(true).headers.at("content-length"), "11");
  EXPECT_EQ(client.get("/here").status, 200) << "and the next answer follows at once";
}

TEST(HttpServer, UnreadableRequestsAreAnsweredAndEnd) {
  Fixture f;
  RawClient client(f.port());
  const RawAnswer answer =
      client.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(client.closed());
}

TEST(HttpServer, HeaderLimits) {
  Fixture f([](HttpServerOptions& o) { o.limits.header_bytes_max = 2048; });
  RawClient client(f.port());
  EXPECT_EQ(client.ask("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(4000, 'a') + "\r\n\r\n").status, 431);
  EXPECT_TRUE(client.closed());
}

TEST(HttpServer, BodyLimits) {
  Fixture f([](HttpServerOptions& o) { o.limits.body_bytes_max = 1000; });
  const std::string long_body(1001, 'x');
  RawClient announced(f.port());
  EXPECT_EQ(announced.post("/pool", long_body).status, 413);
  EXPECT_TRUE(announced.closed());
  RawClient chunked(f.port());
  EXPECT_EQ(chunked
                .ask("POST /pool HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                     long_body + "\r\n0\r\n\r\n")
                .status,
            413);
  RawClient planned(f.port());
  EXPECT_EQ(planned.post("/small", "1234").status, 200);
  EXPECT_EQ(planned.post("/small", "12345").status, 413);
  RawClient broken(f.port());
  EXPECT_EQ(broken.ask("POST /pool HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").status,
            400);
}

constexpr std::uint64_t kib = 1024;

// Waits, within the limit of the test, for what another thread is about to do.
bool soon(const std::function<bool()>& over) {
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (!over()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

// More senders than fit keep their large bodies unfinished: the sum stays within the bound, those beyond are
// told to come again, and small requests are served all the while.
TEST(HttpServer, AllBodiesTogetherAreBounded) {
  Fixture f([](HttpServerOptions& o) { o.limits.body_bytes_total_max = 1024 * kib; });
  const HttpServerStats& stats = f.server->stats();
  const std::string half(150 * kib, 'x');
  std::vector<std::unique_ptr<RawClient>> holding;
  int refused = 0;
  for (int i = 0; i < 24; ++i) {
    auto client = std::make_unique<RawClient>(f.port());
    const std::uint64_t before = stats.body_bytes.load(), refused_before = stats.bodies_refused.load();
    // Chunked every other time: no length tells in advance what will come.
    const bool chunked = i % 2 == 0;
    ASSERT_TRUE(
        client->send(chunked ? "POST /pool HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4b000\r\n"
                             : "POST /pool HTTP/1.1\r\nHost: h\r\nContent-Length: 307200\r\n\r\n"));
    client->send(half);
    ASSERT_TRUE(soon([&] {
      return stats.body_bytes.load() >= before + half.size() || stats.bodies_refused.load() > refused_before;
    }));
    EXPECT_LE(stats.body_bytes.load(), f.options.limits.body_bytes_total_max);
    if (stats.bodies_refused.load() > refused_before) {
      EXPECT_EQ(client->read().status, 429);
      ++refused;
    } else {
      holding.push_back(std::move(client));
    }
    RawClient small(f.port());
    EXPECT_EQ(small.post("/pool", std::string(1000, 's')).status, 200);
  }
  EXPECT_GE(holding.size(), 2U);
  EXPECT_GE(refused, 12);
  holding.clear();
  EXPECT_TRUE(soon([&] { return stats.body_bytes.load() == 0; }))
      << "clients that went away gave theirs back";
  RawClient again(f.port());
  EXPECT_EQ(again.post("/pool", half).status, 200);
}

TEST(HttpServer, ADeclaredLengthThatCannotFitIsRefusedBeforeItIsSent) {
  Fixture f([](HttpServerOptions& o) { o.limits.body_bytes_total_max = 1024 * kib; });
  RawClient holder(f.port()), late(f.port()), never(f.port());
  ASSERT_TRUE(holder.send("POST /pool HTTP/1.1\r\nHost: h\r\nContent-Length: 614400\r\n\r\n" +
                          std::string(500 * kib, 'x')));
  ASSERT_TRUE(soon([&] { return f.server->stats().body_bytes.load() >= 500 * kib; }));
  EXPECT_EQ(late.ask("POST /pool HTTP/1.1\r\nHost: h\r\nContent-Length: 614400\r\n\r\n").status, 429);
  EXPECT_EQ(never.ask("POST /pool HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n").status, 413);
  EXPECT_EQ(f.server->stats().bodies_refused.load(), 1U);
  ASSERT_TRUE(holder.send(std::string(100 * kib, 'x')));
  EXPECT_EQ(holder.read().status, 200);
}

// What a request's body takes is given back however the request ends, and not before.
TEST(HttpServer, ABodyGivesBackItsBytesOnEveryPath) {
  Fixture f([](HttpServerOptions& o) {
    o.limits.body_bytes_max = 400 * kib;
    o.limits.requests_in_flight_max = 1;
  });
  const HttpServerStats& stats = f.server->stats();
  const auto given_back = [&] { return soon([&] { return stats.body_bytes.load() == 0; }); };
  const std::string body(300 * kib, 'x');
  for (const char* path : {"/pool", "/here", "/sink", "/full-disk", "/throw", "/silent"}) {
    RawClient client(f.port());
    EXPECT_NE(client.post(path, body).status, 0) << path;
    EXPECT_TRUE(given_back()) << path;
  }
  RawClient running(f.port()), second(f.port()), too_long(f.port());
  ASSERT_TRUE(running.send("POST /wait HTTP/1.1\r\nHost: h\r\nContent-Length: 307200\r\n\r\n" + body));
  ASSERT_TRUE(f.handler.waiting.wait());
  EXPECT_GE(stats.body_bytes.load(), body.size()) << "it is held while the handler runs";
  EXPECT_EQ(second.post("/pool", body).status, 429) << "no thread is free";
  EXPECT_EQ(second.get("/here").status, 200) << "and the connection goes on";
  EXPECT_EQ(too_long
                .ask("POST /pool HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n64001\r\n" +
                     std::string(400 * kib + 1, 'x'))
                .status,
            413);
  running.reset();
  EXPECT_TRUE(f.handler.cancelled.wait());
  EXPECT_TRUE(given_back());
}

// A byte now and then keeps a connection from being idle; the time of the request in all ends it.
TEST(HttpServer, ASlowSenderCannotHoldItsBytesForEver) {
  Fixture f([](HttpServerOptions& o) { o.limits.idle_time = 24h; });
  RawClient client(f.port());
  ASSERT_TRUE(client.send("POST /pool HTTP/1.1\r\nHost: h\r\nContent-Length: 307200\r\n\r\n" +
                          std::string(200 * kib, 'x')));
  ASSERT_TRUE(soon([&] { return f.server->stats().body_bytes.load() >= 200 * kib; }));
  EXPECT_TRUE(f.pass(20s, [&] { return !client.send("x") || f.server->stats().body_bytes.load() == 0; }));
  EXPECT_EQ(f.handler.report(0).first, 408);
  EXPECT_GE(f.clock.now() - Instant{}, f.options.limits.request_time);
}

// The client sends all before it reads: it must see the answer and not a reset.
TEST(HttpServer, ARefusedLongBodyStillGetsItsAnswer) {
  Fixture f([](HttpServerOptions& o) { o.limits.body_bytes_max = 1000; });
  RawClient client(f.port());
  EXPECT_EQ(client.post("/pool", std::string(900'000, 'x')).status, 413);
}

TEST(HttpServer, ExpectContinue) {
  Fixture f;
  RawClient client(f.port());
  ASSERT_TRUE(
      client.send("POST /pool HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  ASSERT_TRUE(client.anything());
  ASSERT_TRUE(client.send("ab"));
  EXPECT_EQ(client.read().body, "POST /pool ab");
  EXPECT_EQ(client.interim, 1);
  const RawAnswer refused =
      client.ask("POST /forbidden HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(refused.status, 403) << "without asking for the body";
  EXPECT_EQ(client.interim, 1);
}

TEST(HttpServer, ARefusalKeepsTheConnectionIfItsBodyIsShort) {
  Fixture f;
  RawClient client(f.port());
  EXPECT_EQ(client.post("/forbidden", "short").status, 403);
  EXPECT_EQ(client.get("/here").status, 200);
  EXPECT_EQ(client.post("/forbidden", std::string(200'000, 'x')).status, 403);
  EXPECT_TRUE(client.closed());
}

TEST(HttpServer, BodySinks) {
  Fixture f;
  RawClient client(f.port());
  EXPECT_EQ(client.post("/sink", std::string(3'000'000, 'x')).body, "3000000 finished");
  EXPECT_EQ(client.post("/sink", "").status, 200) << "no body";
  const RawAnswer failed = client.post("/full-disk", std::string(600'000, 'x'));
  EXPECT_EQ(failed.status, 409);
  EXPECT_EQ(failed.body, "the disk is full");
}

TEST(HttpServer, WhatAHandlerThrowsOrForgetsIsAnAnswer) {
  Fixture f;
  RawClient client(f.port());
  EXPECT_EQ(client.get("/throw").status, 500);
  EXPECT_EQ(client.get("/silent").status, 500);
  EXPECT_EQ(client.get("/bad-plan").status, 500);
  EXPECT_EQ(client.get("/here").status, 200);
}

TEST(HttpServer, Streams) {
  Fixture f;
  f.handler.released_ = true;
  RawClient client(f.port());
  for (int i = 0; i < 3; ++i) {
    const RawAnswer answer = client.get("/stream");
    EXPECT_TRUE(answer.whole);
    EXPECT_EQ(answer.body, "one two three");
    EXPECT_EQ(answer.headers.at("transfer-encoding"), "chunked");
  }
  RawClient old(f.port());
  EXPECT_EQ(old.ask("GET /stream HTTP/1.0\r\n\r\n").body, "one two three");
}

TEST(HttpServer, ABrokenStreamIsSeenToBeBroken) {
  Fixture f;
  RawClient client(f.port());
  const RawAnswer answer = client.get("/broken-stream");
  EXPECT_EQ(answer.body, "half of it");
  EXPECT_FALSE(answer.whole);
  EXPECT_TRUE(client.closed());
}

TEST(HttpServer, AClientThatGoesAwayCancelsItsRequest) {
  for (const char* path : {"/wait", "/stream"}) {
    Fixture f;
    RawClient client(f.port());
    ASSERT_TRUE(client.send(std::string("GET ") + path + " HTTP/1.1\r\nHost: h\r\n\r\n"));
    ASSERT_TRUE(f.handler.waiting.wait());
    client.reset();
    EXPECT_TRUE(f.handler.cancelled.wait()) << path;
    EXPECT_TRUE(f.handler.report(0).second) << path << ": the report says that the client was gone";
  }
}

TEST(HttpServer, AClientThatClosesIsFoundOutBeforeTheAnswer) {
  Fixture f;
  {
    RawClient client(f.port());
    ASSERT_TRUE(client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
    ASSERT_TRUE(f.handler.waiting.wait());
  }  // closes without a reset
  EXPECT_TRUE(f.handler.cancelled.wait());
}

TEST(HttpServer, AHalfClosedClientStillGetsItsAnswer) {
  Fixture f;
  RawClient client(f.port());
  ASSERT_TRUE(client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
  client.half_close();
  ASSERT_TRUE(f.handler.waiting.wait());
  f.handler.released_ = true;
  EXPECT_EQ(client.read().body, "waited");
  EXPECT_TRUE(client.closed());
}

TEST(HttpServer, MoreRequestsThanMayRunAreRefusedAtOnce) {
  Fixture f([](HttpServerOptions& o) { o.limits.requests_in_flight_max = 1; });
  RawClient first(f.port()), second(f.port());
  ASSERT_TRUE(first.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
  ASSERT_TRUE(f.handler.waiting.wait());
  EXPECT_EQ(f.server->stats().requests_in_flight.load(), 1U);
  EXPECT_EQ(second.get("/pool").status, 429);
  EXPECT_EQ(second.get("/here").status, 200) << "what takes no thread is still answered";
  f.handler.released_ = true;
  EXPECT_EQ(first.read().body, "waited");
}

TEST(HttpServer, MoreConnectionsThanAllowedAreToldSo) {
  Fixture f([](HttpServerOptions& o) { o.limits.connections_max = 2; });
  RawClient a(f.port()), b(f.port());
  EXPECT_EQ(a.get("/here").status, 200);
  EXPECT_EQ(b.get("/here").status, 200);
  RawClient c(f.port());
  EXPECT_EQ(c.read().status, 503);
  EXPECT_TRUE(c.closed());
  EXPECT_EQ(f.server->stats().connections_refused.load(), 1U);
}

TEST(HttpServer, IdleConnectionsEnd) {
  Fixture f;
  RawClient client(f.port());
  EXPECT_EQ(client.get("/here").status, 200);
  EXPECT_TRUE(f.pass(f.options.limits.idle_time, [&] { return client.readable(); }));
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(f.server->stats().timeouts.load(), 1U);
}

TEST(HttpServer, AHeaderThatDoesNotEndIsAnswered408) {
  Fixture f([](HttpServerOptions& o) { o.limits.idle_time = 24h; });
  RawClient client(f.port());
  ASSERT_TRUE(client.send("GET /here HTTP/1.1\r\nHo"));
  EXPECT_TRUE(f.pass(f.options.limits.header_time, [&] { return client.readable(); }));
  EXPECT_EQ(client.read().status, 408);
  EXPECT_TRUE(client.closed());
}

TEST(HttpServer, ABodyThatDoesNotComeIsAnswered408) {
  Fixture f;
  RawClient client(f.port());
  ASSERT_TRUE(
      client.send("POST /pool HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"));
  ASSERT_TRUE(client.anything());  // the server waits for the body
  ASSERT_TRUE(client.send("ab"));
  EXPECT_TRUE(f.pass(f.options.limits.idle_time, [&] { return f.server->stats().timeouts.load() > 0; }));
  EXPECT_EQ(client.read().status, 408);
  EXPECT_TRUE(client.closed());
}

TEST(HttpServer, ARequestPastItsTimeIsCancelled) {
  Fixture f;
  RawClient client(f.port());
  ASSERT_TRUE(client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
  ASSERT_TRUE(f.handler.waiting.wait());
  f.clock.advance(f.options.limits.request_time + 1s);
  EXPECT_TRUE(f.handler.cancelled.wait());
  EXPECT_EQ(client.read().status, 504);
}

TEST(HttpServer, ASlowReaderHoldsABoundedBufferAndIsGivenUp) {
  Fixture f([](HttpServerOptions& o) {
    o.limits.stream_buffer_bytes_max = 262144;
    o.limits.request_time = 24h;
  });
  RawClient client(f.port(), 4096);
  ASSERT_TRUE(client.send("GET /flood HTTP/1.1\r\nHost: h\r\n\r\n"));
  ASSERT_TRUE(f.handler.waiting.wait()) << "the buffer fills and says so";
  EXPECT_TRUE(f.pass(f.options.limits.idle_time, [&] { return f.handler.cancelled.is_set(); }));
  EXPECT_TRUE(f.handler.report(0).second);
}

TEST(HttpServer, StoppingLetsRunningStreamsEnd) {
  Fixture f;
  RawClient idle(f.port()), busy(f.port());
  EXPECT_EQ(idle.get("/here").status, 200);
  ASSERT_TRUE(busy.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"));
  ASSERT_TRUE(f.handler.waiting.wait());
  std::thread stopper([&] { f.server->stop(); });
  EXPECT_TRUE(idle.closed()) << "idle connections end at once";
  f.handler.released_ = true;
  const RawAnswer answer = busy.read();
  EXPECT_TRUE(answer.whole);
  EXPECT_EQ(answer.body, "one two three");
  EXPECT_TRUE(busy.closed());
  stopper.join();
}

TEST(HttpServer, StoppingCancelsWhatDoesNotEnd) {
  Fixture f([](HttpServerOptions& o) { o.limits.stop_time = 0ms; });
  RawClient client(f.port());
  ASSERT_TRUE(client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
  ASSERT_TRUE(f.handler.waiting.wait());
  f.server->stop();
  EXPECT_TRUE(f.handler.cancelled.wait());
  EXPECT_EQ(client.read().status, 504) << "it is told";
}

TEST(HttpServer, ManyClientsAtOnce) {
  Fixture f([](HttpServerOptions& o) { o.limits.requests_in_flight_max = 64; });
  std::vector<std::thread> clients;
  std::atomic<int> right{0};
  for (int c = 0; c < 16; ++c)
    clients.emplace_back([&, c] {
      for (int round = 0; round < 5; ++round) {
        RawClient client(f.port());
        for (int i = 0; i < 4; ++i) {
          const std::string body = std::to_string(c * 100 + round * 10 + i);
          const std::string path = i % 2 == 0 ? "/here" : "/pool";
          if (client.post(path, body).body == "POST " + path + " " + body) ++right;
        }
        if (round % 2 == 0) client.reset();
      }
    });
  for (std::thread& thread : clients) thread.join();
  EXPECT_EQ(right.load(), 16 * 5 * 4);
}

TEST(HttpServer, WhereItListens) {
  ManualClock clock;
  TestHandler handler;
  HttpServerOptions options;
  options.port = 0;
  options.address = "0.0.0.0";
  const auto refused = HttpServer::open(options, clock, handler);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::failed_precondition);
  EXPECT_NE(refused.error().message().find("--insecure"), std::string::npos);
  options.keys_required = true;
  EXPECT_TRUE(HttpServer::open(options, clock, handler));
  options.keys_required = false;
  options.insecure = true;
  EXPECT_TRUE(HttpServer::open(options, clock, handler));
  options.address = "example.org";
  EXPECT_EQ(HttpServer::open(options, clock, handler).error().code(), Code::invalid_argument);
  options.address = "127.0.0.1";
  const auto first = HttpServer::open(options, clock, handler);
  ASSERT_TRUE(first);
  options.port = (*first)->port();
  EXPECT_EQ(HttpServer::open(options, clock, handler).error().code(), Code::unavailable);
}

}  // namespace
}  // namespace loadline

// The client's TLS: whom it trusts, and whom it does not.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>

#include "net/async_exchange.h"
#include "net/certificates_test.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/raw_server_test.h"

namespace loadline {
namespace {

namespace asio = boost::asio;

// Echoes, on the pool or as a stream of a coroutine; "/wait" until the client goes away.
class EchoHandler final : public HttpHandler, public AsyncHandler {
 public:
  RequestPlan plan(const HttpRequest& request) override {
    RequestPlan plan;
    if (request.target != "/pool") plan.place = RequestPlan::Place::coroutine;
    return plan;
  }
  AsyncHandler* async() override { return this; }
  void on_thread_start(std::size_t, asio::any_io_executor) override {}
  void on_thread_stop(std::size_t) override {}
  asio::awaitable<void> serve(AsyncExchange& exchange) override {
    if (exchange.request().target == "/wait") {
      asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
      exchange.on_cancelled([&timer] { timer.cancel(); });
      waiting = true;
      boost::system::error_code ignored;
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      exchange.on_cancelled({});
      cancelled = exchange.context().cancel.cancelled();
      co_return;
    }
    exchange.begin_stream({});
    const bool there = co_await exchange.write(exchange.request().body);
    EXPECT_TRUE(there);
    co_await exchange.end_stream({});
  }
  void handle(HttpExchange& exchange) override {
    HttpResponse response;
    response.body = exchange.request().body;
    exchange.respond(std::move(response));
  }
  HttpResponse refusal(int, const Error&) override { return {}; }
  void done(const HttpDone&) override {}
  void on_start(const HttpServerStats&) override {}

  std::atomic<bool> waiting{false}, cancelled{false};
};

class LocalResolver final : public HostResolver {
 public:
  asio::awaitable<Result<std::vector<asio::ip::address>>> resolve(std::string) override {
    co_return std::vector<asio::ip::address>{asio::ip::make_address("127.0.0.1")};
  }
};

struct Answer {
  Status status;
  HttpStage stage = HttpStage::waiting;
  bool sent = false, ended = false;
  std::string body;
};

class ClientTls : public testing::Test {
 protected:
  void SetUp() override {
    certificates_.make("ca", {.name = "ca.test", .authority = true});
    certificates_.make("other-ca", {.name = "other.test", .authority = true});
    certificates_.make("good", {.name = "model.test", .signer = "ca"});
    certificates_.make("address", {.name = "IP:127.0.0.1", .signer = "ca"});
    certificates_.make("wild", {.name = "*.model.test", .signer = "ca"});
    certificates_.make("expired", {.name = "model.test", .signer = "ca", .expired = true});
    certificates_.make("self", {.name = "model.test"});
    certificates_.make("not-an-authority", {.name = "x.test", .signer = "ca"});
    certificates_.make("by-nobody", {.name = "model.test", .signer = "not-an-authority"});
  }

  std::unique_ptr<HttpServer> serve(const std::string& certificate) {
    HttpServerOptions options;
    options.port = 0;
    options.tls_certificate = certificates_.path(certificate + ".crt");
    options.tls_key = certificates_.path(certificate + ".key");
    auto server = HttpServer::open(options, clock_, handler_);
    EXPECT_TRUE(server);
    return std::move(*server);
  }

  static asio::awaitable<void> call(std::shared_ptr<HttpOrigin> origin, std::string target, std::string body,
                                    std::chrono::milliseconds total, Answer& answer, asio::io_context& io) {
    HttpCall call(*origin);
    HttpClientRequest request;
    request.target = target;
    request.times.total = total;
    request.body = body;
    request.may_open = [] { return Status(); };
    answer.status = co_await call.start(std::move(request));
    if (answer.status) answer.status = co_await call.read_rest(answer.body, 1 << 22);
    answer.stage = call.stage();
    answer.sent = call.sent();
    answer.ended = true;
    io.stop();
  }
  Answer ask(const std::string& host, std::uint16_t port, const std::string& authority, int times = 1,
             const std::string& body = "question", const std::string& target = "/pool",
             std::chrono::milliseconds total = std::chrono::seconds(300)) {
    asio::io_context io{1};
    HttpClientOptions client_options;
    client_options.resolver = &resolver_;
    HttpClient client(io.get_executor(), clock_, std::move(client_options));
    HttpOriginOptions options;
    options.url.tls = true;
    options.url.host = host;
    options.url.port = port;
    auto trust = TlsTrust::from_file(certificates_.path(authority + ".crt"));
    EXPECT_TRUE(trust);
    options.trust = *trust;
    const auto origin = client.origin(std::move(options));
    EXPECT_TRUE(origin);
    Answer answer;
    for (int i = 0; i < times; ++i) {
      answer = Answer();
      asio::co_spawn(io, call(*origin, target, body, total, answer, io), asio::detached);
      io.run_for(std::chrono::seconds(60));
      io.restart();
      EXPECT_TRUE(answer.ended);
    }
    connects_ = (*origin)->counts().connects;
    return answer;
  }

  TestCertificates certificates_;
  SystemClock clock_;
  EchoHandler handler_;
  LocalResolver resolver_;
  std::uint64_t connects_ = 0;
};

TEST_F(ClientTls, ATrustedServerOfThatName) {
  const auto server = serve("good");
  const std::string body(300'000, 'x');
  for (const char* target : {"/pool", "/coroutine"}) {
    const Answer answer = ask("model.test", server->port(), "ca", 5, body, target);
    ASSERT_TRUE(answer.status) << answer.status.error().message();
    EXPECT_EQ(answer.body, body);
    EXPECT_EQ(connects_, 1U) << "kept";
  }
}

TEST_F(ClientTls, GivingUpIsSeenByTheServer) {
  const auto server = serve("good");
  const Answer answer =
      ask("model.test", server->port(), "ca", 1, "", "/wait", std::chrono::milliseconds(500));
  ASSERT_FALSE(answer.status);
  EXPECT_EQ(answer.status.error().code(), Code::deadline_exceeded);
  while (server->stats().connections_open.load() > 0) std::this_thread::yield();
  EXPECT_EQ(handler_.cancelled.load(), handler_.waiting.load());
}

TEST_F(ClientTls, AnAddressInsteadOfAName) {
  const auto server = serve("address");
  EXPECT_TRUE(ask("127.0.0.1", server->port(), "ca").status);
  EXPECT_FALSE(ask("model.test", server->port(), "ca").status);
}

TEST_F(ClientTls, AWildcardIsForOneLabel) {
  const auto server = serve("wild");
  EXPECT_TRUE(ask("a.model.test", server->port(), "ca").status);
  EXPECT_FALSE(ask("a.b.model.test", server->port(), "ca").status);
  EXPECT_FALSE(ask("model.test", server->port(), "ca").status);
}

TEST_F(ClientTls, WhomItDoesNotTrustGetsNothing) {
  struct Case {
    std::string certificate, host, authority, wanted;
  };
  for (const Case& each : {Case{"good", "other.test", "ca", "hostname mismatch"},
                           Case{"good", "127.0.0.1", "ca", "address mismatch"},
                           Case{"good", "model.test", "other-ca", "unable to get local issuer certificate"},
                           Case{"self", "model.test", "ca", "self-signed certificate"},
                           Case{"expired", "model.test", "ca", "expired"},
                           Case{"by-nobody", "model.test", "ca", "unable to get local issuer certificate"}}) {
    const auto server = serve(each.certificate);
    const Answer answer = ask(each.host, server->port(), each.authority);
    ASSERT_FALSE(answer.status) << each.certificate << " for " << each.host;
    EXPECT_EQ(answer.status.error().code(), Code::unavailable);
    const std::string& message = answer.status.error().message();
    EXPECT_NE(message.find("certificate is refused"), std::string::npos) << message;
    EXPECT_NE(message.find(each.wanted), std::string::npos) << message;
    EXPECT_EQ(answer.stage, HttpStage::handshake);
    EXPECT_FALSE(answer.sent);
  }
}

TEST_F(ClientTls, AServerWithoutTlsIsAnError) {
  RawServer server([](RawPeer& peer, int) { peer.send("HTTP/1.1 400 Bad\r\ncontent-length: 0\r\n\r\n"); });
  const Answer answer = ask("model.test", server.port(), "ca");
  ASSERT_FALSE(answer.status);
  EXPECT_FALSE(answer.sent);
}

TEST_F(ClientTls, TrustThatCannotBeRead) {
  EXPECT_EQ(TlsTrust::from_file(certificates_.path("none.crt")).error().code(), Code::invalid_argument);
  EXPECT_EQ(TlsTrust::from_file(certificates_.path("good.key")).error().code(), Code::invalid_argument);
  EXPECT_TRUE(TlsTrust::system());
  asio::io_context io;
  HttpClient client(io.get_executor(), clock_, {});
  HttpOriginOptions options;
  options.url.tls = true;
  options.url.host = "model.test";
  EXPECT_EQ(client.origin(std::move(options)).error().code(), Code::invalid_argument);
}

}  // namespace
}  // namespace loadline

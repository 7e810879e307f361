// TLS from the client's side, with a certificate made here.
#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <thread>

#include "net/certificates_test.h"
#include "net/http_server.h"
#include "net/raw_client_test.h"

namespace loadline {
namespace {

namespace asio = boost::asio;

class EchoHandler final : public HttpHandler {
 public:
  RequestPlan plan(const HttpRequest&) override { return {}; }
  void handle(HttpExchange& exchange) override {
    HttpResponse response;
    response.body = exchange.request().body;
    if (exchange.request().path() == "/wait")
      while (exchange.context().check().ok()) std::this_thread::yield();
    exchange.respond(std::move(response));
  }
  HttpResponse refusal(int status, const Error&) override {
    HttpResponse response;
    response.status = status;
    return response;
  }
  void done(const HttpDone& done) override { gone = done.client_gone; }
  void on_start(const HttpServerStats&) override {}
  std::atomic<bool> gone{false};
};

class Tls : public testing::Test {
 protected:
  void SetUp() override {
    certificates_.make("one", {.name = "localhost"});
    certificates_.make("other", {.name = "localhost"});
  }

  std::string path(const std::string& name) const { return certificates_.path(name); }
  Result<std::unique_ptr<HttpServer>> open(const std::string& certificate, const std::string& key) {
    HttpServerOptions options;
    options.port = 0;
    options.tls_certificate = certificate.empty() ? "" : path(certificate);
    options.tls_key = key.empty() ? "" : path(key);
    return HttpServer::open(options, clock_, handler_);
  }

  TestCertificates certificates_;
  SystemClock clock_;
  EchoHandler handler_;
};

struct TlsClient {
  explicit TlsClient(std::uint16_t port) {
    trust.set_verify_mode(asio::ssl::verify_none);  // the certificate is our own
    stream.next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
    stream.handshake(asio::ssl::stream_base::client);
  }
  asio::io_context io;
  asio::ssl::context trust{asio::ssl::context::tls_client};
  asio::ssl::stream<asio::ip::tcp::socket> stream{io, trust};
};

TEST_F(Tls, RequestsAndAnswers) {
  const auto server = open("one.crt", "one.key");
  ASSERT_TRUE(server) << server.error().message();
  EXPECT_EQ((*server)->url().substr(0, 8), "https://");
  TlsClient client((*server)->port());
  const std::string body(100'000, 'x');
  for (int i = 0; i < 3; ++i) {
    asio::write(client.stream,
                asio::buffer("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + body));
    std::string text(4096, 0);
    std::size_t size = 0;
    while (text.substr(0, size).find("\r\n\r\n") == std::string::npos)
      size += client.stream.read_some(asio::buffer(text.data() + size, text.size() - size));
    const std::size_t end = text.find("\r\n\r\n") + 4;
    std::string rest(body.size() - (size - end), 0);
    asio::read(client.stream, asio::buffer(rest));
    EXPECT_EQ(text.substr(end, size - end) + rest, body);
  }
}

TEST_F(Tls, AClientThatGoesAwayCancelsItsRequest) {
  const auto server = open("one.crt", "one.key");
  ASSERT_TRUE(server);
  {
    TlsClient client((*server)->port());
    asio::write(client.stream, asio::buffer(std::string("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")));
    while ((*server)->stats().requests_in_flight.load() == 0) std::this_thread::yield();
  }
  while ((*server)->stats().connections_open.load() > 0) std::this_thread::yield();
  EXPECT_TRUE(handler_.gone.load());
}

TEST_F(Tls, PlainHttpGetsNoAnswer) {
  const auto server = open("one.crt", "one.key");
  ASSERT_TRUE(server);
  RawClient plain((*server)->port());
  ASSERT_TRUE(plain.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_TRUE(plain.closed());
}

TEST_F(Tls, FilesThatDoNotFitAreNamed) {
  for (const auto& [certificate, key, wanted] :
       {std::tuple{"one.crt", "other.key", "does not belong to the certificate"},
        std::tuple{"none.crt", "one.key", "none.crt"}, std::tuple{"one.key", "one.key", "PEM"},
        std::tuple{"one.crt", "", "needs both files"}}) {
    const auto server = open(certificate, key);
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error().code(), Code::invalid_argument);
    EXPECT_NE(server.error().message().find(wanted), std::string::npos) << server.error().message();
  }
}

}  // namespace
}  // namespace loadline

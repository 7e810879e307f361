#include "net/http_client.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/raw_server_test.h"

namespace loadline {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Addresses = std::vector<asio::ip::address>;

constexpr std::string_view small_answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nhi";

class FakeResolver final : public HostResolver {
 public:
  asio::awaitable<Result<Addresses>> resolve(std::string host) override {
    ++asked;
    if (host == "unknown.test") co_return Error(Code::unavailable, "no such host");
    co_return answer;
  }
  Addresses answer{asio::ip::make_address("127.0.0.1")};
  int asked = 0;
};

struct Got {
  Status status;
  int code = 0;
  std::string body;
  std::string header_a;
  HttpStage stage = HttpStage::waiting;
  bool sent = false, kept = false;
};

class Client : public testing::Test {
 protected:
  Client() {
    HttpClientOptions options;
    options.resolver = &resolver_;
    options.sweep_interval = 1ms;
    client_ = std::make_unique<HttpClient>(io_.get_executor(), clock_, std::move(options));
  }

  std::shared_ptr<HttpOrigin> origin(std::uint16_t port, HttpOriginLimits limits = {},
                                     std::string host = "model.test") {
    HttpOriginOptions options;
    options.url.host = std::move(host);
    options.url.port = port;
    options.limits = limits;
    auto opened = client_->origin(std::move(options));
    EXPECT_TRUE(opened);
    return *opened;
  }

  static HttpClientRequest post(std::string_view body = "question") {
    HttpClientRequest request;
    request.target = "/v1/x";
    request.body = body;
    request.may_open = [] { return Status(); };
    return request;
  }

  // A whole call; the test may run several at once.
  asio::awaitable<void> call(std::shared_ptr<HttpOrigin> origin, HttpClientRequest request, Got& got,
                             HttpCall** running = nullptr) {
    HttpCall call(*origin);
    if (running != nullptr) *running = &call;
    got.status = co_await call.start(std::move(request));
    if (got.status) {
      got.code = call.head().status;
      got.header_a = call.head().field("x-a");
      got.status = co_await call.read_rest(got.body, 1 << 20);
    }
    got.stage = call.stage();
    got.sent = call.sent();
    got.kept = call.on_kept_connection();
    if (running != nullptr) *running = nullptr;
    ++ended_;
  }

  void spawn(const std::shared_ptr<HttpOrigin>& origin, HttpClientRequest request, Got& got,
             HttpCall** running = nullptr) {
    ++spawned_;
    asio::co_spawn(io_.get_executor(), call(origin, std::move(request), got, running), asio::detached);
  }
  // Runs all that was spawned; lets `step` pass in each round.
  void run(Duration step = 0ns) {
    const auto limit = std::chrono::steady_clock::now() + 60s;
    while (ended_ < spawned_ && std::chrono::steady_clock::now() < limit) {
      io_.run_for(1ms);
      io_.restart();
      clock_.advance(step);
    }
    EXPECT_EQ(ended_, spawned_);
  }
  // Runs until `over`.
  void run_until(const std::function<bool()>& over) {
    const auto limit = std::chrono::steady_clock::now() + 60s;
    while (!over() && std::chrono::steady_clock::now() < limit) {
      io_.run_for(1ms);
      io_.restart();
    }
    EXPECT_TRUE(over());
  }
  Got ask(const std::shared_ptr<HttpOrigin>& origin, HttpClientRequest request = post(),
          Duration step = 0ns) {
    Got got;
    spawn(origin, std::move(request), got);
    run(step);
    return got;
  }

  ManualClock clock_;
  FakeResolver resolver_;
  asio::io_context io_{1};
  std::unique_ptr<HttpClient> client_;
  int spawned_ = 0, ended_ = 0;
};

TEST_F(Client, SendsOneRequestAndReadsItsAnswer) {
  std::string seen;
  RawServer server([&seen](RawPeer& peer, int) {
    seen = peer.request();
    peer.send(small_answer);
    peer.closed();
  });
  const auto to = origin(server.port());
  const std::vector<HttpField> fields{{"authorization", "Bearer k"}, {"content-type", "application/json"}};
  HttpClientRequest request = post("{}");
  request.fields = fields;
  const Got got = ask(to, std::move(request));
  ASSERT_TRUE(got.status) << got.status.error().message();
  EXPECT_EQ(got.code, 200);
  EXPECT_EQ(got.body, "hi");
  EXPECT_EQ(got.header_a, "b");
  EXPECT_EQ(got.stage, HttpStage::done);
  EXPECT_EQ(seen, "POST /v1/x HTTP/1.1\r\nhost: model.test:" + std::to_string(server.port()) +
                      "\r\ncontent-length: 2\r\nauthorization: Bearer k\r\n"
                      "content-type: application/json\r\n\r\n{}");
  client_.reset();
}

TEST_F(Client, KeepsConnections) {
  RawServer server([](RawPeer& peer, int) {
    while (!peer.request().empty()) peer.send(small_answer);
  });
  const auto to = origin(server.port());
  for (int i = 0; i < 5; ++i) {
    const Got got = ask(to);
    EXPECT_EQ(got.body, "hi");
    EXPECT_EQ(got.kept, i > 0);
  }
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(to->counts().connects, 1U);
  EXPECT_EQ(to->counts().reuses, 4U);
  EXPECT_EQ(to->counts().idle, 1U);
  EXPECT_EQ(resolver_.asked, 1);
  client_.reset();
}

TEST_F(Client, EveryFramingInPiecesOfEverySize) {
  const std::string body(5000, 'x');
  const std::string head = "HTTP/1.1 200 OK\r\nx-a: b\r\n";
  const std::vector<std::string> answers{head + "content-length: 5000\r\n\r\n" + body,
                                         head + "transfer-encoding: chunked\r\n\r\n7d0\r\n" +
                                             body.substr(0, 2000) + "\r\nbb8;e=1\r\n" + body.substr(0, 3000) +
                                             "\r\n0\r\nt: 1\r\n\r\n",
                                         head + "\r\n" + body};
  for (std::size_t kind = 0; kind < answers.size(); ++kind)
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{7}, std::size_t{1000}, std::size_t{100'000}}) {
      const std::string& answer = answers[kind];
      RawServer server([&](RawPeer& peer, int) {
        while (!peer.request().empty()) {
          for (std::size_t at = 0; at < answer.size(); at += piece) peer.send(answer.substr(at, piece));
          if (kind == 2) return;
        }
      });
      auto to = origin(server.port());
      for (int round = 0; round < 2; ++round) {
        const Got got = ask(to);
        ASSERT_TRUE(got.status) << got.status.error().message();
        EXPECT_EQ(got.body, body) << kind << " " << piece;
        EXPECT_EQ(got.kept, round == 1 && kind < 2);
      }
      to.reset();
    }
}

TEST_F(Client, AnswersWithoutBody) {
  RawServer server([](RawPeer& peer, int) {
    for (std::string request = peer.request(); !request.empty(); request = peer.request())
      peer.send(request.substr(0, 4) == "HEAD" ? "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"
                                               : "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n");
  });
  const auto to = origin(server.port());
  HttpClientRequest head = post("");
  head.method = "HEAD";
  EXPECT_EQ(ask(to, head).code, 200);
  const Got got = ask(to);
  EXPECT_EQ(got.code, 204);
  EXPECT_TRUE(got.kept);
  client_.reset();
}

TEST_F(Client, StreamsArriveAsTheyAreSent) {
  std::atomic<int> taken{0};
  RawServer server([&taken](RawPeer& peer, int) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    for (int i = 0; i < 5; ++i) {
      peer.send("3\r\n<" + std::to_string(i) + ">\r\n");
      while (taken.load() <= i) std::this_thread::yield();  // the next one only once this one was taken
    }
    peer.send("0\r\n\r\n");
    peer.closed();
  });
  const auto to = origin(server.port());
  std::string body;
  struct Reader {
    static asio::awaitable<void> read(HttpOrigin& to, HttpClientRequest request, std::string& into,
                                      std::atomic<int>& pieces, int& ended) {
      HttpCall call(to);
      const Status status = co_await call.start(std::move(request));
      EXPECT_TRUE(status);
      for (;;) {
        const Result<std::string_view> piece = co_await call.read_some();
        if (!piece || piece->empty()) break;
        into += *piece;
        ++pieces;
      }
      ++ended;
    }
  };
  ++spawned_;
  asio::co_spawn(io_.get_executor(), Reader::read(*to, post(), body, taken, ended_), asio::detached);
  run();
  EXPECT_EQ(body, "<0><1><2><3><4>");
  client_.reset();
}

TEST_F(Client, AKeptConnectionThatEndedIsReplacedOnce) {
  for (const bool noticed : {true, false}) {
    std::atomic<bool> closed{false};
    RawServer server([&](RawPeer& peer, int n) {
      peer.request();
      peer.send(small_answer);
      if (n == 0 && !noticed) peer.request();  // and closes without an answer
      if (n == 0) {
        peer.close();
        closed = true;
        return;
      }
      peer.closed();
    });
    auto to = origin(server.port());
    EXPECT_EQ(ask(to).body, "hi");
    if (noticed)
      while (!closed) std::this_thread::yield();
    const Got got = ask(to);
    EXPECT_EQ(got.body, "hi") << "noticed before: " << noticed;
    EXPECT_FALSE(got.kept);
    EXPECT_EQ(to->counts().retries, noticed ? 0U : 1U);
    EXPECT_EQ(server.connections(), 2);
    to.reset();
  }
}

TEST_F(Client, ANewConnectionIsNotRepeated) {
  RawServer server([](RawPeer& peer, int) { peer.request(); });
  const auto to = origin(server.port());
  const Got got = ask(to);
  ASSERT_FALSE(got.status);
  EXPECT_EQ(got.status.error().code(), Code::unavailable);
  EXPECT_EQ(got.stage, HttpStage::head);
  EXPECT_TRUE(got.sent);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(Client, NothingIsRepeatedOnceAByteCame) {
  RawServer server([](RawPeer& peer, int) {
    peer.request();
    peer.send(small_answer);
    peer.request();
    peer.send("H");
  });
  const auto to = origin(server.port());
  EXPECT_EQ(ask(to).body, "hi");
  const Got got = ask(to);
  ASSERT_FALSE(got.status);
  EXPECT_TRUE(got.kept);
  EXPECT_EQ(to->counts().retries, 0U);
}

TEST_F(Client, NothingIsRepeatedThatTheServerMayHaveWorkedOn) {
  std::atomic<bool> asked{false}, end{false};
  RawServer server([&](RawPeer& peer, int) {
    peer.request();
    peer.send(small_answer);
    peer.request();
    asked = true;
    while (!end) std::this_thread::yield();
  });
  const auto to = origin(server.port());
  EXPECT_EQ(ask(to).body, "hi");
  Got got;
  spawn(to, post(), got);
  run_until([&] { return asked.load(); });
  clock_.advance(2s);
  end = true;
  run();
  ASSERT_FALSE(got.status);
  EXPECT_EQ(to->counts().retries, 0U);
}

TEST_F(Client, AnswersThatAreCutAreErrors) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"HTTP/1.1 200 OK\r\ncontent-le", "within the head"},
      {"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfour", "before the end"},
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfour\r\n", "before the end"},
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "chunks"},
      {"SSH-2.0-x\r\n", "not HTTP"},
      {"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", "two lengths"},
      {"HTTP/1.1 101 Switching\r\n\r\n", "changes the protocol"}};
  for (const auto& [answer, wanted] : cases) {
    RawServer server([&text = answer](RawPeer& peer, int) {
      peer.request();
      peer.send(text);
    });
    auto to = origin(server.port());
    const Got got = ask(to);
    ASSERT_FALSE(got.status) << answer;
    EXPECT_EQ(got.status.error().code(), Code::unavailable);
    EXPECT_NE(got.status.error().message().find(wanted), std::string::npos) << got.status.error().message();
    EXPECT_EQ(to->counts().connections, 0U);
    to.reset();
  }
}

TEST_F(Client, WhatComesBehindAnAnswerEndsTheConnection) {
  RawServer server([](RawPeer& peer, int) {
    while (!peer.request().empty()) peer.send(std::string(small_answer) + "HTTP/1.1 200 OK\r\n");
  });
  const auto to = origin(server.port());
  EXPECT_EQ(ask(to).body, "hi");
  EXPECT_EQ(ask(to).body, "hi") << "and not the bytes that were not asked for";
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(Client, AResetIsAnError) {
  RawServer server([](RawPeer& peer, int) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfo");
    peer.reset();
  });
  EXPECT_FALSE(ask(origin(server.port())).status);
}

TEST_F(Client, AnAnswerThatComesBeforeTheRequestIsReadIsTaken) {
  RawServer server([](RawPeer& peer, int) {
    peer.send("HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno");
    peer.closed();
  });
  const auto to = origin(server.port());
  const std::string body(2'000'000, 'x');
  const Got got = ask(to, post(body));
  EXPECT_EQ(got.code, 413);
  EXPECT_EQ(got.body, "no");
  client_.reset();
}

TEST_F(Client, TimeLimits) {
  const auto silent = [](RawPeer& peer, int) { peer.closed(); };
  const auto stalls = [](RawPeer& peer, int) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfo");
    peer.closed();
  };
  struct Case {
    std::function<void(RawPeer&, int)> serve;
    HttpTimes times;
    HttpStage stage;
    std::string wanted;
  };
  HttpTimes first, stall, total;
  first.first_byte = 700ms;
  stall.stall = 800ms;
  total.total = 900ms;
  const std::vector<Case> cases{{silent, first, HttpStage::head, "no answer within 700 ms"},
                                {stalls, stall, HttpStage::body, "stood still for 800 ms"},
                                {silent, total, HttpStage::head, "longer than 900 ms"},
                                {stalls, total, HttpStage::body, "longer than 900 ms"}};
  for (const Case& each : cases) {
    std::atomic<int> ended{0};
    RawServer server([&](RawPeer& peer, int n) {
      each.serve(peer, n);
      ++ended;
    });
    auto to = origin(server.port());
    HttpClientRequest request = post();
    request.times = each.times;
    const Got got = ask(to, std::move(request), 100ms);
    ASSERT_FALSE(got.status);
    EXPECT_EQ(got.status.error().code(), Code::deadline_exceeded);
    EXPECT_NE(got.status.error().message().find(each.wanted), std::string::npos)
        << got.status.error().message();
    EXPECT_EQ(got.stage, each.stage);
    while (ended.load() == 0) std::this_thread::yield();  // the server saw the connection end
    to.reset();
  }
}

TEST_F(Client, ALongRequestIsInTimeWhileSomeOfItIsTaken) {
  constexpr std::size_t step = 16 << 20;  // more than the sockets hold
  std::atomic<std::size_t> taken{0}, allowed{0};
  RawServer server([&](RawPeer& peer, int) {
    while (taken < 3 * step) {
      while (taken >= allowed) std::this_thread::yield();
      taken += peer.take();
    }
    peer.send(small_answer);
    peer.closed();
  });
  const auto to = origin(server.port());
  const std::string body(3 * step, 'x');
  HttpClientRequest request = post(body);
  request.times.stall = 1000ms;
  Got got;
  spawn(to, std::move(request), got);
  for (int i = 1; i <= 3; ++i) {
    allowed += step;
    run_until([&] { return taken >= static_cast<std::size_t>(i) * step; });
    clock_.advance(900ms);
    for (int round = 0; round < 5; ++round) {  // for the sweep
      io_.run_for(1ms);
      io_.restart();
    }
  }
  run();
  EXPECT_EQ(got.body, "hi");
  client_.reset();
}

TEST_F(Client, ARequestThatIsNotTakenIsGivenUp) {
  std::atomic<bool> end{false};
  RawServer server([&](RawPeer&, int) {
    while (!end) std::this_thread::yield();
  });
  const std::string body(32 << 20, 'x');
  HttpClientRequest request = post(body);
  request.times.stall = 1000ms;
  const Got got = ask(origin(server.port()), std::move(request), 100ms);
  end = true;
  ASSERT_FALSE(got.status);
  EXPECT_EQ(got.stage, HttpStage::sending);
  EXPECT_NE(got.status.error().message().find("took no byte for 1000 ms"), std::string::npos);
}

// The limit "stall" is for the server: a caller may take its time between two pieces.
TEST_F(Client, ASlowReaderIsNoStall) {
  RawServer server([](RawPeer& peer, int) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfo");
    peer.request();
  });
  struct Reader {
    static asio::awaitable<void> read(HttpOrigin& to, HttpClientRequest request, Got& got, int& ended) {
      HttpCall call(to);
      got.status = co_await call.start(std::move(request));
      const Result<std::string_view> piece = co_await call.read_some();
      if (piece) got.body = *piece;
      asio::steady_timer pause(co_await asio::this_coro::executor);
      pause.expires_after(50ms);
      co_await pause.async_wait(asio::use_awaitable);
      got.kept = true;
      ++ended;
      const Result<std::string_view> next = co_await call.read_some();
      got.code = next ? 0 : static_cast<int>(next.error().code());
    }
  };
  const auto to = origin(server.port());
  HttpClientRequest request = post();
  request.times.stall = 1000ms;
  Got got;
  ++spawned_;
  asio::co_spawn(io_.get_executor(), Reader::read(*to, std::move(request), got, ended_), asio::detached);
  run_until([&] { return !got.body.empty(); });
  clock_.advance(2s);
  run();
  EXPECT_EQ(got.code, 0) << "still waiting";
  client_.reset();
  run_until([&] { return got.code != 0; });
  EXPECT_EQ(got.code, static_cast<int>(Code::cancelled));
}

TEST_F(Client, CancelClosesTheConnectionAtOnce) {
  for (const bool in_body : {false, true}) {
    std::atomic<bool> asked{false}, saw_end{false};
    RawServer server([&](RawPeer& peer, int) {
      peer.request();
      if (in_body) peer.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfo");
      asked = true;
      saw_end = peer.closed();
    });
    auto to = origin(server.port());
    Got got;
    HttpCall* running = nullptr;
    spawn(to, post(), got, &running);
    run_until([&] {
      return asked.load() && running != nullptr && (!in_body || running->stage() == HttpStage::body);
    });
    running->cancel();
    run();
    ASSERT_FALSE(got.status);
    EXPECT_EQ(got.status.error().code(), Code::cancelled);
    while (!saw_end) std::this_thread::yield();
    EXPECT_EQ(to->counts().connections, 0U);
    to.reset();
  }
}

TEST_F(Client, ConnectionsAndWaitingCallsAreBounded) {
  std::atomic<bool> go{false};
  RawServer server([&](RawPeer& peer, int) {
    while (!peer.request().empty()) {
      while (!go) std::this_thread::yield();
      peer.send(small_answer);
    }
  });
  HttpOriginLimits limits;
  limits.connections_max = 2;
  limits.waiting_max = 2;
  const auto to = origin(server.port(), limits);
  std::vector<Got> got(5);
  for (Got& each : got) spawn(to, post(), each);
  run_until([&] { return to->counts().waiting == 2 && !got[4].status; });
  EXPECT_EQ(got[4].status.error().code(), Code::resource_exhausted);
  EXPECT_FALSE(got[4].sent);
  EXPECT_EQ(to->counts().connections, 2U);
  go = true;
  run();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)].body, "hi");
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(to->counts().waiting, 0U);
  client_.reset();
}

TEST_F(Client, WaitingCallsEndWithTheirTimeOrTheirCaller) {
  std::atomic<bool> go{false};
  RawServer server([&](RawPeer& peer, int) {
    while (!peer.request().empty()) {
      while (!go) std::this_thread::yield();
      peer.send(small_answer);
    }
  });
  HttpOriginLimits limits;
  limits.connections_max = 1;
  const auto to = origin(server.port(), limits);
  Got first, second, third, fourth;
  HttpCall* cancelled = nullptr;
  spawn(to, post(), first);
  run_until([&] { return to->counts().connections == 1; });
  HttpClientRequest impatient = post();
  impatient.times.connect = 500ms;
  spawn(to, std::move(impatient), second);
  spawn(to, post(), third, &cancelled);
  spawn(to, post(), fourth);
  run_until([&] { return to->counts().waiting == 3; });
  cancelled->cancel();
  clock_.advance(600ms);
  run_until([&] { return ended_ == 2; });
  EXPECT_EQ(second.status.error().code(), Code::deadline_exceeded);
  EXPECT_EQ(third.status.error().code(), Code::cancelled);
  go = true;
  run();
  EXPECT_EQ(first.body, "hi");
  EXPECT_EQ(fourth.body, "hi");
  EXPECT_TRUE(fourth.kept);
  client_.reset();
}

TEST_F(Client, IdleConnectionsEndAfterTheirTime) {
  std::atomic<bool> saw_end{false};
  RawServer server([&](RawPeer& peer, int) {
    peer.request();
    peer.send(small_answer);
    saw_end = peer.closed();
  });
  const auto to = origin(server.port());
  EXPECT_EQ(ask(to).body, "hi");
  clock_.advance(31s);
  run_until([&] { return to->counts().connections == 0; });
  while (!saw_end) std::this_thread::yield();
}

TEST_F(Client, OldConnectionsCarryNoFurtherRequest) {
  RawServer server([](RawPeer& peer, int) {
    while (!peer.request().empty()) peer.send(small_answer);
  });
  HttpOriginLimits limits;
  limits.idle_time = 10h;
  const auto to = origin(server.port(), limits);
  EXPECT_EQ(ask(to).body, "hi");
  clock_.advance(11min);
  EXPECT_EQ(ask(to).body, "hi");
  EXPECT_EQ(server.connections(), 2);
  client_.reset();
}

TEST_F(Client, NamesAreAskedForOnceInTheirTime) {
  RawServer server([](RawPeer& peer, int) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
  const auto to = origin(server.port());
  std::vector<Got> got(3);
  for (Got& each : got) spawn(to, post(), each);
  run();
  for (const Got& each : got) EXPECT_EQ(each.code, 200);
  EXPECT_EQ(resolver_.asked, 1);
  clock_.advance(31s);
  EXPECT_EQ(ask(to).code, 200);
  EXPECT_EQ(resolver_.asked, 2);
}

TEST_F(Client, AnUnknownNameSaysSo) {
  const Got got = ask(origin(1, {}, "unknown.test"));
  ASSERT_FALSE(got.status);
  EXPECT_EQ(got.stage, HttpStage::resolving);
  EXPECT_FALSE(got.sent);
  EXPECT_NE(got.status.error().message().find("cannot be resolved: no such host"), std::string::npos);
}

TEST_F(Client, TheNextAddressIsTriedIfOneDoesNotAnswer) {
  RawServer server([](RawPeer& peer, int) {
    peer.request();
    peer.send(small_answer);
  });
  // Nobody listens on 127.0.0.9 at this port.
  resolver_.answer = {asio::ip::make_address("127.0.0.9"), asio::ip::make_address("127.0.0.1")};
  const auto to = origin(server.port());
  EXPECT_EQ(ask(to).body, "hi");
  EXPECT_EQ(to->counts().connects, 2U);
}

TEST_F(Client, ASystemNameResolves) {
  RawServer server([](RawPeer& peer, int) {
    peer.request();
    peer.send(small_answer);
  });
  client_ = std::make_unique<HttpClient>(io_.get_executor(), clock_, HttpClientOptions{});
  EXPECT_EQ(ask(origin(server.port(), {}, "localhost")).body, "hi");
  EXPECT_EQ(ask(origin(server.port(), {}, "127.0.0.1")).body, "hi");
}

TEST_F(Client, MayOpenIsAskedBeforeEveryConnectAndReuse) {
  RawServer server([](RawPeer& peer, int) {
    while (!peer.request().empty()) peer.send(small_answer);
  });
  const auto to = origin(server.port());
  int asked = 0;
  bool allowed = false;
  HttpClientRequest request = post();
  request.may_open = [&] {
    ++asked;
    return allowed ? Status() : Status(Error(Code::permission_denied, "not there"));
  };
  const Got refused = ask(to, request);
  ASSERT_FALSE(refused.status);
  EXPECT_EQ(refused.status.error().code(), Code::permission_denied);
  EXPECT_FALSE(refused.sent);
  EXPECT_EQ(to->counts().connects, 0U);
  allowed = true;
  EXPECT_EQ(ask(to, request).body, "hi");
  EXPECT_EQ(ask(to, request).body, "hi");
  EXPECT_EQ(asked, 3);
  allowed = false;
  const Got again = ask(to, request);
  ASSERT_FALSE(again.status);
  EXPECT_FALSE(again.sent);
  EXPECT_EQ(to->counts().idle, 1U) << "nothing was done to the connection";
  client_.reset();
}

TEST_F(Client, WhatCannotBeSentIsRefused) {
  const auto to = origin(1);
  for (const HttpField& field : {HttpField{"a", "b\r\nc: d"}, HttpField{"a b", "c"}, HttpField{"", "c"},
                                 HttpField{"a:", "c"}, HttpField{"Content-Length", "3"},
                                 HttpField{"host", "h"}, HttpField{"Transfer-Encoding", "chunked"}}) {
    HttpClientRequest request = post();
    request.fields = std::span(&field, 1);
    const Got got = ask(to, std::move(request));
    ASSERT_FALSE(got.status);
    EXPECT_EQ(got.status.error().code(), Code::invalid_argument);
  }
  HttpClientRequest request = post();
  request.target = "/a b";
  EXPECT_EQ(ask(to, std::move(request)).status.error().code(), Code::invalid_argument);
}

TEST_F(Client, ACallThatIsGivenUpClosesItsConnection) {
  std::atomic<bool> saw_end{false};
  RawServer server([&](RawPeer& peer, int) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfo");
    saw_end = peer.closed();
  });
  struct Caller {
    static asio::awaitable<void> start(HttpOrigin& to, HttpClientRequest request, int& ended) {
      HttpCall call(to);
      const Status status = co_await call.start(std::move(request));
      EXPECT_TRUE(status);
      ++ended;
    }
  };
  const auto to = origin(server.port());
  ++spawned_;
  asio::co_spawn(io_.get_executor(), Caller::start(*to, post(), ended_), asio::detached);
  run();
  while (!saw_end) std::this_thread::yield();
  EXPECT_EQ(to->counts().connections, 0U);
}

TEST(HttpUrl, Parts) {
  const auto url = parse_http_url("https://API.Example.com:8443/v1/");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "api.example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/v1");
  EXPECT_EQ(url->authority(), "api.example.com:8443");
  EXPECT_EQ(parse_http_url("http://h")->authority(), "h");
  EXPECT_EQ(parse_http_url("http://[::1]:80/")->origin(), "http://[::1]");
  for (const char* bad :
       {"", "h", "ftp://h", "http://", "http://h:0", "http://h:70000", "http://h:x", "http://a b",
        "http://h/?q", "http://h/#f", "http://[::1", "http://[h]", "http://-h", "http://h:"})
    EXPECT_FALSE(parse_http_url(bad)) << bad;
  const auto with_password = parse_http_url("http://user:secret@h/");
  ASSERT_FALSE(with_password);
  EXPECT_EQ(with_password.error().message().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace loadline

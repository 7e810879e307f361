#include "fake_upstream.h"

#include <pthread.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <thread>

#include "fake_connection.h"

namespace loadline {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

class FakeUpstream::Impl {
 public:
  Status listen(std::uint16_t port) {
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    ErrorCode error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return Error(Code::unavailable, "cannot listen on 127.0.0.1: " + error.message());
    port_ = acceptor_.local_endpoint(error).port();
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "fake-upstream");
      context_.run();
    });
    return {};
  }

  ~Impl() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  std::uint16_t port() const { return port_; }

  /// Runs `task` on the thread that serves, and waits.
  template <class Task>
  auto ask(Task task) -> decltype(task(std::declval<FakeState&>())) {
    std::packaged_task<decltype(task(std::declval<FakeState&>()))()> work(
        [this, task = std::move(task)] { return task(state_); });
    auto result = work.get_future();
    asio::post(context_, std::move(work));
    return result.get();
  }

 private:
  asio::awaitable<void> accept() {
    for (;;) {
      ErrorCode error;
      asio::redirect_error_t<asio::use_awaitable_t<>> token(asio::use_awaitable, error);
      tcp::socket socket(context_);
      co_await acceptor_.async_accept(socket, token);
      if (error == asio::error::operation_aborted) co_return;
      if (!error) asio::co_spawn(context_, serve(std::move(socket)), asio::detached);
    }
  }
  asio::awaitable<void> serve(tcp::socket socket) {
    FakeConnection connection(state_, std::move(socket));
    co_await connection.run();
  }

  FakeState state_{{}, FakeLog(log_requests_max, log_bytes_max), {}};
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

FakeUpstream::FakeUpstream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FakeUpstream::~FakeUpstream() = default;

Result<std::unique_ptr<FakeUpstream>> FakeUpstream::start(std::uint16_t port) {
  auto impl = std::make_unique<Impl>();
  LOADLINE_TRY(impl->listen(port));
  return std::unique_ptr<FakeUpstream>(new FakeUpstream(std::move(impl)));
}

std::uint16_t FakeUpstream::port() const { return impl_->port(); }
std::string FakeUpstream::url() const { return "http://127.0.0.1:" + std::to_string(port()); }

Status FakeUpstream::script(std::string_view json) {
  LOADLINE_ASSIGN(FakeScript script, FakeScript::parse(json));
  impl_->ask([&script](FakeState& state) {
    state.script = std::move(script);
    state.canned.clear();
  });
  return {};
}

void FakeUpstream::reset() {
  impl_->ask([](FakeState& state) {
    state.script = FakeScript();
    state.log.clear();
  });
}

std::string FakeUpstream::counts() const {
  return impl_->ask([](FakeState& state) { return state.log.counts(); });
}

std::string FakeUpstream::requests() const {
  return impl_->ask([](FakeState& state) { return state.log.requests(0); });
}

}  // namespace loadline

#include "net/http_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "net/connection.h"
#include "net/io_thread.h"
#include "net/listen_address.h"
#include "net/response_head.h"
#include "net/tls_context.h"

namespace loadline {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds accept_pause{50};  // after "no more file descriptors" and the like
constexpr std::chrono::milliseconds stop_poll{20};
constexpr std::chrono::milliseconds abort_pause{100};
constexpr std::chrono::milliseconds cancelled_grace{2000};  // for requests to answer that they were cancelled

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const HttpServerOptions& options, const Clock& clock, HttpHandler& handler)
      : options_(options), shared_{.limits = options.limits, .clock = clock, .handler = handler} {
    shared_.takes_request_id = options.takes_request_id;
    shared_.pool = std::make_unique<WorkerPool>("request", options.limits.requests_in_flight_max);
    const std::uint32_t threads = std::max<std::uint32_t>(1, options.threads);
    for (std::uint32_t i = 0; i < threads; ++i)
      threads_.push_back(std::make_unique<IoThread>(shared_, i, random_seed()));
  }

  ~Impl() { stop(); }

  Status listen();
  void start();
  void stop();

  const HttpServerOptions options_;
  ServerShared shared_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::unique_ptr<tcp::acceptor> acceptor_;
  std::string url_;
  std::uint16_t port_ = 0;

 private:
  asio::awaitable<void> accept_loop();
  void take(tcp::socket socket, IoThread& io);
  void refuse(tcp::socket socket);
  bool wait_for_connections(std::chrono::nanoseconds limit);

  std::size_t next_thread_ = 0;  // of the accept loop
  std::mutex stop_mutex_;
  bool started_ = false, stopped_ = false;  // guarded by stop_mutex_
};

Status HttpServer::Impl::listen() {
  LOADLINE_ASSIGN(const auto address, listen_address(options_));
  if (options_.tls_certificate.empty() != options_.tls_key.empty())
    return Error(Code::invalid_argument, "TLS needs both files, tls_certificate and tls_key");
  if (!options_.tls_certificate.empty()) {
    LOADLINE_ASSIGN(shared_.tls, make_tls_context(options_.tls_certificate, options_.tls_key));
  }
  const tcp::endpoint endpoint(address, options_.port);
  acceptor_ = std::make_unique<tcp::acceptor>(threads_.front()->context());
  ErrorCode error;
  acceptor_->open(endpoint.protocol(), error);
  if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_->bind(endpoint, error);
  if (!error) acceptor_->listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return Error(Code::unavailable, "cannot listen on " + address.to_string() + " port " +
                                        std::to_string(options_.port) + ": " + error.message() +
                                        (error == asio::error::address_in_use
                                             ? "; stop the program that has it, or choose another port"
                                             : ""));
  port_ = acceptor_->local_endpoint(error).port();
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  url_ = (shared_.tls ? "https://" : "http://") + host + ":" + std::to_string(port_);
  return {};
}

void HttpServer::Impl::start() {
  std::lock_guard lock(stop_mutex_);
  started_ = true;
  shared_.handler.on_start(shared_.stats);
  for (const auto& thread : threads_) thread->announce();
  asio::co_spawn(threads_.front()->context(), accept_loop(), asio::detached);
  for (std::size_t i = 0; i < threads_.size(); ++i) threads_[i]->start("http-" + std::to_string(i));
}

asio::awaitable<void> HttpServer::Impl::accept_loop() {
  asio::steady_timer pause(threads_.front()->context());
  for (;;) {
    IoThread& io = *threads_[next_thread_];
    next_thread_ = (next_thread_ + 1) % threads_.size();
    tcp::socket socket(io.context());
    ErrorCode error;
    asio::redirect_error_t<asio::use_awaitable_t<>> token(asio::use_awaitable, error);
    co_await acceptor_->async_accept(socket, token);
    if (shared_.stats.stopping.load() || error == asio::error::operation_aborted) co_return;
    if (!error) {
      take(std::move(socket), io);
      continue;
    }
    pause.expires_after(accept_pause);
    co_await pause.async_wait(token);
  }
}

void HttpServer::Impl::take(tcp::socket socket, IoThread& io) {
  HttpServerStats& stats = shared_.stats;
  if (stats.connections_open.fetch_add(1) >= shared_.limits.connections_max) {
    stats.connections_open.fetch_sub(1);
    stats.connections_refused.fetch_add(1);
    return refuse(std::move(socket));
  }
  try {
    auto connection = std::make_shared<Connection>(shared_, io, std::move(socket));
    asio::post(io.context(), [connection] { connection->start(); });
    stats.connections_accepted.fetch_add(1);
  } catch (const std::exception&) {  // out of memory: this one goes, accepting goes on
    stats.connections_open.fetch_sub(1);
    stats.connections_refused.fetch_add(1);
  }
}

// One attempt to say why; the socket's buffer is empty, so it fits.
void HttpServer::Impl::refuse(tcp::socket socket) {
  if (shared_.tls) return;
  const HttpResponse response = shared_.handler.refusal(
      503, Error(Code::resource_exhausted, "all " + std::to_string(shared_.limits.connections_max) +
                                               " connections are taken; try again shortly"));
  std::string text;
  append_response_head(text, response, {.content_length = response.content().size(), .close = true});
  text += response.content();
  ErrorCode ignored;
  socket.non_blocking(true, ignored);
  socket.send(asio::buffer(text), 0, ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

bool HttpServer::Impl::wait_for_connections(std::chrono::nanoseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (shared_.stats.connections_open.load() > 0) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

void HttpServer::Impl::stop() {
  std::lock_guard lock(stop_mutex_);
  if (!started_ || stopped_) return;
  stopped_ = true;
  shared_.stats.stopping.store(true);
  asio::post(threads_.front()->context(), [this] {
    ErrorCode ignored;
    acceptor_->close(ignored);
  });
  for (const auto& thread : threads_) thread->demand_all(IoThread::Demand::finish);
  if (!wait_for_connections(shared_.limits.stop_time)) {
    for (const auto& thread : threads_) thread->demand_all(IoThread::Demand::cancel);
    bool ended = wait_for_connections(cancelled_grace);
    while (!ended) {
      for (const auto& thread : threads_) thread->demand_all(IoThread::Demand::abort);
      ended = wait_for_connections(abort_pause);
    }
  }
  shared_.pool.reset();  // waits for handlers, which see their cancel tokens
  shared_.files.join();
  for (const auto& thread : threads_) thread->join();
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::open(const HttpServerOptions& options, const Clock& clock,
                                                     HttpHandler& handler) {
  auto impl = std::make_unique<Impl>(options, clock, handler);
  LOADLINE_TRY(impl->listen());
  impl->start();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const { return impl_->port_; }
std::string HttpServer::url() const { return impl_->url_; }
const HttpServerStats& HttpServer::stats() const { return impl_->shared_.stats; }

void HttpServer::run(const CancelToken& stop) {
  while (!stop.cancelled()) std::this_thread::sleep_for(stop_poll);
  this->stop();
}

void HttpServer::stop() { impl_->stop(); }

}  // namespace loadline

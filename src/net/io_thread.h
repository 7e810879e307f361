#pragma once
// One thread that serves connections, and what its connections share: they all run on it, so nothing here
// needs a lock. Only for the sources of this module.
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>

#include "base/clock.h"
#include "base/rng.h"
#include "net/body_budget.h"
#include "net/http_handler.h"
#include "net/http_server.h"
#include "net/worker_pool.h"

namespace loadline {

class Connection;

/// What every connection needs of the server. Constant after construction, or with its own synchronisation.
struct ServerShared {
  const HttpLimits limits;
  const Clock& clock;
  HttpHandler& handler;
  std::optional<boost::asio::ssl::context> tls{};
  HttpServerStats stats{};
  BodyBudget bodies{limits.body_bytes_total_max, stats.body_bytes};
  std::unique_ptr<WorkerPool> pool{};
  std::atomic<std::uint32_t> coroutines_in_flight{0};
  std::function<bool(std::string_view)> takes_request_id{};
  boost::asio::thread_pool files{1};  // writes bodies to their sinks
};

class IoThread {
 public:
  IoThread(ServerShared& shared, std::size_t index, std::uint64_t seed);
  ~IoThread();

  boost::asio::io_context& context() { return context_; }
  /// Of all threads of this server.
  std::size_t index() const { return index_; }
  /// To the handler of coroutines, before any of the server's threads runs.
  void announce();
  void start(std::string name);
  /// Returns once the last connection is gone.
  void join();
  /// From any thread: what to do with every connection.
  enum class Demand : std::uint8_t { finish, cancel, abort };
  void demand_all(Demand demand);

  // On this thread:
  void add(std::shared_ptr<Connection> connection);
  void remove(const Connection& connection);
  std::string new_request_id();
  const std::string& date() const { return date_; }

 private:
  void schedule_sweep();
  void sweep();

  ServerShared& shared_;
  const std::size_t index_;
  boost::asio::io_context context_{1};
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
  boost::asio::steady_timer sweep_timer_{context_};
  std::unordered_map<const Connection*, std::shared_ptr<Connection>> connections_;
  Rng rng_;
  std::string date_;
  std::int64_t date_seconds_ = -1;
  bool joining_ = false;
  std::thread thread_;
};

}  // namespace loadline

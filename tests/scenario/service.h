#pragma once
// The service under test: the real HTTP server and API over a real store, real indexes, real ingestion and
// the real answer flow, in a process of its own, so that it can be killed. Only the model is scripted, the
// clock stands still until told to move (with a manifest it runs, since upstreams take time), and embeddings
// are hashes of words unless the real model is asked for.
//
// The process is forked from the runner, which must have one thread then. Both talk over a pair of sockets, a
// JSON object a line: one command, one answer.
#include <sys/types.h>

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <vector>

#include "api/api.h"
#include "base/result.h"
#include "gateway/chat_flow.h"
#include "gateway_parts.h"
#include "net/http_server.h"

namespace loadline {

struct ServiceSettings {
  std::string data_folder;       // store, indexes, uploads; survives restarts
  std::string documents_folder;  // what `ingest` reads
  HttpLimits http;
  ApiLimits api;
  std::vector<ApiKey> keys;
  std::vector<RouteSettings> routes;
  std::vector<std::string> models;
  GatewaySettings gateway;
  bool real_embedder = false;      // all-MiniLM-L6-v2 of the cache, else hashes
  bool confined_extractor = true;  // the real program, else a line format read in the process
  bool local_only = false;
  std::string not_ready;  // why; "": ready
  std::int64_t clock_millis = 1'700'000'000'000;
};

/// What the child process does: runs the service, obeys commands on `control`, returns the exit code.
int run_service(const ServiceSettings& settings, int control);

/// The runner's end. One thread.
class Service {
 public:
  /// Serves when it returns. unavailable: it does not start, and why.
  static Result<std::unique_ptr<Service>> start(const ServiceSettings& settings);
  /// Kills it if it runs.
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  std::uint16_t port() const { return port_; }
  /// The answer of one command ({"do":NAME,...}); its own {"error"} as an Error. unavailable: the process
  /// died.
  Result<boost::json::object> command(boost::json::object command);
  /// Ends it as SIGTERM would; unavailable: it ended badly (a crash, a leak that the sanitizer found).
  Status stop();
  void kill();

 private:
  Service(pid_t process, int control) : process_(process), control_(control) {}
  Result<std::string> read_line();

  pid_t process_;
  int control_;
  std::uint16_t port_ = 0;
  std::string unread_;
};

}  // namespace loadline

#pragma once
// A fake upstream (tests/upstream) in a process of its own: it lives on when the service under test is
// killed, and its counts are what the ledger is compared with. Forked from the runner, which must have one
// thread then; told what to do over its own HTTP control.
#include <sys/types.h>

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

class UpstreamProcess {
 public:
  /// Serves when it returns.
  static Result<std::unique_ptr<UpstreamProcess>> start();
  ~UpstreamProcess();
  UpstreamProcess(const UpstreamProcess&) = delete;
  UpstreamProcess& operator=(const UpstreamProcess&) = delete;

  std::uint16_t port() const { return port_; }
  /// What it does from now on; `rules` as in tests/upstream/README.md.
  Status obey(boost::json::array rules) const;
  /// The counts, and what arrived under "received": bodies that are JSON as JSON, headers by name.
  Result<boost::json::object> seen() const;

 private:
  UpstreamProcess(pid_t process, int life) : process_(process), life_(life) {}
  Result<std::string> control(std::string_view method, std::string_view target,
                              const std::string& body) const;

  pid_t process_;
  int life_;  // the child ends when this is closed
  std::uint16_t port_ = 0;
};

/// A port of 127.0.0.1 at which every connection is refused, as long as this lives.
class RefusedPort {
 public:
  RefusedPort();
  ~RefusedPort();
  RefusedPort(const RefusedPort&) = delete;
  RefusedPort& operator=(const RefusedPort&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  int socket_ = -1;
  std::uint16_t port_ = 0;
};

/// The words of an `upstream` statement as one rule. invalid_argument names the word.
Result<boost::json::object> parse_upstream_rule(std::string_view words);

}  // namespace loadline

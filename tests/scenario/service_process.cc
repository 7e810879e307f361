// The runner's half of service.h: the process and the line to it.
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "service.h"
#include "text_cursor.h"

namespace loadline {

namespace json = boost::json;

namespace {

constexpr int command_millis_max = 120'000;  // an ingest on a slow, busy machine under sanitizers

Error died(std::string what) { return {Code::unavailable, std::move(what)}; }

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return std::string("was ended by ") + strsignal(WTERMSIG(status));
  return "ended with code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Result<std::unique_ptr<Service>> Service::start(const ServiceSettings& settings) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return died("socketpair failed");
  std::fflush(nullptr);  // or the child would print it once more
  const pid_t runner = ::getpid();
  const pid_t process = ::fork();
  if (process < 0) return died("fork failed");
  if (process == 0) {
    ::close(ends[0]);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != runner) ::_exit(1);
    std::exit(run_service(settings, ends[1]));
  }
  ::close(ends[1]);
  std::unique_ptr<Service> service(new Service(process, ends[0]));
  LOADLINE_ASSIGN(const json::object hello, service->command({{"do", "hello"}}));
  service->port_ = static_cast<std::uint16_t>(hello.at("port").to_number<int>());
  return service;
}

Service::~Service() {
  kill();
  ::close(control_);
}

Result<std::string> Service::read_line() {
  for (;;) {
    if (const std::size_t end = unread_.find('\n'); end != std::string::npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    pollfd ready{control_, POLLIN, 0};
    if (::poll(&ready, 1, command_millis_max) <= 0) return died("the service does not answer the runner");
    char bytes[65536];
    const ssize_t size = ::read(control_, bytes, sizeof bytes);
    if (size <= 0) {
      int status = 0;
      if (process_ > 0) ::waitpid(std::exchange(process_, -1), &status, 0);
      return died("the service " + how_it_ended(status));
    }
    unread_.append(bytes, static_cast<std::size_t>(size));
  }
}

Result<json::object> Service::command(json::object command) {
  const std::string line = json::serialize(command) + "\n";
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t size = ::send(control_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return died("the service has gone");
    sent += static_cast<std::size_t>(size);
  }
  LOADLINE_ASSIGN(const std::string answer, read_line());
  json::object object = json::parse(answer).as_object();
  if (const json::value* error = object.if_contains("error"))
    return Error(Code::failed_precondition, json_string(*error));
  return object;
}

Status Service::stop() {
  LOADLINE_ASSIGN(const json::object stopping, command({{"do", "stop"}}));
  int status = 0;
  ::waitpid(std::exchange(process_, -1), &status, 0);
  if (status == 0) return {};
  return died("the service " + how_it_ended(status) + " when it was stopped");
}

void Service::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(std::exchange(process_, -1), nullptr, 0);
}

}  // namespace loadline

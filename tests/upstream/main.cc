// loadline_fake_upstream [--port N] [--canned]: serves on 127.0.0.1 until SIGINT or SIGTERM, and prints its
// port.
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "fake_upstream.h"

int main(int argc, char** argv) {
  std::uint16_t port = 0;
  bool canned = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--canned") == 0) {
      canned = true;
    } else if (std::strcmp(argv[i], "--port") == 0 && i + 1 < argc) {
      port = static_cast<std::uint16_t>(std::atoi(argv[++i]));
    } else {
      std::fprintf(stderr, "usage: loadline_fake_upstream [--port N] [--canned]\n");
      return 2;
    }
  }
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // the serving thread inherits it

  const auto upstream = loadline::FakeUpstream::start(port);
  if (!upstream) {
    std::fprintf(stderr, "%s\n", upstream.error().message().c_str());
    return 1;
  }
  if (canned && !(*upstream)->script(R"({"canned": true})")) return 1;
  std::printf("%u\n", (*upstream)->port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}

#include <csignal>
#include <cstdio>
#include <optional>

#include "apps/loadline/commands.h"
#include "apps/loadline/commands_json.h"

namespace loadline {
namespace {

// A signal handler can reach nothing but statics; the flag is the atomic inside the token.
std::optional<CancelToken> cancelled_by_signal;

void on_signal(int) {
  cancelled_by_signal->cancel();
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

}  // namespace

int report(const Wire& wire, const Error& error) {
  if (wire.options().json)
    print_json({{"error", {{"code", std::string(code_name(error.code()))}, {"message", error.message()}}}});
  std::fprintf(stderr, "error: %s\n", error.message().c_str());
  return exit_failed;
}

void cancel_on_signals(const CallContext& context) {
  cancelled_by_signal = context.cancel;
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

}  // namespace loadline

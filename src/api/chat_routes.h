#pragma once
// POST /v1/chat/completions and /v1/completions. Thread-safe.
#include <functional>
#include <string>

#include "api/api_error.h"
#include "api/metrics.h"
#include "base/clock.h"
#include "gateway/chat_flow.h"
#include "net/http_handler.h"

namespace loadline {

class ChatRoutes {
 public:
  /// All must outlive it. `retry_after`: seconds.
  ChatRoutes(ChatFlow& flow, const Clock& clock, Metrics& metrics, std::function<int()> retry_after)
      : flow_(flow), clock_(clock), metrics_(metrics), retry_after_(std::move(retry_after)) {}

  /// `tenant`: whose computed prefixes may be shared.
  void chat(HttpExchange& exchange, const std::string& tenant) const;
  void completions(HttpExchange& exchange, const std::string& tenant) const;

 private:
  ChatFlow& flow_;
  const Clock& clock_;
  Metrics& metrics_;
  const std::function<int()> retry_after_;
};

}  // namespace loadline

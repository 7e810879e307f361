#pragma once
// One call of a model as the gateway sees it: a head, then bytes in the dialect it was asked in, wherever the
// model runs. A coroutine's object: used on its connection's thread only.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gateway/route_plan.h"
#include "net/http_client.h"
#include "net/http_handler.h"
#include "net/pooled_exchange.h"
#include "net/worker_pool.h"

namespace loadline {

struct CallHead {
  int status = 0;
  std::vector<HttpHeader> passed;  // what of its headers the client gets
  Duration retry_after{};          // 0: it does not say
};

class ModelCall {
 public:
  virtual ~ModelCall() = default;
  /// Sends the request and waits for the head. Errors as HttpCall::start.
  virtual boost::asio::awaitable<Result<CallHead>> start() = 0;
  /// The next piece of the body, valid until the next call; "" at its end.
  virtual boost::asio::awaitable<Result<std::string_view>> read_some() = 0;
  /// Ends it at once: the upstream sees it, and what waits gives `cancelled`.
  virtual void cancel() = 0;
  /// How long it waited for a place: a connection of those to the upstream.
  virtual Duration waited() const = 0;
  /// What a failure was, for the plan.
  virtual FailureKind failure_kind(const Error& error) const = 0;
};

/// A call over HTTP. All must outlive it; the views of `request` too.
std::unique_ptr<ModelCall> make_remote_call(HttpOrigin& origin, HttpClientRequest request);

/// What answers in this process, on a pool: an OpenAI request in, an OpenAI answer or stream out.
struct LocalModels {
  HttpHandler& handler;
  WorkerPool& pool;
  static constexpr std::size_t buffer_bytes_max = 1U << 20;
};

/// `request` has target and body of the OpenAI API; `may_open` is asked before the handler sees it.
std::unique_ptr<ModelCall> make_local_call(const LocalModels& models, boost::asio::any_io_executor executor,
                                           HttpRequest request, std::uint32_t tag, CallContext context,
                                           std::function<Status()> may_open);

/// Seconds or HTTP date (RFC 9110 section 10.2.3); 0: neither. `now_ms`: since 1970.
Duration parse_retry_after(std::string_view text, std::int64_t now_ms);

}  // namespace loadline

#pragma once
// A request that is answered on a pool thread, and the bounded buffer through which its answer reaches the
// connection.
//
// The handler's side (HttpExchange) is used by one pool thread and, for `push`, by the model's thread; the
// connection's side by the connection's thread. Shared by both: it lives until the later of them lets go.
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "net/body_budget.h"
#include "net/http_handler.h"

namespace loadline {

class PooledExchange final : public HttpExchange {
 public:
  struct Parts {
    HttpRequest request;
    BodyCharge charge;  // for the request's body
    std::uint32_t tag = 0;
    std::unique_ptr<BodySink> sink;
    CallContext context;
    std::size_t buffer_bytes_max = 0;
    std::function<void()> wake;  // tells the connection to look; called from any thread, must not wait
  };
  explicit PooledExchange(Parts parts) : parts_(std::move(parts)) {}

  const HttpRequest& request() const override { return parts_.request; }
  std::uint32_t tag() const override { return parts_.tag; }
  BodySink* body_sink() override { return parts_.sink.get(); }
  const CallContext& context() const override { return parts_.context; }
  void respond(HttpResponse response) override;
  void begin_stream(HttpResponse head) override;
  Push push(std::string_view bytes) override;
  void end_stream(std::string_view last) override;

  /// On the pool thread: the handler from begin to end, whatever it throws.
  void run(HttpHandler& handler);

  // The connection's side.
  struct Output {
    std::optional<HttpResponse> head;  // once
    std::string bytes;                 // of a stream, what came since the last call
    bool stream = false;
    bool complete = false;  // nothing comes after this
    bool broken = false;    // complete, but the handler gave up in the middle of a stream
  };
  Output take();
  /// Nobody reads any more: fires the cancel token, and push says so.
  void client_gone();

 private:
  enum class State : std::uint8_t { open, responded, streaming, ended, broken };
  void notify(std::unique_lock<std::mutex>& lock);

  const Parts parts_;
  std::mutex mutex_;
  State state_ = State::open;         // guarded by mutex_
  std::optional<HttpResponse> head_;  // guarded by mutex_; until the connection took it
  std::string bytes_;                 // guarded by mutex_
  bool gone_ = false;                 // guarded by mutex_
  bool notified_ = false;             // guarded by mutex_; the connection was told and did not look yet
};

}  // namespace loadline

#pragma once
// A request that a coroutine answers, from the connection's side: what the handler sees of its connection.
// Lives in the connection's coroutine while the handler's runs. Only for the sources of this module.
#include "net/async_exchange.h"
#include "net/connection.h"

namespace loadline {

class Connection::Coroutine final : public AsyncExchange {
 public:
  /// Takes the place of `connection`'s present work while it lives.
  explicit Coroutine(Connection& connection);
  ~Coroutine() override;

  const HttpRequest& request() const override { return connection_.request_; }
  std::uint32_t tag() const override { return connection_.tag_; }
  const CallContext& context() const override { return connection_.context_; }
  boost::asio::any_io_executor executor() override { return connection_.io_.context().get_executor(); }
  std::size_t thread_index() const override { return connection_.io_.index(); }
  void on_cancelled(std::function<void()> notify) override;
  awaitable<bool> respond(HttpResponse response) override;
  void begin_stream(HttpResponse head) override;
  awaitable<bool> write(std::string_view bytes) override;
  awaitable<bool> flush() override;
  awaitable<bool> end_stream(std::string_view last) override;

  // The connection's side.
  /// Fires the cancel token and tells the handler.
  void cancel();
  /// After the handler: whether the client got a whole answer. Gives one if the handler forgot it.
  awaitable<bool> finish();
  /// Some of the head may be on its way.
  bool head_on_wire() const { return state_ != State::open && !head_held_; }
  bool streaming() const { return state_ == State::streaming; }
  bool sending() const { return sending_; }
  /// The handler gave up in the middle of a stream.
  bool broken() const { return state_ == State::streaming && !failed_; }
  Instant ended() const { return ended_; }

 private:
  enum class State : std::uint8_t { open, streaming, ended };
  awaitable<bool> send();

  Connection& connection_;
  std::function<void()> notify_;
  State state_ = State::open;
  bool head_held_ = false;  // of a stream: until its first piece
  bool sending_ = false;
  bool failed_ = false;  // nothing more can be sent
  Instant ended_{};      // the last byte was sent
};

}  // namespace loadline

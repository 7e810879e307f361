#pragma once
// The attempts of one governed request: makes what the plan says, and brings the answer to the client. Used
// by one coroutine on its connection's thread.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "api/gateway_call.h"

namespace loadline {

class GatewayRun {
 public:
  /// All must outlive it.
  GatewayRun(GatewayFlow& flow, GatewayFlow::Thread& thread, AsyncExchange& exchange, GatewayCall& call);
  ~GatewayRun();

  boost::asio::awaitable<void> run();

 private:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  /// A call that was made and has no verdict yet. Kept by whoever waits for its head.
  struct Outgoing {
    std::uint32_t model = 0;
    Dialect upstream = Dialect::openai_chat;
    std::vector<HttpField> fields;
    std::string target, body;
    std::unique_ptr<CallGate::Entry> place;  // null: the model has room for any number
    std::unique_ptr<ModelCall> call;
    std::optional<Result<CallHead>> head;
  };

  awaitable<void> wait_until(Instant until);
  awaitable<void> give_up(RouteStep step);
  // These give whether the request is answered.
  awaitable<bool> attempt(std::uint32_t model, bool continues);
  // A place at the model, after waiting for it: place_ then. False: there is none, and the plan is told, or
  // the client left.
  awaitable<bool> enter(std::uint32_t model);
  void no_place(std::uint32_t model, const Refusal& refused);
  awaitable<bool> take_error(std::uint32_t model, CallHead head);
  awaitable<bool> take_whole(std::uint32_t model, CallHead head);
  awaitable<bool> take_stream(std::uint32_t model, CallHead head);
  awaitable<Status> read_all(std::size_t bytes_max);
  void collect();
  awaitable<bool> deliver();
  awaitable<bool> cancelled(std::uint32_t model);
  awaitable<bool> tell_end();
  awaitable<bool> finish_stream(std::uint32_t model, RowOutcome outcome);
  awaitable<bool> refuse(CallRefusal refusal, RowOutcome outcome);

  // Hedging: the first of two calls whose head is good.
  awaitable<std::shared_ptr<Outgoing>> first_of(std::shared_ptr<Outgoing> first);
  static awaitable<void> start_beside(std::shared_ptr<Outgoing> call,
                                      std::shared_ptr<boost::asio::steady_timer> event);
  awaitable<void> wait_for(std::shared_ptr<boost::asio::steady_timer> event, Duration time_max);
  std::shared_ptr<Outgoing> open_hedge();
  bool failed_early(const Outgoing& call);

  Result<std::shared_ptr<Outgoing>> open_call(std::uint32_t model, bool continues, std::string_view purpose);
  Dialect dialect_of(const GatewayModel& to) const;
  void open_local(Outgoing& out, const std::function<Status()>& may_open);
  Status open_remote(Outgoing& out, const GatewayModel& to, const std::function<Status()>& may_open);
  void take_up(const std::shared_ptr<Outgoing>& out, bool continues);
  void open_pump();
  void fail_attempt(std::uint32_t model, FailureKind kind, Duration retry_after, bool sent);
  bool is_local(std::uint32_t model) const;
  bool drips(std::size_t bytes, Instant time, const GatewayModel& model);
  bool reaches_reservation(std::uint32_t model) const;
  std::uint64_t delivered_now() const;
  GatewayCall::Spending spent_on(std::uint32_t model, bool sent) const;
  HttpResponse head_of_answer(std::uint32_t model, std::vector<HttpHeader> passed) const;
  Instant now() const;

  GatewayFlow& flow_;
  GatewayFlow::Thread& thread_;
  AsyncExchange& exchange_;
  GatewayCall& call_;
  boost::asio::steady_timer timer_;
  const Instant started_;
  std::shared_ptr<boost::asio::steady_timer> queueing_;  // waits for a place; cancelled to look again
  std::unique_ptr<CallGate::Entry> place_;               // of the attempt that is about to begin
  std::vector<std::shared_ptr<Outgoing>> running_;       // to be cancelled when the client leaves
  std::shared_ptr<Outgoing> current_;                    // whose answer is read
  std::string body_;                                     // of an answer that is not streamed
  std::unique_ptr<AnswerPump> pump_;
  Dialect pump_upstream_ = Dialect::openai_chat;
  std::uint64_t delivered_before_ = 0;  // by earlier attempts
  std::string out_;
  std::string kept_;  // of a stream that may be cached
  bool too_long_to_keep_ = false;
  HttpResponse stream_head_;
  bool begun_ = false;  // the client has a part of the answer
  bool gone_ = false;   // the client left, or the request must end
  std::optional<CallRefusal> last_refusal_;
  std::optional<HttpResponse> own_error_;  // of a model in this process, in the client's dialect
  std::string own_error_event_;            // the same, in a stream
  std::optional<Duration> first_token_;
  Instant pace_since_{};
  std::uint64_t pace_bytes_ = 0;
};

HttpResponse response_of(const CallRefusal& refusal, Dialect client);

}  // namespace loadline

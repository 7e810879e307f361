#pragma once
// The state of one governed request, and every decision about it that needs no socket. Used by one coroutine.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/call_cache.h"
#include "api/gateway_flow.h"
#include "api/model_call.h"
#include "gateway/answer_pump.h"
#include "gateway/route_plan.h"

namespace loadline {

/// Why a request is answered without, or after, a model: in the client's dialect.
struct CallRefusal {
  int status = 500;
  std::string code;   // a word for programs
  std::string type;   // of the OpenAI API; "": by status
  std::string param;  // the field that is wrong; "": none
  std::string message;
  Duration retry_after{};
  std::vector<HttpHeader> headers;
};

class GatewayCall {
 public:
  GatewayCall(const GatewayFlowParts& parts, GatewayRules rules, const HttpRequest& request, Dialect client,
              Rng& random);
  ~GatewayCall();

  /// What is asked for: facts, route, and what of the guards takes microseconds.
  std::optional<CallRefusal> recognise();
  /// After `recognise`: what the classifier must be asked about before `admit`, on a pool thread. Null:
  /// nothing.
  InjectionCheck* classifier_due();
  /// Likewise for the model for names: the guards whose `names_due` it is. Null: nothing.
  CallGuards* names_due() { return guards_ && guards_->names_due() ? &*guards_ : nullptr; }
  /// The rest before the first attempt: guards' verdicts, label, limits, plan, reservation, ledger.
  std::optional<CallRefusal> admit();

  /// After `admit`: what was answered before; null: the call has nothing to do with that. With an answer no
  /// model is asked; `close` ends it.
  CallCache* cache() { return cache_ ? &*cache_ : nullptr; }
  /// Keeps the answer for the next one, if the route says so and nothing forbids it. `text`: what is read of
  /// it; "" if that is not known.
  void keep(std::string_view body, std::string_view content_type, std::uint32_t model, std::string text);
  /// Whether `keep` would: then the bytes of a stream are to be collected.
  bool wants_to_keep() const { return cache_ && cache_->is_open(); }

  RoutePlan& plan() { return *plan_; }
  const GatewayTable& table() const { return *table_; }
  const GatewayRoute& route() const { return *route_; }
  const RequestFacts& facts() const { return facts_; }
  const Identity& identity() const { return *identity_; }
  const HttpRequest& request() const { return request_; }
  Dialect client() const { return client_; }
  const DataLabel& label() const { return need_.label; }
  /// Looks at the answer; null: nothing does.
  CallGuards* guard() { return guards_ ? &*guards_ : nullptr; }
  /// What guards could not check of a call that goes on, for the client; "": nothing.
  std::string unchecked() const { return guards_ ? guards_->unchecked() : std::string(); }
  /// What the flow that answers from documents says of its passages in its head.
  void passages_checked(const CallHead& head);
  /// The call waited so long for a place somewhere.
  void waited(Duration time) { queue_time_ += time; }

  /// Before an attempt: more money if this model is dearer, and the audit's record of where data goes.
  std::optional<CallRefusal> prepare(std::uint32_t model, std::string_view purpose);
  /// The rule, at the socket.
  Status may_open(std::uint32_t model) const;
  /// The body for this model: the client's own bytes where it can be, translated where not. `continued`: what
  /// was delivered. invalid_argument: it cannot be said in that dialect.
  Result<std::string> body_for(std::uint32_t model, Dialect upstream,
                               std::optional<std::string_view> continued);
  const std::vector<std::string>& losses() const { return losses_; }
  std::uint64_t output_allowed(std::uint32_t model) const;
  /// Prompt and answer, as estimated.
  std::uint64_t tokens_at_most() const { return need_.prompt_tokens + need_.output_tokens; }

  /// What an attempt at `model` cost.
  struct Spending {
    UsageSource source = UsageSource::unknown;
    TokenCounts tokens;
    NanoDollars cost = 0;
    NanoDollars uncertain = 0;  // that may have been spent on top
  };
  /// `sent`: the upstream may have read the prompt.
  Spending spending(std::uint32_t model, const UsageFacts& usage, std::uint64_t delivered_bytes,
                    bool sent) const;
  /// A hedged call that was not used: what it may have cost is on the gateway's own line.
  void add_loser(std::uint32_t model);
  void watermark(std::uint64_t delivered_tokens);

  /// How the attempt that `prepare` began last went; nothing: well.
  void end_attempt(std::optional<FailureKind> failure);
  /// The head of its answer came.
  void attempt_answered();
  /// A piece of a streamed answer went to the client.
  void piece_delivered();
  void events_malformed(std::uint32_t count) { malformed_ += count; }
  /// For the upstream of the attempt that runs.
  const std::string& attempt_traceparent() const { return attempt_traceparent_; }

  /// Once, at the end.
  struct End {
    std::optional<std::uint32_t> model;  // that answered
    RowOutcome outcome = RowOutcome::completed;
    int status = 200;
    std::optional<Duration> first_token;
  };
  /// The text that the client got, for the trace. `wants_text`: there is one that tells it.
  bool wants_text() const {
    return parts_.traces != nullptr && parts_.trace_texts != nullptr && trace_.sampled;
  }
  void answered(std::string text) { answer_text_ = std::move(text); }
  void finished(std::optional<FinishKind> kind) { finish_ = kind; }
  void add_spending(const Spending& spending);
  NanoDollars spent() const { return spent_.cost; }
  void close(const End& end);

 private:
  std::optional<CallRefusal> find_route();
  std::optional<CallRefusal> filter_request();
  std::optional<CallRefusal> raise_label();
  std::optional<CallRefusal> check_limits();
  void look_into_cache();
  std::optional<CallRefusal> reserve();
  std::optional<CallRefusal> begin_row();
  std::vector<BudgetOwner> budget_owners() const;
  bool is_budgeted() const;
  std::uint64_t prompt_estimate() const;
  std::vector<std::string> region_names() const;
  std::string class_name() const;
  void audit_decision(const End& end, const std::vector<AuditGuard>& guards);
  void begin_attempt(std::uint32_t model);
  void count(const End& end, Duration total, const std::vector<AuditGuard>& guards);
  void count_guards(GatewaySeries& series, const std::vector<AuditGuard>& guards) const;
  void trace(const End& end);
  std::int64_t unix_nanos(Instant at) const;
  std::size_t route_index() const { return static_cast<std::size_t>(route_ - table_->routes.data()); }

  const GatewayFlowParts& parts_;
  const std::shared_ptr<const GatewayTable> table_;
  const std::shared_ptr<const GatewaySeriesIndex> index_;
  const HttpRequest& request_;
  const Dialect client_;
  Rng& random_;
  const Instant started_;

  std::shared_ptr<const Identity> identity_;
  RequestFacts facts_;
  const GatewayRoute* route_ = nullptr;
  std::string body_;  // as it may leave the house
  std::optional<CallGuards> guards_;
  RouteNeed need_;
  std::string class_reason_;
  std::optional<RoutePlan> plan_;
  std::optional<CallCache> cache_;
  Permit permit_;
  Reservation reservation_;
  std::optional<RowId> row_;
  std::uint32_t attempts_ = 0;
  Spending spent_;
  bool told_ = true;  // every attempt's usage came from its provider
  std::vector<std::string> losses_;
  bool closed_ = false;
  Duration queue_time_{};
  std::uint32_t malformed_ = 0;
  GatewaySeries* series_ = nullptr;  // of the attempt that runs
  Instant attempt_begun_{}, last_piece_{};
  // Tracing:
  std::int64_t started_unix_nanos_ = 0;
  TraceContext trace_;
  std::array<std::uint8_t, 8> parent_span_{};
  std::string attempt_traceparent_;
  std::vector<Span> spans_;  // of attempts
  std::string answer_text_;
  std::optional<FinishKind> finish_;
};

CallRefusal refusal_of(const Error& error, std::string code = "", std::string param = "");

}  // namespace loadline

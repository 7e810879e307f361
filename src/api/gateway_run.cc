#include "api/gateway_run.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/api_error.h"
#include "api/routes.h"
#include "dialect/json_string.h"
#include "dialect/translate.h"

namespace loadline {

namespace asio = boost::asio;

namespace {

constexpr const char* queue_full_code = "queue_full";

std::int64_t whole_seconds(Duration time) {
  return std::max<std::int64_t>(
      1, (std::chrono::duration_cast<std::chrono::milliseconds>(time).count() + 999) / 1000);
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// What an upstream's error status means for the route. 401, 403 and 404 are about our own credentials and
// names for it, which the client cannot mend.
FailureKind kind_of_status(int status) {
  if (status == 429) return FailureKind::rate_limited;
  if (status == 400 || status == 413 || status == 415 || status == 422) return FailureKind::client;
  return FailureKind::server;
}

// What is read of it; "" if that is not all text.
std::string text_of_answer(Dialect dialect, std::string_view body) {
  const Result<AnswerFacts> facts = read_answer(dialect, body);
  std::string text;
  if (!facts) return text;
  for (const AnswerText& part : facts->texts) {
    if (part.channel.kind != ChannelKind::text || part.token != JsonKind::string) return "";
    append_decoded_json(text, part.raw.of(body));
  }
  return text;
}

}  // namespace

HttpResponse response_of(const CallRefusal& refusal, Dialect client) {
  HttpResponse response;
  response.status = refusal.status;
  response.content_type = "application/json";
  response.headers = refusal.headers;
  if (client == Dialect::anthropic_messages || client == Dialect::gemini) {
    response.body = error_body(client, refusal.status, refusal.code, refusal.message);
  } else {
    ApiError error = api_error(refusal.status, refusal.message);
    error.type = !refusal.type.empty()   ? refusal.type
                 : refusal.status == 429 ? "rate_limit_error"
                 : refusal.status >= 500 ? "server_error"
                                         : "invalid_request_error";
    error.code = refusal.code;
    error.param = refusal.param;
    response.body = error_json(error);
  }
  const bool told = std::any_of(refusal.headers.begin(), refusal.headers.end(),
                                [](const HttpHeader& header) { return header.name == "retry-after"; });
  if (refusal.retry_after > Duration::zero() && !told)
    response.headers.push_back({"retry-after", std::to_string(whole_seconds(refusal.retry_after))});
  return response;
}

GatewayRun::GatewayRun(GatewayFlow& flow, GatewayFlow::Thread& thread, AsyncExchange& exchange,
                       GatewayCall& call)
    : flow_(flow),
      thread_(thread),
      exchange_(exchange),
      call_(call),
      timer_(thread.executor),
      started_(flow.parts_.clock.now()) {
  exchange_.on_cancelled([this] {
    gone_ = true;
    for (const auto& out : running_) out->call->cancel();
    timer_.cancel();
    if (queueing_) queueing_->cancel();
  });
}

GatewayRun::~GatewayRun() { exchange_.on_cancelled({}); }

Instant GatewayRun::now() const { return flow_.parts_.clock.now(); }

asio::awaitable<void> GatewayRun::run() {
  for (;;) {
    if (gone_) {
      co_await tell_end();
      co_return;
    }
    RouteStep step = call_.plan().next(now());
    if (step.kind == RouteStep::Kind::wait) {
      co_await wait_until(step.until);
      continue;
    }
    if (step.kind == RouteStep::Kind::give_up) {
      co_await give_up(std::move(step));
      co_return;
    }
    const bool answered = co_await attempt(step.model, step.continue_from);
    current_.reset();
    running_.clear();
    if (answered) co_return;
  }
}

asio::awaitable<void> GatewayRun::wait_until(Instant until) {
  boost::system::error_code ignored;
  auto token = asio::redirect_error(asio::use_awaitable, ignored);
  timer_.expires_after(until - now());
  co_await timer_.async_wait(token);
}

asio::awaitable<void> GatewayRun::give_up(RouteStep step) {
  if (own_error_ && !begun_) {
    call_.close({.model = {},
                 .outcome = RowOutcome::upstream_failed,
                 .status = own_error_->status,
                 .first_token = {}});
    co_await exchange_.respond(std::move(*own_error_));
    co_return;
  }
  CallRefusal refusal = last_refusal_ ? *last_refusal_ : refusal_of(step.error);
  if (!last_refusal_ && step.error.code() == Code::not_found)
    refusal.code = "model_not_found", refusal.param = "model";
  if (!last_refusal_ && refusal.code.empty()) refusal.code = "upstream_failed";
  if (refusal.retry_after == Duration::zero()) refusal.retry_after = step.retry_after;
  const bool queue_full = refusal.code == queue_full_code;
  co_await refuse(std::move(refusal), queue_full ? RowOutcome::blocked : RowOutcome::upstream_failed);
}

// As the whole answer, or as the event that ends a stream that has begun.
asio::awaitable<bool> GatewayRun::refuse(CallRefusal refusal, RowOutcome outcome) {
  call_.close({.model = {},
               .outcome = outcome,
               .status = begun_ ? 200 : refusal.status,
               .first_token = first_token_});
  if (!begun_) {
    HttpResponse response = response_of(refusal, call_.client());
    co_await exchange_.respond(std::move(response));
    co_return true;
  }
  if (own_error_event_.empty())
    pump_->fail(refusal.status, refusal.code, refusal.message, out_);
  else
    out_ += own_error_event_;
  co_await exchange_.end_stream(out_);
  co_return true;
}

// What a model of this process is asked in: the OpenAI API has it for each kind of request.
Dialect GatewayRun::dialect_of(const GatewayModel& to) const {
  if (to.endpoint) return to.endpoint->dialect_for(call_.client());
  const bool own =
      call_.client() == Dialect::openai_completions || call_.client() == Dialect::openai_embeddings;
  return own ? call_.client() : Dialect::openai_chat;
}

void GatewayRun::open_local(Outgoing& out, const std::function<Status()>& may_open) {
  Route route = Route::chat;
  if (out.upstream == Dialect::openai_completions) route = Route::completions;
  if (out.upstream == Dialect::openai_embeddings) route = Route::embeddings;
  HttpRequest request = exchange_.request();
  request.target = route_entry(route).pattern;
  request.body = out.body;
  out.call = make_local_call(flow_.parts_.local, thread_.executor, std::move(request),
                             static_cast<std::uint32_t>(route), exchange_.context(), may_open);
}

Status GatewayRun::open_remote(Outgoing& out, const GatewayModel& to,
                               const std::function<Status()>& may_open) {
  LOADLINE_ASSIGN(HttpOrigin * origin, flow_.origin_of(thread_, to));
  to.endpoint->append_fields(exchange_.request(), out.upstream, out.fields);
  if (!call_.attempt_traceparent().empty())
    out.fields.push_back({"traceparent", call_.attempt_traceparent()});
  out.target = to.endpoint->target(out.upstream, call_.facts().stream);
  HttpClientRequest request;
  request.target = out.target;
  request.fields = out.fields;
  request.body = out.body;
  request.times = to.times;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(call_.plan().deadline() - now());
  request.times.total = std::min(request.times.total, std::max(left, std::chrono::milliseconds(1)));
  request.may_open = may_open;
  out.call = make_remote_call(*origin, std::move(request));
  return {};
}

Result<std::shared_ptr<GatewayRun::Outgoing>> GatewayRun::open_call(std::uint32_t model, bool continues,
                                                                    std::string_view purpose) {
  if (std::optional<CallRefusal> refused = call_.prepare(model, purpose)) {
    last_refusal_ = std::move(refused);
    return Error(Code::permission_denied, last_refusal_->message);
  }
  const GatewayModel& to = call_.table().models[model];
  auto out = std::make_shared<Outgoing>();
  out->model = model;
  out->upstream = dialect_of(to);
  std::optional<std::string_view> text;
  if (continues) {
    text = pump_->continuable_text();
    if (!text) return Error(Code::failed_precondition, "an answer with more than text cannot be continued");
    if (out->upstream != pump_upstream_)
      return Error(Code::failed_precondition, "a model of another dialect cannot continue the answer");
  }
  LOADLINE_ASSIGN(out->body, call_.body_for(model, out->upstream, text));
  const std::function<Status()> may_open = [&call = call_, model] { return call.may_open(model); };
  if (to.endpoint)
    LOADLINE_TRY(open_remote(*out, to, may_open));
  else
    open_local(*out, may_open);
  out->place = std::move(place_);
  running_.push_back(out);
  return out;
}

void GatewayRun::no_place(std::uint32_t model, const Refusal& refused) {
  last_refusal_ = refusal_of(refused.error, queue_full_code);
  last_refusal_->retry_after = std::chrono::milliseconds(refused.retry_after_ms.value_or(0));
  AttemptFailure failure;
  failure.kind = FailureKind::refused;  // of us: it says nothing about the model
  failure.delivered = begun_;
  call_.plan().failed(model, failure, now());
}

asio::awaitable<bool> GatewayRun::enter(std::uint32_t model) {
  const GatewayModel& to = call_.table().models[model];
  if (!to.places) co_return true;
  const Instant began = now();
  const Instant until = std::min(began + to.queue_time, call_.plan().deadline());
  const std::shared_ptr<CallGate> gate = flow_.parts_.governance.gates.of(to.name, *to.places);
  queueing_ = std::make_shared<asio::steady_timer>(thread_.executor);
  const Scopes& scopes = call_.identity().scopes;
  CallGate::Entered entered = gate->enter(
      {call_.identity().key, scopes.weight, scopes.priority, call_.tokens_at_most(), until - began},
      [event = queueing_, executor = thread_.executor] {
        asio::post(executor, [event] { event->cancel(); });
      });
  if (entered.refused) {
    no_place(model, *entered.refused);
    co_return false;
  }
  while (!entered.entry->runs() && !gone_ && now() < until) {
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    queueing_->expires_after(until - now());
    co_await queueing_->async_wait(token);
  }
  queueing_.reset();
  call_.waited(now() - began);
  if (gone_) {
    call_.plan().abandoned(model, 0);
    co_return false;
  }
  if (!entered.entry->runs()) {
    no_place(model, gate->waited_too_long());
    co_return false;
  }
  place_ = std::move(entered.entry);
  co_return true;
}

asio::awaitable<bool> GatewayRun::attempt(std::uint32_t model, bool continues) {
  const bool entered = co_await enter(model);
  if (!entered) co_return false;  // `run` sees whether the client left
  Result<std::shared_ptr<Outgoing>> opened = open_call(model, continues, "answer");
  if (!opened) {
    if (!last_refusal_ || last_refusal_->message != opened.error().message())
      last_refusal_ = refusal_of(opened.error());
    fail_attempt(model, FailureKind::refused, {}, false);
    place_.reset();
    co_return false;
  }
  std::shared_ptr<Outgoing> out = std::move(*opened);
  if (call_.route().policy.hedge_after > Duration::zero() && !continues) {
    out = co_await first_of(std::move(out));
    if (!out) co_return false;  // `run` sees whether the client left
  } else {
    Result<CallHead> head = co_await out->call->start();
    out->head.emplace(std::move(head));
    if (gone_) co_return co_await cancelled(model);
    if (failed_early(*out)) co_return false;
  }
  current_ = out;
  CallHead head = std::move(**out->head);
  if (is_local(out->model)) call_.passages_checked(head);
  if (head.status >= 400) co_return co_await take_error(out->model, std::move(head));
  take_up(out, continues);
  if (call_.facts().stream) co_return co_await take_stream(out->model, std::move(head));
  co_return co_await take_whole(out->model, std::move(head));
}

// No head: the plan is told. False: there is one.
bool GatewayRun::failed_early(const Outgoing& out) {
  const Result<CallHead>& head = *out.head;
  if (head) return false;
  const FailureKind kind = out.call->failure_kind(head.error());
  if (kind == FailureKind::refused) last_refusal_ = refusal_of(head.error());
  if (kind == FailureKind::rate_limited) {
    last_refusal_ = refusal_of(head.error(), "rate_limit_exceeded");
    last_refusal_->retry_after = std::chrono::seconds(1);
  }
  fail_attempt(out.model, kind, {}, kind == FailureKind::first_byte);
  return true;
}

void GatewayRun::take_up(const std::shared_ptr<Outgoing>& out, bool continues) {
  call_.plan().answered(out->model, now());
  call_.attempt_answered();
  call_.waited(out->call->waited());
  last_refusal_.reset();
  if (!call_.facts().stream) return;
  if (!continues) return open_pump();
  delivered_before_ = pump_->delivered_bytes();
  pump_->resume();
}

// --- hedging

asio::awaitable<void> GatewayRun::start_beside(std::shared_ptr<Outgoing> out,
                                               std::shared_ptr<asio::steady_timer> event) {
  Result<CallHead> head = co_await out->call->start();
  out->head.emplace(std::move(head));
  event->cancel();
}

asio::awaitable<void> GatewayRun::wait_for(std::shared_ptr<asio::steady_timer> event, Duration time_max) {
  boost::system::error_code ignored;
  auto token = asio::redirect_error(asio::use_awaitable, ignored);
  event->expires_after(time_max);
  co_await event->async_wait(token);
}

std::shared_ptr<GatewayRun::Outgoing> GatewayRun::open_hedge() {
  const std::optional<std::uint32_t> model = call_.plan().hedge(now());
  if (!model) return nullptr;
  if (const GatewayModel& to = call_.table().models[*model]; to.places) {
    place_ = flow_.parts_.governance.gates.of(to.name, *to.places)->try_enter();
    if (!place_) {  // it would not be sooner for it
      call_.plan().abandoned(*model, 0);
      return nullptr;
    }
  }
  Result<std::shared_ptr<Outgoing>> opened = open_call(*model, false, "hedge");
  if (opened) return std::move(*opened);
  fail_attempt(*model, FailureKind::refused, {}, false);
  place_.reset();
  return nullptr;
}

asio::awaitable<std::shared_ptr<GatewayRun::Outgoing>> GatewayRun::first_of(std::shared_ptr<Outgoing> first) {
  constexpr Duration forever = std::chrono::hours(24);
  const auto event = std::make_shared<asio::steady_timer>(thread_.executor);
  std::vector<std::shared_ptr<Outgoing>> open{first};
  asio::co_spawn(thread_.executor, start_beside(first, event), asio::detached);
  Duration patience = call_.route().policy.hedge_after;
  std::shared_ptr<Outgoing> winner;
  bool hedged = false;
  while (!open.empty()) {
    const bool waiting =
        std::none_of(open.begin(), open.end(), [](const auto& out) { return out->head.has_value(); });
    if (waiting) {
      co_await wait_for(event, patience);
      if (!hedged && !gone_ && !open.front()->head) {
        hedged = true;
        patience = forever;
        if (std::shared_ptr<Outgoing> second = open_hedge()) {
          open.push_back(second);
          asio::co_spawn(thread_.executor, start_beside(second, event), asio::detached);
        }
      }
      continue;
    }
    for (std::size_t i = 0; i < open.size();) {
      const std::shared_ptr<Outgoing> out = open[i];
      if (!out->head) {
        ++i;
        continue;
      }
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(i));
      if (gone_ || winner) {
        call_.plan().abandoned(out->model, 0);
        call_.end_attempt(std::nullopt);
      } else if (*out->head && ((*out->head)->status < 400 || open.empty())) {
        winner = out;
        for (const auto& other : open) other->call->cancel();
      } else if (*out->head) {
        fail_attempt(out->model, kind_of_status((*out->head)->status), (*out->head)->retry_after, false);
      } else {
        failed_early(*out);
      }
    }
    if (winner && !open.empty()) {
      for (const auto& other : open) call_.add_loser(other->model);
      patience = forever;
    }
  }
  co_return winner;
}

void GatewayRun::open_pump() {
  PumpOptions options;
  options.upstream = pump_upstream_ = current_->upstream;
  options.client = call_.client();
  options.guard = call_.guard();
  options.stream.model = call_.facts().model;
  options.stream.include_usage = call_.facts().include_usage;
  options.stream.created_seconds = flow_.parts_.clock.unix_millis() / 1000;
  if (call_.route().policy.when_cut == WhenCut::continue_)
    options.keep_bytes_max = GatewayFlow::continuation_bytes_max;
  if (call_.wants_text()) options.trace_bytes_max = 2 * TraceTexts::bytes_max;
  pump_ = std::make_unique<AnswerPump>(std::move(options));
  delivered_before_ = 0;
}

std::uint64_t GatewayRun::delivered_now() const {
  return pump_ ? pump_->delivered_bytes() - delivered_before_ : 0;
}

// The pump has what an earlier attempt brought until this one is taken up.
GatewayCall::Spending GatewayRun::spent_on(std::uint32_t model, bool sent) const {
  const bool brought = pump_ != nullptr && current_ != nullptr && sent;
  return call_.spending(model, brought ? pump_->usage() : UsageFacts(), brought ? delivered_now() : 0, sent);
}

// Tells the plan and the account. What was paid for nothing is on the same bill.
void GatewayRun::fail_attempt(std::uint32_t model, FailureKind kind, Duration retry_after, bool sent) {
  const GatewayCall::Spending spending = spent_on(model, sent);
  call_.add_spending(spending);
  AttemptFailure failure;
  failure.kind = kind;
  failure.retry_after = retry_after;
  failure.delivered = begun_;
  failure.spent = spending.cost + spending.uncertain;
  if (!begun_) out_.clear();  // what nobody has seen begins anew
  call_.plan().failed(model, failure, now());
  call_.end_attempt(kind);
  flow_.parts_.log.warning("attempt_failed", {{"request_id", exchange_.request().request_id},
                                              {"model", call_.table().models[model].name},
                                              {"failure", failure_name(kind)}});
}

// The client left, the time is over, or the server stops. In the last two cases somebody still listens: what
// cannot be sent is simply not sent.
asio::awaitable<bool> GatewayRun::cancelled(std::uint32_t model) {
  const GatewayCall::Spending spending = spent_on(model, true);
  call_.add_spending(spending);
  call_.plan().abandoned(model, spending.cost);
  call_.end_attempt(std::nullopt);
  co_return co_await tell_end();
}

asio::awaitable<bool> GatewayRun::tell_end() {
  // Not by what cancelled it: past its deadline a request is cancelled too.
  const std::optional<Instant> deadline = exchange_.context().deadline;
  const bool late = deadline && now() >= *deadline;
  CallRefusal refusal =
      late ? refusal_of(Error(Code::deadline_exceeded, "the request took longer than it may"))
           : refusal_of(Error(Code::cancelled, "the answer was stopped"));
  if (late) refusal.code = "deadline_exceeded";
  if (!late) refusal.code = "cancelled";
  const RowOutcome outcome = late ? RowOutcome::cancelled : RowOutcome::client_gone;
  co_return co_await refuse(std::move(refusal), outcome);
}

asio::awaitable<Status> GatewayRun::read_all(std::size_t bytes_max) {
  body_.clear();
  for (;;) {
    const Result<std::string_view> piece = co_await current_->call->read_some();
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return Status();
    if (body_.size() + piece->size() > bytes_max)
      co_return Error(Code::resource_exhausted,
                      "the upstream's answer is longer than " + std::to_string(bytes_max) + " bytes");
    body_ += *piece;
  }
}

asio::awaitable<bool> GatewayRun::take_error(std::uint32_t model, CallHead head) {
  const Status read = co_await read_all(GatewayFlow::error_bytes_max);
  if (gone_) co_return co_await cancelled(model);
  if (call_.guard() != nullptr && call_.guard()->shows_canary(body_)) body_.clear();
  const FailureKind kind = kind_of_status(head.status);
  // A model of this process is asked again whenever somebody wants: it knows best whether it has room.
  fail_attempt(model, kind, is_local(model) ? Duration() : head.retry_after, false);
  if (kind == FailureKind::client && !begun_) {
    call_.close(
        {.model = model, .outcome = RowOutcome::upstream_failed, .status = head.status, .first_token = {}});
    HttpResponse response;
    response.status = head.status;
    response.content_type = "application/json";
    response.headers = std::move(head.passed);
    response.body =
        current_->upstream == call_.client() && read.ok()
            ? body_
            : translate_error(current_->upstream, call_.client(), head.status, read.ok() ? body_ : "");
    co_await exchange_.respond(std::move(response));
    co_return true;
  }
  HttpResponse told;
  told.status = head.status;
  told.content_type = "application/json";
  told.headers = head.passed;
  told.body = current_->upstream == call_.client()
                  ? body_
                  : translate_error(current_->upstream, call_.client(), head.status, body_);
  if (is_local(model)) own_error_ = std::move(told);  // says more than we could
  CallRefusal refusal;
  refusal.status = kind == FailureKind::rate_limited ? 429 : 502;
  refusal.code = kind == FailureKind::rate_limited ? "upstream_rate_limited" : "upstream_failed";
  refusal.message = "the model '" + call_.table().models[model].name + "' answered with status " +
                    std::to_string(head.status);
  refusal.retry_after = head.retry_after;
  refusal.headers = std::move(head.passed);
  last_refusal_ = std::move(refusal);
  co_return false;
}

HttpResponse GatewayRun::head_of_answer(std::uint32_t model, std::vector<HttpHeader> passed) const {
  HttpResponse response;
  response.headers = std::move(passed);
  response.headers.push_back({"x-loadline-model", call_.table().models[model].name});
  if (!call_.losses().empty()) response.headers.push_back({"x-loadline-losses", joined(call_.losses())});
  if (std::string unchecked = call_.unchecked(); !unchecked.empty()) {
    std::erase_if(response.headers,
                  [](const HttpHeader& header) { return header.name == "x-loadline-unchecked"; });
    response.headers.push_back({"x-loadline-unchecked", std::move(unchecked)});
  }
  return response;
}

asio::awaitable<bool> GatewayRun::take_whole(std::uint32_t model, CallHead head) {
  const Status read = co_await read_all(GatewayFlow::answer_bytes_max);
  current_->place.reset();  // a client that reads slowly keeps nobody waiting
  if (gone_) co_return co_await cancelled(model);
  if (!read) {
    fail_attempt(model, current_->call->failure_kind(read.error()), {}, true);
    co_return false;
  }
  const std::optional<UsageFacts> usage = read_usage(current_->upstream, body_);
  if (!usage) {  // not JSON
    fail_attempt(model, FailureKind::malformed, {}, true);
    co_return false;
  }
  if (call_.guard() != nullptr && call_.client() != Dialect::openai_embeddings) {
    Result<std::string> filtered = call_.guard()->filter_answer(current_->upstream, body_);
    if (!filtered && filtered.error().code() != Code::permission_denied) {
      fail_attempt(model, FailureKind::malformed, {}, true);
      co_return false;
    }
    if (!filtered) {
      call_.plan().succeeded(model);
      call_.end_attempt(std::nullopt);
      const GatewayCall::Spending blocked = call_.spending(model, *usage, body_.size(), true);
      call_.add_spending(blocked);
      CallRefusal refusal = refusal_of(filtered.error(), "content_blocked");
      co_return co_await refuse(std::move(refusal), RowOutcome::blocked);
    }
    body_ = std::move(*filtered);
  }
  if (call_.wants_text()) call_.answered(TraceTexts::text_of(current_->upstream, body_));
  HttpResponse response = head_of_answer(model, std::move(head.passed));
  response.content_type = "application/json";
  if (current_->upstream == call_.client()) {
    response.body = std::move(body_);
  } else {
    AnswerOptions options;
    options.created_seconds = flow_.parts_.clock.unix_millis() / 1000;
    Result<Translated> translated = translate_response(current_->upstream, call_.client(), body_, options);
    if (!translated) {
      fail_attempt(model, FailureKind::malformed, {}, true);
      co_return false;
    }
    response.body = std::move(translated->body);
  }
  call_.plan().succeeded(model);
  call_.end_attempt(std::nullopt);
  const GatewayCall::Spending spending = call_.spending(model, *usage, response.body.size(), true);
  call_.add_spending(spending);
  response.headers.push_back({"x-loadline-cost", show_dollars(call_.spent())});
  if (call_.wants_to_keep())
    call_.keep(response.body, response.content_type, model, text_of_answer(call_.client(), response.body));
  call_.close({.model = model, .outcome = RowOutcome::completed, .status = 200, .first_token = {}});
  co_await exchange_.respond(std::move(response));
  co_return true;
}

bool GatewayRun::is_local(std::uint32_t model) const { return !call_.table().models[model].endpoint; }

bool GatewayRun::drips(std::size_t bytes, Instant time, const GatewayModel& model) {
  pace_bytes_ += bytes;
  if (model.bytes_per_second_min == 0 || time - pace_since_ < model.times.stall) return false;
  const double seconds = std::chrono::duration<double>(time - pace_since_).count();
  const bool slow = static_cast<double>(pace_bytes_) < model.bytes_per_second_min * seconds;
  pace_since_ = time;
  pace_bytes_ = 0;
  return slow;
}

// An upstream that does not keep to the limit it was given. A token of real text has rarely more than eight
// bytes.
bool GatewayRun::reaches_reservation(std::uint32_t model) const {
  constexpr std::uint64_t bytes_per_token_most = 8;
  return delivered_now() > call_.output_allowed(model) * bytes_per_token_most + 64;
}

// The bytes of a stream that may be kept.
void GatewayRun::collect() {
  if (!call_.wants_to_keep() || too_long_to_keep_) return;
  too_long_to_keep_ = kept_.size() + out_.size() > AnswerCacheOptions().answer_bytes_max;
  if (too_long_to_keep_)
    kept_.clear();
  else
    kept_ += out_;
}

asio::awaitable<bool> GatewayRun::deliver() {
  if (out_.empty()) co_return true;
  if (!begun_) {
    begun_ = true;
    first_token_ = now() - started_;
    exchange_.begin_stream(std::move(stream_head_));
  }
  collect();
  const bool sent = co_await exchange_.write(out_);
  out_.clear();
  co_return sent;
}

asio::awaitable<bool> GatewayRun::take_stream(std::uint32_t model, CallHead head) {
  const GatewayModel& to = call_.table().models[model];
  if (!begun_) {
    stream_head_ = head_of_answer(model, std::move(head.passed));
    stream_head_.content_type = "text/event-stream";
    stream_head_.headers.push_back({"cache-control", "no-cache"});
  }
  pace_since_ = now();
  pace_bytes_ = 0;
  for (;;) {
    const Result<std::string_view> piece = co_await current_->call->read_some();
    if (gone_) co_return co_await cancelled(model);
    if (!piece) {
      fail_attempt(model, current_->call->failure_kind(piece.error()), {}, true);
      co_return false;
    }
    const bool ended = piece->empty();
    const AnswerPump::State state = ended ? pump_->finish(out_) : pump_->feed(*piece, out_);
    switch (state) {
      case AnswerPump::State::whole:
        co_return co_await finish_stream(model, RowOutcome::completed);
      case AnswerPump::State::blocked: {
        call_.plan().succeeded(model);
        call_.end_attempt(std::nullopt);
        const GatewayCall::Spending spending = call_.spending(model, pump_->usage(), delivered_now(), true);
        call_.add_spending(spending);
        CallRefusal refusal = refusal_of(*pump_->error(), "content_blocked");
        co_return co_await refuse(std::move(refusal), RowOutcome::blocked);
      }
      case AnswerPump::State::failed:
        if (is_local(model) && current_->upstream == call_.client()) {
          own_error_event_ = pump_->error_event_raw();
          co_await deliver();
        }
        fail_attempt(model, FailureKind::server, {}, true);
        co_return false;
      case AnswerPump::State::broken:
        fail_attempt(model, FailureKind::malformed, {}, true);
        co_return false;
      case AnswerPump::State::open:
        break;
    }
    if (ended) {
      fail_attempt(model, FailureKind::cut, {}, true);
      co_return false;
    }
    if (reaches_reservation(model)) {
      out_ += ": budget_reached, what was reserved for this answer is used up\n\n";
      pump_->cut(out_);
      co_return co_await finish_stream(model, RowOutcome::budget_reached);
    }
    if (drips(piece->size(), now(), to)) {
      fail_attempt(model, FailureKind::dripping, {}, true);
      co_return false;
    }
    const bool sent = co_await deliver();
    if (!sent) co_return co_await cancelled(model);
    call_.piece_delivered();
    call_.watermark(pump_->estimated_tokens());
  }
}

asio::awaitable<bool> GatewayRun::finish_stream(std::uint32_t model, RowOutcome outcome) {
  call_.events_malformed(pump_->malformed_events());
  call_.finished(pump_->finish_kind());
  if (call_.wants_text()) call_.answered(pump_->traced_text());
  call_.plan().succeeded(model);
  call_.end_attempt(std::nullopt);
  const GatewayCall::Spending spending = call_.spending(model, pump_->usage(), delivered_now(), true);
  call_.add_spending(spending);
  if (!begun_) {
    begun_ = true;
    first_token_ = now() - started_;
    exchange_.begin_stream(std::move(stream_head_));
  }
  collect();
  if (outcome == RowOutcome::completed && call_.plan().attempts() == 1 && !too_long_to_keep_)
    call_.keep(kept_, "text/event-stream", model, std::string(pump_->continuable_text().value_or("")));
  call_.close({.model = model, .outcome = outcome, .status = 200, .first_token = first_token_});
  co_await exchange_.end_stream(out_);
  co_return true;
}

}  // namespace loadline

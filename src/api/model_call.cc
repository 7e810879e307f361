#include "api/model_call.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <ctime>

#include "api/pool_wait.h"
#include "upstream/endpoint.h"

namespace loadline {

namespace asio = boost::asio;

namespace {

std::string_view header_of(const std::vector<HttpHeader>& headers, std::string_view name) {
  for (const HttpHeader& header : headers)
    if (header.name == name) return header.value;
  return {};
}

std::int64_t unix_millis() { return SystemClock().unix_millis(); }

class RemoteCall final : public ModelCall {
 public:
  RemoteCall(HttpOrigin& origin, HttpClientRequest request) : call_(origin), request_(std::move(request)) {}

  asio::awaitable<Result<CallHead>> start() override {
    const Status started = co_await call_.start(request_);
    if (!started) co_return started.error();
    CallHead head;
    head.status = call_.head().status;
    Endpoint::append_passed(call_.head(), head.passed);
    head.retry_after = parse_retry_after(call_.head().field("retry-after"), unix_millis());
    co_return head;
  }
  asio::awaitable<Result<std::string_view>> read_some() override { return call_.read_some(); }
  void cancel() override { call_.cancel(); }
  Duration waited() const override { return call_.waited(); }

  FailureKind failure_kind(const Error& error) const override {
    if (error.code() == Code::permission_denied) return FailureKind::refused;
    if (call_.stage() == HttpStage::body)
      return error.code() == Code::deadline_exceeded ? FailureKind::stalled : FailureKind::cut;
    if (call_.stage() == HttpStage::head || call_.stage() == HttpStage::sending)
      return error.code() == Code::deadline_exceeded ? FailureKind::first_byte : FailureKind::connect;
    return FailureKind::connect;
  }

 private:
  HttpCall call_;
  HttpClientRequest request_;
};

// The exchange of a pool thread, read by a coroutine.
class LocalCall final : public ModelCall {
 public:
  LocalCall(const LocalModels& models, asio::any_io_executor executor, HttpRequest request, std::uint32_t tag,
            CallContext context, std::function<Status()> may_open)
      : models_(models),
        event_(std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max())),
        may_open_(std::move(may_open)) {
    PooledExchange::Parts parts;
    parts.request = std::move(request);
    parts.tag = tag;
    parts.context = std::move(context);
    parts.context.cancel = CancelToken();  // ends with this call, not only with the request
    parts.buffer_bytes_max = LocalModels::buffer_bytes_max;
    waker_ = std::make_shared<Waker>(event_);
    parts.wake = [waker = waker_] { waker->wake(); };
    exchange_ = std::make_shared<PooledExchange>(std::move(parts));
  }
  ~LocalCall() override {
    waker_->forget();
    exchange_->client_gone();
  }

  asio::awaitable<Result<CallHead>> start() override {
    if (const Status allowed = may_open_(); !allowed) co_return allowed.error();
    const bool taken =
        models_.pool.try_run([exchange = exchange_, handler = &models_.handler] { exchange->run(*handler); });
    if (!taken)
      co_return Error(Code::resource_exhausted, "all places for local models are taken; try again shortly");
    for (;;) {
      take();
      if (head_) break;
      if (cancelled_) co_return Error(Code::cancelled, "the call was cancelled");
      co_await wait();
    }
    CallHead head;
    head.status = head_->status;
    head.retry_after = parse_retry_after(header_of(head_->headers, "retry-after"), unix_millis());
    for (const char* name : {"retry-after", "x-loadline-quarantined", "x-loadline-unchecked"})
      if (const auto value = header_of(head_->headers, name); !value.empty())
        head.passed.push_back({name, std::string(value)});
    if (!is_stream_) bytes_ = head_->content();
    co_return head;
  }

  asio::awaitable<Result<std::string_view>> read_some() override {
    given_.clear();
    for (;;) {
      if (!bytes_.empty()) {
        given_.swap(bytes_);
        co_return std::string_view(given_);
      }
      if (cancelled_) co_return Error(Code::cancelled, "the call was cancelled");
      if (broken_) co_return Error(Code::unavailable, "the local model broke off its answer");
      if (complete_) co_return std::string_view();
      take();
      if (bytes_.empty() && !complete_) co_await wait();
    }
  }

  void cancel() override {
    cancelled_ = true;
    exchange_->client_gone();
    event_->cancel();
  }

  Duration waited() const override { return {}; }  // of a model's own queue nothing is known here

  FailureKind failure_kind(const Error& error) const override {
    if (error.code() == Code::permission_denied) return FailureKind::refused;
    if (error.code() == Code::resource_exhausted) return FailureKind::rate_limited;
    return head_ ? FailureKind::cut : FailureKind::server;
  }

 private:
  void take() {
    PooledExchange::Output output = exchange_->take();
    if (output.head) {
      head_ = std::move(output.head);
      is_stream_ = output.stream;
    }
    bytes_ += output.bytes;
    complete_ = complete_ || output.complete;
    broken_ = broken_ || output.broken;
  }
  asio::awaitable<void> wait() {
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    event_->expires_at(asio::steady_timer::time_point::max());
    co_await event_->async_wait(token);
  }

  const LocalModels models_;
  std::shared_ptr<asio::steady_timer> event_;
  std::function<Status()> may_open_;
  std::shared_ptr<Waker> waker_;
  std::shared_ptr<PooledExchange> exchange_;
  std::optional<HttpResponse> head_;
  std::string bytes_, given_;
  bool is_stream_ = false, complete_ = false, broken_ = false, cancelled_ = false;
};

}  // namespace

std::unique_ptr<ModelCall> make_remote_call(HttpOrigin& origin, HttpClientRequest request) {
  return std::make_unique<RemoteCall>(origin, std::move(request));
}

std::unique_ptr<ModelCall> make_local_call(const LocalModels& models, asio::any_io_executor executor,
                                           HttpRequest request, std::uint32_t tag, CallContext context,
                                           std::function<Status()> may_open) {
  return std::make_unique<LocalCall>(models, std::move(executor), std::move(request), tag, std::move(context),
                                     std::move(may_open));
}

Duration parse_retry_after(std::string_view text, std::int64_t now_ms) {
  if (text.empty()) return {};
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size() && seconds >= 0)
    return std::chrono::seconds(std::min<std::int64_t>(seconds, 86'400));
  std::tm time{};
  const std::string date(text);
  if (::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time) == nullptr) return {};
  const std::int64_t at_ms = static_cast<std::int64_t>(::timegm(&time)) * 1000;
  return std::chrono::milliseconds(std::clamp<std::int64_t>(at_ms - now_ms, 0, 86'400'000));
}

}  // namespace loadline

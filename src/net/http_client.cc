#include "net/http_client.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <deque>

#include "net/client_connection.h"

namespace loadline {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using Token = asio::redirect_error_t<asio::use_awaitable_t<>>;
using Addresses = std::vector<asio::ip::address>;

namespace {

// A server that closes an idle connection does so within a round trip of our request. What is closed later
// than this was closed by a server that may have worked on it.
constexpr std::chrono::milliseconds stale_time{1000};
constexpr std::size_t addresses_max = 8;  // that are tried

// getaddrinfo, on the thread that Asio keeps for it.
class SystemResolver final : public HostResolver {
 public:
  explicit SystemResolver(asio::any_io_executor executor) : resolver_(std::move(executor)) {}
  asio::awaitable<Result<Addresses>> resolve(std::string host) override {
    ErrorCode error;
    Token token(asio::use_awaitable, error);
    const auto found = co_await resolver_.async_resolve(host, "", token);
    Addresses addresses;
    for (const auto& entry : found)
      if (std::find(addresses.begin(), addresses.end(), entry.endpoint().address()) == addresses.end())
        addresses.push_back(entry.endpoint().address());
    if (!error && !addresses.empty()) co_return addresses;
    co_return Error(Code::unavailable, error ? error.message() : "the name has no address");
  }

 private:
  tcp::resolver resolver_;
};

// What says where a request ends or the connection goes is the client's own business.
bool is_ours(std::string_view name) {
  static constexpr std::string_view ours[] = {"host", "connection", "content-length", "transfer-encoding"};
  const auto is = [name](std::string_view other) {
    return name.size() == other.size() &&
           std::equal(name.begin(), name.end(), other.begin(), [](char a, char b) { return (a | 32) == b; });
  };
  return std::any_of(std::begin(ours), std::end(ours), is);
}

bool is_sendable(const HttpField& field) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; };
  const auto bad_in_name = [&bad](char c) { return bad(c) || c == ' ' || c == ':'; };
  const std::string_view name = field.name, value = field.value;
  return !name.empty() && !is_ours(name) && std::none_of(name.begin(), name.end(), bad_in_name) &&
         std::none_of(value.begin(), value.end(), [&bad](char c) { return bad(c) && c != '\t'; });
}

bool is_one_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

std::string in_milliseconds(std::chrono::milliseconds time) { return std::to_string(time.count()) + " ms"; }

}  // namespace

// --- the client

class HttpClient::Impl : public std::enable_shared_from_this<HttpClient::Impl> {
 public:
  Impl(asio::any_io_executor executor_given, const Clock& clock_given, HttpClientOptions options_given)
      : executor(executor_given), clock(clock_given), options(std::move(options_given)), timer_(executor) {
    if (options.resolver == nullptr) system_resolver_.emplace(executor);
  }

  void add(HttpCall& call) {
    call.slot_ = calls_.size();
    calls_.push_back(&call);
    keep_sweeping();
  }
  void remove(HttpCall& call) {
    calls_[call.slot_] = calls_.back();
    calls_[call.slot_]->slot_ = call.slot_;
    calls_.pop_back();
  }
  HostResolver& resolver() { return options.resolver != nullptr ? *options.resolver : *system_resolver_; }
  /// While there is a call or an idle connection.
  void keep_sweeping();
  void close();
  bool closed() const { return closed_; }

  const asio::any_io_executor executor;
  const Clock& clock;
  const HttpClientOptions options;
  std::vector<std::weak_ptr<HttpOrigin::Impl>> origins;

 private:
  void sweep();

  std::optional<SystemResolver> system_resolver_;
  std::vector<HttpCall*> calls_;
  asio::steady_timer timer_;
  bool sweeping_ = false;
  bool closed_ = false;
};

// --- one origin

class HttpOrigin::Impl : public std::enable_shared_from_this<HttpOrigin::Impl> {
 public:
  Impl(std::shared_ptr<HttpClient::Impl> client_given, HttpOriginOptions options_given)
      : client(std::move(client_given)),
        options(std::move(options_given)),
        authority(options.url.authority()),
        name(options.url.origin()) {}

  /// A kept connection that the peer did not close; null if there is none.
  std::unique_ptr<ClientConnection> take_idle();
  /// A place among connections_max; false: all are taken.
  bool take_place();
  /// Gives the place of a connection to whoever waits longest, with the connection if it may be used again.
  void give_back(std::unique_ptr<ClientConnection> connection);
  void close_idle(Instant rested_before);
  asio::awaitable<void> resolve(std::shared_ptr<Impl> self);
  std::unique_ptr<ClientConnection> new_connection();

  const std::shared_ptr<HttpClient::Impl> client;
  const HttpOriginOptions options;
  const std::string authority, name;
  Counts counts;

  std::deque<HttpCall*> waiting;                        // for a place; at most waiting_max
  std::vector<std::unique_ptr<ClientConnection>> idle;  // the one that rests longest in front
  bool abandoned = false;                               // nobody holds the origin any more

  Addresses addresses;
  Instant addresses_until{};
  std::optional<Error> resolve_error;
  bool resolving = false;
  std::vector<HttpCall*> asking;  // calls that wait for addresses
};

std::unique_ptr<ClientConnection> HttpOrigin::Impl::take_idle() {
  const Instant now = client->clock.now();
  while (!idle.empty()) {
    std::unique_ptr<ClientConnection> connection = std::move(idle.back());
    idle.pop_back();
    const bool fresh = now < connection->rested() + options.limits.idle_time &&
                       now < connection->made() + options.limits.connection_time;
    if (fresh && connection->usable()) return connection;
    --counts.connections;
  }
  return nullptr;
}

bool HttpOrigin::Impl::take_place() {
  if (counts.connections >= options.limits.connections_max) return false;
  ++counts.connections;
  return true;
}

void HttpOrigin::Impl::give_back(std::unique_ptr<ClientConnection> connection) {
  const Instant now = client->clock.now();
  const bool keep = connection && connection->reusable() && !client->closed() && !abandoned &&
                    now < connection->made() + options.limits.connection_time;
  if (!keep) connection.reset();
  if (!waiting.empty()) {
    HttpCall& next = *waiting.front();
    waiting.pop_front();
    next.place_ = true;
    next.connection_ = std::move(connection);
    next.wake();
    return;
  }
  if (connection && idle.size() < options.limits.idle_connections_max) {
    connection->rest(now);
    idle.push_back(std::move(connection));
    client->keep_sweeping();
    return;
  }
  --counts.connections;
}

void HttpOrigin::Impl::close_idle(Instant rested_before) {
  const auto first_kept = std::find_if(idle.begin(), idle.end(), [rested_before](const auto& connection) {
    return connection->rested() > rested_before;
  });
  counts.connections -= static_cast<std::uint32_t>(first_kept - idle.begin());
  idle.erase(idle.begin(), first_kept);
}

std::unique_ptr<ClientConnection> HttpOrigin::Impl::new_connection() {
  const ResponseParser::Limits limits{options.limits.head_bytes_max, options.limits.fields_max};
  return std::make_unique<ClientConnection>(client->executor, limits, client->clock.now());
}

// One question for all calls that wait for it; goes on even if they give up.
asio::awaitable<void> HttpOrigin::Impl::resolve(std::shared_ptr<Impl> self) {
  static_cast<void>(self);  // lives as long as this does
  Result<Addresses> found = co_await client->resolver().resolve(options.url.host);
  resolving = false;
  resolve_error.reset();
  if (found && !found->empty()) {
    addresses = std::move(*found);
    if (addresses.size() > addresses_max) addresses.resize(addresses_max);
    addresses_until = client->clock.now() + options.limits.addresses_time;
  } else {
    resolve_error = found ? Error(Code::unavailable, "the name has no address") : found.error();
  }
  for (HttpCall* const call : std::exchange(asking, {})) call->wake();
}

HttpOrigin::HttpOrigin(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpOrigin::~HttpOrigin() {
  impl_->abandoned = true;
  impl_->close_idle(Instant::max());
}

const HttpUrl& HttpOrigin::url() const { return impl_->options.url; }

HttpOrigin::Counts HttpOrigin::counts() const {
  Counts counts = impl_->counts;
  counts.idle = static_cast<std::uint32_t>(impl_->idle.size());
  counts.waiting = static_cast<std::uint32_t>(impl_->waiting.size());
  return counts;
}

// --- the client again

void HttpClient::Impl::keep_sweeping() {
  if (sweeping_ || closed_) return;
  sweeping_ = true;
  timer_.expires_after(options.sweep_interval);
  timer_.async_wait([weak = weak_from_this()](const ErrorCode&) {
    if (const auto self = weak.lock()) self->sweep();
  });
}

void HttpClient::Impl::sweep() {
  sweeping_ = false;
  const Instant now = clock.now();
  for (HttpCall* const call : calls_) {
    if (!call->overdue(now)) continue;
    call->timed_out_ = true;
    call->interrupt();
  }
  std::erase_if(origins, [](const auto& weak) { return weak.expired(); });
  bool any = !calls_.empty();
  for (const auto& weak : origins) {
    const auto origin = weak.lock();
    origin->close_idle(now - origin->options.limits.idle_time);
    any = any || !origin->idle.empty();
  }
  if (any) keep_sweeping();
}

void HttpClient::Impl::close() {
  closed_ = true;
  timer_.cancel();
  for (HttpCall* const call : calls_) call->cancel();
  for (const auto& weak : origins)
    if (const auto origin = weak.lock()) origin->close_idle(Instant::max());
}

HttpClient::HttpClient(asio::any_io_executor executor, const Clock& clock, HttpClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), clock, std::move(options))) {}

HttpClient::~HttpClient() { impl_->close(); }

Result<std::shared_ptr<HttpOrigin>> HttpClient::origin(HttpOriginOptions options) {
  if (!options.trust) options.trust = impl_->options.trust;
  if (options.url.tls && !options.trust)
    return Error(Code::invalid_argument,
                 options.url.origin() + " needs TLS, and no certificate authorities were given");
  auto origin = std::make_shared<HttpOrigin::Impl>(impl_, std::move(options));
  impl_->origins.push_back(origin);
  return std::shared_ptr<HttpOrigin>(new HttpOrigin(std::move(origin)));
}

// --- one call

HttpCall::HttpCall(HttpOrigin& origin) : origin_(origin.impl_) { origin_->client->add(*this); }

HttpCall::~HttpCall() {
  std::erase(origin_->waiting, this);
  std::erase(origin_->asking, this);
  let_go();
  origin_->client->remove(*this);
}

void HttpCall::let_go() {
  if (place_) origin_->give_back(std::move(connection_));
  place_ = false;
}

void HttpCall::cancel() {
  cancelled_ = true;
  interrupt();
}

void HttpCall::interrupt() {
  if (connection_) connection_->close();
  wake();
}

// A long request is in time as long as the server takes some of it.
bool HttpCall::overdue(Instant now) {
  if (now < limit_ || interrupted()) return false;
  if (stage_ != HttpStage::sending || written_ == seen_written_ || now >= total_) return true;
  seen_written_ = written_;
  limit_ = std::min(total_, now + times_.stall);
  return false;
}

void HttpCall::wake() {
  if (waiting_) event_->cancel();
  waiting_ = false;
}

HttpCall::awaitable<void> HttpCall::wait() {
  if (!event_) event_.emplace(origin_->client->executor);
  event_->expires_at(asio::steady_timer::time_point::max());
  waiting_ = true;
  ErrorCode ignored;
  Token token(asio::use_awaitable, ignored);
  co_await event_->async_wait(token);
  waiting_ = false;
}

void HttpCall::begin_stage(HttpStage stage, std::chrono::nanoseconds limit) {
  stage_ = stage;
  limit_ = std::min(total_, origin_->client->clock.now() + limit);
}

Error HttpCall::failure(std::string_view what) const {
  const std::string where = origin_->name + ": ";
  if (cancelled_) return Error(Code::cancelled, where + "the call was cancelled");
  if (!timed_out_) return Error(Code::unavailable, where + std::string(what));
  std::string limit = "the whole call took longer than " + in_milliseconds(times_.total);
  if (limit_ < total_) {
    if (stage_ <= HttpStage::handshake) limit = "no connection within " + in_milliseconds(times_.connect);
    if (stage_ == HttpStage::sending) limit = "it took no byte for " + in_milliseconds(times_.stall);
    if (stage_ == HttpStage::head) limit = "no answer within " + in_milliseconds(times_.first_byte);
    if (stage_ == HttpStage::body) limit = "the answer stood still for " + in_milliseconds(times_.stall);
  }
  return Error(Code::deadline_exceeded, where + limit);
}

HttpCall::awaitable<Status> HttpCall::start(HttpClientRequest request) {
  LOADLINE_ASSERT(stage_ == HttpStage::waiting && request.may_open);
  if (!is_one_word(request.method) || !is_one_word(request.target) ||
      !std::all_of(request.fields.begin(), request.fields.end(), is_sendable))
    co_return Error(Code::invalid_argument,
                    origin_->name + ": a header, the method or the path cannot be sent as it is");
  times_ = request.times;
  total_ = origin_->client->clock.now() + times_.total;
  Status status = co_await attempt(request, false);
  if (!status && stale_ && !interrupted()) {
    ++origin_->counts.retries;
    let_go();
    sent_ = reused_ = false;
    status = co_await attempt(request, true);
  }
  if (!status) let_go();
  co_return status;
}

HttpCall::awaitable<Status> HttpCall::attempt(const HttpClientRequest& request, bool fresh) {
  begin_stage(HttpStage::waiting, times_.connect);
  if (cancelled_ || origin_->client->closed()) co_return Error(Code::cancelled, "the call was cancelled");
  if (origin_->waiting.empty()) {
    if (!fresh) connection_ = origin_->take_idle();
    place_ = connection_ || origin_->take_place();
  }
  if (!place_) {
    const Status placed = co_await wait_for_place();
    if (!placed) co_return placed;
    if (connection_ && (fresh || !connection_->usable())) connection_.reset();
  }
  reused_ = connection_ != nullptr;
  Status ready;
  if (reused_) {
    ++origin_->counts.reuses;
    ready = request.may_open();
  } else {
    ready = co_await open(request);
  }
  if (!ready) co_return ready;
  co_return co_await exchange(request);
}

HttpCall::awaitable<Status> HttpCall::wait_for_place() {
  if (origin_->waiting.size() >= origin_->options.limits.waiting_max)
    co_return Error(Code::resource_exhausted,
                    origin_->name + ": all " + std::to_string(origin_->options.limits.connections_max) +
                        " connections are in use and " + std::to_string(origin_->waiting.size()) +
                        " calls wait for one");
  const Instant begun = origin_->client->clock.now();
  origin_->waiting.push_back(this);
  while (!place_ && !interrupted()) co_await wait();
  std::erase(origin_->waiting, this);
  waited_ += origin_->client->clock.now() - begun;
  if (interrupted()) co_return failure("");
  co_return Status();
}

HttpCall::awaitable<Status> HttpCall::find_addresses() {
  HttpOrigin::Impl& origin = *origin_;
  if (origin.client->clock.now() < origin.addresses_until) co_return Status();
  ErrorCode not_an_address;
  const auto literal = asio::ip::make_address(origin.options.url.host, not_an_address);
  if (!not_an_address) {
    origin.addresses.assign(1, literal);
    origin.addresses_until = Instant::max();
    co_return Status();
  }
  stage_ = HttpStage::resolving;
  if (!origin.resolving) {
    origin.resolving = true;
    ++origin.counts.resolves;
    asio::co_spawn(origin.client->executor, origin.resolve(origin_), asio::detached);
  }
  origin.asking.push_back(this);
  while (origin.resolving && !interrupted()) co_await wait();
  std::erase(origin.asking, this);
  if (interrupted()) co_return failure("");
  if (origin.resolve_error)
    co_return Error(Code::unavailable,
                    origin.name + ": its name cannot be resolved: " + origin.resolve_error->message());
  co_return Status();
}

// The addresses one after the other, each with its share of the time.
HttpCall::awaitable<Status> HttpCall::open(const HttpClientRequest& request) {
  const Instant until = limit_;
  const Status found = co_await find_addresses();
  if (!found) co_return found;
  const Addresses addresses = origin_->addresses;  // stay the same for this connection
  std::string problem = "no address";
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const Instant now = origin_->client->clock.now();
    stage_ = HttpStage::connecting;
    limit_ = now + (until - now) / static_cast<std::int64_t>(addresses.size() - i);
    timed_out_ = false;
    Status allowed = request.may_open();
    if (!allowed) co_return allowed;
    connection_ = origin_->new_connection();
    ++origin_->counts.connects;
    const tcp::endpoint endpoint(addresses[i], origin_->options.url.port);
    ErrorCode error = co_await connection_->connect(endpoint);
    if (cancelled_) break;
    problem = "it cannot be reached: " + error.message();
    if (error || timed_out_) continue;
    if (!origin_->options.url.tls) co_return Status();
    stage_ = HttpStage::handshake;
    limit_ = until;
    std::string verdict;
    error = co_await connection_->handshake(origin_->options.trust, origin_->options.url.host, verdict);
    if (!error && !interrupted()) co_return Status();
    problem = verdict.empty() ? "TLS: " + error.message() : "its certificate is refused: " + verdict;
    break;
  }
  co_return failure(problem);
}

HttpCall::awaitable<Status> HttpCall::exchange(const HttpClientRequest& request) {
  std::string& out = connection_->out();
  out.clear();
  for (const std::string_view part :
       {request.method, std::string_view(" "), request.target, std::string_view(" HTTP/1.1\r\nhost: "),
        std::string_view(origin_->authority), std::string_view("\r\n")})
    out += part;
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, request.body.size()).ptr;
    out.append("content-length: ").append(digits, end).append("\r\n");
  }
  for (const HttpField& field : request.fields)
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  out += "\r\n";

  begin_stage(HttpStage::sending, times_.stall);
  sent_ = true;
  written_ = seen_written_ = 0;
  const Instant began = origin_->client->clock.now();
  const ErrorCode send_error = co_await connection_->send(request.body, request.method == "HEAD", written_);
  if (interrupted()) co_return failure("");
  // A server may answer and close before it has read all: what it said is worth more than the error.
  begin_stage(HttpStage::head, times_.first_byte);
  ErrorCode error;
  ResponseParser::State state = ResponseParser::State::need_more;
  while (state == ResponseParser::State::need_more && !error && !interrupted()) {
    error = co_await connection_->receive();
    state = connection_->take_head();
  }
  if (state == ResponseParser::State::done && !interrupted()) {
    stage_ = HttpStage::body;
    limit_ = total_;  // until `read_some` waits for the server
    co_return Status();
  }
  stale_ = reused_ && error && !connection_->any_byte() && !interrupted() &&
           origin_->client->clock.now() - began < stale_time;
  if (state == ResponseParser::State::failed)
    co_return failure("its answer is not HTTP: " + std::string(connection_->failure()));
  if (send_error && !connection_->any_byte())
    co_return failure("the request could not be sent: " + send_error.message());
  co_return failure(connection_->any_byte()
                        ? "it ended within the head of its answer: " + error.message()
                        : "it closed the connection without an answer: " + error.message());
}

const HttpResponseHead& HttpCall::head() const { return connection_->head(); }

HttpCall::awaitable<Result<std::string_view>> HttpCall::read_some() {
  LOADLINE_ASSERT(stage_ == HttpStage::body || stage_ == HttpStage::done);
  std::string_view data;
  ErrorCode error;
  for (;;) {
    const ClientConnection::Piece piece = connection_->take_piece(data);
    if (interrupted()) co_return failure("");
    if (piece == ClientConnection::Piece::data) co_return data;
    if (piece == ClientConnection::Piece::end) break;
    if (piece == ClientConnection::Piece::broken) co_return failure("the chunks of its answer are broken");
    if (error) {
      if (connection_->ends_with_close(error == asio::error::eof)) break;
      co_return failure("it ended before the end of its answer: " + error.message());
    }
    limit_ = std::min(total_, origin_->client->clock.now() + times_.stall);
    error = co_await connection_->receive();
    if (!timed_out_) limit_ = total_;
  }
  stage_ = HttpStage::done;
  co_return std::string_view();
}

HttpCall::awaitable<Status> HttpCall::read_rest(std::string& into, std::size_t bytes_max) {
  for (;;) {
    const Result<std::string_view> piece = co_await read_some();
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return Status();
    if (into.size() + piece->size() > bytes_max)
      co_return Error(Code::resource_exhausted,
                      origin_->name + ": its answer is longer than " + std::to_string(bytes_max) + " bytes");
    into += *piece;
  }
}

}  // namespace loadline

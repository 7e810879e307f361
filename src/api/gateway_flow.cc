#include "api/gateway_flow.h"

#include "api/gateway_call.h"
#include "api/gateway_run.h"
#include "base/assert.h"

namespace loadline {

namespace asio = boost::asio;

std::optional<Dialect> dialect_of_path(std::string_view path) {
  if (path == "/v1/chat/completions") return Dialect::openai_chat;
  if (path == "/v1/completions") return Dialect::openai_completions;
  if (path == "/v1/embeddings") return Dialect::openai_embeddings;
  if (path == "/v1/responses") return Dialect::openai_responses;
  if (path == "/v1/messages") return Dialect::anthropic_messages;
  return std::nullopt;
}

GatewayFlow::GatewayFlow(GatewayFlowParts parts, std::shared_ptr<const GatewayTable> table)
    : parts_(std::move(parts)), table_(std::move(table)) {}

GatewayFlow::~GatewayFlow() = default;

void GatewayFlow::use(std::shared_ptr<const GatewayTable> table) {
  const std::lock_guard lock(mutex_);
  table_ = std::move(table);
}

std::shared_ptr<const GatewayTable> GatewayFlow::table() const {
  const std::lock_guard lock(mutex_);
  return table_;
}

void GatewayFlow::on_thread_start(std::size_t index, asio::any_io_executor executor) {
  LOADLINE_ASSERT(index < threads_max);
  auto thread = std::make_unique<Thread>();
  thread->executor = executor;
  HttpClientOptions options;
  options.trust = parts_.trust;
  thread->client = std::make_unique<HttpClient>(executor, parts_.clock, options);
  thread->random = Rng(parts_.seed, index);
  threads_[index] = std::move(thread);
}

void GatewayFlow::on_thread_stop(std::size_t index) {
  threads_[index]->origins.clear();
  threads_[index]->client.reset();
}

Result<HttpOrigin*> GatewayFlow::origin_of(Thread& thread, const GatewayModel& model) {
  const Endpoint* key = model.endpoint.get();
  if (const auto found = thread.origins.find(key); found != thread.origins.end()) {
    if (!found->second.first.expired()) return found->second.second.get();
    thread.origins.erase(found);
  }
  // Endpoints of manifests that are no longer used.
  for (auto it = thread.origins.begin(); it != thread.origins.end();)
    it = it->second.first.expired() ? thread.origins.erase(it) : std::next(it);
  HttpOriginOptions options;
  options.url = model.endpoint->url();
  options.trust = model.trust;
  options.limits = model.limits;
  LOADLINE_ASSIGN(std::shared_ptr<HttpOrigin> origin, thread.client->origin(std::move(options)));
  HttpOrigin* const opened = origin.get();
  thread.origins.emplace(key, std::pair(std::weak_ptr(model.endpoint), std::move(origin)));
  return opened;
}

asio::awaitable<void> GatewayFlow::serve(AsyncExchange& exchange) {
  Thread& thread = *threads_[exchange.thread_index()];
  const Dialect client = *dialect_of_path(exchange.request().path());
  GatewayCall call(parts_, table(), exchange.request(), client, thread.random);
  std::optional<CallRefusal> refused = call.admit();
  if (refused) {
    call.close({.model = {}, .outcome = RowOutcome::blocked, .status = refused->status, .first_token = {}});
    HttpResponse response = response_of(*refused, client);
    co_await exchange.respond(std::move(response));
    co_return;
  }
  CallCache* const cache = call.cache();
  if (cache != nullptr && cache->has_similar()) {
    std::function<void()> comparison = cache->comparison();
    const bool compared = co_await run_on_pool(parts_.local.pool, thread.executor, std::move(comparison));
    if (compared) cache->compared(thread.random);
  }
  if (const auto cached = cache != nullptr ? cache->answer() : nullptr) {
    GatewayCall::Spending nothing;
    nothing.source = UsageSource::provider;
    nothing.tokens = {0, 0, {}, {}};
    call.add_spending(nothing);
    call.close({.model = {}, .outcome = RowOutcome::completed, .status = 200, .first_token = {}});
    HttpResponse response;
    response.content_type = cached->content_type;
    response.headers = {{"x-loadline-model", cached->model},
                        {"x-loadline-cache", std::string(cache->verdict())}};
    response.body = cached->body;
    co_await exchange.respond(std::move(response));
    co_return;
  }
  GatewayRun run(*this, thread, exchange, call);
  co_await run.run();
}

}  // namespace loadline

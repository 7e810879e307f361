#include "api/gateway_flow.h"

#include <algorithm>

#include "api/gateway_call.h"
#include "api/gateway_run.h"
#include "api/pool_wait.h"
#include "base/assert.h"
#include "privacy/name_tagger.h"

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
    : parts_(std::move(parts)) {
  use(std::move(table));
}

GatewayFlow::~GatewayFlow() = default;

void GatewayFlow::use(std::shared_ptr<const GatewayTable> table) {
  prepare_classifier(*table);
  GatewayRules rules{table, std::make_shared<const GatewaySeriesIndex>(parts_.metrics, *table)};
  const std::lock_guard lock(mutex_);
  rules_ = std::move(rules);
}

// So that the first request that is to be classified does not wait for the encoder's weights.
void GatewayFlow::prepare_classifier(const GatewayTable& table) {
  const bool wanted = std::any_of(table.routes.begin(), table.routes.end(), [](const GatewayRoute& route) {
    return (route.guards.injection && route.guards.injection->classifier) ||
           (route.guards.privacy && route.guards.privacy->names);
  });
  if (!wanted) return;
  // Without a place there are requests that already ask for it.
  (void)parts_.guard_pool.try_run([embedder = &parts_.embedder, log = &parts_.log] {
    if (const Status ready = embedder->prepare(); !ready)
      log->error("classifier_unavailable", {{"error", ready.error().to_string()}});
  });
}

std::shared_ptr<const GatewayTable> GatewayFlow::table() const { return rules().table; }

GatewayRules GatewayFlow::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
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

namespace {

/// What the classifier's thread works on: it may still do so when the request is gone.
struct ClassifierTask {
  std::shared_ptr<const InjectionPolicy> policy;
  std::shared_ptr<const std::vector<InjectionText>> texts;
  CallContext context;
  Classified result;
};

}  // namespace

asio::awaitable<void> GatewayFlow::ask_classifier(AsyncExchange& exchange, CallGuards& guards) const {
  InjectionCheck& check = *guards.injection();
  const auto task = std::make_shared<ClassifierTask>(
      ClassifierTask{check.policy(), check.to_classify(), exchange.context(), {}});
  std::function<void()> work = [task, embedder = &parts_.embedder, memo = &parts_.injection_memo] {
    task->result = classify(*task->policy, *task->texts, *embedder, *memo, task->context);
  };
  const Instant begun = parts_.clock.now();
  const PoolWait how =
      co_await wait_for_pool(exchange, parts_.guard_pool, std::move(work), task->policy->time_max);
  guards.add_time(GuardStep::injection, parts_.clock.now() - begun);
  switch (how) {
    case PoolWait::done:
      check.take(task->result);
      break;
    case PoolWait::full:
      check.not_classified(GuardVerdict::failed, "all places of the classifier were taken");
      break;
    case PoolWait::late:
      check.not_classified(GuardVerdict::late,
                           "not done within " + std::to_string(task->policy->time_max.count()) + " ms");
      break;
    case PoolWait::cancelled:
      check.not_classified(GuardVerdict::failed, "the request was cancelled");
      break;
  }
}

namespace {

/// The same for the model for names.
struct NamesTask {
  std::shared_ptr<const std::vector<std::string>> units;
  CallContext context;
  NamesAnswer answer;

  void run(const Embedder& embedder) {
    const Result<NameTagger> tagger = NameTagger::make(embedder);
    if (tagger)
      answer = look_for_names(*tagger, *units, context);
    else
      answer.failure = tagger.error();
  }
};

}  // namespace

asio::awaitable<void> GatewayFlow::ask_names(AsyncExchange& exchange, CallGuards& guards) const {
  const std::chrono::milliseconds time_max = guards.privacy()->policy().names_time_max;
  const auto task = std::make_shared<NamesTask>(
      NamesTask{guards.names_due(), exchange.context().with_time_limit(time_max), {}});
  std::function<void()> work = [task, embedder = &parts_.embedder] { task->run(*embedder); };
  const Instant begun = parts_.clock.now();
  const PoolWait how = co_await wait_for_pool(exchange, parts_.guard_pool, std::move(work), time_max);
  guards.add_time(GuardStep::request, parts_.clock.now() - begun);
  NamesLook& names = guards.privacy()->names();
  if (how == PoolWait::done)
    names.take(std::move(task->answer));
  else if (how == PoolWait::full)
    names.not_looked(Error(Code::unavailable, "all places of the model were taken"));
  else if (how == PoolWait::late)
    names.not_looked(
        Error(Code::deadline_exceeded, "not done within " + std::to_string(time_max.count()) + " ms"));
  else
    names.not_looked(Error(Code::cancelled, "the request was cancelled"));
}

asio::awaitable<void> GatewayFlow::serve(AsyncExchange& exchange) {
  Thread& thread = *threads_[exchange.thread_index()];
  const Dialect client = *dialect_of_path(exchange.request().path());
  GatewayCall call(parts_, rules(), exchange.request(), client, thread.random);
  std::optional<CallRefusal> refused = call.recognise();
  if (!refused && call.classifier_due() != nullptr) co_await ask_classifier(exchange, *call.guard());
  if (!refused && call.names_due() != nullptr) co_await ask_names(exchange, *call.names_due());
  if (!refused) refused = call.admit();
  if (refused) {
    call.close({.model = {}, .outcome = RowOutcome::blocked, .status = refused->status, .first_token = {}});
    HttpResponse response = response_of(*refused, client);
    co_await exchange.respond(std::move(response));
    co_return;
  }
  CallCache* const cache = call.cache();
  if (cache != nullptr && cache->has_similar()) {
    std::function<void()> comparison = cache->comparison();
    const PoolWait how = co_await wait_for_pool(exchange, parts_.local.pool, std::move(comparison),
                                                CallCache::comparison_time_max);
    if (how == PoolWait::done) cache->compared(thread.random);
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
    if (std::string unchecked = call.unchecked(); !unchecked.empty())
      response.headers.push_back({"x-loadline-unchecked", std::move(unchecked)});
    response.body = cached->body;
    co_await exchange.respond(std::move(response));
    co_return;
  }
  GatewayRun run(*this, thread, exchange, call);
  co_await run.run();
}

}  // namespace loadline

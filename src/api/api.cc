#include "api/api.h"

#include "api/admin_routes.h"
#include "api/api_error.h"
#include "api/chat_routes.h"
#include "api/collection_routes.h"
#include "api/embedding_routes.h"
#include "api/json_values.h"
#include "api/metrics.h"
#include "api/openapi.h"
#include "api/origin.h"
#include "api/request_log.h"
#include "api/routes.h"
#include "base/printable.h"

namespace loadline {

namespace json = boost::json;

namespace {

class Api final : public HttpHandler {
 public:
  Api(ApiParts parts, std::unique_ptr<Authenticator> authenticator, std::unique_ptr<UploadJobs> uploads)
      : parts_(std::move(parts)),
        authenticator_(std::move(authenticator)),
        uploads_(std::move(uploads)),
        chat_(parts_.chat, parts_.clock, metrics_, [this] { return retry_after(); }),
        embeddings_(parts_.embedder, parts_.limits.embedding_inputs_max, metrics_),
        collections_(parts_.documents, *uploads_, parts_.retriever, metrics_),
        created_(parts_.clock.unix_millis() / 1000),
        cache_(parts_.limits.cache, parts_.clock),
        budgets_(parts_.clock),
        limits_(parts_.clock),
        gates_(parts_.clock),
        local_pool_("local", parts_.limits.local_calls_max),
        guard_pool_("guard", parts_.limits.guard_calls_max),
        flow_({.governance = {budgets_, limits_, gates_, parts_.ledger, parts_.audit},
               .vault = parts_.vault,
               .local = {*this, local_pool_},
               .embedder = parts_.embedder,
               .guard_pool = guard_pool_,
               .injection_memo = injection_memo_,
               .clock = parts_.clock,
               .log = parts_.log,
               .metrics = gateway_metrics_,
               .memory = {.answers = cache_,
                          .questions = questions_,
                          .precision = precision_,
                          .embedder = parts_.embedder,
                          .knowledge = parts_.knowledge,
                          .clock = parts_.clock,
                          .pool = local_pool_},
               .traces = parts_.traces,
               .genai_version = parts_.genai_version,
               .trace_texts = parts_.trace_texts,
               .trust = parts_.trust,
               .seed = static_cast<std::uint64_t>(created_)},
              parts_.gateway),
        admin_({.authenticator = *authenticator_,
                .keys = parts_.key_store,
                .budgets = budgets_,
                .ledger = parts_.ledger,
                .audit = parts_.audit,
                .table = [this] { return flow_.table(); },
                .verify_audit = parts_.verify_audit,
                .log = parts_.log,
                .clock = parts_.clock}) {
    list_models();
    if (parts_.ledger != nullptr) restore_budgets(*parts_.ledger, parts_.clock, budgets_);
  }

  RequestPlan plan(const HttpRequest& request) override;
  void handle(HttpExchange& exchange) override;
  AsyncHandler* async() override { return &flow_; }
  HttpResponse refusal(int status, const Error& error) override;
  void done(const HttpDone& done) override;
  void on_start(const HttpServerStats& stats) override { stats_.store(&stats); }

 private:
  void refuse(const HttpRequest& request, const RouteMatch& match, RequestPlan& plan);
  std::optional<HttpResponse> refuse_form(const HttpRequest& request, const RouteMatch& match) const;
  static Status may_use(const Identity& identity, const RouteMatch& match);
  HttpResponse no_route(std::string_view path) const;
  void list_models();
  void model(HttpExchange& exchange, const std::string& name) const;
  void ready(HttpExchange& exchange) const;
  void metrics(HttpExchange& exchange) const;
  void dispatch(HttpExchange& exchange, const RouteMatch& match);
  std::string tenant(const HttpRequest& request) const;
  std::string vault_tenant(const HttpRequest& request) const;
  int retry_after() const;

  const ApiParts parts_;
  const std::unique_ptr<Authenticator> authenticator_;
  Metrics metrics_;
  const std::unique_ptr<UploadJobs> uploads_;
  const ChatRoutes chat_;
  const EmbeddingRoutes embeddings_;
  const CollectionRoutes collections_;
  const std::int64_t created_;  // seconds
  AnswerCache cache_;
  SimilarQuestions questions_;
  HitPrecision precision_;
  Budgets budgets_;
  RequestLimits limits_;
  CallGates gates_;
  GatewayMetrics gateway_metrics_;
  WorkerPool local_pool_;
  InjectionMemo injection_memo_;  // outlives the pool that works with it
  WorkerPool guard_pool_;
  GatewayFlow flow_;
  AdminRoutes admin_;
  std::vector<std::string> model_names_;
  std::shared_ptr<const std::string> models_json_;  // what exists is fixed when the server starts
  std::atomic<const HttpServerStats*> stats_{nullptr};
};

json::object model_json(const std::string& name, std::int64_t created) {
  return {{"id", json_text(name)}, {"object", "model"}, {"created", created}, {"owned_by", "loadline"}};
}

void Api::list_models() {
  for (const GatewayRoute& route : parts_.gateway->routes) model_names_.push_back(route.policy.name);
  json::array data;
  for (const std::string& name : model_names_) data.push_back(model_json(name, created_));
  models_json_ = std::make_shared<const std::string>(
      json::serialize(json::object{{"object", "list"}, {"data", std::move(data)}}));
}

HttpResponse Api::no_route(std::string_view path) const {
  const std::string near = nearest_route(path);
  return error_response(api_error(
      404, "there is no " + printable(path) +
               (near.empty() ? "; GET /openapi.json lists what there is" : "; did you mean " + near + "?")));
}

std::optional<HttpResponse> Api::refuse_form(const HttpRequest& request, const RouteMatch& match) const {
  if (match.route == Route::none) return no_route(request.path());
  const RouteEntry& entry = route_entry(match.route);
  if (request.method == "OPTIONS") {
    HttpResponse response;
    response.status = 204;
    response.headers.push_back({"allow", allowed_methods(entry)});
    return response;
  }
  if (!allows_method(entry, request.method)) {
    HttpResponse response =
        error_response(api_error(405, printable(request.method) + " is not possible here; " +
                                          std::string(entry.pattern) + " takes " + allowed_methods(entry)));
    response.headers.push_back({"allow", allowed_methods(entry)});
    return response;
  }
  if (parts_.local_only && !is_local_request(request))
    return error_response(
        api_error(Error(Code::permission_denied,
                        "this server answers programs on this machine, not web pages of other "
                        "origins; configure keys (server: keys:) to open it")));
  return std::nullopt;
}

// Whom a request comes from is found out here, once; what answers it finds it in HttpRequest::caller.
void Api::refuse(const HttpRequest& request, const RouteMatch& match, RequestPlan& plan) {
  plan.refusal = refuse_form(request, match);
  if (plan.refusal) return;
  const Access access = route_entry(match.route).access;
  if (access == Access::open) return;
  if (access == Access::admin) {
    plan.refusal = admin_.refuse(request);
    return;
  }
  auto identity = authenticator_->identify(request);
  if (!identity) {
    plan.refusal = refusal_of_caller(identity.error(), request);
    return;
  }
  if (const Status may = may_use(**identity, match); !may) {
    plan.refusal = error_response(api_error(may.error()));
    return;
  }
  plan.caller = std::move(*identity);
}

Status Api::may_use(const Identity& identity, const RouteMatch& match) {
  switch (match.route) {
    case Route::collection:
    case Route::documents:
    case Route::document:
    case Route::search:
      if (!identity.scopes.collections.has(match.names[0]))
        return Error(Code::permission_denied,
                     "this key may not use the collection '" + printable(match.names[0]) + "'");
      return {};
    default:
      return {};
  }
}

RequestPlan Api::plan(const HttpRequest& request) {
  const RouteMatch match = match_route(request.path());
  RequestPlan plan;
  plan.tag = static_cast<std::uint32_t>(match.route);
  plan.body_bytes_max = parts_.limits.json_body_bytes_max;
  refuse(request, match, plan);
  if (plan.refusal) return plan;
  switch (match.route) {
    case Route::models:
    case Route::model:
    case Route::health:
    case Route::ready:
    case Route::openapi:
      plan.place = RequestPlan::Place::connection_thread;
      break;
    case Route::chat:
    case Route::completions:
    case Route::embeddings:
    case Route::responses:
    case Route::messages:
      plan.place = RequestPlan::Place::coroutine;
      break;
    case Route::documents:
      if (request.method != "POST") break;
      plan.body_bytes_max = 0;  // the server's own limit
      plan.body_sink = collections_.upload_sink(request, match.names[0], plan.refusal);
      break;
    default:
      break;
  }
  return plan;
}

void Api::handle(HttpExchange& exchange) {
  if (exchange.tag() == static_cast<std::uint32_t>(Route::models)) {
    HttpResponse response;
    response.content_type = "application/json";
    response.shared_body = models_json_;
    return exchange.respond(std::move(response));
  }
  dispatch(exchange, match_route(exchange.request().path()));
}

void Api::dispatch(HttpExchange& exchange, const RouteMatch& match) {
  const std::string& method = exchange.request().method;
  switch (match.route) {
    case Route::chat:
      return chat_.chat(exchange, tenant(exchange.request()));
    case Route::completions:
      return chat_.completions(exchange, tenant(exchange.request()));
    case Route::embeddings:
      return embeddings_.embeddings(exchange);
    case Route::model:
      return model(exchange, match.names[0]);
    case Route::collections:
      return collections_.list(exchange);
    case Route::collection:
      return collections_.collection(exchange, match.names[0]);
    case Route::documents:
      if (method == "POST") return collections_.upload(exchange, match.names[0]);
      return collections_.documents(exchange, match.names[0]);
    case Route::document:
      if (method == "DELETE") return collections_.remove(exchange, match.names[0], match.names[1]);
      return collections_.document(exchange, match.names[0], match.names[1]);
    case Route::search:
      return collections_.search(exchange, match.names[0], vault_tenant(exchange.request()));
    case Route::health:
      return exchange.respond(health_response());
    case Route::ready:
      return ready(exchange);
    case Route::metrics:
      return metrics(exchange);
    case Route::openapi:
      return exchange.respond(json_response(std::string(openapi_text())));
    case Route::admin_keys:
    case Route::admin_key:
    case Route::admin_rotate:
    case Route::admin_usage:
    case Route::admin_budgets:
    case Route::admin_audit:
      return admin_.handle(exchange, match);
    default:
      return exchange.respond(no_route(exchange.request().path()));
  }
}

void Api::model(HttpExchange& exchange, const std::string& name) const {
  for (const std::string& known : model_names_)
    if (known == name) return exchange.respond(json_response(json::serialize(model_json(name, created_))));
  ApiError error =
      api_error(404, "there is no route or model '" + printable(name) + "'; GET /v1/models lists them");
  error.param = "model";
  error.code = "model_not_found";
  exchange.respond(error_response(error));
}

void Api::ready(HttpExchange& exchange) const {
  Status status;
  if (parts_.ready) status = parts_.ready();
  const HttpServerStats* stats = stats_.load();
  if (stats != nullptr && stats->stopping.load()) status = Error(Code::unavailable, "the server is stopping");
  if (!status) return exchange.respond(error_response(api_error(503, status.error().message())));
  exchange.respond(json_response(R"({"status":"ready"})"));
}

void Api::metrics(HttpExchange& exchange) const {
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics_.text(stats_.load(), uploads_->waiting());
  gateway_metrics_.append(response.body);
  append_places(response.body, gates_.counts());
  append_cache_metrics(response.body, cache_.counts(), questions_.size(), precision_.counts());
  exchange.respond(std::move(response));
}

std::string Api::tenant(const HttpRequest& request) const {
  const Identity* const identity = caller_of(request);
  return identity != nullptr ? identity->key : std::string();
}

// As in governed calls: a team shares its pseudonyms.
std::string Api::vault_tenant(const HttpRequest& request) const {
  const Identity* const identity = caller_of(request);
  return identity != nullptr ? identity->tenant() : std::string();
}

int Api::retry_after() const {
  if (!parts_.expected_wait) return 1;
  const auto seconds = parts_.expected_wait().count();
  return static_cast<int>(std::min<std::int64_t>(std::max<std::int64_t>(seconds, 1), 600));
}

HttpResponse Api::refusal(int status, const Error& error) { return refusal_response(status, error); }

void Api::done(const HttpDone& done) {
  const Route route = static_cast<Route>(done.tag);
  metrics_.add_request(route, done.status, done.time, done.client_gone);
  if (!parts_.log_failed_only || done.status >= 400) log_request(parts_.log, route, done);
}

}  // namespace

Result<std::unique_ptr<HttpHandler>> make_api(ApiParts parts) {
  LOADLINE_ASSIGN(auto authenticator, Authenticator::open({.keys = parts.keys,
                                                           .admin_secret = parts.admin_secret,
                                                           .classes = parts.gateway->classes,
                                                           .store = parts.key_store,
                                                           .tokens = parts.tokens}));
  LOADLINE_ASSIGN(auto uploads, UploadJobs::open(parts.uploads_folder,
                                                 {.pending_max = parts.limits.pending_uploads_max,
                                                  .pending_bytes_max = parts.limits.pending_upload_bytes_max},
                                                 parts.documents, parts.log, parts.clock));
  return std::unique_ptr<HttpHandler>(
      std::make_unique<Api>(std::move(parts), std::move(authenticator), std::move(uploads)));
}

}  // namespace loadline

// serve: the HTTP API over everything that wire.cc makes.

#include "api/api.h"
#include "api/starting_handler.h"
#include "apps/loadline/commands.h"
#include "apps/loadline/commands_json.h"
#include "apps/loadline/gateway_wire.h"
#include "apps/loadline/index_watch.h"
#include "apps/loadline/otlp_sender.h"
#include "apps/loadline/token_wire.h"
#include "net/http_server.h"

namespace loadline {
namespace {

Result<ApiKey> read_key(const Manifest& manifest, const KeyConfig& config) {
  LOADLINE_ASSIGN(std::string secret, read_secret("the key '" + config.name + "'", config.key_env,
                                                  manifest.beside(config.key_file)));
  return ApiKey{config.name, std::move(secret)};
}

Result<std::vector<ApiKey>> read_keys(const Manifest& manifest) {
  std::vector<ApiKey> keys;
  for (const KeyConfig& config : manifest.server.keys) {
    LOADLINE_ASSIGN(ApiKey key, read_key(manifest, config));
    keys.push_back(std::move(key));
  }
  return keys;
}

// "": the manifest has no admin key.
Result<std::string> read_admin_secret(const Manifest& manifest) {
  const KeyConfig& config = manifest.server.admin;
  if (config.key_env.empty() && config.key_file.empty()) return std::string();
  return read_secret("the admin key", config.key_env, manifest.beside(config.key_file));
}

HttpServerOptions server_options(const Wire& wire, const Manifest& manifest,
                                 const ServeArguments& arguments) {
  const ServerConfig& config = manifest.server;
  HttpServerOptions options;
  options.address = arguments.address.empty() ? config.address : arguments.address;
  options.port = arguments.port.value_or(config.port);
  options.keys_required = !config.keys.empty() || config.tokens.on;
  options.insecure = arguments.insecure;
  options.tls_certificate = manifest.beside(config.tls_certificate);
  options.tls_key = manifest.beside(config.tls_key);
  options.threads = config.threads;
  options.takes_request_id = [&guard = wire.record_guard()](std::string_view id) {
    return guard.is_clean(id);
  };
  HttpLimits& limits = options.limits;
  limits.body_bytes_max = config.body_bytes_max;
  limits.body_bytes_total_max = config.body_bytes_total_max;
  limits.header_bytes_max = config.header_bytes_max;
  limits.header_time = std::chrono::seconds(config.header_seconds);
  limits.idle_time = std::chrono::seconds(config.idle_seconds);
  limits.request_time = std::chrono::seconds(config.request_seconds);
  limits.stop_time = std::chrono::seconds(config.stop_seconds);
  limits.connections_max = config.connections_max;
  limits.requests_in_flight_max = config.requests_in_flight_max;
  return options;
}

// What the API stands on; the parts live in the wire. Destroyed in reverse: first nobody uploads any more.
struct Service {
  std::unique_ptr<GovernanceFiles> governance;
  std::unique_ptr<BearerTokens> tokens;
  std::unique_ptr<TraceExporter> traces;
  std::unique_ptr<const TraceTexts> trace_texts;
  std::unique_ptr<DocumentAdmin> documents;
  std::unique_ptr<IndexWatch> watch;
  std::unique_ptr<HttpHandler> api;
};

Result<Service> make_service(Wire& wire, const ServerConfig& server, std::vector<ApiKey> keys,
                             bool insecure) {
  LOADLINE_ASSIGN(SqliteStore * store, wire.store());
  LOADLINE_ASSIGN(const Embedder* embedder, wire.embedder());
  LOADLINE_ASSIGN(Ingestor * ingestor, wire.ingestor());
  LOADLINE_ASSIGN(const Retriever* retriever, wire.retriever());
  Status synchronised = ingestor->synchronise(wire.context());
  // Another process writes: the watch follows as it goes on.
  if (!synchronised && synchronised.error().code() != Code::failed_precondition) return synchronised.error();
  LOADLINE_ASSIGN(ChatFlow * flow, wire.chat_flow(""));
  LOADLINE_ASSIGN(const Manifest* manifest, wire.manifest());
  Service service;
  LOADLINE_ASSIGN(Vault * vault, wire.vault());
  LOADLINE_ASSIGN(service.governance,
                  GovernanceFiles::open(wire.options().data, *manifest, vault, wire.vault_audit(),
                                        wire.files(), wire.clock(), wire.log()));
  LOADLINE_ASSIGN(auto table, make_gateway_table(*manifest, flow->names(), embedder->info().name));
  LOADLINE_ASSIGN(service.tokens, make_bearer_tokens(*manifest, wire.clock(), wire.log()));
  std::shared_ptr<TlsTrust> trust;
  if (needs_trust(*manifest)) {
    LOADLINE_ASSIGN(trust, TlsTrust::system());
  }
  if (!manifest->telemetry.otlp_endpoint.empty()) {
    auto sender = make_otlp_sender(manifest->telemetry.otlp_endpoint, wire.clock());
    if (!sender) return sender.error().within("telemetry.otlp_endpoint");
    service.traces = std::make_unique<TraceExporter>(
        TraceExporterOptions{.service = manifest->app, .version = LOADLINE_VERSION}, std::move(*sender));
  }
  LOADLINE_ASSIGN(std::string admin_secret, read_admin_secret(*manifest));
  if (manifest->telemetry.content) {
    LOADLINE_ASSIGN(service.trace_texts, make_trace_texts(*manifest));
  }
  service.documents = make_document_admin(*ingestor, *store, *store);
  service.watch = std::make_unique<IndexWatch>(*ingestor, wire.clock(), wire.log());
  ApiParts parts{.chat = *flow,
                 .embedder = *embedder,
                 .retriever = *retriever,
                 .documents = *service.documents,
                 .log = wire.log(),
                 .clock = wire.clock(),
                 .keys = std::move(keys),
                 .key_store = &service.governance->keys(),
                 .tokens = service.tokens.get(),
                 .gateway = std::move(table),
                 .ledger = manifest->record_ledger ? &service.governance->ledger() : nullptr,
                 .audit = manifest->record_audit ? &service.governance->audit() : nullptr,
                 .admin_secret = std::move(admin_secret),
                 .verify_audit =
                     [&wire](const std::vector<AuditAnchor>& anchors) {
                       return verify_audit_of(wire.options().data, wire.files(), anchors);
                     },
                 .traces = service.traces.get(),
                 .genai_version = *genai_version_named(manifest->telemetry.genai_version),
                 .trace_texts = service.trace_texts.get(),
                 .vault = vault,
                 .trust = std::move(trust),
                 .knowledge = store,
                 .uploads_folder = wire.options().data + "/uploads",
                 .ready = [watch = service.watch.get()] { return watch->status(); },
                 .expected_wait = [&wire] { return wire.expected_wait(); },
                 .limits = {}};
  parts.log_failed_only = server.request_log == "failed";
  parts.limits.local_calls_max = server.requests_in_flight_max;
  parts.limits.cache.bytes_max = manifest->cache_bytes_max;
  parts.limits.pending_uploads_max = server.pending_uploads_max;
  parts.limits.pending_upload_bytes_max = server.pending_upload_bytes_max;
  parts.local_only = parts.keys.empty() && parts.key_store->empty() && parts.tokens == nullptr && !insecure;
  LOADLINE_ASSIGN(service.api, make_api(std::move(parts)));
  return service;
}

void announce(const Wire& wire, Terminal& terminal, const HttpServer& server) {
  if (wire.options().json)
    print_json({{"url", server.url()}, {"port", server.port()}});
  else
    terminal.line("listening on " + server.url());
}

Status serve(Wire& wire, Terminal& terminal, const ServeArguments& arguments) {
  const CallContext context = wire.context();
  const Instant start = wire.clock().now();
  LOADLINE_ASSIGN(const Manifest* manifest, wire.manifest());
  LOADLINE_ASSIGN(std::vector<ApiKey> keys, read_keys(*manifest));
  StartingHandler handler(wire.log());
  Service service;  // outlives the server
  LOADLINE_ASSIGN(const auto server,
                  HttpServer::open(server_options(wire, *manifest, arguments), wire.clock(), handler));
  cancel_on_signals(context);
  announce(wire, terminal, *server);
  auto made = make_service(wire, manifest->server, std::move(keys), arguments.insecure);
  if (!made && context.cancel.cancelled()) {  // told to stop while a model was being loaded
    wire.log().info("stopped");
    return {};
  }
  LOADLINE_ASSIGN(service, std::move(made));
  handler.hand_over(*service.api);
  const double ms = std::chrono::duration<double, std::milli>(wire.clock().now() - start).count();
  wire.log().info("ready", {{"url", server->url()}, {"ms", ms}});
  server->run(context.cancel);
  wire.log().info("stopped");
  return {};
}

}  // namespace

int run_serve(Wire& wire, Terminal& terminal, const ServeArguments& arguments) {
  if (const Status status = serve(wire, terminal, arguments); !status) return report(wire, status.error());
  return exit_done;
}

}  // namespace loadline

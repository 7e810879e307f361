// serve: the HTTP API over everything that wire.cc makes.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "api/api.h"
#include "api/starting_handler.h"
#include "apps/loadline/commands.h"
#include "apps/loadline/commands_json.h"
#include "apps/loadline/index_watch.h"
#include "base/printable.h"
#include "net/http_server.h"

namespace loadline {
namespace {

constexpr std::size_t key_bytes_max = 4096;

std::string beside_manifest(const Manifest& manifest, const std::string& path) {
  return path.empty() ? path : (std::filesystem::path(manifest.folder) / path).string();
}

Result<ApiKey> read_key(const Manifest& manifest, const KeyConfig& config) {
  ApiKey key{config.name, ""};
  if (!config.key_env.empty()) {
    const char* value = std::getenv(config.key_env.c_str());
    if (value != nullptr) key.secret = value;
    if (key.secret.empty())
      return Error(Code::failed_precondition,
                   "the key '" + config.name + "' is empty: set the environment variable " + config.key_env);
    return key;
  }
  const std::string file = beside_manifest(manifest, config.key_file);
  std::ifstream in(file);
  if (!in || !std::getline(in, key.secret))
    return Error(
        Code::failed_precondition,
        "the key '" + config.name + "' cannot be read: its first line is wanted in " + printable(file));
  while (!key.secret.empty() && (key.secret.back() == '\r' || key.secret.back() == ' '))
    key.secret.pop_back();
  if (key.secret.empty() || key.secret.size() > key_bytes_max)
    return Error(Code::failed_precondition, "the key '" + config.name + "' in " + printable(file) +
                                                " must have 1 to " + std::to_string(key_bytes_max) +
                                                " bytes");
  return key;
}

Result<std::vector<ApiKey>> read_keys(const Manifest& manifest) {
  std::vector<ApiKey> keys;
  for (const KeyConfig& config : manifest.server.keys) {
    LOADLINE_ASSIGN(ApiKey key, read_key(manifest, config));
    keys.push_back(std::move(key));
  }
  return keys;
}

HttpServerOptions server_options(const Manifest& manifest, const ServeArguments& arguments) {
  const ServerConfig& config = manifest.server;
  HttpServerOptions options;
  options.address = arguments.address.empty() ? config.address : arguments.address;
  options.port = arguments.port.value_or(config.port);
  options.keys_required = !config.keys.empty();
  options.insecure = arguments.insecure;
  options.tls_certificate = beside_manifest(manifest, config.tls_certificate);
  options.tls_key = beside_manifest(manifest, config.tls_key);
  options.threads = config.threads;
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
  Service service;
  service.documents = make_document_admin(*ingestor, *store, *store);
  service.watch = std::make_unique<IndexWatch>(*ingestor, wire.clock(), wire.log());
  ApiParts parts{.chat = *flow,
                 .embedder = *embedder,
                 .retriever = *retriever,
                 .documents = *service.documents,
                 .log = wire.log(),
                 .clock = wire.clock(),
                 .keys = std::move(keys),
                 .uploads_folder = wire.options().data + "/uploads",
                 .ready = [watch = service.watch.get()] { return watch->status(); },
                 .expected_wait = [&wire] { return wire.expected_wait(); },
                 .limits = {}};
  parts.limits.pending_uploads_max = server.pending_uploads_max;
  parts.limits.pending_upload_bytes_max = server.pending_upload_bytes_max;
  parts.local_only = parts.keys.empty() && !insecure;
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
                  HttpServer::open(server_options(*manifest, arguments), wire.clock(), handler));
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

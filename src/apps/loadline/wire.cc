#include "apps/loadline/wire.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "apps/loadline/gateway_wire.h"
#include "apps/loadline/lazy_extractor.h"
#include "base/nearest_name.h"
#include "encoder/lazy_encoder.h"
#include "llama/llama_chat_model.h"

namespace loadline {
namespace {

// The last guard: texts of others that reach a field by mistake are masked. The time, in front, is ours.
void write_log_line(const RecordGuard& guard, std::string_view line) {
  const std::size_t front = std::min(line.find("\"event\""), line.size());
  const std::string rest = guard.scrubbed(line.substr(front));
  std::fprintf(stderr, "%.*s%s\n", static_cast<int>(front), line.data(), rest.c_str());
}

ExtractorOptions extractor_options(const IngestConfig& config) {
  ExtractorOptions options;
  options.recognise_scans = config.recognise_scans;
  options.limits.memory_bytes = config.memory_bytes_max;
  options.limits.wall_per_document = std::chrono::seconds(config.document_seconds);
  options.limits.cpu_per_document = std::chrono::seconds(config.document_seconds);
  options.limits.wall_per_page = std::chrono::seconds(config.page_seconds);
  options.limits.pages_max = static_cast<int>(config.pages_max);
  options.limits.document_bytes_max = config.file_bytes_max;
  return options;
}

LlamaChatOptions llama_options(const ModelConfig& config, const std::string& path,
                               const std::string& digest) {
  LlamaChatOptions options;
  options.path = path;
  options.name = config.name;
  options.digest = digest;
  options.context_tokens = config.context_tokens;
  options.parallel_requests = config.parallel;
  options.threads = config.threads;
  options.queue_length = config.queue;
  options.cache_type = config.kv_type == "q8_0" ? CacheType::q8_0 : CacheType::f16;
  return options;
}

RouteSettings settings_of(const RouteConfig& config) {
  RouteSettings settings;
  settings.name = config.name;
  settings.collection = config.knowledge;
  settings.passages = config.passages;
  settings.passage_tokens = config.passage_tokens;
  settings.answer_tokens = config.answer_tokens;
  settings.abstain_when_unsupported = config.when_unsupported == "abstain";
  settings.extractive = config.extractive;
  settings.instructions = config.instructions;
  return settings;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

Wire::Wire(GlobalOptions options)
    : options_(std::move(options)),
      log_(clock_, LogLevel::info, [this](std::string_view line) { write_log_line(record_guard_, line); }),
      vault_audit_(options_.data, files_, clock_, log_) {}

Wire::~Wire() = default;

CallContext Wire::context() const {
  CallContext context;
  context.clock = &clock_;
  context.cancel = stop_;
  return context;
}

Result<const Manifest*> Wire::manifest() {
  if (manifest_read_) return &manifest_;
  std::string file = options_.config;
  if (file.empty() && std::filesystem::exists("loadline.yaml")) file = "loadline.yaml";
  if (file.empty()) {
    manifest_ = default_manifest();
  } else {
    LOADLINE_ASSIGN(manifest_, load_manifest(file));
    has_manifest_ = true;
  }
  manifest_read_ = true;
  return &manifest_;
}

Result<Vault*> Wire::vault() {
  LOADLINE_ASSIGN(const Manifest* manifest, this->manifest());
  if (!vault_ && (manifest->pii.on || has_private_collections(*manifest))) {
    LOADLINE_ASSIGN(vault_, open_vault(options_.data, *manifest, vault_audit_, files_, clock_));
  }
  return vault_.get();
}

Result<const CollectionPrivacy*> Wire::privacy() {
  if (privacy_) return privacy_.get();
  LOADLINE_ASSIGN(const Manifest* manifest, this->manifest());
  Vault* vault = nullptr;
  if (has_private_collections(*manifest)) {
    LOADLINE_ASSIGN(vault, this->vault());
  }
  LOADLINE_ASSIGN(privacy_, CollectionPrivacy::make(*manifest, vault));
  return privacy_.get();
}

Result<SqliteStore*> Wire::store() {
  if (!store_) {
    LOADLINE_ASSIGN(store_, SqliteStore::open(options_.data, clock_));
  }
  return store_.get();
}

Result<const Embedder*> Wire::embedder() {
  if (embedder_) return embedder_.get();
  LOADLINE_ASSIGN(const Manifest* manifest, this->manifest());
  BertEncoderOptions options;
  const std::string name =
      manifest->knowledge.empty() ? std::string(default_embedder) : manifest->knowledge.front().embedder;
  LOADLINE_ASSIGN(options.model_folder, models_.embedder_folder(name));
  // The manifest's entries agree in both: `load_manifest` sees to it.
  if (!manifest->knowledge.empty()) options.precision = manifest->knowledge.front().precision;
  options.name = name;
  options.digest = models_.digest(name);
  LOADLINE_ASSIGN(embedder_, LazyEncoder::open(std::move(options)));
  return embedder_.get();
}

Result<Ingestor*> Wire::ingestor() {
  if (ingestor_) return ingestor_.get();
  LOADLINE_ASSIGN(const Manifest* manifest, this->manifest());
  LOADLINE_ASSIGN(SqliteStore * store, this->store());
  LOADLINE_ASSIGN(const Embedder* embedder, this->embedder());
  LOADLINE_ASSIGN(const CollectionPrivacy* privacy, this->privacy());
  extractor_ = std::make_unique<LazyExtractor>(extractor_options(manifest->ingest));
  if (!indexes_) indexes_ = std::make_unique<IndexFolders>(files_, options_.data);
  IngestLimits limits;
  limits.extract_time = std::chrono::seconds(manifest->ingest.document_seconds);
  ingestor_ = std::make_unique<Ingestor>(*store, *indexes_, *extractor_, *embedder, sources_, clock_, limits,
                                         privacy);
  return ingestor_.get();
}

Result<const Retriever*> Wire::retriever() {
  if (private_retriever_) return private_retriever_.get();
  LOADLINE_ASSIGN(SqliteStore * store, this->store());
  LOADLINE_ASSIGN(const Embedder* embedder, this->embedder());
  if (!indexes_) indexes_ = std::make_unique<IndexFolders>(files_, options_.data);
  LOADLINE_ASSIGN(const CollectionPrivacy* privacy, this->privacy());
  retriever_ = make_retriever(*store, *embedder, *indexes_);
  private_retriever_ = make_private_retriever(*retriever_, *privacy);
  return private_retriever_.get();
}

Result<std::string> Wire::collection(const std::string& named) {
  LOADLINE_ASSIGN(const Manifest* manifest, this->manifest());
  std::vector<std::string> known;
  for (const KnowledgeConfig& knowledge : manifest->knowledge) known.push_back(knowledge.name);
  if (named.empty() && known.size() == 1) return known.front();
  LOADLINE_ASSIGN(SqliteStore * store, this->store());
  LOADLINE_ASSIGN(const std::vector<CollectionRecord> stored, store->collections());
  if (named.empty() && known.empty() && stored.size() == 1) return stored.front().name;
  for (const CollectionRecord& record : stored)
    if (std::find(known.begin(), known.end(), record.name) == known.end()) known.push_back(record.name);
  if (!named.empty()) {
    if (std::find(known.begin(), known.end(), named) != known.end()) return named;
    const std::string near = nearest_name(named, std::vector<std::string_view>(known.begin(), known.end()));
    return Error(
        Code::not_found,
        "there is no collection '" + named + "'" +
            (near.empty() ? known.empty() ? "; `loadline ingest PATH --collection " + named + "` makes it"
                                          : "; there are: " + joined(known)
                          : "; did you mean '" + near + "'?"));
  }
  if (known.empty())
    return Error(Code::failed_precondition,
                 "there is no collection yet; `loadline ingest PATH --collection NAME` makes one");
  return Error(Code::invalid_argument, "which collection? Name one with --collection: " + joined(known));
}

ModelConfig Wire::model_config(const std::string& name) const {
  const std::string& wanted = options_.model.empty() ? name : options_.model;
  if (const ModelConfig* config = manifest_.find_model(wanted)) return *config;
  ModelConfig config;
  if (const ModelConfig* like = manifest_.find_model(name)) {
    config = *like;
  } else {  // a model that stands in no manifest: the schema's defaults
    config = parse_manifest("version: 1\nmodels: {m: {model: m}}", "defaults")->models.front();
  }
  config.name = name;
  config.model = wanted;
  return config;
}

Result<ChatModel*> Wire::chat_model(const ModelConfig& config) {
  for (const auto& [name, model] : chat_models_)
    if (name == config.name) return model.get();
  LOADLINE_ASSIGN(const std::string path, models_.generator_path(config.model));
  LOADLINE_ASSIGN(auto model, LlamaChatModel::open(llama_options(config, path, models_.digest(config.model)),
                                                   &log_, stop_));
  chat_models_.emplace_back(config.name, std::move(model));
  return chat_models_.back().second.get();
}

Result<std::vector<RouteSettings>> Wire::routes() {
  LOADLINE_ASSIGN(const Manifest* manifest, this->manifest());
  std::vector<RouteSettings> routes;
  for (const RouteConfig& config : manifest->routes) {
    const auto local =
        std::find_if(config.models.begin(), config.models.end(), [this](const std::string& name) {
          const ModelConfig* model = manifest_.find_model(name);
          return model == nullptr || model->provider == "local";
        });
    if (local == config.models.end()) continue;
    routes.push_back(settings_of(config));
    routes.back().model = *local;
    routes.back().injection = injection_policy(*manifest, config);
  }
  std::vector<std::string> collections;
  if (!has_manifest_) {
    LOADLINE_ASSIGN(SqliteStore * store, this->store());
    LOADLINE_ASSIGN(const std::vector<CollectionRecord> stored, store->collections());
    for (const CollectionRecord& record : stored) collections.push_back(record.name);
  }
  if (!options_.served_collection.empty()) collections.push_back(options_.served_collection);
  add_collection_routes(routes, collections);
  return routes;
}

// For what no manifest says: under this name, whichever weights `--model` puts behind it.
std::string Wire::default_model() const {
  for (const ModelConfig& model : manifest_.models)
    if (model.provider == "local") return model.name;
  if (options_.model.empty()) return std::string(default_generator);
  return std::filesystem::path(options_.model).stem() == options_.model
             ? options_.model
             : std::filesystem::path(options_.model).filename().replace_extension().string();
}

// A collection that no route answers from gets one of its own name, with the schema's defaults.
void Wire::add_collection_routes(std::vector<RouteSettings>& routes,
                                 const std::vector<std::string>& collections) const {
  RouteConfig defaults =
      parse_manifest("version: 1\nmodels: {m: {model: m}}\nroutes: {r: {models: [m]}}", "defaults")
          ->routes.front();
  defaults.models = {default_model()};
  for (const std::string& collection : collections) {
    const bool routed = std::any_of(routes.begin(), routes.end(), [&](const RouteSettings& route) {
      return route.collection == collection || route.name == collection;
    });
    if (routed) continue;
    defaults.name = defaults.knowledge = collection;
    routes.push_back(settings_of(defaults));
  }
}

Result<std::string> Wire::route_for(const std::string& collection) {
  LOADLINE_ASSIGN(const std::vector<RouteSettings> routes, this->routes());
  for (const RouteSettings& route : routes)
    if (route.collection == collection) return route.name;
  return Error(Code::not_found, "no route of the manifest answers from the collection '" + collection +
                                    "'; add one under 'routes:' with `knowledge: " + collection + "`");
}

Result<ChatFlow*> Wire::chat_flow(const std::string& wanted) {
  if (flow_) return flow_.get();
  LOADLINE_ASSIGN(const std::vector<RouteSettings> routes, this->routes());
  std::vector<NamedModel> models;
  std::vector<RouteSettings> usable;
  LOADLINE_TRY(load_routes(routes, wanted, models, usable));
  const bool documents = std::any_of(usable.begin(), usable.end(),
                                     [](const RouteSettings& route) { return !route.collection.empty(); });
  const Retriever* retriever = nullptr;
  if (documents) {
    LOADLINE_ASSIGN(retriever, this->retriever());
  }
  LOADLINE_ASSIGN(flow_, make_chat_flow(std::move(models), std::move(usable), retriever, embedder_.get()));
  return flow_.get();
}

Status Wire::load_routes(const std::vector<RouteSettings>& routes, const std::string& wanted,
                         std::vector<NamedModel>& models, std::vector<RouteSettings>& usable) {
  const auto load = [&](const std::string& name) -> Status {
    const bool loaded = std::any_of(models.begin(), models.end(),
                                    [&](const NamedModel& model) { return model.name == name; });
    if (loaded) return {};
    ModelConfig config = model_config(name);
    config.name = name;
    LOADLINE_ASSIGN(ChatModel * model, chat_model(config));
    models.push_back({name, model});
    return {};
  };
  for (const RouteSettings& route : routes) {
    if (!wanted.empty() && route.name != wanted) continue;
    LOADLINE_TRY(load(route.model));
    usable.push_back(route);
  }
  if (!wanted.empty()) return {};
  for (const ModelConfig& model : manifest_.models)
    if (model.provider == "local") LOADLINE_TRY(load(model.name));
  if (!has_manifest_) LOADLINE_TRY(load(default_model()));
  return {};
}

std::chrono::seconds Wire::expected_wait() const {
  std::chrono::seconds longest{1};
  for (const auto& [name, model] : chat_models_) longest = std::max(longest, model->expected_wait());
  return longest;
}

}  // namespace loadline

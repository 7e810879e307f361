#include "apps/loadline/gateway_wire.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "apps/loadline/collection_privacy.h"
#include "base/printable.h"
#include "privacy/name_tagger.h"

namespace loadline {
namespace {

Provider provider_of(const std::string& name) {
  if (name == "azure") return Provider::azure;
  if (name == "anthropic") return Provider::anthropic;
  if (name == "gemini") return Provider::gemini;
  return Provider::openai;
}

std::uint32_t capabilities_of(const ModelConfig& config) {
  static const std::pair<std::string_view, std::uint32_t> known[] = {
      {"tools", cap_tools},       {"json_schema", cap_json_schema}, {"images", cap_images},
      {"thinking", cap_thinking}, {"prefill", cap_prefill},         {"embeddings", cap_embeddings},
      {"stateful", cap_stateful}};
  std::uint32_t capabilities = config.provider == "local" ? local_capabilities : std::uint32_t{cap_chat};
  for (const std::string& can : config.can)
    for (const auto& [name, bit] : known)
      if (can == name) capabilities |= bit;
  return capabilities;
}

Clearance clearance_of(const ModelConfig& config, const DataClasses& classes) {
  Clearance clearance;
  const std::size_t most = classes.classes.empty() ? 0 : classes.classes.size() - 1;
  clearance.level_max = static_cast<std::uint8_t>(config.provider == "local" ? most : 0);
  if (const auto level = classes.level_of(config.max_class); level && !config.max_class.empty())
    clearance.level_max = *level;
  if (const auto region = classes.region_of(config.region)) clearance.region = *region;
  return clearance;
}

Price price_of(const PriceConfig& config) {
  Price price;
  price.input = config.input_nano;
  price.output = config.output_nano;
  if (config.cached_input_nano >= 0) price.cached = config.cached_input_nano;
  if (config.reasoning_nano >= 0) price.reasoning = config.reasoning_nano;
  return price;
}

Result<std::shared_ptr<const Endpoint>> endpoint_of(const Manifest& manifest, const ModelConfig& config) {
  const RemoteConfig& remote = config.remote;
  EndpointOptions options;
  options.provider = provider_of(config.provider);
  options.base_url = remote.base_url;
  options.model = config.model;
  options.api_version = remote.api_version;
  options.pass_headers = remote.pass_headers;
  if (!remote.key_env.empty() || !remote.key_file.empty()) {
    LOADLINE_ASSIGN(options.key, read_secret("the key of the model '" + config.name + "'", remote.key_env,
                                             manifest.beside(remote.key_file)));
  }
  Result<Endpoint> endpoint = Endpoint::open(std::move(options));
  if (!endpoint) return endpoint.error().within("models." + config.name);
  return std::make_shared<const Endpoint>(std::move(*endpoint));
}

Status add_manifest_model(const Manifest& manifest, const ModelConfig& config, const PriceTable& list,
                          GatewayTable& table) {
  GatewayModel model;
  model.name = config.name;
  model.region = config.region;
  model.operator_name = config.operator_name;
  if (config.concurrent > 0) {
    model.places = {config.concurrent, config.queue};
    model.queue_time = std::chrono::seconds(config.queue_seconds);
  }
  if (config.provider != "local") {
    LOADLINE_ASSIGN(model.endpoint, endpoint_of(manifest, config));
    const RemoteConfig& remote = config.remote;
    model.times.connect = std::chrono::milliseconds(remote.connect_milliseconds);
    model.times.first_byte = std::chrono::seconds(remote.first_byte_seconds);
    model.times.stall = std::chrono::seconds(remote.stall_seconds);
    model.limits.connections_max = model.limits.waiting_max = remote.connections_max;
    model.bytes_per_second_min = remote.bytes_per_second_min;
    if (!remote.ca_file.empty()) {
      LOADLINE_ASSIGN(model.trust, TlsTrust::from_file(manifest.beside(remote.ca_file)));
    }
  }
  RouteModel route_model;
  route_model.clearance = clearance_of(config, table.classes);
  route_model.capabilities = capabilities_of(config);
  const std::optional<Price> price = price_of_model(config, list);
  route_model.price_known = price.has_value();
  route_model.price = price.value_or(Price());
  add_model(table, std::move(model), std::move(route_model));
  return {};
}

std::uint32_t index_of(const GatewayTable& table, const std::string& name) {
  const auto found = std::find_if(table.models.begin(), table.models.end(),
                                  [&](const GatewayModel& model) { return model.name == name; });
  return static_cast<std::uint32_t>(found - table.models.begin());
}

RoutePolicy policy_of(const RouteConfig& config, const GatewayTable& table) {
  RoutePolicy policy;
  policy.name = config.name;
  if (config.strategy == "weighted") policy.strategy = Strategy::weighted;
  if (config.strategy == "least_latency") policy.strategy = Strategy::least_latency;
  if (config.strategy == "lowest_cost") policy.strategy = Strategy::lowest_cost;
  if (config.when_cut == "restart") policy.when_cut = WhenCut::restart;
  if (config.when_cut == "continue") policy.when_cut = WhenCut::continue_;
  policy.attempts_max = config.attempts;
  policy.time_max = std::chrono::seconds(config.seconds);
  policy.cost_max = config.cost_max_nano;
  policy.hedge_after = std::chrono::milliseconds(config.hedge_milliseconds);
  policy.backoff_first = std::chrono::milliseconds(config.backoff_milliseconds);
  policy.retry_ratio = config.retry_ratio;
  for (const std::string& model : config.models) {
    RouteCandidate candidate{.model = index_of(table, model)};
    for (const auto& [name, weight] : config.weights)
      if (name == model) candidate.weight = weight;
    policy.candidates.push_back(candidate);
  }
  return policy;
}

OutputAction output_action(const std::string& name) {
  if (name == "keep") return OutputAction::keep;
  if (name == "strip") return OutputAction::strip;
  return name == "mask" ? OutputAction::mask : OutputAction::block;
}

std::shared_ptr<const OutputPolicy> output_of(const OutputConfig& config) {
  auto policy = std::make_shared<OutputPolicy>();
  policy->allowed_hosts = config.allowed_hosts;
  if (config.action != "auto")
    for (const OutputFinding finding :
         {OutputFinding::image, OutputFinding::link, OutputFinding::script, OutputFinding::html})
      policy->set(finding, output_action(config.action));
  policy->set(OutputFinding::echo, output_action(config.echo));
  return policy;
}

GuardVerdict verdict_named(const std::string& name) {
  if (name == "allow") return GuardVerdict::allow;
  if (name == "flag") return GuardVerdict::flag;
  return name == "quarantine" ? GuardVerdict::quarantine : GuardVerdict::block;
}

// Guards that routes of the manifest share; a route takes those it names.
Result<GuardPolicy> shared_guards(const Manifest& manifest, const DataClasses& classes) {
  GuardPolicy all;
  if (manifest.pii.on) {
    LOADLINE_ASSIGN(all.privacy, make_privacy_policy(manifest.pii, "guards.pii", classes));
  }
  if (manifest.output.on) all.output = output_of(manifest.output);
  return all;
}

GuardPolicy guards_of(const Manifest& manifest, const RouteConfig& route, const GuardPolicy& all) {
  GuardPolicy guards;
  for (const std::string& guard : route.guards) {
    if (guard == "pii") guards.privacy = all.privacy;
    if (guard == "output") guards.output = all.output;
  }
  guards.injection = injection_policy(manifest, route);
  guards.canary = route.canary;
  guards.own_prompt = route.instructions;
  guards.has_own_prompt = !route.instructions.empty() || !route.knowledge.empty();
  return guards;
}

Status check_classifier(const Manifest& manifest, const std::string& embedder) {
  for (const RouteConfig& route : manifest.routes)
    if (std::find(route.guards.begin(), route.guards.end(), "injection") != route.guards.end() &&
        embedder != InjectionGuard::embedder_name)
      return Error(Code::failed_precondition,
                   "routes." + route.name +
                       ".guards: the classifier of 'injection' is trained for the embedder " +
                       std::string(InjectionGuard::embedder_name) + ", and here it is '" + embedder +
                       "'; use that one, or 'injection_signatures'");
  const bool guarded =
      std::any_of(manifest.routes.begin(), manifest.routes.end(), [](const RouteConfig& route) {
        return std::find(route.guards.begin(), route.guards.end(), "pii") != route.guards.end();
      });
  if (guarded && manifest.pii.names && embedder != NameTagger::trained_for)
    return Error(Code::failed_precondition,
                 "guards.pii.names: the model for names is trained for the embedder " +
                     std::string(NameTagger::trained_for) + ", and here it is '" + embedder +
                     "'; use that one, or leave 'names' out");
  return {};
}

// Answers from documents are made in this process, by a local model.
const std::string* first_local_model(const Manifest& manifest, const RouteConfig& route) {
  for (const std::string& name : route.models)
    if (manifest.find_model(name)->provider == "local") return &name;
  return nullptr;
}

}  // namespace

BudgetLimits budget_of(const BudgetConfig& config) {
  BudgetLimits budget;
  if (config.day_nano >= 0) budget.day = config.day_nano;
  if (config.month_nano >= 0) budget.month = config.month_nano;
  return budget;
}

RateLimits limits_of(const LimitsConfig& config) {
  RateLimits limits;
  if (config.requests_per_minute >= 0)
    limits.requests_per_minute = static_cast<std::uint32_t>(config.requests_per_minute);
  if (config.tokens_per_minute >= 0)
    limits.tokens_per_minute = static_cast<std::uint64_t>(config.tokens_per_minute);
  if (config.concurrent >= 0) limits.concurrent = static_cast<std::uint32_t>(config.concurrent);
  return limits;
}

std::optional<Price> price_of_model(const ModelConfig& config, const PriceTable& list) {
  if (config.price.given || config.provider == "local") return price_of(config.price);
  return list.find(config.model);
}

Result<AuditReport> verify_audit_of(const std::string& data_folder, FileSystem& files,
                                    const std::vector<AuditAnchor>& kept) {
  LOADLINE_ASSIGN(const auto journal,
                  FileJournal::open({.folder = data_folder + "/audit", .read_only = true}));
  return verify_audit(*journal, files, {.anchor_file = data_folder + "/audit/anchor", .read_only = true},
                      kept);
}

std::shared_ptr<const InjectionPolicy> injection_policy(const Manifest& manifest, const RouteConfig& route) {
  const auto names = [&route](std::string_view guard) {
    return std::find(route.guards.begin(), route.guards.end(), guard) != route.guards.end();
  };
  if (!names("injection") && !names("injection_signatures")) return nullptr;
  const InjectionConfig& config = manifest.injection;
  auto policy = std::make_shared<InjectionPolicy>();
  policy->guard =
      InjectionGuard({.flag_rate = config.flag_percent / 100, .stop_rate = config.stop_percent / 100});
  policy->classifier = names("injection");
  policy->user = verdict_named(config.action);
  policy->passage = verdict_named(config.passages);
  policy->time_max = std::chrono::milliseconds(config.milliseconds);
  policy->on_failure = config.on_failure == "block" ? OnGuardFailure::block : OnGuardFailure::mark_unchecked;
  return policy;
}

Result<std::unique_ptr<const TraceTexts>> make_trace_texts(const Manifest& manifest) {
  PiiConfig everything;
  everything.action = "mask";
  everything.patterns = manifest.pii.patterns;
  for (const KnowledgeConfig& knowledge : manifest.knowledge)
    for (const PatternConfig& pattern : knowledge.privacy.patterns) {
      everything.patterns.push_back(pattern);
      everything.patterns.back().name += "_" + std::to_string(everything.patterns.size());
    }
  for (PatternConfig& pattern : everything.patterns) pattern.action = "mask";
  LOADLINE_ASSIGN(auto policy, make_privacy_policy(everything, "telemetry.content", {}));
  return std::make_unique<const TraceTexts>(std::move(policy));
}

bool needs_trust(const Manifest& manifest) {
  return std::any_of(manifest.models.begin(), manifest.models.end(), [](const ModelConfig& model) {
    return model.remote.base_url.rfind("https://", 0) == 0 && model.remote.ca_file.empty();
  });
}

Result<std::shared_ptr<GatewayTable>> make_gateway_table(const Manifest& manifest,
                                                         const std::vector<std::string>& local_names,
                                                         const std::string& embedder) {
  auto table = std::make_shared<GatewayTable>();
  table->classes = {manifest.data_classes, manifest.regions};
  table->version = manifest.version;
  const PriceTable list = PriceTable::with_list_prices();
  for (const ModelConfig& config : manifest.models)
    LOADLINE_TRY(add_manifest_model(manifest, config, list, *table));
  LOADLINE_TRY(check_classifier(manifest, embedder));
  LOADLINE_ASSIGN(const GuardPolicy all, shared_guards(manifest, table->classes));
  for (const auto& [name, budget] : manifest.teams) table->teams.emplace_back(name, budget_of(budget));
  for (const RouteConfig& config : manifest.routes) {
    GatewayRoute& route = add_route(*table, policy_of(config, *table));
    route.collection = config.knowledge;
    route.cache_time = std::chrono::seconds(config.cache.seconds);
    route.similar = {config.cache.similar, config.cache.precision, config.cache.sample,
                     config.cache.similarity};
    route.budget = budget_of(config.budget);
    route.limits = limits_of(config.limits);
    route.guards = guards_of(manifest, config, all);
    LOADLINE_ASSIGN(route.guards.privacy,
                    make_route_privacy(manifest, config, route.guards.privacy, table->classes));
    const std::string* const local = first_local_model(manifest, config);
    if (local != nullptr) route.local_model = *local;
    if (!config.knowledge.empty()) route.policy.candidates = {{.model = index_of(*table, route.local_model)}};
    if (const KnowledgeConfig* knowledge = manifest.find_knowledge(config.knowledge))
      if (const auto level = table->classes.level_of(knowledge->data_class)) route.floor.level = *level;
  }
  for (std::uint32_t i = 0; i < table->models.size(); ++i) add_direct_route(*table, table->models[i].name, i);
  // What answers here and stands in no manifest: collections without a route, the default model, the
  // embedder.
  const auto add_local = [&](const std::string& name, std::uint32_t capabilities) {
    if (table->find_route(name) != nullptr) return;
    GatewayModel model;
    model.name = name;
    RouteModel route_model;
    ModelConfig config;
    config.provider = "local";
    route_model.clearance = clearance_of(config, table->classes);
    route_model.capabilities = capabilities;
    add_direct_route(*table, name, add_model(*table, std::move(model), std::move(route_model)));
  };
  for (const std::string& name : local_names) add_local(name, local_capabilities);
  if (!embedder.empty()) add_local(embedder, cap_embeddings);
  return table;
}

Result<std::unique_ptr<GovernanceFiles>> GovernanceFiles::open(const std::string& data_folder,
                                                               const Manifest& manifest, Vault* vault,
                                                               VaultAudit& vault_audit, FileSystem& files,
                                                               const Clock& clock, Log& log,
                                                               std::uint64_t segment_bytes) {
  std::unique_ptr<GovernanceFiles> opened(new GovernanceFiles());
  LOADLINE_ASSIGN(opened->keys_, KeyStore::open(files, clock,
                                                {.file = data_folder + "/keys.json",
                                                 .classes = {manifest.data_classes, manifest.regions}}));
  LOADLINE_ASSIGN(opened->ledger_journal_,
                  FileJournal::open({.folder = data_folder + "/ledger", .segment_bytes = segment_bytes}));
  LOADLINE_ASSIGN(opened->audit_journal_,
                  FileJournal::open({.folder = data_folder + "/audit", .segment_bytes = segment_bytes}));
  LOADLINE_ASSIGN(opened->ledger_, Ledger::open(*opened->ledger_journal_, files, clock,
                                                {.checkpoint_file = data_folder + "/ledger/sums"}));
  LOADLINE_ASSIGN(opened->audit_, AuditLog::open(*opened->audit_journal_, files, clock,
                                                 {.anchor_file = data_folder + "/audit/anchor"}));
  opened->vault_ = vault;
  opened->vault_audit_ = &vault_audit;
  vault_audit.use(opened->audit_.get());
  opened->keeper_ = std::thread([self = opened.get(), &log] { self->keep(log); });
  return opened;
}

GovernanceFiles::~GovernanceFiles() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (keeper_.joinable()) keeper_.join();
  if (vault_audit_ != nullptr) vault_audit_->use(nullptr);
}

void GovernanceFiles::keep(Log& log) {
  std::unique_lock lock(mutex_);
  for (bool last = false; !last;) {
    stop_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; });
    last = stopping_;
    lock.unlock();
    if (const auto anchored = audit_->anchor(); !anchored)
      log.error("audit_anchor_failed", {{"error", anchored.error().to_string()}});
    if (last || ledger_->checkpoint_due())
      if (const Status done = ledger_->checkpoint(); !done)
        log.error("ledger_checkpoint_failed", {{"error", done.error().to_string()}});
    if (const Status taken = vault_audit_->take_in(); !taken)
      log.error("audit_spool_not_taken_in", {{"error", taken.error().to_string()}});
    if (vault_ != nullptr)
      if (const Status flushed = vault_->flush(); !flushed)
        log.error("vault_flush_failed", {{"error", flushed.error().to_string()}});
    if (const Status health = keys_->health(); !health)
      log.error("keys_unreadable", {{"error", health.error().to_string()}});
    lock.lock();
  }
}

}  // namespace loadline

#include "config/manifest.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/hash.h"
#include "base/nearest_name.h"
#include "config/yaml_reader.h"

namespace loadline {
namespace {

// Readers of checked values: the schema has already guaranteed type and range.
std::string text_of(const ConfigValue& object, std::string_view key) {
  const ConfigValue* value = object.find(key);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(&value->data);
  return text == nullptr ? std::string() : *text;
}

template <class I>
I integer_of(const ConfigValue& object, std::string_view key) {
  const ConfigValue* value = object.find(key);
  const auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(&value->data);
  return number == nullptr ? I{} : static_cast<I>(*number);
}

double number_of(const ConfigValue& object, std::string_view key) {
  const ConfigValue* value = object.find(key);
  if (value == nullptr) return 0;
  if (const auto* number = std::get_if<double>(&value->data)) return *number;
  const auto* whole = std::get_if<std::int64_t>(&value->data);
  return whole == nullptr ? 0 : static_cast<double>(*whole);
}

bool flag_of(const ConfigValue& object, std::string_view key) {
  const ConfigValue* value = object.find(key);
  const auto* flag = value == nullptr ? nullptr : std::get_if<bool>(&value->data);
  return flag != nullptr && *flag;
}

std::vector<std::string> texts_of(const ConfigValue& object, std::string_view key) {
  std::vector<std::string> texts;
  const ConfigValue* value = object.find(key);
  if (value == nullptr) return texts;
  if (const auto* list = std::get_if<ConfigValue::List>(&value->data))
    for (const ConfigValue& item : *list)
      if (const auto* text = std::get_if<std::string>(&item.data)) texts.push_back(*text);
  return texts;
}

const ConfigValue::Object& entries_of(const ConfigValue& object, std::string_view key) {
  static const ConfigValue::Object none;
  const ConfigValue* value = object.find(key);
  const auto* entries = value == nullptr ? nullptr : std::get_if<ConfigValue::Object>(&value->data);
  return entries == nullptr ? none : *entries;
}

// Dollars of the manifest, scaled and rounded; `unset` where there is none.
std::int64_t scaled_of(const ConfigValue& object, std::string_view key, double scale, std::int64_t unset) {
  const ConfigValue* value = object.find(key);
  if (value == nullptr) return unset;
  if (const auto* number = std::get_if<double>(&value->data))
    return static_cast<std::int64_t>(std::llround(*number * scale));
  if (const auto* whole = std::get_if<std::int64_t>(&value->data))
    return static_cast<std::int64_t>(std::llround(static_cast<double>(*whole) * scale));
  return unset;
}

PriceConfig bind_price(const ConfigValue& value) {
  constexpr double nano = 1e9;
  return {value.find("input_per_million") != nullptr || value.find("output_per_million") != nullptr,
          scaled_of(value, "input_per_million", nano, 0), scaled_of(value, "output_per_million", nano, 0),
          scaled_of(value, "cached_input_per_million", nano, -1),
          scaled_of(value, "reasoning_per_million", nano, -1)};
}

RemoteConfig bind_remote(const ConfigValue& value) {
  return {text_of(value, "base_url"),
          text_of(value, "key_env"),
          text_of(value, "key_file"),
          text_of(value, "api_version"),
          text_of(value, "ca_file"),
          texts_of(value, "pass_headers"),
          integer_of<std::uint32_t>(value, "connections_max"),
          integer_of<std::uint32_t>(value, "connect_milliseconds"),
          integer_of<std::uint32_t>(value, "first_byte_seconds"),
          integer_of<std::uint32_t>(value, "stall_seconds"),
          integer_of<std::uint32_t>(value, "bytes_per_second_min")};
}

ModelConfig bind_model(const std::string& name, const ConfigValue& value) {
  ModelConfig model;
  model.name = name;
  model.provider = text_of(value, "provider");
  model.model = text_of(value, "model");
  model.max_class = text_of(value, "max_class");
  model.region = text_of(value, "region");
  model.operator_name = text_of(value, "operator");
  model.can = texts_of(value, "can");
  if (const ConfigValue* price = value.find("price")) model.price = bind_price(*price);
  model.remote = bind_remote(value);
  model.context_tokens = integer_of<std::uint32_t>(value, "context_tokens");
  model.parallel = integer_of<std::uint32_t>(value, "parallel");
  model.threads = integer_of<std::uint32_t>(value, "threads");
  model.queue = integer_of<std::uint32_t>(value, "queue");
  model.concurrent = integer_of<std::uint32_t>(value, "concurrent");
  model.queue_seconds = integer_of<std::uint32_t>(value, "queue_seconds");
  model.kv_type = text_of(value, "kv_type");
  return model;
}

std::vector<std::pair<std::string, std::string>> pairs_of(const ConfigValue& object, std::string_view key) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : entries_of(object, key))
    if (const auto* text = std::get_if<std::string>(&value.data)) pairs.emplace_back(name, *text);
  return pairs;
}

// `key`: what the rule stands under.
PiiConfig bind_pii(const ConfigValue& owner, std::string_view key) {
  PiiConfig pii;
  const ConfigValue* value = owner.find(key);
  if (value == nullptr) return pii;
  pii.on = value->line > 0;
  pii.detect = texts_of(*value, "detect");
  pii.action = text_of(*value, "action");
  pii.actions = pairs_of(*value, "actions");
  pii.raises = pairs_of(*value, "raises");
  pii.restore = flag_of(*value, "restore");
  if (value->find("names") != nullptr) {
    pii.names = flag_of(*value, "names");
    pii.names_milliseconds = integer_of<std::uint32_t>(*value, "names_milliseconds");
    pii.names_on_failure = text_of(*value, "names_on_failure");
  }
  for (const auto& [name, pattern] : entries_of(*value, "patterns"))
    pii.patterns.push_back({name, text_of(pattern, "expression"), text_of(pattern, "check"),
                            text_of(pattern, "action"), texts_of(pattern, "context"),
                            integer_of<std::uint32_t>(pattern, "bytes_max")});
  return pii;
}

KnowledgeConfig bind_knowledge(const std::string& name, const ConfigValue& value) {
  KnowledgeConfig knowledge{name,
                            texts_of(value, "paths"),
                            text_of(value, "embedder"),
                            text_of(value, "precision"),
                            integer_of<std::uint32_t>(value, "chunk_tokens"),
                            text_of(value, "class"),
                            {}};
  for (const auto& [key, entry] : entries_of(value, "metadata"))
    if (const auto* text = std::get_if<std::string>(&entry.data)) knowledge.metadata.emplace_back(key, *text);
  knowledge.privacy = bind_pii(value, "privacy");
  if (const ConfigValue* privacy = value.find("privacy"))
    knowledge.privacy_tenant = text_of(*privacy, "tenant");
  return knowledge;
}

BudgetConfig bind_budget(const ConfigValue& owner) {
  const ConfigValue* value = owner.find("budget");
  if (value == nullptr) return {};
  return {scaled_of(*value, "day", 1e9, -1), scaled_of(*value, "month", 1e9, -1)};
}

LimitsConfig bind_limits(const ConfigValue& owner) {
  const ConfigValue* value = owner.find("limits");
  if (value == nullptr) return {};
  return {scaled_of(*value, "requests_per_minute", 1, -1), scaled_of(*value, "tokens_per_minute", 1, -1),
          scaled_of(*value, "concurrent", 1, -1)};
}

RouteConfig bind_route(const std::string& name, const ConfigValue& value) {
  RouteConfig route;
  route.name = name;
  route.models = texts_of(value, "models");
  route.knowledge = text_of(value, "knowledge");
  route.passages = integer_of<std::uint32_t>(value, "passages");
  route.passage_tokens = integer_of<std::uint32_t>(value, "passage_tokens");
  route.answer_tokens = integer_of<std::uint32_t>(value, "answer_tokens");
  route.when_unsupported = text_of(value, "when_unsupported");
  route.extractive = flag_of(value, "extractive");
  route.instructions = text_of(value, "instructions");
  route.guards = texts_of(value, "guards");
  if (const ConfigValue* cache = value.find("cache"))
    route.cache = {integer_of<std::uint32_t>(*cache, "seconds"), flag_of(*cache, "similar"),
                   number_of(*cache, "precision"), number_of(*cache, "sample"),
                   number_of(*cache, "similarity")};
  route.canary = flag_of(value, "canary");
  route.budget = bind_budget(value);
  route.limits = bind_limits(value);
  route.strategy = text_of(value, "strategy");
  route.when_cut = text_of(value, "when_cut");
  route.attempts = integer_of<std::uint32_t>(value, "attempts");
  route.seconds = integer_of<std::uint32_t>(value, "seconds");
  route.cost_max_nano = scaled_of(value, "cost_max", 1e9, 0);
  route.hedge_milliseconds = integer_of<std::uint32_t>(value, "hedge_milliseconds");
  route.backoff_milliseconds = integer_of<std::uint32_t>(value, "backoff_milliseconds");
  route.retry_ratio = number_of(value, "retry_ratio");
  for (const auto& [model, weight] : entries_of(value, "weights"))
    if (const auto* share = std::get_if<std::int64_t>(&weight.data))
      route.weights.emplace_back(model, static_cast<std::uint32_t>(*share));
  return route;
}

TokenRuleConfig bind_token_rule(const std::string& name, const ConfigValue& value) {
  TokenRuleConfig rule;
  rule.name = name;
  rule.claim = text_of(value, "claim");
  rule.value = text_of(value, "value");
  rule.routes = texts_of(value, "routes");
  rule.models = texts_of(value, "models");
  rule.collections = texts_of(value, "collections");
  rule.clearance = text_of(value, "clearance");
  rule.floor = text_of(value, "floor");
  rule.admin = flag_of(value, "admin");
  rule.weight = integer_of<std::uint32_t>(value, "weight");
  rule.priority = integer_of<std::uint32_t>(value, "priority");
  rule.limits = bind_limits(value);
  rule.budget = bind_budget(value);
  return rule;
}

TokensConfig bind_tokens(const ConfigValue& value) {
  TokensConfig tokens;
  tokens.issuer = text_of(value, "issuer");
  tokens.audience = text_of(value, "audience");
  tokens.algorithms = texts_of(value, "algorithms");
  if (tokens.algorithms.empty()) tokens.algorithms = {"RS256", "ES256", "EdDSA"};
  tokens.jwks_file = text_of(value, "jwks_file");
  tokens.jwks_url = text_of(value, "jwks_url");
  tokens.ca_file = text_of(value, "ca_file");
  tokens.refresh_seconds = integer_of<std::uint32_t>(value, "refresh_seconds");
  tokens.unknown_key_seconds = integer_of<std::uint32_t>(value, "unknown_key_seconds");
  tokens.stale_seconds = integer_of<std::uint32_t>(value, "stale_seconds");
  tokens.leeway_seconds = integer_of<std::uint32_t>(value, "leeway_seconds");
  tokens.subject_claim = text_of(value, "subject_claim");
  tokens.team_claim = text_of(value, "team_claim");
  for (const auto& [name, rule] : entries_of(value, "rules"))
    tokens.rules.push_back(bind_token_rule(name, rule));
  // Its defaults alone, as `config show` writes them, turn nothing on.
  tokens.on = !(tokens.issuer.empty() && tokens.audience.empty() && tokens.jwks_file.empty() &&
                tokens.jwks_url.empty() && tokens.rules.empty());
  return tokens;
}

ServerConfig bind_server(const ConfigValue& value) {
  ServerConfig server;
  server.address = text_of(value, "address");
  server.port = integer_of<std::uint16_t>(value, "port");
  server.tls_certificate = text_of(value, "tls_certificate");
  server.tls_key = text_of(value, "tls_key");
  for (const auto& [name, key] : entries_of(value, "keys"))
    server.keys.push_back({name, text_of(key, "key_env"), text_of(key, "key_file")});
  if (const ConfigValue* admin = value.find("admin"))
    server.admin = {"admin", text_of(*admin, "key_env"), text_of(*admin, "key_file")};
  if (const ConfigValue* tokens = value.find("tokens")) server.tokens = bind_tokens(*tokens);
  server.body_bytes_max = integer_of<std::uint64_t>(value, "body_bytes_max");
  server.body_bytes_total_max = integer_of<std::uint64_t>(value, "body_bytes_total_max");
  server.pending_uploads_max = integer_of<std::uint32_t>(value, "pending_uploads_max");
  server.pending_upload_bytes_max = integer_of<std::uint64_t>(value, "pending_upload_bytes_max");
  server.header_bytes_max = integer_of<std::uint32_t>(value, "header_bytes_max");
  server.header_seconds = integer_of<std::uint32_t>(value, "header_seconds");
  server.idle_seconds = integer_of<std::uint32_t>(value, "idle_seconds");
  server.request_seconds = integer_of<std::uint32_t>(value, "request_seconds");
  server.connections_max = integer_of<std::uint32_t>(value, "connections_max");
  server.requests_in_flight_max = integer_of<std::uint32_t>(value, "requests_in_flight_max");
  server.stop_seconds = integer_of<std::uint32_t>(value, "stop_seconds");
  server.request_log = text_of(value, "request_log");
  server.threads = integer_of<std::uint32_t>(value, "threads");
  return server;
}

IngestConfig bind_ingest(const ConfigValue& value) {
  return {integer_of<std::uint64_t>(value, "memory_bytes_max"),
          integer_of<std::uint32_t>(value, "document_seconds"),
          integer_of<std::uint32_t>(value, "page_seconds"),
          integer_of<std::uint32_t>(value, "pages_max"),
          integer_of<std::uint64_t>(value, "file_bytes_max"),
          flag_of(value, "recognise_scans")};
}

Manifest bind(const ConfigValue& root) {
  Manifest manifest;
  manifest.app = text_of(root, "app");
  manifest.data_classes = texts_of(root, "data_classes");
  manifest.regions = texts_of(root, "regions");
  for (const auto& [name, value] : entries_of(root, "models"))
    manifest.models.push_back(bind_model(name, value));
  for (const auto& [name, value] : entries_of(root, "knowledge"))
    manifest.knowledge.push_back(bind_knowledge(name, value));
  for (const auto& [name, value] : entries_of(root, "routes"))
    manifest.routes.push_back(bind_route(name, value));
  if (const ConfigValue* guards = root.find("guards")) {
    manifest.pii = bind_pii(*guards, "pii");
    const auto given = [guards](std::string_view name) {
      const ConfigValue* value = guards->find(name);
      return value != nullptr && value->line > 0 ? value : nullptr;
    };
    if (const ConfigValue* injection = given("injection"))
      manifest.injection = {true,
                            text_of(*injection, "action"),
                            text_of(*injection, "passages"),
                            number_of(*injection, "flag_percent"),
                            number_of(*injection, "stop_percent"),
                            integer_of<std::uint32_t>(*injection, "milliseconds"),
                            text_of(*injection, "on_failure")};
    if (const ConfigValue* output = given("output"))
      manifest.output = {true, texts_of(*output, "allowed_hosts"), text_of(*output, "action"),
                         text_of(*output, "echo")};
  }
  if (const ConfigValue* vault = root.find("vault"))
    manifest.vault = {text_of(*vault, "key_env"), text_of(*vault, "key_file"),
                      integer_of<std::uint32_t>(*vault, "lifetime_days")};
  if (const ConfigValue* telemetry = root.find("telemetry"))
    manifest.telemetry = {text_of(*telemetry, "otlp_endpoint"), text_of(*telemetry, "genai_version"),
                          flag_of(*telemetry, "content")};
  if (const ConfigValue* records = root.find("records")) {
    manifest.record_ledger = flag_of(*records, "ledger");
    manifest.record_audit = flag_of(*records, "audit");
  }
  if (const ConfigValue* cache = root.find("cache"))
    manifest.cache_bytes_max = integer_of<std::uint64_t>(*cache, "bytes_max");
  for (const auto& [name, team] : entries_of(root, "teams"))
    manifest.teams.emplace_back(name, bind_budget(team));
  if (const ConfigValue* server = root.find("server")) manifest.server = bind_server(*server);
  if (const ConfigValue* ingest = root.find("ingest")) manifest.ingest = bind_ingest(*ingest);
  return manifest;
}

// What the schema cannot say: names that must exist elsewhere in the manifest.
class References {
 public:
  References(const ConfigValue& root, const Manifest& manifest, std::vector<ConfigError>& errors)
      : root_(root), manifest_(manifest), errors_(errors) {}

  void check() {
    for (const auto& [type, data_class] : manifest_.pii.raises)
      must_exist(*root_.find("guards"), "guards.pii.raises." + type, data_class, manifest_.data_classes,
                 "data_classes");
    if (manifest_.injection.stop_percent > manifest_.injection.flag_percent) {
      const ConfigValue& at = *root_.find("guards")->find("injection");
      errors_.push_back({at.line, at.column,
                         "'guards.injection.stop_percent' is above 'flag_percent': what is stopped counts as "
                         "recorded too; write a smaller one"});
    }
    if (manifest_.telemetry.content && manifest_.telemetry.genai_version == "1.30") {
      const ConfigValue& at = *root_.find("telemetry")->find("content");
      errors_.push_back(
          {at.line, at.column,
           "'telemetry.content' needs genai_version 1.37: version 1.30 has no span attributes for "
           "messages"});
    }
    for (const RouteConfig& route : manifest_.routes) check_route(route);
    for (const ModelConfig& model : manifest_.models) check_model(model);
    for (const KnowledgeConfig& knowledge : manifest_.knowledge)
      if (!knowledge.data_class.empty())
        must_exist(value_at("knowledge", knowledge.name, "class"), "knowledge." + knowledge.name + ".class",
                   knowledge.data_class, manifest_.data_classes, "data_classes");
    check_one_embedder();
    for (const KnowledgeConfig& knowledge : manifest_.knowledge)
      if (knowledge.privacy.on && knowledge.privacy_tenant.empty()) {
        const ConfigValue& at = value_at("knowledge", knowledge.name, "privacy");
        errors_.push_back({at.line, at.column,
                           "'knowledge." + knowledge.name +
                               ".privacy' needs tenant: the team (or the key without one) whose pseudonyms "
                               "stand for the values"});
      }
    for (const KeyConfig& key : manifest_.server.keys)
      if (key.key_env.empty() == key.key_file.empty())
        errors_.push_back({root_.find("server")->line, 1,
                           "'server.keys." + key.name + "' needs either key_env or key_file"});
    if (manifest_.server.tokens.on) check_tokens(manifest_.server.tokens);
    if (!manifest_.server.admin.key_env.empty() && !manifest_.server.admin.key_file.empty())
      errors_.push_back({root_.find("server")->find("admin")->line, 1,
                         "'server.admin' has both key_env and key_file; one is enough"});
    if (manifest_.server.tls_certificate.empty() != manifest_.server.tls_key.empty())
      errors_.push_back(
          {root_.find("server")->line, 1, "TLS needs both 'server.tls_certificate' and 'server.tls_key'"});
  }

 private:
  // One embedder in the process answers for all collections: a question is embedded once, whatever it asks.
  void check_one_embedder() {
    for (const KnowledgeConfig& knowledge : manifest_.knowledge) {
      const KnowledgeConfig& first = manifest_.knowledge.front();
      must_agree(knowledge.name, "embedder", knowledge.embedder, first.name, first.embedder);
      must_agree(knowledge.name, "precision", knowledge.precision, first.name, first.precision);
    }
  }

  void must_agree(const std::string& name, const std::string& key, const std::string& value,
                  const std::string& first_name, const std::string& first_value) {
    if (value == first_value) return;
    const ConfigValue& at = value_at("knowledge", name, key);
    errors_.push_back({at.line, at.column,
                       "'knowledge." + name + "." + key + "' is '" + value + "', and 'knowledge." +
                           first_name + "." + key + "' is '" + first_value +
                           "'; write the same for all of 'knowledge'"});
  }

  void check_tokens(const TokensConfig& tokens) {
    const ConfigValue& at = *root_.find("server")->find("tokens");
    const auto wrong = [&](const std::string& message) {
      errors_.push_back({at.line, at.column, "'server.tokens' " + message});
    };
    if (tokens.issuer.empty() || tokens.audience.empty()) wrong("needs issuer and audience");
    if (tokens.rules.empty()) wrong("needs at least one rule: without one no token may do anything");
    if (tokens.jwks_file.empty() == tokens.jwks_url.empty()) wrong("needs either jwks_file or jwks_url");
    if (!tokens.jwks_url.empty() && !is_safe_url(tokens.jwks_url))
      wrong("needs a jwks_url that begins with https:// (http:// only to this machine)");
    if (tokens.stale_seconds < tokens.refresh_seconds) wrong("has a stale_seconds below refresh_seconds");
    std::vector<std::string> models, routes;
    for (const ModelConfig& model : manifest_.models) models.push_back(model.name);
    for (const RouteConfig& route : manifest_.routes) routes.push_back(route.name);
    for (const TokenRuleConfig& rule : tokens.rules) {
      const std::string where = "server.tokens.rules." + rule.name;
      const auto names = [&](const char* key, const std::vector<std::string>& given,
                             const std::vector<std::string>& known) {
        for (const std::string& name : given)
          if (name != "*") must_exist(at, where + "." + key, name, known, key);
      };
      names("routes", rule.routes, routes);
      names("models", rule.models, models);
      for (const std::string& name : {rule.clearance, rule.floor})
        if (!name.empty()) must_exist(at, where, name, manifest_.data_classes, "data_classes");
    }
  }

  // What decides who is let in does not come over an open line.
  static bool is_safe_url(std::string_view url) {
    if (url.rfind("https://", 0) == 0) return true;
    for (const std::string_view host : {"http://127.0.0.1", "http://localhost", "http://[::1]"})
      if (url.rfind(host, 0) == 0 &&
          (url.size() == host.size() || url[host.size()] == ':' || url[host.size()] == '/'))
        return true;
    return false;
  }

  void check_model(const ModelConfig& model) {
    const std::string where = "models." + model.name;
    if (!model.max_class.empty())
      must_exist(value_at("models", model.name, "max_class"), where + ".max_class", model.max_class,
                 manifest_.data_classes, "data_classes");
    if (!model.region.empty())
      must_exist(value_at("models", model.name, "region"), where + ".region", model.region, manifest_.regions,
                 "regions");
    const auto wrong = [&](std::string_view key, const std::string& message) {
      const ConfigValue& at = value_at("models", model.name, key);
      errors_.push_back({at.line, at.column, "'" + where + "' " + message});
    };
    if (model.provider == "local") {
      if (!model.remote.base_url.empty()) wrong("base_url", "is local: it has no base_url");
      return;
    }
    const std::string& url = model.remote.base_url;
    if (url.rfind("https://", 0) != 0 && url.rfind("http://", 0) != 0)
      wrong("base_url", "needs base_url, beginning with https:// or http://");
    if (!model.remote.key_env.empty() && !model.remote.key_file.empty())
      wrong("key_file", "has both key_env and key_file; one is enough");
  }

  void check_route(const RouteConfig& route) {
    std::vector<std::string> models, collections;
    for (const ModelConfig& model : manifest_.models) models.push_back(model.name);
    for (const KnowledgeConfig& knowledge : manifest_.knowledge) collections.push_back(knowledge.name);
    const std::string where = "routes." + route.name;
    for (const std::string& model : route.models)
      must_exist(value_at("routes", route.name, "models"), where + ".models", model, models, "models");
    for (const auto& [model, weight] : route.weights)
      must_exist(value_at("routes", route.name, "weights"), where + ".weights", model, route.models,
                 where + ".models");
    std::vector<std::string> sorted = route.models;
    std::sort(sorted.begin(), sorted.end());
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
      errors_.push_back({value_at("routes", route.name, "models").line, 1,
                         "'" + where + ".models' names '" + *twice + "' twice"});
    check_local_part(route, where);
    check_guards(route, where);
    check_cache(route, where);
    if (!route.knowledge.empty())
      must_exist(value_at("routes", route.name, "knowledge"), where + ".knowledge", route.knowledge,
                 collections, "knowledge");
    if (std::find(models.begin(), models.end(), route.name) != models.end())
      errors_.push_back({value_at("routes", route.name, "models").line, 1,
                         "'" + where + "' has the name of a model; clients could not tell them apart"});
  }

  // One person's data must not come up in an answer to somebody else's similar question.
  void check_cache(const RouteConfig& route, const std::string& where) {
    if (!route.cache.similar) return;
    const int line = value_at("routes", route.name, "cache").line;
    if (route.cache.seconds == 0)
      errors_.push_back(
          {line, 1, "'" + where + ".cache.similar' needs 'seconds': how long answers are kept"});
    if (std::find(route.guards.begin(), route.guards.end(), "pii") == route.guards.end())
      errors_.push_back({line, 1,
                         "'" + where +
                             ".cache.similar' needs the guard 'pii' on the route: requests with "
                             "personal data are not answered from memory, and it is what finds them"});
  }

  void check_guards(const RouteConfig& route, const std::string& where) {
    const auto names = [&route](std::string_view guard) {
      return std::find(route.guards.begin(), route.guards.end(), guard) != route.guards.end();
    };
    const auto wrong = [&](std::string_view key, const std::string& message) {
      const ConfigValue& at = value_at("routes", route.name, key);
      errors_.push_back({at.line, at.column, "'" + where + "." + std::string(key) + "' " + message});
    };
    for (const std::string& guard : route.guards) {
      const bool on = guard == "pii"      ? manifest_.pii.on
                      : guard == "output" ? manifest_.output.on
                                          : manifest_.injection.on;
      if (!on) wrong("guards", "names '" + guard + "', which is not under 'guards'");
    }
    if (names("injection") && names("injection_signatures"))
      wrong("guards", "names 'injection' and 'injection_signatures'; the first has the signatures too");
    if (route.canary && !names("output"))
      wrong("canary", "needs 'output' among the route's guards: it is what looks for the word in answers");
  }

  // Documents and instructions are put before a model of this process.
  void check_local_part(const RouteConfig& route, const std::string& where) {
    const auto is = [this](const std::string& name, bool local) {
      const ModelConfig* model = manifest_.find_model(name);
      return model != nullptr && (model->provider == "local") == local;
    };
    const auto any = [&](bool local) {
      return std::any_of(route.models.begin(), route.models.end(),
                         [&](const std::string& name) { return is(name, local); });
    };
    if (!route.knowledge.empty() && !any(true) && any(false))
      errors_.push_back({value_at("routes", route.name, "models").line, 1,
                         "'" + where + "' answers from documents and needs a model with provider 'local'"});
    if (route.knowledge.empty() && !route.instructions.empty() && any(false))
      errors_.push_back({value_at("routes", route.name, "instructions").line, 1,
                         "'" + where + ".instructions' reach local models only; give them in the request"});
  }

  // The value of a key of a named entry, or the entry itself where the key is a default.
  const ConfigValue& value_at(std::string_view block, const std::string& name, std::string_view key) const {
    const ConfigValue* entry = root_.find(block)->find(name);
    const ConfigValue* value = entry->find(key);
    return value != nullptr && value->line > 0 ? *value : *entry;
  }

  void must_exist(const ConfigValue& at, const std::string& where, const std::string& name,
                  const std::vector<std::string>& known, const std::string& block) {
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    const std::string near = nearest_name(name, std::vector<std::string_view>(known.begin(), known.end()));
    errors_.push_back({at.line, at.column,
                       "'" + where + "' names '" + name + "', which is not under '" + block + "'" +
                           (near.empty() ? "" : "; did you mean '" + near + "'?")});
  }

  const ConfigValue& root_;
  const Manifest& manifest_;
  std::vector<ConfigError>& errors_;
};

struct CheckedManifest {
  ConfigValue root;
  Manifest manifest;
};

Result<CheckedManifest> check(std::string_view yaml, const std::string& file) {
  CheckedConfig checked = read_config(yaml, manifest_schema());
  CheckedManifest result;
  if (checked.errors.empty()) {
    result.manifest = bind(checked.root);
    References(checked.root, result.manifest, checked.errors).check();
  }
  if (!checked.errors.empty()) return Error(Code::invalid_argument, describe(file, checked.errors));
  const std::filesystem::path parent = std::filesystem::path(file).parent_path();
  result.manifest.folder = parent.empty() ? "." : parent.string();
  result.root = std::move(checked.root);
  return result;
}

template <class T>
const T* find_named(const std::vector<T>& items, std::string_view name) {
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const T& item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

}  // namespace

const ModelConfig* Manifest::find_model(std::string_view name) const { return find_named(models, name); }
const KnowledgeConfig* Manifest::find_knowledge(std::string_view name) const {
  return find_named(knowledge, name);
}
const RouteConfig* Manifest::find_route(std::string_view name) const { return find_named(routes, name); }

std::string Manifest::beside(const std::string& path) const {
  return path.empty() ? path : (std::filesystem::path(folder) / path).string();
}

Result<Manifest> parse_manifest(std::string_view yaml, const std::string& file) {
  LOADLINE_ASSIGN(CheckedManifest checked, check(yaml, file));
  checked.manifest.version = std::to_string(hash64(yaml)) + "-" + std::to_string(yaml.size());
  return std::move(checked.manifest);
}

Result<Manifest> load_manifest(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    return Error(Code::not_found,
                 "cannot read the manifest '" + file + "'; `loadline init FOLDER` makes one");
  std::string yaml(manifest_bytes_max + 1, '\0');
  in.read(yaml.data(), static_cast<std::streamsize>(yaml.size()));
  yaml.resize(static_cast<std::size_t>(in.gcount()));
  return parse_manifest(yaml, file);
}

Manifest default_manifest() { return *parse_manifest("version: 1", "defaults"); }

}  // namespace loadline

#pragma once
// The manifest `loadline.yaml` as typed values: what an application is made of.
//
// Only what works is accepted. Every setting with its default, unit and range stands in `manifest_schema()`;
// the structs below carry no defaults of their own, they are always filled from it. Plain values after
// loading.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/schema.h"

namespace loadline {

/// Nano-dollars for a million tokens.
struct PriceConfig {
  bool given = false;  // the manifest says it
  std::int64_t input_nano = 0, output_nano = 0;
  std::int64_t cached_input_nano = -1;  // -1: as input
  std::int64_t reasoning_nano = -1;     // -1: as output
};

/// Where a model that does not run in this process is, and how it is asked.
struct RemoteConfig {
  std::string base_url;  // "https://host/v1"
  std::string key_env, key_file;
  std::string api_version;  // azure, anthropic
  std::string ca_file;
  std::vector<std::string> pass_headers;  // of the client's request, lower case
  std::uint32_t connections_max = 0;
  std::uint32_t connect_milliseconds = 0;
  std::uint32_t first_byte_seconds = 0;
  std::uint32_t stall_seconds = 0;
  std::uint32_t bytes_per_second_min = 0;
};

struct ModelConfig {
  std::string name;      // what routes and clients call it
  std::string provider;  // "local" | "openai" | "azure" | "anthropic" | "gemini"
  std::string model;     // local: a known model's name or a path to a GGUF file; else the provider's name
  std::string max_class, region, operator_name;
  std::vector<std::string> can;  // "tools", "json_schema", "images", "thinking", "prefill", "embeddings"
  std::uint64_t context_tokens_max = 0;
  PriceConfig price;
  RemoteConfig remote;
  std::uint32_t context_tokens = 0;
  std::uint32_t parallel = 0;
  std::uint32_t threads = 0;  // 0: all cores
  std::uint32_t queue = 0;
  std::uint32_t concurrent = 0;  // 0: any number
  std::uint32_t queue_seconds = 0;
  std::string kv_type;
};

struct PatternConfig {
  std::string name, expression, check, action;
  std::vector<std::string> context;
  std::uint32_t bytes_max = 0;
};

struct PiiConfig {
  bool on = false;                  // the manifest has it
  std::vector<std::string> detect;  // types; empty: all
  std::string action;
  std::vector<std::pair<std::string, std::string>> actions;  // by type
  std::vector<std::pair<std::string, std::string>> raises;   // class by type
  bool restore = true;
  std::vector<PatternConfig> patterns;
  bool names = false;
  std::uint32_t names_milliseconds = 0;
  std::string names_on_failure;  // "block" | "mark_unchecked"
};

struct KnowledgeConfig {
  std::string name;
  std::vector<std::string> paths;  // globs, absolute or relative to the manifest's folder
  std::string embedder;
  std::string precision;
  std::uint32_t chunk_tokens = 0;
  std::string data_class;
  std::vector<std::pair<std::string, std::string>> metadata;
  PiiConfig privacy{};           // what is taken out of documents before they are stored
  std::string privacy_tenant{};  // whose pseudonyms stand for it
};

/// Nano-dollars; -1: no limit.
struct BudgetConfig {
  std::int64_t day_nano = -1, month_nano = -1;
};

/// -1: no limit.
struct LimitsConfig {
  std::int64_t requests_per_minute = -1, tokens_per_minute = -1, concurrent = -1;
};

struct InjectionConfig {
  bool on = false;
  std::string action;    // "allow" | "flag" | "block"
  std::string passages;  // "allow" | "flag" | "quarantine" | "block"
  double flag_percent = 0, stop_percent = 0;
  std::uint32_t milliseconds = 0;
  std::string on_failure;  // "block" | "mark_unchecked"
};

struct OutputConfig {
  bool on = false;
  std::vector<std::string> allowed_hosts;
  std::string action, echo;
};

struct VaultConfig {
  std::string key_env, key_file;
  std::uint32_t lifetime_days = 0;
};

struct TelemetryConfig {
  std::string otlp_endpoint;  // "": no traces
  std::string genai_version;
  bool content = false;
};

struct RouteCacheConfig {
  std::uint32_t seconds = 0;  // 0: nothing is kept
  bool similar = false;
  double precision = 0, sample = 0, similarity = 0;
};

struct RouteConfig {
  std::string name;
  std::vector<std::string> models;
  std::string knowledge;  // "": none, plain chat
  std::uint32_t passages = 0;
  std::uint32_t passage_tokens = 0;
  std::uint32_t answer_tokens = 0;
  std::string when_unsupported;  // "abstain" | "mark"
  bool extractive = true;
  std::string instructions;
  std::vector<std::string> guards;  // "injection", "injection_signatures", "pii", "output"
  bool canary = false;
  RouteCacheConfig cache;
  BudgetConfig budget;
  LimitsConfig limits;
  // Where there are several models:
  std::string strategy;                                        // "ordered" | "weighted" | ...
  std::vector<std::pair<std::string, std::uint32_t>> weights;  // by model; 1 where none is given
  std::string when_cut;                                        // "fail" | "restart" | "continue"
  std::uint32_t attempts = 0;
  std::uint32_t seconds = 0;
  std::int64_t cost_max_nano = 0;
  std::uint32_t hedge_milliseconds = 0;
  std::uint32_t backoff_milliseconds = 0;
  double retry_ratio = 0;
};

struct KeyConfig {
  std::string name;
  std::string key_env;
  std::string key_file;
};

/// Whoever has `value` in `claim` may ... Names: "*" for all.
struct TokenRuleConfig {
  std::string name, claim, value;
  std::vector<std::string> routes, models, collections;
  std::string clearance, floor;
  bool admin = false;
  std::uint32_t weight = 1, priority = 0;
  LimitsConfig limits;
  BudgetConfig budget;
};

struct TokensConfig {
  bool on = false;
  std::string issuer, audience;
  std::vector<std::string> algorithms;
  std::string jwks_file, jwks_url, ca_file;
  std::uint32_t refresh_seconds = 0, unknown_key_seconds = 0, stale_seconds = 0, leeway_seconds = 0;
  std::string subject_claim, team_claim;
  std::vector<TokenRuleConfig> rules;
};

struct ServerConfig {
  std::string address;
  std::uint16_t port = 0;
  std::string tls_certificate, tls_key;
  std::vector<KeyConfig> keys;
  KeyConfig admin;  // neither env nor file: there is none
  TokensConfig tokens;
  std::uint64_t body_bytes_max = 0;
  std::uint64_t body_bytes_total_max = 0;
  std::uint32_t pending_uploads_max = 0;
  std::uint64_t pending_upload_bytes_max = 0;
  std::uint32_t header_bytes_max = 0;
  std::uint32_t header_seconds = 0;
  std::uint32_t idle_seconds = 0;
  std::uint32_t request_seconds = 0;
  std::uint32_t connections_max = 0;
  std::uint32_t requests_in_flight_max = 0;
  std::uint32_t stop_seconds = 0;
  std::string request_log;  // "all" | "failed"
  std::uint32_t threads = 0;
};

struct IngestConfig {
  std::uint64_t memory_bytes_max = 0;
  std::uint32_t document_seconds = 0;
  std::uint32_t page_seconds = 0;
  std::uint32_t pages_max = 0;
  std::uint64_t file_bytes_max = 0;
  bool recognise_scans = true;
};

struct Manifest {
  std::string app;
  std::vector<std::string> data_classes;  // from open to closed
  std::vector<std::string> regions;
  std::vector<ModelConfig> models;
  std::vector<KnowledgeConfig> knowledge;
  std::vector<RouteConfig> routes;
  PiiConfig pii;
  InjectionConfig injection;
  OutputConfig output;
  VaultConfig vault;
  TelemetryConfig telemetry;
  std::uint64_t cache_bytes_max = 0;
  bool record_ledger = true, record_audit = true;
  std::vector<std::pair<std::string, BudgetConfig>> teams;
  ServerConfig server;
  IngestConfig ingest;
  std::string version;  // changes with every change of the text
  std::string folder;   // of the manifest; relative paths start here

  const ModelConfig* find_model(std::string_view name) const;
  const KnowledgeConfig* find_knowledge(std::string_view name) const;
  const RouteConfig* find_route(std::string_view name) const;
  /// A path that the manifest names, as this process can open it; "" stays "".
  std::string beside(const std::string& path) const;
};

const SchemaNode& manifest_schema();

/// JSON Schema (draft 2020-12) of the manifest, for editors.
std::string manifest_json_schema();

/// The manifest in `yaml`; `file` is its path, for messages and relative paths. invalid_argument: every
/// problem with its line, one a line.
Result<Manifest> parse_manifest(std::string_view yaml, const std::string& file);

/// Reads and parses. not_found, invalid_argument.
Result<Manifest> load_manifest(const std::string& file);

/// What runs without a manifest: no models, no collections, all else default.
Manifest default_manifest();

/// Every setting with its value, as YAML (comments tell which are defaults) or JSON.
Result<std::string> show_manifest(std::string_view yaml, const std::string& file, bool json);

}  // namespace loadline

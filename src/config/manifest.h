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

struct ModelConfig {
  std::string name;   // what routes and clients call it
  std::string model;  // a known model's name or a path to a GGUF file
  std::uint32_t context_tokens = 0;
  std::uint32_t parallel = 0;
  std::uint32_t threads = 0;  // 0: all cores
  std::uint32_t queue = 0;
  std::string kv_type;
};

struct KnowledgeConfig {
  std::string name;
  std::vector<std::string> paths;  // globs, absolute or relative to the manifest's folder
  std::string embedder;
  std::string precision;
  std::uint32_t chunk_tokens = 0;
  std::string data_class;
  std::vector<std::pair<std::string, std::string>> metadata;
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
};

struct KeyConfig {
  std::string name;
  std::string key_env;
  std::string key_file;
};

struct ServerConfig {
  std::string address;
  std::uint16_t port = 0;
  std::string tls_certificate, tls_key;
  std::vector<KeyConfig> keys;
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
  std::vector<std::string> data_classes;
  std::vector<ModelConfig> models;
  std::vector<KnowledgeConfig> knowledge;
  std::vector<RouteConfig> routes;
  ServerConfig server;
  IngestConfig ingest;
  std::string folder;  // of the manifest; relative paths start here

  const ModelConfig* find_model(std::string_view name) const;
  const KnowledgeConfig* find_knowledge(std::string_view name) const;
  const RouteConfig* find_route(std::string_view name) const;
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

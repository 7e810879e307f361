#include "config/manifest.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

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

ModelConfig bind_model(const std::string& name, const ConfigValue& value) {
  return {name,
          text_of(value, "model"),
          integer_of<std::uint32_t>(value, "context_tokens"),
          integer_of<std::uint32_t>(value, "parallel"),
          integer_of<std::uint32_t>(value, "threads"),
          integer_of<std::uint32_t>(value, "queue"),
          text_of(value, "kv_type")};
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
  return knowledge;
}

RouteConfig bind_route(const std::string& name, const ConfigValue& value) {
  return {name,
          texts_of(value, "models"),
          text_of(value, "knowledge"),
          integer_of<std::uint32_t>(value, "passages"),
          integer_of<std::uint32_t>(value, "passage_tokens"),
          integer_of<std::uint32_t>(value, "answer_tokens"),
          text_of(value, "when_unsupported"),
          flag_of(value, "extractive"),
          text_of(value, "instructions")};
}

ServerConfig bind_server(const ConfigValue& value) {
  ServerConfig server;
  server.address = text_of(value, "address");
  server.port = integer_of<std::uint16_t>(value, "port");
  server.tls_certificate = text_of(value, "tls_certificate");
  server.tls_key = text_of(value, "tls_key");
  for (const auto& [name, key] : entries_of(value, "keys"))
    server.keys.push_back({name, text_of(key, "key_env"), text_of(key, "key_file")});
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
  for (const auto& [name, value] : entries_of(root, "models"))
    manifest.models.push_back(bind_model(name, value));
  for (const auto& [name, value] : entries_of(root, "knowledge"))
    manifest.knowledge.push_back(bind_knowledge(name, value));
  for (const auto& [name, value] : entries_of(root, "routes"))
    manifest.routes.push_back(bind_route(name, value));
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
    for (const RouteConfig& route : manifest_.routes) check_route(route);
    for (const KnowledgeConfig& knowledge : manifest_.knowledge)
      if (!knowledge.data_class.empty())
        must_exist(value_at("knowledge", knowledge.name, "class"), "knowledge." + knowledge.name + ".class",
                   knowledge.data_class, manifest_.data_classes, "data_classes");
    check_one_embedder();
    for (const KeyConfig& key : manifest_.server.keys)
      if (key.key_env.empty() == key.key_file.empty())
        errors_.push_back({root_.find("server")->line, 1,
                           "'server.keys." + key.name + "' needs either key_env or key_file"});
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

  void check_route(const RouteConfig& route) {
    std::vector<std::string> models, collections;
    for (const ModelConfig& model : manifest_.models) models.push_back(model.name);
    for (const KnowledgeConfig& knowledge : manifest_.knowledge) collections.push_back(knowledge.name);
    const std::string where = "routes." + route.name;
    for (const std::string& model : route.models)
      must_exist(value_at("routes", route.name, "models"), where + ".models", model, models, "models");
    if (!route.knowledge.empty())
      must_exist(value_at("routes", route.name, "knowledge"), where + ".knowledge", route.knowledge,
                 collections, "knowledge");
    if (std::find(models.begin(), models.end(), route.name) != models.end())
      errors_.push_back({value_at("routes", route.name, "models").line, 1,
                         "'" + where + "' has the name of a model; clients could not tell them apart"});
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

Result<Manifest> parse_manifest(std::string_view yaml, const std::string& file) {
  LOADLINE_ASSIGN(CheckedManifest checked, check(yaml, file));
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

#pragma once
// The composition root: constructs the parts of the program in order, each when first asked for, and owns
// them. The only place that knows concrete adapters. One thread.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/loadline/collection_privacy.h"
#include "apps/loadline/index_folders.h"
#include "apps/loadline/model_cache.h"
#include "apps/loadline/privacy_wire.h"
#include "apps/loadline/record_guard.h"
#include "base/clock.h"
#include "base/log.h"
#include "config/manifest.h"
#include "gateway/chat_flow.h"
#include "ingest/ingestor.h"
#include "model/document_extractor.h"
#include "model/embedder.h"
#include "retrieval/retriever.h"
#include "storage/posix_file_system.h"
#include "storage/posix_source_files.h"
#include "storage/sqlite_store.h"

namespace loadline {

class LlamaChatModel;

inline constexpr std::string_view default_embedder = "all-minilm-l6-v2";
inline constexpr std::string_view default_generator = "qwen2.5-coder-1.5b-instruct";

struct GlobalOptions {
  std::string config;              // manifest; "": ./loadline.yaml if it is there, else none
  std::string data = ".loadline";  // data folder
  std::string model;               // overrides the model of every route
  std::string served_collection;   // has a route even if neither manifest nor data folder know it
  bool json = false;
};

class Wire {
 public:
  explicit Wire(GlobalOptions options);
  ~Wire();

  const GlobalOptions& options() const { return options_; }
  /// The manifest as given or found; the defaults if there is none. invalid_argument, not_found.
  Result<const Manifest*> manifest();
  /// Whether there is a manifest. Only after `manifest()` succeeded.
  bool has_manifest() const { return has_manifest_; }
  const Clock& clock() const { return clock_; }
  const ModelCache& models() const { return models_; }
  Log& log() { return log_; }
  const RecordGuard& record_guard() const { return record_guard_; }
  FileSystem& files() { return files_; }
  VaultAudit& vault_audit() { return vault_audit_; }
  /// The pseudonyms of the data folder; null if nothing in the manifest makes any.
  Result<Vault*> vault();
  /// Rules of collections about personal data in their documents.
  Result<const CollectionPrivacy*> privacy();
  /// All share one cancel token, which the loading of models looks at too.
  CallContext context() const;

  Result<SqliteStore*> store();
  /// Of these, extractor and embedder open what they stand on when it is first needed: not for what only
  /// looks at stored documents, and not before a server is ready.
  Result<const Embedder*> embedder();
  Result<Ingestor*> ingestor();
  Result<const Retriever*> retriever();
  /// Loads the models that `route` (or, if empty, any route) needs. Without a manifest there is a route for
  /// each collection, under the collection's name.
  Result<ChatFlow*> chat_flow(const std::string& route);
  /// How long a request that a loaded model refuses had better wait. Any thread, once `chat_flow` succeeded.
  std::chrono::seconds expected_wait() const;

  /// The collection meant: the one named, else the only one of the manifest, else the only one of the data
  /// folder.
  Result<std::string> collection(const std::string& named);
  /// The route that answers from a collection: that of the manifest, else the collection's own.
  Result<std::string> route_for(const std::string& collection);

 private:
  Result<std::vector<RouteSettings>> routes();
  Result<ChatModel*> chat_model(const ModelConfig& config);
  Status load_routes(const std::vector<RouteSettings>& routes, const std::string& wanted,
                     std::vector<NamedModel>& models, std::vector<RouteSettings>& usable);
  void add_collection_routes(std::vector<RouteSettings>& routes,
                             const std::vector<std::string>& collections) const;
  std::string default_model() const;
  ModelConfig model_config(const std::string& name) const;

  const GlobalOptions options_;
  SystemClock clock_;
  const RecordGuard record_guard_;
  Log log_;
  const CancelToken stop_;
  ModelCache models_;
  PosixFileSystem files_;
  VaultAudit vault_audit_;
  PosixSourceFiles sources_;
  bool manifest_read_ = false, has_manifest_ = false;
  Manifest manifest_;
  std::unique_ptr<Vault> vault_;
  std::unique_ptr<CollectionPrivacy> privacy_;
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<IndexFolders> indexes_;
  std::unique_ptr<Embedder> embedder_;
  std::unique_ptr<DocumentExtractor> extractor_;
  std::unique_ptr<Ingestor> ingestor_;
  std::unique_ptr<Retriever> retriever_, private_retriever_;
  std::vector<std::pair<std::string, std::unique_ptr<LlamaChatModel>>> chat_models_;
  std::unique_ptr<ChatFlow> flow_;
};

}  // namespace loadline

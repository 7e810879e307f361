#pragma once
// From the manifest to what the gateway goes by: models with their endpoints and clearances, routes with
// their rules. And the files that governance stands on.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/gateway_table.h"
#include "base/log.h"
#include "config/manifest.h"
#include "governance/audit.h"
#include "governance/keys.h"
#include "governance/ledger.h"
#include "privacy/vault.h"
#include "storage/journal.h"

namespace loadline {

/// `local_names`: names that answer in this process (ChatFlow::names). Reads providers' keys.
/// failed_precondition: a key is not set; invalid_argument: an endpoint cannot be used.
Result<std::shared_ptr<GatewayTable>> make_gateway_table(const Manifest& manifest,
                                                         const std::vector<std::string>& local_names,
                                                         const std::string& embedder);

/// Whether an upstream is spoken to over TLS.
bool needs_trust(const Manifest& manifest);

/// Keys, ledger and audit log of a data folder, and the thread that keeps them durable. One process serves a
/// folder at a time.
class GovernanceFiles {
 public:
  static Result<std::unique_ptr<GovernanceFiles>> open(const std::string& data_folder,
                                                       const Manifest& manifest, FileSystem& files,
                                                       const Clock& clock, Log& log);
  ~GovernanceFiles();

  KeyStore& keys() { return *keys_; }
  Ledger& ledger() { return *ledger_; }
  AuditLog& audit() { return *audit_; }
  /// Null: the manifest has no guard that needs one.
  Vault* vault() { return vault_.get(); }

 private:
  GovernanceFiles() = default;
  Result<std::unique_ptr<Vault>> open_vault(const std::string& data_folder, const Manifest& manifest,
                                            FileSystem& files, const Clock& clock, Log& log);
  void keep(Log& log);

  std::unique_ptr<KeyStore> keys_;
  std::unique_ptr<FileJournal> ledger_journal_, audit_journal_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<AuditLog> audit_;
  std::unique_ptr<Vault> vault_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread keeper_;
};

/// The first line of a file or the value of an environment variable. `what`: whose secret, for messages.
Result<std::string> read_secret(const std::string& what, const std::string& env, const std::string& file);

}  // namespace loadline

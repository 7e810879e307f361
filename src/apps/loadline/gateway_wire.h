#pragma once
// From the manifest to what the gateway goes by: models with their endpoints and clearances, routes with
// their rules. And the files that governance stands on.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/gateway_table.h"
#include "apps/loadline/privacy_wire.h"
#include "base/log.h"
#include "config/manifest.h"
#include "gateway/trace_texts.h"
#include "governance/audit.h"
#include "governance/keys.h"
#include "governance/ledger.h"
#include "governance/prices.h"
#include "storage/journal.h"

namespace loadline {

/// `local_names`: names that answer in this process (ChatFlow::names). Reads providers' keys.
/// failed_precondition: a key is not set; invalid_argument: an endpoint cannot be used.
Result<std::shared_ptr<GatewayTable>> make_gateway_table(const Manifest& manifest,
                                                         const std::vector<std::string>& local_names,
                                                         const std::string& embedder);

BudgetLimits budget_of(const BudgetConfig& config);
RateLimits limits_of(const LimitsConfig& config);

/// What a model of the manifest costs: as the manifest says, nothing in this process, else the list price of
/// the provider's name for it. Absent: nobody says.
std::optional<Price> price_of_model(const ModelConfig& config, const PriceTable& list);

/// What a route does about injection; null: it names no such guard.
std::shared_ptr<const InjectionPolicy> injection_policy(const Manifest& manifest, const RouteConfig& route);

/// What traces tell of texts, where the manifest wants that: with its own patterns masked too.
Result<std::unique_ptr<const TraceTexts>> make_trace_texts(const Manifest& manifest);

/// Whether an upstream is spoken to over TLS.
bool needs_trust(const Manifest& manifest);

/// Keys, ledger and audit log of a data folder, and the thread that keeps them and the vault durable. One
/// process serves a folder at a time. While it lives, what is done with the vault goes into its audit log.
class GovernanceFiles {
 public:
  /// `segment_bytes`: of ledger and audit log (JournalOptions).
  static Result<std::unique_ptr<GovernanceFiles>> open(
      const std::string& data_folder, const Manifest& manifest, Vault* vault, VaultAudit& vault_audit,
      FileSystem& files, const Clock& clock, Log& log,
      std::uint64_t segment_bytes = JournalOptions().segment_bytes);
  ~GovernanceFiles();

  KeyStore& keys() { return *keys_; }
  Ledger& ledger() { return *ledger_; }
  AuditLog& audit() { return *audit_; }

 private:
  GovernanceFiles() = default;
  void keep(Log& log);

  std::unique_ptr<KeyStore> keys_;
  std::unique_ptr<FileJournal> ledger_journal_, audit_journal_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<AuditLog> audit_;
  Vault* vault_ = nullptr;  // may be null
  VaultAudit* vault_audit_ = nullptr;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread keeper_;
};

/// Checks all of the audit log of a data folder, beside whoever writes it. `kept`: anchors kept elsewhere.
Result<AuditReport> verify_audit_of(const std::string& data_folder, FileSystem& files,
                                    const std::vector<AuditAnchor>& kept);

}  // namespace loadline

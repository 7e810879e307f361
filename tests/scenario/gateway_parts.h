#pragma once
// The governed gateway inside the service under test: a manifest's models and routes, keys, ledger, audit
// log, vault and traces, as `loadline serve` makes them, and the questions the runner asks about them.
#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/api.h"
#include "apps/loadline/gateway_wire.h"
#include "apps/loadline/privacy_wire.h"

namespace loadline {

struct GatewaySettings {
  std::string manifest;                    // YAML; "": no gateway but the one over the scripted models
  std::uint32_t second_ms = 200;           // how long a second of the manifest's times lasts
  std::uint64_t segment_bytes = 1U << 20;  // of ledger and audit log
};

class GatewayParts {
 public:
  /// invalid_argument: the manifest; as GovernanceFiles::open.
  static Result<std::unique_ptr<GatewayParts>> open(const GatewaySettings& settings,
                                                    const std::string& data_folder,
                                                    const std::vector<std::string>& local_names,
                                                    const std::string& embedder, FileSystem& files,
                                                    const Clock& clock, Log& log);
  void fill(ApiParts& parts);

  /// {"name", "team", "clearance", ...} as the statement has them; gives {"secret"}.
  Result<boost::json::object> create_key(const boost::json::object& wanted);
  /// {"rows": [...], "sums": {...}, "open": N}.
  Result<boost::json::object> ledger() const;
  /// {"sends": [...], "decisions": [...]}, in order.
  Result<boost::json::object> audit() const;
  /// What is kept of one request: {"rows", "sends", "decisions", "spans"}.
  Result<boost::json::object> call(const std::string& request_id) const;
  /// {"spans": [...]}: every span so far; attributes as an object.
  boost::json::object trace() const;
  /// {MODEL: "closed" or "open" or "half_open"}.
  boost::json::object circuits() const;

 private:
  GatewayParts(FileSystem& files, const Clock& clock) : files_(files), clock_(clock) {}
  void shorten_seconds(std::uint32_t second_ms);
  Status keep_spans(const std::string& body);

  FileSystem& files_;
  const Clock& clock_;
  Manifest manifest_;
  std::string data_folder_;
  std::unique_ptr<VaultAudit> vault_audit_;
  std::unique_ptr<Vault> vault_;  // null: no guard needs one
  std::unique_ptr<GovernanceFiles> governance_;
  std::shared_ptr<GatewayTable> table_;
  std::shared_ptr<TlsTrust> trust_;
  mutable std::mutex mutex_;
  boost::json::array spans_;  // guarded by mutex_
  std::unique_ptr<TraceExporter> traces_;
};

/// While it is on, no file of this process can grow, nor a new one reach the size of a segment.
void let_disk_be_full(bool full);

}  // namespace loadline

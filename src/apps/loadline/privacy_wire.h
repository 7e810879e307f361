#pragma once
// From the manifest to what protects personal data: detectors and their actions, the vault with its key, and
// where uses of the vault are told.
#include <atomic>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "base/log.h"
#include "config/manifest.h"
#include "gateway/privacy_guard.h"
#include "governance/audit.h"
#include "governance/identity.h"
#include "privacy/vault.h"

namespace loadline {

/// The first line of a file or the value of an environment variable. `what`: whose secret, for messages.
Result<std::string> read_secret(const std::string& what, const std::string& env, const std::string& file);

/// A new durable file that its owner only may read. Errors: those of posix_error; a file that is there stays.
Status write_private(const std::string& path, std::string_view text);

/// `where`: the setting's name, for messages. invalid_argument: a type or pattern that does not exist.
Result<std::shared_ptr<const PrivacyPolicy>> make_privacy_policy(const PiiConfig& config,
                                                                 const std::string& where,
                                                                 const DataClasses& classes);

/// What a reason begins with that names who sits at the machine, and no request.
inline constexpr std::string_view operator_reason = "operator ";

/// Uses of the vault become records of the audit log where this process has it. Elsewhere they are files of
/// their own (<data>/audit.spool), which the process that has the log takes in. Thread-safe.
class VaultAudit {
 public:
  VaultAudit(const std::string& data_folder, FileSystem& files, const Clock& clock, Log& log)
      : folder_(data_folder + "/audit.spool"), files_(files), clock_(clock), log_(log) {}

  /// Null: not any more.
  void use(AuditLog* log);
  void tell(const VaultEvent& event);
  Status record(const AuditVault& record);
  /// What other processes left. unavailable; data_loss: a file that is none of theirs.
  Status take_in();
  /// Events that could neither be recorded nor kept.
  std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  const std::string folder_;
  FileSystem& files_;
  const Clock& clock_;
  Log& log_;
  std::atomic<std::uint64_t> lost_ = 0;
  std::shared_mutex mutex_;
  AuditLog* audit_ = nullptr;  // guarded by mutex_
};

/// The vault of a data folder. Its master key: of `vault.key_env`, of `vault.key_file`, or made once in
/// <data>/vault.key, readable by its owner only. All references must outlive it.
Result<std::unique_ptr<Vault>> open_vault(const std::string& data_folder, const Manifest& manifest,
                                          VaultAudit& audit, FileSystem& files, const Clock& clock);

}  // namespace loadline

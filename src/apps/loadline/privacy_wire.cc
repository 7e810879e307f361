#include "apps/loadline/privacy_wire.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>

#include "base/nearest_name.h"
#include "base/printable.h"
#include "storage/file_descriptor.h"
#include "storage/posix_error.h"

namespace loadline {

namespace json = boost::json;

namespace {

constexpr std::size_t secret_bytes_max = 4096;
constexpr std::size_t vault_key_hex = 2 * Vault::key_bytes;

Result<DataType> type_named(const std::string& name, const std::string& where) {
  if (const auto type = data_type_of(name)) return *type;
  std::vector<std::string_view> known;
  for (std::size_t i = 0; i < data_type_count; ++i) known.push_back(name_of(static_cast<DataType>(i)));
  const std::string near = nearest_name(name, known);
  return Error(Code::invalid_argument, where + ": there is no type '" + name + "'" +
                                           (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

PatternCheck check_of(const std::string& name) {
  if (name == "luhn") return PatternCheck::luhn;
  if (name == "mod97") return PatternCheck::mod97;
  return name == "mod11" ? PatternCheck::mod11 : PatternCheck::none;
}

CustomPattern pattern_of(const PatternConfig& pattern) {
  return {pattern.name,    pattern.expression, check_of(pattern.check),
          pattern.context, pattern.bytes_max,  *action_of(pattern.action)};
}

Result<DetectorOptions> detector_options(const PiiConfig& config, const std::string& where) {
  DetectorOptions options;
  for (const PatternConfig& pattern : config.patterns) options.patterns.push_back(pattern_of(pattern));
  std::array<bool, data_type_count> wanted{};
  wanted.fill(config.detect.empty());
  for (const std::string& name : config.detect) {
    LOADLINE_ASSIGN(const DataType type, type_named(name, where));
    wanted[static_cast<std::size_t>(type)] = true;
    if (is_only_on_request(type)) options.requested.push_back(type);
    if (is_found_by_model(type) && !config.names)
      return Error(Code::invalid_argument,
                   where + ".detect: '" + name + "' is found by the model for names only; add 'names: true'");
  }
  for (std::size_t i = 0; i < data_type_count; ++i)
    if (!wanted[i] && static_cast<DataType>(i) != DataType::custom)
      options.off.push_back(static_cast<DataType>(i));
  return options;
}

// Made once, readable by its owner only.
Result<std::string> own_vault_key(const std::string& path) {
  std::error_code failed;
  if (std::filesystem::exists(path, failed)) return read_secret("the vault's master key", "", path);
  unsigned char bytes[Vault::key_bytes];
  randombytes_buf(bytes, sizeof bytes);
  char hex[vault_key_hex + 1];
  sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
  if (!write_private(path, {hex, vault_key_hex}))
    return Error(Code::unavailable, "the vault's master key cannot be written to " + printable(path));
  return std::string(hex, vault_key_hex);
}

AuditVault record_of(const VaultEvent& event) {
  static constexpr const char* actions[] = {"restore", "export", "erase", "erase tenant", "expire"};
  AuditVault record;
  // Restores are of a request; what an operator does is told as "operator: who".
  (event.reason.starts_with(operator_reason) ? record.actor : record.request_id) = event.reason;
  record.tenant = event.tenant;
  record.action = actions[static_cast<std::size_t>(event.kind)];
  record.count = event.count;
  return record;
}

std::string spooled(const AuditVault& record, std::int64_t at) {
  return json::serialize(json::object{{"actor", record.actor},
                                      {"request_id", record.request_id},
                                      {"tenant", record.tenant},
                                      {"action", record.action},
                                      {"count", record.count},
                                      {"unix_ms", at}});
}

Result<AuditVault> unspooled(std::string_view text) {
  const Error bad(Code::data_loss, "a record that waits for the audit log cannot be read; look into it");
  json::error_code failed;
  const json::value value = json::parse(text, failed);
  if (failed || !value.is_object()) return bad;
  const auto field = [&](const char* name) {
    const json::value* found = value.get_object().if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  AuditVault record;
  record.actor = field("actor");
  record.request_id = field("request_id");
  record.tenant = field("tenant");
  record.action = field("action");
  const json::value* count = value.get_object().if_contains("count");
  if (record.action.empty() || count == nullptr || !count->is_number()) return bad;
  record.count = count->to_number<std::uint64_t>(failed);
  return record;
}

}  // namespace

Result<std::string> read_secret(const std::string& what, const std::string& env, const std::string& file) {
  std::string secret;
  if (!env.empty()) {
    if (const char* value = std::getenv(env.c_str())) secret = value;
    if (secret.empty())
      return Error(Code::failed_precondition, what + " is empty: set the environment variable " + env);
    return secret;
  }
  std::ifstream in(file);
  if (!in || !std::getline(in, secret))
    return Error(Code::failed_precondition,
                 what + " cannot be read: its first line is wanted in " + printable(file));
  while (!secret.empty() && (secret.back() == '\r' || secret.back() == ' ')) secret.pop_back();
  if (secret.empty() || secret.size() > secret_bytes_max)
    return Error(Code::failed_precondition, what + " in " + printable(file) + " must have 1 to " +
                                                std::to_string(secret_bytes_max) + " bytes");
  return secret;
}

Status write_private(const std::string& path, std::string_view text) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) return posix_error("creating", path, errno);
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return posix_error("writing", path, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file.get()) == 0 ? Status() : Status(posix_error("syncing", path, errno));
}

Result<std::shared_ptr<const PrivacyPolicy>> make_privacy_policy(const PiiConfig& config,
                                                                 const std::string& where,
                                                                 const DataClasses& classes) {
  auto policy = std::make_shared<PrivacyPolicy>();
  LOADLINE_ASSIGN(DetectorOptions options, detector_options(config, where));
  LOADLINE_ASSIGN(policy->detector, Detector::make(std::move(options)));
  policy->actions.of = ActionTable::filled(*action_of(config.action));
  for (const auto& [name, action] : config.actions) {
    LOADLINE_ASSIGN(const DataType type, type_named(name, where));
    policy->actions.set(type, *action_of(action));
  }
  for (const auto& [name, data_class] : config.raises) {
    LOADLINE_ASSIGN(const DataType type, type_named(name, where));
    policy->raises[static_cast<std::size_t>(type)] = *classes.level_of(data_class);
  }
  policy->restore = config.restore;
  policy->names = config.names;
  policy->names_time_max = std::chrono::milliseconds(config.names_milliseconds);
  policy->names_on_failure =
      config.names_on_failure == "block" ? OnGuardFailure::block : OnGuardFailure::mark_unchecked;
  return std::shared_ptr<const PrivacyPolicy>(std::move(policy));
}

Result<std::unique_ptr<Vault>> open_vault(const std::string& data_folder, const Manifest& manifest,
                                          VaultAudit& audit, FileSystem& files, const Clock& clock) {
  const VaultConfig& config = manifest.vault;
  const std::string key_file = manifest.beside(config.key_file);
  LOADLINE_TRY(files.create_folder(data_folder));
  Result<std::string> key = config.key_env.empty() && config.key_file.empty()
                                ? own_vault_key(data_folder + "/vault.key")
                                : read_secret("the vault's master key", config.key_env, key_file);
  if (!key) return key.error();
  VaultOptions options;
  options.folder = data_folder + "/vault";
  options.lifetime = std::chrono::hours(24) * config.lifetime_days;
  options.audit = [&audit](const VaultEvent& event) { audit.tell(event); };
  Result<std::unique_ptr<Vault>> vault = Vault::open(std::move(options), *key, files, clock);
  sodium_memzero(key->data(), key->size());
  return vault;
}

void VaultAudit::use(AuditLog* log) {
  const std::unique_lock lock(mutex_);
  audit_ = log;
}

void VaultAudit::tell(const VaultEvent& event) {
  const Status told = record(record_of(event));
  if (told) return;
  lost_.fetch_add(1, std::memory_order_relaxed);
  log_.error("audit_lost", {{"error", told.error().to_string()}});
}

Status VaultAudit::record(const AuditVault& record) {
  {
    const std::shared_lock lock(mutex_);
    if (audit_ != nullptr) {
      const auto recorded = audit_->record(record);
      return recorded ? Status() : Status(recorded.error());
    }
  }
  LOADLINE_TRY(files_.create_folder(folder_));
  static std::atomic<unsigned> next{0};
  const std::int64_t now = clock_.unix_millis();
  const std::string path = folder_ + "/" + std::to_string(now) + "-" + std::to_string(::getpid()) + "-" +
                           std::to_string(next++) + ".json";
  const std::string text = spooled(record, now);
  return files_.write_durable(path, std::as_bytes(std::span(text.data(), text.size())));
}

Status VaultAudit::take_in() {
  LOADLINE_ASSIGN(const std::vector<std::string> names, files_.list(folder_));
  for (const std::string& name : names) {
    const std::string path = folder_ + "/" + name;
    LOADLINE_ASSIGN(const auto view, files_.open(path));
    const auto bytes = view->bytes();
    auto record = unspooled({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (!record) return std::move(record).error().within(printable(path));
    {
      const std::shared_lock lock(mutex_);
      if (audit_ == nullptr) return {};
      if (const auto recorded = audit_->record(*record); !recorded) return recorded.error();
    }
    LOADLINE_TRY(files_.remove(path));  // a crash before it records the event twice, never not at all
  }
  return {};
}

}  // namespace loadline

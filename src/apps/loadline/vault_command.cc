// vault: what the pseudonyms of a data folder stand for, beside a server that runs. Who may read the folder
// and the vault's key may do it; what was done goes into the audit log.
#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <thread>

#include "apps/loadline/commands.h"
#include "apps/loadline/commands_json.h"
#include "storage/journal.h"

namespace loadline {
namespace {

namespace json = boost::json;

constexpr std::size_t typed_value_bytes_max = 4096;

// The vault with somewhere to tell what is done with it: the audit log, unless a server has that.
struct OpenVault {
  std::unique_ptr<FileJournal> journal;
  std::unique_ptr<AuditLog> audit;
  Vault* vault = nullptr;
  VaultAudit* told = nullptr;
  std::string reason;

  OpenVault() = default;
  OpenVault(OpenVault&&) = default;
  OpenVault& operator=(OpenVault&&) = delete;
  ~OpenVault() {
    if (told != nullptr && audit) told->use(nullptr);
  }
};

std::string who_is_asking() {
  const uid_t user = ::getuid();
  const passwd* known = ::getpwuid(user);
  return std::string(operator_reason) + (known == nullptr ? std::to_string(user) : known->pw_name);
}

Result<OpenVault> open_for_operator(Wire& wire) {
  const std::string& data = wire.options().data;
  std::error_code failed;
  if (!std::filesystem::is_directory(data + "/vault", failed))
    return Error(Code::not_found, "there is no vault in " + visible(data) + "; --data names the data folder");
  OpenVault opened;
  LOADLINE_ASSIGN(opened.vault, wire.vault());
  if (opened.vault == nullptr)
    return Error(Code::failed_precondition,
                 "the manifest has neither guards.pii nor a collection with privacy; --config names the one "
                 "that the vault was made with");
  opened.reason = who_is_asking();
  opened.told = &wire.vault_audit();
  auto journal = FileJournal::open({.folder = data + "/audit"});
  if (!journal && journal.error().code() != Code::failed_precondition) return journal.error();
  if (!journal) return opened;  // a server writes the log, and takes in what is told
  opened.journal = std::move(*journal);
  LOADLINE_ASSIGN(opened.audit, AuditLog::open(*opened.journal, wire.files(), wire.clock(),
                                               {.anchor_file = data + "/audit/anchor"}));
  opened.told->use(opened.audit.get());
  return opened;
}

// Durable, and seen by every process that has the vault open: then the promise is kept.
Status settle(const OpenVault& opened) {
  LOADLINE_TRY(opened.vault->flush());
  if (opened.audit) {
    const auto anchored = opened.audit->anchor();
    if (!anchored) return anchored.error();
  }
  std::this_thread::sleep_for(2 * VaultOptions().poll_every);
  if (opened.told->lost() > 0)
    return Error(Code::unavailable, "it is done, but the audit log could not be told");
  return {};
}

Result<std::size_t> export_to(Wire& wire, const VaultArguments& arguments) {
  LOADLINE_ASSIGN(const OpenVault opened, open_for_operator(wire));
  const auto values = opened.vault->export_tenant(arguments.tenant, opened.reason);
  LOADLINE_TRY(settle(opened));  // told before anybody has it
  std::string lines;
  for (const Vault::Exported& one : values)
    lines += json::serialize(json::object{{"token", one.token},
                                          {"type", std::string(name_of(one.type))},
                                          {"value", one.value},
                                          {"expires_ms", one.expires_unix_millis}}) +
             "\n";
  LOADLINE_TRY(write_private(arguments.output, lines));
  return values.size();
}

Result<std::string> typed_value(const std::string& given) {
  if (given != "-") return given;
  std::string line;
  std::getline(std::cin, line);
  if (line.empty() || line.size() > typed_value_bytes_max)
    return Error(Code::invalid_argument, "standard input must begin with a line of 1 to 4096 bytes");
  return line;
}

Result<std::size_t> erase_what(Wire& wire, const VaultArguments& arguments) {
  LOADLINE_ASSIGN(const OpenVault opened, open_for_operator(wire));
  std::size_t gone = 0;
  if (arguments.all) {
    LOADLINE_ASSIGN(gone, opened.vault->erase_tenant(arguments.tenant, opened.reason));
  } else {
    std::vector<std::string> tokens{arguments.token};
    if (arguments.token.empty()) {
      LOADLINE_ASSIGN(const std::string value, typed_value(arguments.value));
      tokens = opened.vault->tokens_of(arguments.tenant, value);
    }
    for (const std::string& token : tokens)
      gone += opened.vault->erase(arguments.tenant, token, opened.reason) ? 1U : 0U;
    if (gone == 0)
      return Error(Code::not_found, "the tenant '" + visible(arguments.tenant) + "' has no such value");
  }
  LOADLINE_TRY(settle(opened));
  return gone;
}

}  // namespace

int run_vault_stats(Wire& wire, Terminal& terminal, const VaultArguments& arguments) {
  auto opened = open_for_operator(wire);
  if (!opened) return report(wire, opened.error());
  const Vault::Counts all = opened->vault->counts();
  const Vault::TenantCounts counts = opened->vault->counts_of(arguments.tenant);
  if (arguments.tenant.empty()) {
    if (wire.options().json)
      print_json({{"values", all.entries}, {"bytes", all.bytes}});
    else
      terminal.line(std::to_string(all.entries) + " values, " + std::to_string(all.bytes) + " bytes sealed");
    return exit_done;
  }
  json::object by_type;
  for (std::size_t type = 0; type < data_type_count; ++type)
    if (counts.by_type[type] > 0) by_type[name_of(static_cast<DataType>(type))] = counts.by_type[type];
  if (wire.options().json) {
    json::object out{{"tenant", arguments.tenant}, {"values", counts.entries}, {"by_type", by_type}};
    if (counts.entries > 0) out["first_expiry_ms"] = counts.first_expiry_unix_millis;
    print_json(out);
    return exit_done;
  }
  terminal.line(visible(arguments.tenant) + ": " + std::to_string(counts.entries) + " values");
  for (const auto& [type, count] : by_type)
    terminal.line("  " + std::string(type) + ": " + json::serialize(count));
  return exit_done;
}

int run_vault_export(Wire& wire, Terminal& terminal, const VaultArguments& arguments) {
  const auto written = export_to(wire, arguments);
  if (!written) return report(wire, written.error());
  if (wire.options().json)
    print_json({{"tenant", arguments.tenant}, {"values", *written}, {"file", arguments.output}});
  else
    terminal.line(std::to_string(*written) + " values of '" + visible(arguments.tenant) + "' are in " +
                  visible(arguments.output) + ", in clear");
  return exit_done;
}

int run_vault_erase(Wire& wire, Terminal& terminal, const VaultArguments& arguments) {
  const auto erased = erase_what(wire, arguments);
  if (!erased) return report(wire, erased.error());
  if (wire.options().json)
    print_json({{"tenant", arguments.tenant}, {"erased", *erased}});
  else
    terminal.line(std::to_string(*erased) + " values of '" + visible(arguments.tenant) +
                  "' are erased; a running server restores them no more");
  return exit_done;
}

}  // namespace loadline

#pragma once
// The verbs of the command line. Each runs to its end and gives the exit code: 0 done, 1 failed, 2 usage, 3
// partly done. Errors go to standard error, with --json also as one object to standard output.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/loadline/terminal.h"
#include "apps/loadline/wire.h"
#include "governance/usage_words.h"

namespace loadline {

enum ExitCode : int { exit_done = 0, exit_failed = 1, exit_usage = 2, exit_partly = 3 };

struct IngestArguments {
  std::vector<std::string> paths;
  std::string collection;
  bool prune = false, retry = false;
};
int run_ingest(Wire& wire, Terminal& terminal, const IngestArguments& arguments);

struct StatusArguments {
  std::string collection;
};
int run_status(Wire& wire, Terminal& terminal, const StatusArguments& arguments);
int run_verify(Wire& wire, Terminal& terminal, const StatusArguments& arguments);

struct DeleteArguments {
  std::string collection;
  std::vector<std::string> documents;
};
int run_delete(Wire& wire, Terminal& terminal, const DeleteArguments& arguments);

struct SearchArguments {
  std::string collection;
  std::string query;
  std::string queries_file;
  std::size_t k = 10;
  bool explain = false;
  std::vector<std::string>
      filters;  // "document=NAME", "type=...", "company=...", "period=...", "label=...", "key=value"
};
int run_search(Wire& wire, Terminal& terminal, const SearchArguments& arguments);

struct AskArguments {
  std::string collection;
  std::string question;
  std::string questions_file;  // instead: lines {"id", "question"}
  bool passages_only = false;  // stop before the model is asked
};
int run_ask(Wire& wire, Terminal& terminal, const AskArguments& arguments);

struct ServeArguments {
  std::string address;                // "": the manifest's
  std::optional<std::uint16_t> port;  // none: the manifest's
  bool insecure = false;
};
/// Runs until SIGINT or SIGTERM.
int run_serve(Wire& wire, Terminal& terminal, const ServeArguments& arguments);

struct InitArguments {
  std::string folder;
  std::string output = "loadline.yaml";
  bool force = false;
};
int run_init(Wire& wire, Terminal& terminal, const InitArguments& arguments);

int run_config(Wire& wire, Terminal& terminal, const std::string& what);  // "check" | "show" | "schema"

int run_models_list(Wire& wire, Terminal& terminal);
int run_models_pull(Wire& wire, Terminal& terminal, const std::vector<std::string>& names);
/// What models of the manifest cost and why; the whole list with `all`.
int run_models_prices(Wire& wire, Terminal& terminal, bool all);
int run_models_inspect(Wire& wire, Terminal& terminal, const std::string& name);

struct KeysArguments {
  std::string name, team, clearance, floor;
  std::vector<std::string> routes, models, collections;
  std::optional<double> expires_days;
  bool admin = false;
  std::string day_budget, month_budget;  // dollars; "": none
  std::optional<std::uint32_t> requests_per_minute, concurrent;
  std::optional<std::uint64_t> tokens_per_minute;
  std::uint32_t weight = 1, priority = 0;
  double grace_hours = 24;
};
int run_keys_create(Wire& wire, Terminal& terminal, const KeysArguments& arguments);
int run_keys_list(Wire& wire, Terminal& terminal);
int run_keys_rotate(Wire& wire, Terminal& terminal, const KeysArguments& arguments);
int run_keys_revoke(Wire& wire, Terminal& terminal, const KeysArguments& arguments);

int run_usage(Wire& wire, Terminal& terminal, const UsageWords& arguments);

struct AuditArguments {
  std::vector<std::string> anchors;  // lines kept elsewhere
  std::string data_class, not_region, from, to;
};
int run_audit_verify(Wire& wire, Terminal& terminal, const AuditArguments& arguments);
int run_audit_prove(Wire& wire, Terminal& terminal, const AuditArguments& arguments);

struct VaultArguments {
  std::string tenant;
  std::string output;        // export
  std::string value, token;  // erase: one of these; "-" as value: the first line of standard input
  bool all = false;          // ... or everything
};
int run_vault_stats(Wire& wire, Terminal& terminal, const VaultArguments& arguments);
int run_vault_export(Wire& wire, Terminal& terminal, const VaultArguments& arguments);
int run_vault_erase(Wire& wire, Terminal& terminal, const VaultArguments& arguments);

int run_explain(Wire& wire, Terminal& terminal, const std::string& request_id);

/// Says what failed and gives exit_failed (exit_usage for invalid arguments of the command itself).
int report(const Wire& wire, const Error& error);

/// Stops what runs under `context` on SIGINT or SIGTERM, once; a second signal kills as usual.
void cancel_on_signals(const CallContext& context);

}  // namespace loadline

// keys, usage, audit and explain: who may ask, what it cost, where data went. They read the files of the data
// folder, beside a server that runs.
#include <algorithm>
#include <cstdio>

#include "api/account_json.h"
#include "apps/loadline/commands.h"
#include "apps/loadline/commands_json.h"
#include "apps/loadline/gateway_wire.h"
#include "governance/audit.h"
#include "governance/keys.h"
#include "governance/ledger.h"
#include "storage/journal.h"

namespace loadline {
namespace {

namespace json = boost::json;

constexpr std::int64_t day_ms = 86'400'000;

Result<DataClasses> data_classes(Wire& wire) {
  LOADLINE_ASSIGN(const Manifest* manifest, wire.manifest());
  return DataClasses{manifest->data_classes, manifest->regions};
}

Result<std::unique_ptr<KeyStore>> open_keys(Wire& wire) {
  LOADLINE_ASSIGN(const DataClasses classes, data_classes(wire));
  LOADLINE_TRY(wire.files().create_folder(wire.options().data));
  return KeyStore::open(wire.files(), wire.clock(),
                        {.file = wire.options().data + "/keys.json",
                         .classes = classes,
                         .poll_every = std::chrono::milliseconds::zero()});
}

Result<std::optional<NanoDollars>> dollars(const std::string& text) {
  if (text.empty()) return std::optional<NanoDollars>();
  LOADLINE_ASSIGN(const NanoDollars amount, parse_dollars(text));
  return std::optional(amount);
}

Result<Scopes> scopes_of(const KeysArguments& arguments, const DataClasses& classes) {
  Scopes scopes;
  // An admin key asks no models unless it says so.
  const auto names = [&arguments](const std::vector<std::string>& given) {
    return NameSet{given.empty() && !arguments.admin, given};
  };
  scopes.routes = names(arguments.routes);
  scopes.models = names(arguments.models);
  scopes.collections = names(arguments.collections);
  scopes.clearance = arguments.clearance;
  if (scopes.clearance.empty() && !classes.classes.empty()) scopes.clearance = classes.classes.back();
  scopes.floor = arguments.floor;
  scopes.admin = arguments.admin;
  scopes.weight = arguments.weight;
  scopes.priority = arguments.priority;
  scopes.limits = {arguments.requests_per_minute, arguments.tokens_per_minute, arguments.concurrent};
  LOADLINE_ASSIGN(scopes.budget.day, dollars(arguments.day_budget));
  LOADLINE_ASSIGN(scopes.budget.month, dollars(arguments.month_budget));
  return scopes;
}

// The one place where a secret is printed.
int show_secret(const Wire& wire, Terminal& terminal, const NewKey& key) {
  if (wire.options().json) {
    print_json({{"name", key.name}, {"secret", key.secret}});
    return exit_done;
  }
  terminal.line(key.secret);
  std::fprintf(stderr, "the key '%s'; it is not kept and cannot be shown again\n", key.name.c_str());
  return exit_done;
}

std::string key_state(const KeyRecord& key, std::int64_t now_ms) {
  if (key.revoked_ms) return "revoked";
  if (key.expires_ms && *key.expires_ms <= now_ms) return "expired";
  if (key.old_until_ms && *key.old_until_ms > now_ms) return "rotating";
  return "active";
}

std::string names_text(const NameSet& names) {
  if (names.every) return "all";
  std::string text;
  for (const std::string& name : names.names) text += (text.empty() ? "" : ",") + name;
  return text.empty() ? "none" : text;
}

std::string budget_text(const BudgetLimits& budget) {
  std::string text;
  if (budget.day) text += show_dollars(*budget.day) + "/day";
  if (budget.month) text += (text.empty() ? "" : " ") + show_dollars(*budget.month) + "/month";
  return text.empty() ? "-" : text;
}

std::string date_text(std::int64_t unix_ms) { return show_day(utc_day(unix_ms)); }

json::object key_json(const KeyRecord& key, std::int64_t now_ms) {
  json::object out{{"name", key.name},
                   {"team", key.team},
                   {"state", key_state(key, now_ms)},
                   {"hint", key.hint},
                   {"created_ms", key.created_ms},
                   {"clearance", key.scopes.clearance},
                   {"floor", key.scopes.floor},
                   {"admin", key.scopes.admin},
                   {"routes", names_text(key.scopes.routes)},
                   {"models", names_text(key.scopes.models)},
                   {"collections", names_text(key.scopes.collections)}};
  if (key.expires_ms) out["expires_ms"] = *key.expires_ms;
  if (key.scopes.budget.day) out["budget_day_usd"] = show_dollars(*key.scopes.budget.day);
  if (key.scopes.budget.month) out["budget_month_usd"] = show_dollars(*key.scopes.budget.month);
  return out;
}

// The logs of the data folder, beside whoever writes them.
struct ReadLogs {
  std::unique_ptr<FileJournal> ledger_journal, audit_journal;
  std::unique_ptr<Ledger> ledger;

  static Result<ReadLogs> open(Wire& wire, bool with_ledger, bool with_audit) {
    ReadLogs logs;
    const std::string& data = wire.options().data;
    if (with_ledger) {
      LOADLINE_ASSIGN(logs.ledger_journal,
                      FileJournal::open({.folder = data + "/ledger", .read_only = true}));
      LOADLINE_ASSIGN(logs.ledger,
                      Ledger::open(*logs.ledger_journal, wire.files(), wire.clock(),
                                   {.checkpoint_file = data + "/ledger/sums", .read_only = true}));
    }
    if (with_audit) {
      LOADLINE_ASSIGN(logs.audit_journal, FileJournal::open({.folder = data + "/audit", .read_only = true}));
    }
    return logs;
  }
};

AuditOptions audit_options(const Wire& wire) {
  return {.anchor_file = wire.options().data + "/audit/anchor", .read_only = true};
}

Result<std::vector<AuditAnchor>> anchors_of(const AuditArguments& arguments) {
  std::vector<AuditAnchor> anchors;
  for (const std::string& line : arguments.anchors) {
    LOADLINE_ASSIGN(const AuditAnchor anchor, AuditAnchor::parse(line));
    anchors.push_back(anchor);
  }
  return anchors;
}

json::array texts_json(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

std::string tokens_text(const std::optional<std::uint64_t>& tokens) {
  return tokens ? std::to_string(*tokens) : "?";
}

// What the audit log has on one request.
struct Explained {
  std::vector<AuditSend> sends;
  std::vector<AuditVault> vault;
  std::optional<AuditDecision> decision;
};

Result<Explained> explain(const Journal& journal, const std::string& request_id) {
  Explained found;
  LOADLINE_TRY(read_audit(journal, 0, INT64_MAX, [&](const AuditRecord& record) {
    if (const auto* send = std::get_if<AuditSend>(&record.event);
        send != nullptr && send->request_id == request_id)
      found.sends.push_back(*send);
    if (const auto* used = std::get_if<AuditVault>(&record.event);
        used != nullptr && used->request_id == request_id)
      found.vault.push_back(*used);
    if (const auto* decided = std::get_if<AuditDecision>(&record.event);
        decided != nullptr && decided->request_id == request_id)
      found.decision = *decided;
    return true;
  }));
  return found;
}

json::object guard_json(const AuditGuard& guard) {
  json::object out{{"guard", guard.name}, {"verdict", guard.verdict}, {"findings", guard.findings}};
  if (!guard.ran.empty()) out["ran"] = guard.ran;
  if (!guard.why.empty()) out["why"] = guard.why;
  return out;
}

json::object explained_json(const Explained& found, const std::optional<CallRow>& row) {
  json::object out;
  json::array attempts, removed, guards, restores;
  for (const AuditSend& send : found.sends)
    attempts.push_back({{"attempt", send.attempt},
                        {"model", send.model},
                        {"upstream", send.upstream},
                        {"region", send.region},
                        {"operator", send.operator_name},
                        {"purpose", send.purpose}});
  if (found.decision) {
    const AuditDecision& decision = *found.decision;
    for (const AuditRemoved& candidate : decision.removed)
      removed.push_back({{"model", candidate.model}, {"why", candidate.reason}});
    for (const AuditGuard& guard : decision.guards) guards.push_back(guard_json(guard));
    out["key"] = decision.key;
    out["team"] = decision.team;
    out["route"] = decision.route;
    out["class"] = decision.data_class;
    out["class_reason"] = decision.class_reason;
    out["regions"] = texts_json(decision.regions);
    out["answered_by"] = decision.model;
    out["outcome"] = decision.outcome;
    out["cache"] = decision.cache;
  }
  for (const AuditVault& used : found.vault)
    restores.push_back({{"action", used.action}, {"count", used.count}});
  out["removed"] = std::move(removed);
  out["attempts"] = std::move(attempts);
  out["guards"] = std::move(guards);
  out["vault"] = std::move(restores);
  if (!row) return out;
  json::object bill{{"reserved_usd", show_dollars(row->reserved)},
                    {"settled", row->settled},
                    {"prompt_tokens_estimated", row->prompt_tokens}};
  if (row->settled) {
    bill["usd"] = show_dollars(row->cost);
    bill["usd_uncertain"] = show_dollars(row->uncertain);
    bill["usage"] = usage_source_name(row->source);
    bill["input_tokens"] = tokens_text(row->tokens.input);
    bill["output_tokens"] = tokens_text(row->tokens.output);
    bill["status"] = row->status;
    bill["ms"] = row->duration_ms;
    if (row->first_token_ms) bill["first_token_ms"] = *row->first_token_ms;
  }
  out["bill"] = std::move(bill);
  return out;
}

void show_explained(Terminal& terminal, const json::object& all, const std::string& indent) {
  for (const auto& [key, value] : all) {
    const std::string name(key);
    if (value.is_array()) {
      terminal.line(indent + name + ":" + (value.as_array().empty() ? " none" : ""));
      for (const json::value& item : value.as_array())
        terminal.line(indent + "  " + visible(json::serialize(item)));
    } else if (value.is_object()) {
      terminal.line(indent + name + ":");
      show_explained(terminal, value.as_object(), indent + "  ");
    } else {
      terminal.line(indent + name + ": " +
                    visible(value.is_string() ? std::string(value.as_string()) : json::serialize(value)));
    }
  }
}

}  // namespace

int run_keys_create(Wire& wire, Terminal& terminal, const KeysArguments& arguments) {
  auto keys = open_keys(wire);
  if (!keys) return report(wire, keys.error());
  auto scopes = scopes_of(arguments, *data_classes(wire));
  if (!scopes) return report(wire, scopes.error());
  KeyStore::Creation creation{arguments.name, arguments.team, std::move(*scopes), std::nullopt};
  if (arguments.expires_days)
    creation.expires_ms =
        wire.clock().unix_millis() + static_cast<std::int64_t>(*arguments.expires_days * day_ms);
  auto made = (*keys)->create(creation);
  return made ? show_secret(wire, terminal, *made) : report(wire, made.error());
}

int run_keys_list(Wire& wire, Terminal& terminal) {
  auto keys = open_keys(wire);
  if (!keys) return report(wire, keys.error());
  const std::int64_t now = wire.clock().unix_millis();
  std::vector<std::vector<std::string>> rows{
      {"NAME", "TEAM", "STATE", "ENDS", "CLEARANCE", "ROUTES", "BUDGET", "CREATED", "ENDING"}};
  for (const KeyRecord& key : (*keys)->list()) {
    if (wire.options().json) print_json(key_json(key, now));
    rows.push_back({key.name, key.team, key_state(key, now), "..." + key.hint, key.scopes.clearance,
                    names_text(key.scopes.routes), budget_text(key.scopes.budget), date_text(key.created_ms),
                    key.expires_ms ? date_text(*key.expires_ms) : "-"});
  }
  if (!wire.options().json) terminal.table(rows);
  return exit_done;
}

int run_keys_rotate(Wire& wire, Terminal& terminal, const KeysArguments& arguments) {
  auto keys = open_keys(wire);
  if (!keys) return report(wire, keys.error());
  auto made = (*keys)->rotate(arguments.name,
                              std::chrono::seconds(static_cast<std::int64_t>(arguments.grace_hours * 3600)));
  return made ? show_secret(wire, terminal, *made) : report(wire, made.error());
}

int run_keys_revoke(Wire& wire, Terminal& terminal, const KeysArguments& arguments) {
  auto keys = open_keys(wire);
  if (!keys) return report(wire, keys.error());
  if (const Status revoked = (*keys)->revoke(arguments.name); !revoked) return report(wire, revoked.error());
  if (wire.options().json)
    print_json({{"name", arguments.name}, {"state", "revoked"}});
  else
    terminal.line("revoked '" + visible(arguments.name) + "'; a running server refuses it within a second");
  return exit_done;
}

int run_usage(Wire& wire, Terminal& terminal, const UsageWords& arguments) {
  auto query = usage_query(arguments);
  if (!query) return report(wire, query.error());
  auto logs = ReadLogs::open(wire, true, false);
  if (!logs) return report(wire, logs.error());
  std::vector<std::vector<std::string>> rows{
      {"DAY", "KEY", "TEAM", "ROUTE", "MODEL", "CALLS", "FAILED", "INPUT", "OUTPUT", "USD", "UNCERTAIN"}};
  UsageSums total;
  for (const UsageRow& row : logs->ledger->usage(*query)) {
    if (wire.options().json) print_json(usage_json(row));
    total += row.sums;
    rows.push_back({row.day == 0 ? "" : show_day(row.day), row.key, row.team, row.route, row.model,
                    std::to_string(row.sums.rows), std::to_string(row.sums.failed_rows),
                    std::to_string(row.sums.input), std::to_string(row.sums.output),
                    show_dollars(row.sums.cost), show_dollars(row.sums.uncertain)});
  }
  if (wire.options().json) return exit_done;
  rows.push_back({"all", "", "", "", "", std::to_string(total.rows), std::to_string(total.failed_rows),
                  std::to_string(total.input), std::to_string(total.output), show_dollars(total.cost),
                  show_dollars(total.uncertain)});
  terminal.table(rows);
  return exit_done;
}

int run_audit_verify(Wire& wire, Terminal& terminal, const AuditArguments& arguments) {
  auto anchors = anchors_of(arguments);
  if (!anchors) return report(wire, anchors.error());
  auto checked = verify_audit_of(wire.options().data, wire.files(), *anchors);
  if (!checked) return report(wire, checked.error());
  if (wire.options().json) {
    print_json(report_json(*checked));
  } else {
    for (const std::string& problem : checked->problems) terminal.line(terminal.styled(Style::bad, problem));
    terminal.line(std::to_string(checked->records) + " records, " +
                  (checked->intact() ? terminal.styled(Style::good, "intact")
                                     : terminal.styled(Style::bad, "NOT intact")));
    terminal.line(
        "keep this line elsewhere; a later check with --anchor finds what was cut or rewritten before it:");
    terminal.line(checked->head.line());
  }
  return checked->intact() ? exit_done : exit_failed;
}

int run_audit_prove(Wire& wire, Terminal& terminal, const AuditArguments& arguments) {
  auto classes = data_classes(wire);
  if (!classes) return report(wire, classes.error());
  const auto level = classes->level_of(arguments.data_class);
  if (!level)
    return report(wire,
                  Error(Code::invalid_argument, "'" + arguments.data_class + "' is not one of data_classes"));
  if (!classes->region_of(arguments.not_region))
    return report(wire,
                  Error(Code::invalid_argument, "'" + arguments.not_region + "' is not one of regions"));
  AuditQuestion question;
  question.classes.assign(classes->classes.begin() + *level, classes->classes.end());
  question.not_region = arguments.not_region;
  for (const auto& [text, at, after] :
       {std::tuple{&arguments.from, &question.from_ms, 0}, std::tuple{&arguments.to, &question.to_ms, 1}}) {
    if (text->empty()) continue;
    auto day = parse_day(*text);
    if (!day) return report(wire, day.error());
    *at = (static_cast<std::int64_t>(*day) + after) * day_ms;
  }
  auto anchors = anchors_of(arguments);
  if (!anchors) return report(wire, anchors.error());
  auto logs = ReadLogs::open(wire, false, true);
  if (!logs) return report(wire, logs.error());
  auto proof = prove_audit(*logs->audit_journal, wire.files(), audit_options(wire), question, *anchors);
  if (!proof) return report(wire, proof.error());
  json::object regions;
  for (const auto& [region, sends] : proof->by_region) regions[region.empty() ? "(unknown)" : region] = sends;
  if (wire.options().json) {
    json::array evidence;
    for (const auto& item : proof->evidence)
      evidence.push_back({{"record", item.number},
                          {"time_ms", item.time_ms},
                          {"request_id", item.send.request_id},
                          {"class", item.send.data_class},
                          {"model", item.send.model},
                          {"region", item.send.region}});
    print_json({{"holds", proof->holds},
                {"sends", proof->sends},
                {"sends_all_classes", proof->sends_all_classes},
                {"violations", proof->violations},
                {"by_region", std::move(regions)},
                {"evidence", std::move(evidence)},
                {"first", proof->first},
                {"last", proof->last},
                {"log", report_json(proof->log)}});
    return proof->holds ? exit_done : exit_failed;
  }
  terminal.line(std::string(proof->holds ? terminal.styled(Style::good, "holds")
                                         : terminal.styled(Style::bad, "does NOT hold")) +
                ": data of '" + arguments.data_class + "' or stricter, region '" + arguments.not_region +
                "'");
  terminal.line("  " + std::to_string(proof->sends) +
                " sends of these classes by region: " + json::serialize(regions));
  terminal.line("  " + std::to_string(proof->violations) + " of them to the region; records " +
                std::to_string(proof->first) + " to " + std::to_string(proof->last) + ", the log is " +
                (proof->log.intact() ? "intact" : "NOT intact"));
  for (const auto& item : proof->evidence)
    terminal.line("  record " + std::to_string(item.number) + ": request " + visible(item.send.request_id) +
                  " to " + visible(item.send.model));
  return proof->holds ? exit_done : exit_failed;
}

int run_explain(Wire& wire, Terminal& terminal, const std::string& request_id) {
  auto logs = ReadLogs::open(wire, true, true);
  if (!logs) return report(wire, logs.error());
  auto found = explain(*logs->audit_journal, request_id);
  if (!found) return report(wire, found.error());
  std::optional<CallRow> row;
  if (auto in_ledger = logs->ledger->find(request_id))
    row = std::move(*in_ledger);
  else if (in_ledger.error().code() != Code::not_found)
    return report(wire, in_ledger.error());
  if (!row && !found->decision && found->sends.empty())
    return report(wire, Error(Code::not_found,
                              "no request '" + visible(request_id) + "' is in the ledger or the audit log"));
  const json::object all = explained_json(*found, row);
  if (wire.options().json)
    print_json(all);
  else
    show_explained(terminal, all, "");
  return exit_done;
}

}  // namespace loadline

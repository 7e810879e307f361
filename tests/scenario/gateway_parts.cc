#include "gateway_parts.h"

#include <sys/resource.h>

#include <csignal>

#include "governance/money.h"
#include "storage/journal.h"
#include "text_cursor.h"

namespace loadline {

namespace json = boost::json;

namespace {

constexpr std::size_t spans_max = 20'000;

template <class Number>
json::value number_or_null(const std::optional<Number>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::object row_json(const CallRow& row) {
  json::object out{{"request_id", row.request_id}, {"key", row.key},        {"team", row.team},
                   {"route", row.route},           {"model", row.model},    {"class_level", row.label.level},
                   {"reserved", row.reserved},     {"settled", row.settled}};
  if (!row.settled) return out;
  out["outcome"] = row_outcome_name(row.outcome);
  out["usage"] = usage_source_name(row.source);
  out["input"] = number_or_null(row.tokens.input);
  out["output"] = number_or_null(row.tokens.output);
  out["cost"] = row.cost;
  out["uncertain"] = row.uncertain;
  out["attempts"] = row.attempts;
  out["status"] = row.status;
  return out;
}

json::array texts(const std::vector<std::string>& list) {
  json::array out;
  for (const std::string& text : list) out.push_back(json::string(text));
  return out;
}

json::object send_json(const AuditSend& send) {
  return {{"request_id", send.request_id},  {"key", send.key},         {"class", send.data_class},
          {"regions", texts(send.regions)}, {"model", send.model},     {"region", send.region},
          {"operator", send.operator_name}, {"attempt", send.attempt}, {"purpose", send.purpose},
          {"upstream", send.upstream}};
}

json::object decision_json(const AuditDecision& decision) {
  json::array removed, guards;
  for (const AuditRemoved& candidate : decision.removed)
    removed.push_back(json::object{{"model", candidate.model}, {"why", candidate.reason}});
  for (const AuditGuard& guard : decision.guards)
    guards.push_back(json::object{{"guard", guard.name}, {"verdict", guard.verdict}});
  return {{"request_id", decision.request_id},
          {"key", decision.key},
          {"route", decision.route},
          {"class", decision.data_class},
          {"class_reason", decision.class_reason},
          {"model", decision.model},
          {"outcome", decision.outcome},
          {"removed", std::move(removed)},
          {"guards", std::move(guards)}};
}

std::string text_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr ? json_string(*value) : "";
}

NameSet names_at(const json::object& object, std::string_view name) {
  const std::string list = text_at(object, name);
  NameSet set{list.empty(), {}};
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    set.names.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return set;
}

Result<std::optional<NanoDollars>> dollars_at(const json::object& object, std::string_view name) {
  const std::string text = text_at(object, name);
  if (text.empty()) return std::optional<NanoDollars>();
  LOADLINE_ASSIGN(const NanoDollars amount, parse_dollars(text));
  return std::optional(amount);
}

}  // namespace

Result<std::unique_ptr<GatewayParts>> GatewayParts::open(const GatewaySettings& settings,
                                                         const std::string& data_folder,
                                                         const std::vector<std::string>& local_names,
                                                         const std::string& embedder, FileSystem& files,
                                                         const Clock& clock, Log& log) {
  std::unique_ptr<GatewayParts> parts(new GatewayParts(files, clock));
  parts->data_folder_ = data_folder;
  LOADLINE_ASSIGN(parts->manifest_, parse_manifest(settings.manifest, "manifest"));
  parts->vault_audit_ = std::make_unique<VaultAudit>(data_folder, files, clock, log);
  if (parts->manifest_.pii.on) {
    LOADLINE_ASSIGN(parts->vault_,
                    open_vault(data_folder, parts->manifest_, *parts->vault_audit_, files, clock));
  }
  LOADLINE_ASSIGN(parts->governance_,
                  GovernanceFiles::open(data_folder, parts->manifest_, parts->vault_.get(),
                                        *parts->vault_audit_, files, clock, log, settings.segment_bytes));
  LOADLINE_ASSIGN(parts->table_, make_gateway_table(parts->manifest_, local_names, embedder));
  parts->shorten_seconds(settings.second_ms);
  if (needs_trust(parts->manifest_)) {
    LOADLINE_ASSIGN(parts->trust_, TlsTrust::system());
  }
  TraceExporterOptions options;
  options.batch_time = std::chrono::milliseconds(5);
  parts->traces_ = std::make_unique<TraceExporter>(
      options, [kept = parts.get()](const std::string& body) { return kept->keep_spans(body); });
  return parts;
}

void GatewayParts::shorten_seconds(std::uint32_t second_ms) {
  const auto shorter = [second_ms](auto& time) { time = time * second_ms / 1000; };
  for (GatewayModel& model : table_->models) {
    shorter(model.times.first_byte);
    shorter(model.times.stall);
  }
  for (GatewayRoute& route : table_->routes) shorter(route.policy.time_max);
}

void GatewayParts::fill(ApiParts& parts) {
  parts.key_store = &governance_->keys();
  parts.gateway = table_;
  parts.ledger = &governance_->ledger();
  parts.audit = &governance_->audit();
  parts.vault = vault_.get();
  parts.traces = traces_.get();
  parts.trust = trust_;
}

Result<json::object> GatewayParts::create_key(const json::object& wanted) {
  KeyStore::Creation creation{text_at(wanted, "name"), text_at(wanted, "team"), {}, std::nullopt};
  Scopes& scopes = creation.scopes;
  scopes.routes = names_at(wanted, "routes");
  scopes.models = names_at(wanted, "models");
  scopes.collections = {true, {}};
  scopes.clearance = text_at(wanted, "clearance");
  if (scopes.clearance.empty() && !manifest_.data_classes.empty())
    scopes.clearance = manifest_.data_classes.back();
  scopes.floor = text_at(wanted, "floor");
  LOADLINE_ASSIGN(scopes.budget.day, dollars_at(wanted, "day"));
  LOADLINE_ASSIGN(scopes.budget.month, dollars_at(wanted, "month"));
  if (const std::string most = text_at(wanted, "concurrent"); !most.empty())
    scopes.limits.concurrent = static_cast<std::uint32_t>(std::stoul(most));
  LOADLINE_ASSIGN(const NewKey made, governance_->keys().create(creation));
  return json::object{{"secret", made.secret}};
}

Result<json::object> GatewayParts::ledger() const {
  json::array rows;
  const Ledger& ledger = governance_->ledger();
  LOADLINE_TRY(ledger.rows(0, INT64_MAX, [&rows](const CallRow& row) {
    rows.push_back(row_json(row));
    return true;
  }));
  UsageSums all;
  for (const UsageRow& row : ledger.usage({})) all += row.sums;
  json::object sums{{"rows", all.rows},
                    {"input", all.input},
                    {"output", all.output},
                    {"cost", all.cost},
                    {"uncertain", all.uncertain},
                    {"provider", all.provider_rows},
                    {"estimated", all.estimated_rows},
                    {"unknown", all.unknown_rows}};
  return json::object{{"rows", std::move(rows)}, {"sums", std::move(sums)}, {"open", ledger.open_rows()}};
}

Result<json::object> GatewayParts::audit() const {
  LOADLINE_ASSIGN(const auto journal,
                  FileJournal::open({.folder = data_folder_ + "/audit", .read_only = true}));
  json::array sends, decisions;
  LOADLINE_TRY(read_audit(*journal, 0, INT64_MAX, [&](const AuditRecord& record) {
    if (const auto* send = std::get_if<AuditSend>(&record.event)) sends.push_back(send_json(*send));
    if (const auto* decided = std::get_if<AuditDecision>(&record.event))
      decisions.push_back(decision_json(*decided));
    return true;
  }));
  return json::object{{"sends", std::move(sends)}, {"decisions", std::move(decisions)}};
}

Status GatewayParts::keep_spans(const std::string& body) {
  const json::value batch = json::parse(body);
  const std::lock_guard lock(mutex_);
  for (const json::value& resource : batch.at("resourceSpans").as_array())
    for (const json::value& scope : resource.at("scopeSpans").as_array())
      for (const json::value& span : scope.at("spans").as_array()) {
        json::object kept = span.as_object();
        json::object attributes;
        for (const json::value& attribute : span.at("attributes").as_array())
          attributes[attribute.at("key").as_string()] = attribute.at("value").as_object().begin()->value();
        kept["attributes"] = std::move(attributes);
        if (spans_.size() < spans_max) spans_.push_back(std::move(kept));
      }
  return {};
}

json::object GatewayParts::trace() const {
  const std::lock_guard lock(mutex_);
  return {{"spans", spans_}};
}

namespace {

json::array of_request(const json::value& all, const std::string& request_id) {
  json::array kept;
  for (const json::value& each : all.as_array())
    if (json_string(each.at("request_id")) == request_id) kept.push_back(each);
  return kept;
}

// The root names the request, the attempts' spans share its trace.
json::array spans_of(const json::array& all, const std::string& request_id) {
  json::array kept;
  const json::value* trace = nullptr;
  for (const json::value& span : all)
    if (const json::value* id = span.at("attributes").as_object().if_contains("loadline.request_id");
        id != nullptr && json_string(*id) == request_id)
      trace = &span.at("traceId");
  for (const json::value& span : all)
    if (trace != nullptr && span.at("traceId") == *trace) kept.push_back(span);
  return kept;
}

}  // namespace

Result<json::object> GatewayParts::call(const std::string& request_id) const {
  LOADLINE_ASSIGN(const json::object money, ledger());
  LOADLINE_ASSIGN(const json::object record, audit());
  return json::object{{"rows", of_request(money.at("rows"), request_id)},
                      {"sends", of_request(record.at("sends"), request_id)},
                      {"decisions", of_request(record.at("decisions"), request_id)},
                      {"spans", spans_of(trace().at("spans").as_array(), request_id)}};
}

json::object GatewayParts::circuits() const {
  json::object out;
  for (std::size_t i = 0; i < table_->models.size(); ++i) {
    const BreakerState state = table_->health[i].state(clock_.now());
    out[table_->models[i].name] = state == BreakerState::closed ? "closed"
                                  : state == BreakerState::open ? "open"
                                                                : "half_open";
  }
  return out;
}

void let_disk_be_full(bool full) {
  static const rlimit before = [] {
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_IGN);
    return limit;
  }();
  constexpr rlim_t nearly_nothing = 65536;  // for what is no journal: a key file, say
  const rlimit limit{full ? nearly_nothing : before.rlim_cur, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

}  // namespace loadline

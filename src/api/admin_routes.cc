#include "api/admin_routes.h"

#include <algorithm>
#include <charconv>

#include "api/account_json.h"
#include "api/json_fields.h"
#include "api/json_values.h"
#include "api/key_json.h"
#include "base/printable.h"
#include "governance/usage_words.h"

namespace loadline {

namespace json = boost::json;

namespace {

void respond(HttpExchange& exchange, const json::value& value, int status = 200) {
  HttpResponse response = json_response(json::serialize(value), status);
  // Some of these have a secret, and none is of use a minute later.
  response.headers.push_back({"cache-control", "no-store"});
  exchange.respond(std::move(response));
}

void refuse_with(HttpExchange& exchange, const Error& error) {
  exchange.respond(error_response(api_error(error)));
}

// `limit` of the query; an error names it.
Result<std::size_t> limit_of(std::string_view query) {
  const std::string text = query_parameter(query, "limit");
  if (text.empty()) return std::size_t{100};
  std::size_t limit = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || limit == 0 ||
      limit > AdminRoutes::page_entries_max)
    return Error(Code::invalid_argument,
                 "limit: must be 1 to " + std::to_string(AdminRoutes::page_entries_max));
  return limit;
}

json::object list_json(json::array data, bool more) {
  return {{"object", "list"}, {"data", std::move(data)}, {"has_more", more}};
}

// Keys by name, those after `after`.
struct Page {
  std::vector<KeyRecord> keys;
  bool more = false;
};

Result<Page> page_of(const KeyStore& store, std::string_view query) {
  LOADLINE_ASSIGN(const std::size_t limit, limit_of(query));
  const std::string after = query_parameter(query, "after");
  Page page;
  for (KeyRecord& key : store.list()) {
    if (key.name <= after) continue;
    if (page.keys.size() == limit) {
      page.more = true;
      break;
    }
    page.keys.push_back(std::move(key));
  }
  return page;
}

json::object made_json(const KeyRecord& key, const std::string& secret, std::int64_t now_ms) {
  json::object out = key_json(key, now_ms);
  out["secret"] = secret;
  return out;
}

Error not_kept(const char* what) {
  return Error(Code::not_found, std::string("this server keeps no ") + what);
}

const KeyRecord* find_key(const std::vector<KeyRecord>& keys, std::string_view name) {
  const auto at =
      std::find_if(keys.begin(), keys.end(), [&](const KeyRecord& key) { return key.name == name; });
  return at == keys.end() ? nullptr : &*at;
}

}  // namespace

std::optional<HttpResponse> AdminRoutes::refuse(const HttpRequest& request) {
  if (const Duration wait = brake_.wait(request.peer); wait > Duration::zero()) {
    const auto seconds = (std::chrono::ceil<std::chrono::seconds>(wait)).count();
    return error_response(api_error(429, "too many wrong admin keys came from this address; wait"),
                          static_cast<int>(seconds));
  }
  const auto admin = parts_.authenticator.identify_admin(request);
  if (admin) {
    brake_.passed(request.peer);
    return std::nullopt;
  }
  // A good key that may not administrate guesses nothing, and who sends none has not tried.
  if (admin.error().code() == Code::unauthenticated && !secret_of(request).empty())
    brake_.failed(request.peer);
  return refusal_of_caller(admin.error(), request);
}

Result<AuditAdmin> AdminRoutes::begin(const HttpRequest& request, std::string action, std::string target) {
  // The key may have been revoked since the request began.
  LOADLINE_ASSIGN(const auto admin, parts_.authenticator.identify_admin(request));
  AuditAdmin event{admin->key, std::move(action), std::move(target), "begun"};
  if (parts_.audit == nullptr) return event;
  const auto recorded = parts_.audit->record(event);
  if (!recorded)
    return Error(Code::unavailable, "the audit log cannot record the change: " + recorded.error().message());
  return event;
}

void AdminRoutes::end(AuditAdmin event, const char* result) {
  if (parts_.audit == nullptr) return;
  event.result = result;
  if (const auto recorded = parts_.audit->record(event); !recorded)
    parts_.log.error("audit_lost", {{"action", event.action}, {"error", recorded.error().to_string()}});
}

void AdminRoutes::handle(HttpExchange& exchange, const RouteMatch& match) {
  const std::string& method = exchange.request().method;
  switch (match.route) {
    case Route::admin_keys:
    case Route::admin_key:
    case Route::admin_rotate:
      if (parts_.keys == nullptr) return refuse_with(exchange, not_kept("keys"));
      if (match.route == Route::admin_keys)
        return method == "POST" ? create_key(exchange) : list_keys(exchange);
      if (match.route == Route::admin_rotate) return rotate_key(exchange, match.names[0]);
      if (method == "PATCH") return change_key(exchange, match.names[0]);
      if (method == "DELETE") return revoke_key(exchange, match.names[0]);
      return show_key(exchange, match.names[0]);
    case Route::admin_usage:
      return usage(exchange);
    case Route::admin_budgets:
      return budgets(exchange);
    default:
      return verify_audit(exchange);
  }
}

void AdminRoutes::list_keys(HttpExchange& exchange) const {
  const auto page = page_of(*parts_.keys, exchange.request().query());
  if (!page) return refuse_with(exchange, page.error());
  json::array data;
  for (const KeyRecord& key : page->keys) data.push_back(key_json(key, parts_.clock.unix_millis()));
  respond(exchange, list_json(std::move(data), page->more));
}

void AdminRoutes::show_key(HttpExchange& exchange, const std::string& name) const {
  const std::vector<KeyRecord> keys = parts_.keys->list();
  const KeyRecord* const key = find_key(keys, name);
  if (key == nullptr)
    return refuse_with(exchange, Error(Code::not_found, "there is no key '" + printable(name) + "'"));
  respond(exchange, key_json(*key, parts_.clock.unix_millis()));
}

void AdminRoutes::create_key(HttpExchange& exchange) {
  ApiError error{.status = 0, .message = {}, .type = {}, .param = {}, .code = {}};
  const auto body = parse_json_object(exchange.request().body, error);
  if (!body) return exchange.respond(error_response(error));
  JsonFields fields(*body, "", error);
  KeyStore::Creation creation;
  creation.name = fields.required_text("name");
  creation.team = fields.text("team").value_or("");
  KeyTerms terms;
  // An admin key asks no models unless it says so.
  const bool admin = fields.boolean("admin").value_or(false);
  terms.scopes.routes.every = terms.scopes.models.every = terms.scopes.collections.every = !admin;
  if (const auto& classes = parts_.table()->classes.classes; !classes.empty())
    terms.scopes.clearance = classes.back();
  apply_key_json(*body, {"name", "team"}, terms, error);
  if (fields.failed()) return exchange.respond(error_response(error));
  creation.scopes = std::move(terms.scopes);
  creation.expires_ms = terms.expires_ms;
  const auto made = recorded(exchange.request(), "keys.create", creation.name,
                             [&] { return parts_.keys->create(creation); });
  if (!made) return refuse_with(exchange, made.error());
  const std::vector<KeyRecord> keys = parts_.keys->list();
  const KeyRecord* const key = find_key(keys, made->name);
  if (key == nullptr) return refuse_with(exchange, Error(Code::failed_precondition, "the key is gone again"));
  respond(exchange, made_json(*key, made->secret, parts_.clock.unix_millis()), 201);
}

void AdminRoutes::change_key(HttpExchange& exchange, const std::string& name) {
  ApiError error{.status = 0, .message = {}, .type = {}, .param = {}, .code = {}};
  const auto body = parse_json_object(exchange.request().body, error);
  if (!body) return exchange.respond(error_response(error));
  const auto edit = [&](KeyTerms& terms) -> Status {
    apply_key_json(*body, {}, terms, error);
    if (error.status != 0) return Error(Code::invalid_argument, error.message);
    return {};
  };
  const auto changed =
      recorded(exchange.request(), "keys.change", name, [&] { return parts_.keys->change(name, edit); });
  if (error.status != 0) return exchange.respond(error_response(error));
  if (!changed) return refuse_with(exchange, changed.error());
  respond(exchange, key_json(*changed, parts_.clock.unix_millis()));
}

void AdminRoutes::rotate_key(HttpExchange& exchange, const std::string& name) {
  ApiError error{.status = 0, .message = {}, .type = {}, .param = {}, .code = {}};
  std::int64_t grace = 86'400;
  if (!exchange.request().body.empty()) {
    const auto body = parse_json_object(exchange.request().body, error);
    if (!body) return exchange.respond(error_response(error));
    JsonFields fields(*body, "", error);
    grace = fields.integer("grace_seconds", 0, grace_seconds_max).value_or(grace);
    if (fields.failed()) return exchange.respond(error_response(error));
  }
  const auto made = recorded(exchange.request(), "keys.rotate", name,
                             [&] { return parts_.keys->rotate(name, std::chrono::seconds(grace)); });
  if (!made) return refuse_with(exchange, made.error());
  const std::vector<KeyRecord> keys = parts_.keys->list();
  const KeyRecord* const key = find_key(keys, made->name);
  if (key == nullptr) return refuse_with(exchange, Error(Code::failed_precondition, "the key is gone again"));
  respond(exchange, made_json(*key, made->secret, parts_.clock.unix_millis()));
}

void AdminRoutes::revoke_key(HttpExchange& exchange, const std::string& name) {
  const Status revoked =
      recorded(exchange.request(), "keys.revoke", name, [&] { return parts_.keys->revoke(name); });
  if (!revoked) return refuse_with(exchange, revoked.error());
  respond(exchange, {{"object", "key"}, {"name", name}, {"state", "revoked"}});
}

void AdminRoutes::usage(HttpExchange& exchange) const {
  if (parts_.ledger == nullptr) return refuse_with(exchange, not_kept("ledger"));
  const std::string_view query = exchange.request().query();
  UsageWords words;
  words.by = words_between_commas(query_parameter(query, "by"));
  words.from = query_parameter(query, "from"), words.to = query_parameter(query, "to");
  words.key = query_parameter(query, "key"), words.team = query_parameter(query, "team");
  words.route = query_parameter(query, "route"), words.model = query_parameter(query, "model");
  const auto asked = usage_query(words);
  if (!asked) return refuse_with(exchange, asked.error());
  const std::vector<UsageRow> rows = parts_.ledger->usage(*asked);
  if (rows.size() > usage_rows_max)
    return refuse_with(
        exchange, Error(Code::invalid_argument, "that are " + std::to_string(rows.size()) +
                                                    " rows, at most " + std::to_string(usage_rows_max) +
                                                    " are given; ask for fewer days or fewer names in 'by'"));
  json::array data;
  for (const UsageRow& row : rows) data.push_back(usage_json(row));
  respond(exchange, list_json(std::move(data), false));
}

// Of keys page by page; of all teams and routes with a budget; or of one key by its name, also one that
// stands in a token.
void AdminRoutes::budgets(HttpExchange& exchange) const {
  const std::string_view query = exchange.request().query();
  const std::string owner = query_parameter(query, "owner"), name = query_parameter(query, "name");
  const std::int64_t now_ms = parts_.clock.unix_millis();
  json::array data;
  bool more = false;
  const auto add = [&](OwnerKind kind, const std::string& of, const BudgetLimits& limits) {
    if (name.empty() || name == of)
      data.push_back(budget_json({kind, of, limits}, parts_.budgets.spent(kind, of), now_ms));
  };
  const auto table = parts_.table();
  if (owner == "team") {
    for (const auto& [team, limits] : table->teams) add(OwnerKind::team, team, limits);
  } else if (owner == "route") {
    for (const GatewayRoute& route : table->routes)
      if (route.budget.day || route.budget.month || name == route.policy.name)
        add(OwnerKind::route, route.policy.name, route.budget);
  } else if (owner.empty() || owner == "key") {
    std::vector<KeyRecord> keys;
    if (!name.empty()) {
      keys = parts_.keys != nullptr ? parts_.keys->list() : keys;
      const KeyRecord* const key = find_key(keys, name);
      add(OwnerKind::key, name, key != nullptr ? key->scopes.budget : BudgetLimits{});
    } else if (parts_.keys != nullptr) {
      auto page = page_of(*parts_.keys, query);
      if (!page) return refuse_with(exchange, page.error());
      more = page->more;
      for (const KeyRecord& key : page->keys) add(OwnerKind::key, key.name, key.scopes.budget);
    }
  } else {
    return refuse_with(exchange, Error(Code::invalid_argument, "owner: must be key, team or route"));
  }
  respond(exchange, list_json(std::move(data), more));
}

void AdminRoutes::verify_audit(HttpExchange& exchange) {
  if (!parts_.verify_audit) return refuse_with(exchange, not_kept("audit log"));
  std::vector<AuditAnchor> anchors;
  if (const std::string line = query_parameter(exchange.request().query(), "anchor"); !line.empty()) {
    const auto anchor = AuditAnchor::parse(line);
    if (!anchor) return refuse_with(exchange, anchor.error());
    anchors.push_back(*anchor);
  }
  const std::unique_lock alone(verifying_, std::try_to_lock);
  if (!alone)
    return refuse_with(exchange, Error(Code::resource_exhausted, "the audit log is being checked already"));
  // What was written until now must be where the check reads.
  if (parts_.audit != nullptr)
    if (const auto anchored = parts_.audit->anchor(); !anchored)
      return refuse_with(exchange, anchored.error());
  const auto report = parts_.verify_audit(anchors);
  if (!report) return refuse_with(exchange, report.error());
  respond(exchange, report_json(*report));
}

}  // namespace loadline

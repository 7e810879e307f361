#include "api/key_json.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "api/json_fields.h"
#include "api/json_values.h"
#include "base/nearest_name.h"
#include "base/printable.h"

namespace loadline {

namespace json = boost::json;

namespace {

constexpr std::size_t names_max = 1000;                    // of one scope
constexpr std::int64_t unix_ms_max = 253'402'300'799'000;  // the end of the year 9999

constexpr std::array term_names{"routes", "models",   "collections", "clearance", "floor",     "admin",
                                "weight", "priority", "limits",      "budget",    "expires_ms"};
constexpr std::array limit_names{"requests_per_minute", "tokens_per_minute", "concurrent"};
constexpr std::array budget_names{"day_usd", "month_usd"};

json::value names_json(const NameSet& set) {
  if (set.every) return "*";
  json::array names;
  for (const std::string& name : set.names) names.push_back(json_text(name));
  return names;
}

template <class T>
json::value or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::value dollars_json(const std::optional<NanoDollars>& amount) {
  return amount ? json::value(show_dollars(*amount)) : json::value(nullptr);
}

const char* state_of(const KeyRecord& key, std::int64_t now_ms) {
  if (key.revoked_ms) return "revoked";
  if (key.expires_ms && *key.expires_ms <= now_ms) return "expired";
  return key.old_until_ms && *key.old_until_ms > now_ms ? "rotating" : "active";
}

// A misspelled limit that is passed over would be no limit.
template <class Known>
void refuse_unknown(const json::object& object, const Known& known,
                    std::initializer_list<std::string_view> others, JsonFields& fields) {
  std::vector<std::string_view> names(known.begin(), known.end());
  names.insert(names.end(), others.begin(), others.end());
  for (const auto& member : object) {
    const std::string_view name(member.key());
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string near = nearest_name(name, names);
    return fields.fail(
        printable(name),
        "is not known here" + (near.empty() ? std::string() : "; did you mean '" + near + "'?"));
  }
}

bool is_null(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_null();
}

void apply_names(std::string_view name, NameSet& set, JsonFields& fields) {
  const json::value* value = fields.any(name);
  if (value == nullptr) return;
  if (value->is_string() && value->get_string() == "*") {
    set = {true, {}};
    return;
  }
  const json::array* list = fields.array(name);
  if (list == nullptr) return;
  if (list->size() > names_max)
    return fields.fail(name, "has more than " + std::to_string(names_max) + " names");
  NameSet named;
  for (const json::value& item : *list) {
    if (!item.is_string()) return fields.fail(name, "must be \"*\" or an array of strings");
    named.names.push_back(to_text(item.get_string()));
  }
  set = std::move(named);
}

template <class T>
void apply_count(const json::object& body, std::string_view name, std::int64_t most, std::optional<T>& limit,
                 JsonFields& fields) {
  if (is_null(body, name)) return limit.reset();
  if (const auto value = fields.integer(name, 0, most)) limit = static_cast<T>(*value);
}

void apply_limits(const json::object& body, RateLimits& limits, JsonFields& outer, ApiError& error) {
  if (is_null(body, "limits")) return void(limits = {});
  const json::object* object = outer.object("limits");
  if (object == nullptr) return;
  JsonFields fields(*object, "limits", error);
  refuse_unknown(*object, limit_names, {}, fields);
  constexpr std::int64_t many = std::numeric_limits<std::uint32_t>::max();
  apply_count(*object, "requests_per_minute", many, limits.requests_per_minute, fields);
  apply_count(*object, "tokens_per_minute", 1'000'000'000'000, limits.tokens_per_minute, fields);
  apply_count(*object, "concurrent", many, limits.concurrent, fields);
}

// Dollars as a text ("0.15", exact) or a number.
void apply_dollars(const json::object& body, std::string_view name, std::optional<NanoDollars>& amount,
                   JsonFields& fields) {
  if (is_null(body, name)) return amount.reset();
  const json::value* value = fields.any(name);
  if (value == nullptr) return;
  const std::string text = value->is_string() ? to_text(value->get_string()) : json::serialize(*value);
  const auto parsed = value->is_string() || value->is_int64() || value->is_uint64()
                          ? parse_dollars(text)
                          : Result<NanoDollars>(Error(Code::invalid_argument, ""));
  if (!parsed)
    return fields.fail(name,
                       "must be dollars as a text with a decimal point, as in \"12.50\", or a whole number");
  amount = *parsed;
}

void apply_budget(const json::object& body, BudgetLimits& budget, JsonFields& outer, ApiError& error) {
  if (is_null(body, "budget")) return void(budget = {});
  const json::object* object = outer.object("budget");
  if (object == nullptr) return;
  JsonFields fields(*object, "budget", error);
  refuse_unknown(*object, budget_names, {}, fields);
  apply_dollars(*object, "day_usd", budget.day, fields);
  apply_dollars(*object, "month_usd", budget.month, fields);
}

}  // namespace

json::object key_json(const KeyRecord& key, std::int64_t now_ms) {
  const Scopes& scopes = key.scopes;
  return {{"object", "key"},
          {"name", key.name},
          {"team", json_text(key.team)},
          {"state", state_of(key, now_ms)},
          {"hint", key.hint},
          {"created_ms", key.created_ms},
          {"expires_ms", or_null(key.expires_ms)},
          {"revoked_ms", or_null(key.revoked_ms)},
          {"old_secret_until_ms", or_null(key.old_until_ms)},
          {"routes", names_json(scopes.routes)},
          {"models", names_json(scopes.models)},
          {"collections", names_json(scopes.collections)},
          {"clearance", json_text(scopes.clearance)},
          {"floor", json_text(scopes.floor)},
          {"admin", scopes.admin},
          {"weight", scopes.weight},
          {"priority", scopes.priority},
          {"limits", json::object{{"requests_per_minute", or_null(scopes.limits.requests_per_minute)},
                                  {"tokens_per_minute", or_null(scopes.limits.tokens_per_minute)},
                                  {"concurrent", or_null(scopes.limits.concurrent)}}},
          {"budget", json::object{{"day_usd", dollars_json(scopes.budget.day)},
                                  {"month_usd", dollars_json(scopes.budget.month)}}}};
}

void apply_key_json(const json::object& body, std::initializer_list<std::string_view> others, KeyTerms& terms,
                    ApiError& error) {
  JsonFields fields(body, "", error);
  refuse_unknown(body, term_names, others, fields);
  Scopes& scopes = terms.scopes;
  apply_names("routes", scopes.routes, fields);
  apply_names("models", scopes.models, fields);
  apply_names("collections", scopes.collections, fields);
  if (auto name = fields.text("clearance")) scopes.clearance = *std::move(name);
  if (auto name = fields.text("floor")) scopes.floor = *std::move(name);
  if (const auto admin = fields.boolean("admin")) scopes.admin = *admin;
  if (const auto weight = fields.integer("weight", 1, Scopes::weight_max))
    scopes.weight = static_cast<std::uint32_t>(*weight);
  if (const auto priority = fields.integer("priority", 0, Scopes::priority_max))
    scopes.priority = static_cast<std::uint32_t>(*priority);
  apply_limits(body, scopes.limits, fields, error);
  apply_budget(body, scopes.budget, fields, error);
  apply_count(body, "expires_ms", unix_ms_max, terms.expires_ms, fields);
}

}  // namespace loadline

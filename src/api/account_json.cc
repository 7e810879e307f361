#include "api/account_json.h"

#include <algorithm>

#include "api/json_values.h"
#include "governance/calendar.h"

namespace loadline {

namespace json = boost::json;

namespace {

constexpr std::int64_t day_ms = 86'400'000;

json::object window_json(const std::optional<NanoDollars>& limit, NanoDollars spent, std::int32_t ends_day) {
  json::object out{{"limit_usd", limit ? json::value(show_dollars(*limit)) : json::value(nullptr)},
                   {"spent_usd", show_dollars(spent)}};
  if (limit) out["left_usd"] = show_dollars(std::max<NanoDollars>(0, *limit - spent));
  out["renews_ms"] = static_cast<std::int64_t>(ends_day) * day_ms;
  return out;
}

}  // namespace

json::object usage_json(const UsageRow& row) {
  json::object out;
  if (row.day != 0) out["day"] = show_day(row.day);
  if (!row.key.empty()) out["key"] = json_text(row.key);
  if (!row.team.empty()) out["team"] = json_text(row.team);
  if (!row.route.empty()) out["route"] = json_text(row.route);
  if (!row.model.empty()) out["model"] = json_text(row.model);
  const UsageSums& sums = row.sums;
  out["calls"] = sums.rows;
  out["failed"] = sums.failed_rows;
  out["provider_rows"] = sums.provider_rows;
  out["estimated_rows"] = sums.estimated_rows;
  out["unknown_rows"] = sums.unknown_rows;
  out["input_tokens"] = sums.input;
  out["cached_tokens"] = sums.cached;
  out["output_tokens"] = sums.output;
  out["reasoning_tokens"] = sums.reasoning;
  out["usd"] = show_dollars(sums.cost);
  out["usd_uncertain"] = show_dollars(sums.uncertain);
  return out;
}

json::object report_json(const AuditReport& report) {
  json::array problems;
  for (const std::string& problem : report.problems) problems.push_back(json_text(problem));
  return {{"intact", report.intact()},   {"records", report.records},    {"first", report.first},
          {"anchored", report.anchored}, {"anchor", report.head.line()}, {"problems", std::move(problems)}};
}

json::object budget_json(const BudgetOwner& owner, const Budgets::Spent& spent, std::int64_t now_ms) {
  const std::int32_t today = utc_day(now_ms);
  return {{"owner", owner_kind_name(owner.kind)},
          {"name", json_text(owner.name)},
          {"day", window_json(owner.limits.day, spent.day, today + 1)},
          {"month", window_json(owner.limits.month, spent.month, first_day_of(utc_month(today) + 1))}};
}

}  // namespace loadline

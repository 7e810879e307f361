#pragma once
// Usage, budgets and checks of the audit log as JSON, for the admin API and the command line.
#include <boost/json.hpp>
#include <cstdint>

#include "governance/audit.h"
#include "governance/budgets.h"
#include "governance/ledger.h"

namespace loadline {

boost::json::object usage_json(const UsageRow& row);
boost::json::object report_json(const AuditReport& report);
/// `spent`: reserved money included.
boost::json::object budget_json(const BudgetOwner& owner, const Budgets::Spent& spent, std::int64_t now_ms);

}  // namespace loadline

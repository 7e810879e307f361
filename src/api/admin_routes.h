#pragma once
// The routes under /admin/v1: keys, usage, budgets, the audit log. Only for admin keys, whoever else may ask
// anything else; every change is recorded in the audit log before it counts. Thread-safe.
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/authenticator.h"
#include "api/gateway_table.h"
#include "api/guess_brake.h"
#include "api/routes.h"
#include "base/log.h"
#include "governance/audit.h"
#include "governance/budgets.h"
#include "governance/ledger.h"
#include "net/http_handler.h"

namespace loadline {

/// All must outlive the routes. What is null or empty is answered 404.
struct AdminParts {
  const Authenticator& authenticator;
  KeyStore* keys = nullptr;
  const Budgets& budgets;
  const Ledger* ledger = nullptr;
  AuditLog* audit = nullptr;
  /// The routes and teams that are in force.
  std::function<std::shared_ptr<const GatewayTable>()> table;
  /// Checks all of the audit log's files. Reads for seconds.
  std::function<Result<AuditReport>(const std::vector<AuditAnchor>&)> verify_audit;
  Log& log;
  const Clock& clock;
};

class AdminRoutes {
 public:
  static constexpr std::size_t page_entries_max = 1000;   // of one answer that lists
  static constexpr std::size_t usage_rows_max = 100'000;  // of one answer; more are refused
  static constexpr std::int64_t grace_seconds_max = 90 * 86'400;

  explicit AdminRoutes(AdminParts parts) : parts_(std::move(parts)), brake_(parts_.clock) {}

  /// Before anything of the request is read: no admin key, a wrong one, or too many wrong ones from there.
  std::optional<HttpResponse> refuse(const HttpRequest& request);
  /// A request that `refuse` let pass.
  void handle(HttpExchange& exchange, const RouteMatch& match);

  /// Does `change` (which gives a Result) between two records of who did what to whom, "begun" and how it
  /// ended. Gives what `change` gives; unavailable: it cannot be recorded and was not done.
  template <class Change>
  auto recorded(const HttpRequest& request, std::string action, std::string target, const Change& change)
      -> decltype(change()) {
    LOADLINE_ASSIGN(AuditAdmin event, begin(request, std::move(action), std::move(target)));
    auto result = change();
    end(std::move(event), result ? "done" : "failed");
    return result;
  }

 private:
  Result<AuditAdmin> begin(const HttpRequest& request, std::string action, std::string target);
  void end(AuditAdmin event, const char* result);
  void list_keys(HttpExchange& exchange) const;
  void show_key(HttpExchange& exchange, const std::string& name) const;
  void create_key(HttpExchange& exchange);
  void change_key(HttpExchange& exchange, const std::string& name);
  void rotate_key(HttpExchange& exchange, const std::string& name);
  void revoke_key(HttpExchange& exchange, const std::string& name);
  void usage(HttpExchange& exchange) const;
  void budgets(HttpExchange& exchange) const;
  void verify_audit(HttpExchange& exchange);

  const AdminParts parts_;
  GuessBrake brake_;
  std::mutex verifying_;  // held by the one request that reads the whole audit log
};

}  // namespace loadline

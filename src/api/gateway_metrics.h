#pragma once
// What /metrics shows of governed calls, by route and model. Label sets are bounded: names come from the
// manifest, and beyond `series_max` pairs everything counts under "other". Thread-safe.
//
// A call finds its series by index (GatewaySeriesIndex), made once for each table: no name is looked up, and
// no lock taken, on its way.
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/gateway_table.h"
#include "api/metrics.h"
#include "gateway/answer_cache.h"
#include "gateway/call_guards.h"
#include "gateway/route_plan.h"
#include "gateway/similar_questions.h"
#include "governance/call_gate.h"
#include "governance/ledger.h"

namespace loadline {

/// Guards and what they say, as the audit log has both; the last of each counts what is neither.
inline constexpr std::array<std::string_view, 4> guard_labels = {"injection", "pii", "output", "other"};
inline constexpr std::array<std::string_view, 9> verdict_labels = {
    "allow", "flag", "mask", "quarantine", "block", "failed", "late", "not run", "other"};

struct GatewaySeries {
  Histogram total, first_token, between_tokens, upstream, queue;
  std::array<Histogram, guard_step_count> guards;
  std::array<std::array<std::atomic<std::uint64_t>, verdict_labels.size()>, guard_labels.size()> verdicts{};
  std::array<std::atomic<std::uint64_t>, 8> outcomes{};   // by RowOutcome
  std::array<std::atomic<std::uint64_t>, 10> failures{};  // of attempts, by FailureKind
  std::atomic<std::uint64_t> input_tokens{0}, output_tokens{0}, cached_tokens{0};
  std::atomic<std::uint64_t> cost_nano{0};
  std::atomic<std::uint64_t> malformed_events{0};

  void count_verdict(std::string_view guard, std::string_view verdict);
};

class GatewayMetrics {
 public:
  static constexpr std::size_t series_max = 4096;

  /// Lives as long as this.
  GatewaySeries& series(std::string_view route, std::string_view model);
  void append(std::string& out) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<GatewaySeries>, std::less<>>
      series_;  // guarded by mutex_
};

/// Of models with a limit of calls at one time: how many run, how many wait.
void append_places(std::string& out, const std::vector<std::pair<std::string, CallGate::Counts>>& counts);
/// What was answered without a model, and how right that was by route.
void append_cache_metrics(std::string& out, const AnswerCache::Counts& answers, std::size_t questions,
                          const std::map<std::string, HitPrecision::Counts>& precision);

/// The series of a table's routes with each of their candidates, and with none. Immutable; the metrics must
/// outlive it.
class GatewaySeriesIndex {
 public:
  GatewaySeriesIndex(GatewayMetrics& metrics, const GatewayTable& table);
  /// `route` is its place in the table. No model: none was asked.
  GatewaySeries& of(std::size_t route, std::optional<std::uint32_t> model) const;

 private:
  struct RouteSeries {
    GatewaySeries* none;
    std::vector<std::pair<std::uint32_t, GatewaySeries*>> models;  // of its candidates
  };
  std::vector<RouteSeries> routes_;  // as the table's
};

/// What requests go by from some moment on.
struct GatewayRules {
  std::shared_ptr<const GatewayTable> table;
  std::shared_ptr<const GatewaySeriesIndex> series;
};

}  // namespace loadline

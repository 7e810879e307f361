#pragma once
// What /metrics shows of governed calls, by route and model. Label sets are bounded: names come from the
// manifest, and beyond `series_max` pairs everything counts under "other". Thread-safe.
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/metrics.h"
#include "gateway/answer_cache.h"
#include "gateway/route_plan.h"
#include "gateway/similar_questions.h"
#include "governance/call_gate.h"
#include "governance/ledger.h"

namespace loadline {

struct GatewaySeries {
  Histogram total, first_token, between_tokens, upstream, guard, queue;
  std::array<std::atomic<std::uint64_t>, 8> outcomes{};   // by RowOutcome
  std::array<std::atomic<std::uint64_t>, 10> failures{};  // of attempts, by FailureKind
  std::atomic<std::uint64_t> input_tokens{0}, output_tokens{0}, cached_tokens{0};
  std::atomic<std::uint64_t> cost_nano{0};
  std::atomic<std::uint64_t> malformed_events{0};
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

}  // namespace loadline

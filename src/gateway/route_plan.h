#pragma once
// Which models may serve a request, in which order, and what follows when one fails: a route's rules as a
// value that knows no socket. The caller makes the attempts it is told to and reports how they went.
//
//   RoutePlan plan(route, models, need, random, now);
//   for (RouteStep step = plan.next(now); ...; step = plan.next(now)) switch (step.kind) ...
//
// Candidates that may not see the data or cannot do what is asked are removed before anything is ranked, and
// no later decision brings one back. `RoutePlan` belongs to one request and thread; `RouteState` and the
// models' health are shared and thread-safe.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/rng.h"
#include "governance/prices.h"
#include "model/data_label.h"
#include "upstream/health.h"

namespace loadline {

/// What a request needs or a model can do, as bits.
enum Capability : std::uint32_t {
  cap_tools = 1U << 0,
  cap_json_schema = 1U << 1,
  cap_images = 1U << 2,
  cap_thinking = 1U << 3,
  cap_prefill = 1U << 4,  // continues an assistant message
  cap_embeddings = 1U << 5,
  cap_chat = 1U << 6,
  cap_stateful = 1U << 7,  // keeps conversations (previous_response_id)
};

/// One model as routing sees it. `health` must outlive the plan.
struct RouteModel {
  std::string name;
  Clearance clearance;
  std::uint32_t capabilities = cap_chat;
  std::uint64_t context_tokens = 0;  // 0: unknown, not checked
  Price price;
  bool price_known = true;  // false: `price` says nothing
  UpstreamHealth* health = nullptr;
};

enum class Strategy : std::uint8_t { ordered, weighted, least_latency, lowest_cost };
/// What follows a stream that breaks after its first byte was delivered.
enum class WhenCut : std::uint8_t { fail, restart, continue_ };

struct RouteCandidate {
  std::uint32_t model = 0;  // index in the table of models
  std::uint32_t weight = 1;
  std::uint64_t prompt_tokens_max = 0;  // condition: only for prompts up to this; 0: all
};

/// Constant after loading.
struct RoutePolicy {
  static constexpr std::uint32_t candidates_max = 32;
  std::string name;
  Strategy strategy = Strategy::ordered;
  std::vector<RouteCandidate> candidates;
  WhenCut when_cut = WhenCut::fail;
  std::uint32_t attempts_max = 3;  // of one request in all
  Duration backoff_first = std::chrono::milliseconds(100);
  Duration backoff_max = std::chrono::seconds(5);
  Duration time_max = std::chrono::seconds(300);  // over all attempts
  NanoDollars cost_max = 0;                       // over all attempts; 0: no cap
  double retry_ratio = 0.2;                       // retries earned by each request
  double retry_burst = 10;                        // and at most saved
  Duration hedge_after{};                         // 0: never
};

/// The retry budget of a route: each request earns `retry_ratio`, each retry costs 1, so that retries cannot
/// multiply the load of upstreams that fail. Thread-safe.
class RouteState {
 public:
  explicit RouteState(const RoutePolicy& policy);
  void earn(const RoutePolicy& policy);
  bool spend();
  double saved() const { return static_cast<double>(milli_.load(std::memory_order_relaxed)) / 1000; }

 private:
  std::atomic<std::int64_t> milli_;
};

struct RouteNeed {
  DataLabel label;
  std::uint32_t capabilities = cap_chat;
  std::uint64_t prompt_tokens = 0;  // estimate
  std::uint64_t output_tokens = 0;  // allowed
  bool budgeted = false;            // a budget applies: only models whose price is known
};

enum class Removal : std::uint8_t { data_class, region, capability, context_length, condition, cost, price };
std::string_view removal_name(Removal why);

struct RemovedCandidate {
  std::uint32_t model = 0;
  Removal why = Removal::data_class;
};

enum class FailureKind : std::uint8_t {
  refused,       // by the policy at the socket, or before anything was sent
  connect,       // no connection
  first_byte,    // no answer in time
  rate_limited,  // 429
  server,        // 5xx
  client,        // 4xx: the request is wrong; another model would say the same
  cut,           // the stream ended early
  stalled,       // no byte for too long
  dripping,      // bytes, but too few
  malformed,     // not what the dialect says
};
std::string_view failure_name(FailureKind kind);

struct AttemptFailure {
  FailureKind kind = FailureKind::connect;
  Duration retry_after{};  // as the upstream said; 0: it did not
  bool delivered = false;  // the client has seen a part of this answer
  NanoDollars spent = 0;   // what the attempt cost all the same
};

struct RouteStep {
  enum class Kind : std::uint8_t {
    attempt,  // call `model`; if `continue_from`, with what was delivered as assistant prefill
    wait,     // until `until`, then ask again
    give_up,  // answer with `error`
  };
  Kind kind = Kind::give_up;
  std::uint32_t model = 0;
  bool continue_from = false;
  Instant until{};
  Error error = Error(Code::unavailable, "");
  Duration retry_after{};  // of give_up: when it may work; 0: unknown
};

class RoutePlan {
 public:
  /// All must outlive it. Removes and ranks.
  RoutePlan(const RoutePolicy& policy, RouteState& state, std::span<const RouteModel> models, RouteNeed need,
            Rng& random, Instant now);
  /// Attempts that are still open end without a verdict.
  ~RoutePlan();
  RoutePlan(const RoutePlan&) = delete;
  RoutePlan& operator=(const RoutePlan&) = delete;

  /// What to do now. An attempt it gives is open until `succeeded`, `failed` or `abandoned` names its model.
  RouteStep next(Instant now);
  /// A second model to ask while the first is silent; none: there is none, or no budget for it. Open like an
  /// attempt of `next`.
  std::optional<std::uint32_t> hedge(Instant now);

  /// The first byte of an answer came. The attempt may still fail later.
  void answered(std::uint32_t model, Instant now);
  void succeeded(std::uint32_t model);
  void failed(std::uint32_t model, const AttemptFailure& failure, Instant now);
  /// The client left, or the other of two hedged attempts was faster.
  void abandoned(std::uint32_t model, NanoDollars spent);

  /// The rule, asked again where the socket is opened.
  bool may_open(std::uint32_t model) const { return may_see(models_[model].clearance, need_.label); }

  /// Candidates in the order in which they are tried.
  const std::vector<std::uint32_t>& order() const { return order_; }
  const std::vector<RemovedCandidate>& removed() const { return removed_; }
  std::uint32_t attempts() const { return attempts_; }
  Instant deadline() const { return deadline_; }
  /// The most an attempt at `model` may cost.
  NanoDollars most_cost(std::uint32_t model) const;

 private:
  struct Place {  // of a candidate in order_
    std::uint32_t tries = 0;
    bool never_again = false;
    bool open = false;
    bool answered = false;
    Instant begun{};
  };

  bool fits(const RouteCandidate& candidate, Removal& why) const;
  void rank(std::vector<RouteCandidate> fit, Rng& random, Instant now);
  Place& place_of(std::uint32_t model);
  /// The place to try next; npos: none.
  std::size_t least_tried(bool untried_only, Instant now, bool rested_only) const;
  bool usable(std::size_t place) const;
  bool begin(std::size_t place, Instant now);
  Duration backoff(std::uint32_t tries);
  RouteStep wait_or_give_up(Instant now) const;
  RouteStep give_up(Code code, std::string message, Duration retry_after = {}) const;
  RouteStep give_up_after_failure() const;
  std::string lacking() const;

  static constexpr std::size_t npos = ~std::size_t{0};
  const RoutePolicy& policy_;
  RouteState& state_;
  const std::span<const RouteModel> models_;
  const RouteNeed need_;
  Rng& random_;
  const Instant deadline_;
  std::vector<std::uint32_t> order_;
  std::vector<Place> places_;  // as order_
  std::vector<RemovedCandidate> removed_;
  std::uint32_t attempts_ = 0;
  NanoDollars spent_ = 0;
  bool delivered_ = false;
  bool final_ = false;    // the last failure ends the request
  Instant not_before_{};  // back-off of models that were tried
  std::optional<AttemptFailure> last_failure_;
};

}  // namespace loadline

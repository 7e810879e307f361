#include "gateway/route_plan.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace loadline {
namespace {

constexpr std::int64_t milli = 1000;

std::int64_t milli_of(double tokens) { return static_cast<std::int64_t>(tokens * milli); }

}  // namespace

std::string_view removal_name(Removal why) {
  switch (why) {
    case Removal::data_class:
      return "data_class";
    case Removal::region:
      return "region";
    case Removal::capability:
      return "capability";
    case Removal::context_length:
      return "context_length";
    case Removal::condition:
      return "condition";
    case Removal::cost:
      return "cost";
    case Removal::price:
      return "price_unknown";
  }
  return "unknown";
}

namespace {

constexpr std::pair<std::uint32_t, std::string_view> capability_names[] = {
    {cap_tools, "tools"},
    {cap_json_schema, "response formats"},
    {cap_images, "images"},
    {cap_thinking, "thinking"},
    {cap_prefill, "continuing an assistant message"},
    {cap_embeddings, "embeddings"},
    {cap_stateful, "state at the provider"}};

}  // namespace

std::string_view failure_name(FailureKind kind) {
  switch (kind) {
    case FailureKind::refused:
      return "refused";
    case FailureKind::connect:
      return "connect";
    case FailureKind::first_byte:
      return "first_byte";
    case FailureKind::rate_limited:
      return "rate_limited";
    case FailureKind::server:
      return "server";
    case FailureKind::client:
      return "client";
    case FailureKind::cut:
      return "cut";
    case FailureKind::stalled:
      return "stalled";
    case FailureKind::dripping:
      return "dripping";
    case FailureKind::malformed:
      return "malformed";
  }
  return "unknown";
}

RouteState::RouteState(const RoutePolicy& policy) : milli_(milli_of(policy.retry_burst)) {}

void RouteState::earn(const RoutePolicy& policy) {
  const std::int64_t most = milli_of(policy.retry_burst);
  std::int64_t saved = milli_.load(std::memory_order_relaxed);
  while (saved < most) {
    const std::int64_t more = std::min(most, saved + milli_of(policy.retry_ratio));
    if (milli_.compare_exchange_weak(saved, more, std::memory_order_relaxed)) return;
  }
}

bool RouteState::spend() {
  std::int64_t saved = milli_.load(std::memory_order_relaxed);
  while (saved >= milli)
    if (milli_.compare_exchange_weak(saved, saved - milli, std::memory_order_relaxed)) return true;
  return false;
}

RoutePlan::RoutePlan(const RoutePolicy& policy, RouteState& state, std::span<const RouteModel> models,
                     RouteNeed need, Rng& random, Instant now)
    : policy_(policy),
      state_(state),
      models_(models),
      need_(need),
      random_(random),
      deadline_(now + policy.time_max) {
  state_.earn(policy_);
  std::vector<RouteCandidate> fit;
  for (const RouteCandidate& candidate : policy_.candidates) {
    Removal why{};
    if (fits(candidate, why))
      fit.push_back(candidate);
    else
      removed_.push_back({candidate.model, why});
  }
  rank(std::move(fit), random, now);
  places_.resize(order_.size());
}

RoutePlan::~RoutePlan() {
  for (std::size_t i = 0; i < order_.size(); ++i)
    if (places_[i].open) abandoned(order_[i], 0);
}

NanoDollars RoutePlan::most_cost(std::uint32_t model) const {
  return most_cost_of(models_[model].price, need_.prompt_tokens, need_.output_tokens);
}

bool RoutePlan::fits(const RouteCandidate& candidate, Removal& why) const {
  const RouteModel& model = models_[candidate.model];
  const auto removed = [&why](Removal reason) {
    why = reason;
    return false;
  };
  if (need_.label.level > model.clearance.level_max) return removed(Removal::data_class);
  if (!may_see(model.clearance, need_.label)) return removed(Removal::region);
  if ((need_.capabilities & ~model.capabilities) != 0) return removed(Removal::capability);
  if (model.context_tokens > 0 && need_.prompt_tokens >= model.context_tokens)
    return removed(Removal::context_length);
  if (candidate.prompt_tokens_max > 0 && need_.prompt_tokens > candidate.prompt_tokens_max)
    return removed(Removal::condition);
  const bool priced = model.price_known && (model.price.prompt_tokens_max == 0 ||
                                            need_.prompt_tokens <= model.price.prompt_tokens_max);
  if (!priced && (need_.budgeted || policy_.cost_max > 0)) return removed(Removal::price);
  if (policy_.cost_max > 0 && most_cost(candidate.model) > policy_.cost_max) return removed(Removal::cost);
  return true;
}

void RoutePlan::rank(std::vector<RouteCandidate> fit, Rng& random, Instant now) {
  if (policy_.strategy == Strategy::weighted) {
    // Draws without replacement, so that the rest of the order is weighted as well.
    std::uint64_t total = 0;
    for (const RouteCandidate& candidate : fit) total += candidate.weight;
    for (auto first = fit.begin(); first != fit.end() && total > 0; ++first) {
      auto drawn = first;
      std::uint64_t at = static_cast<std::uint64_t>(random.uniform() * static_cast<double>(total));
      while (drawn + 1 != fit.end() && at >= drawn->weight) at -= (drawn++)->weight;
      total -= drawn->weight;
      std::rotate(first, drawn, drawn + 1);
    }
  } else if (policy_.strategy == Strategy::lowest_cost) {
    std::stable_sort(fit.begin(), fit.end(), [this](const RouteCandidate& a, const RouteCandidate& b) {
      return most_cost(a.model) < most_cost(b.model);
    });
  } else if (policy_.strategy == Strategy::least_latency && fit.size() > 1) {
    // Two drawn at random, the less loaded one first (Mitzenmacher 2001): the others follow by load.
    const auto load = [&](const RouteCandidate& c) { return models_[c.model].health->load(now); };
    const auto count = static_cast<std::uint32_t>(fit.size());
    const std::uint32_t a = random.below(count);
    const std::uint32_t b = (a + 1 + random.below(count - 1)) % count;
    std::swap(fit[0], fit[load(fit[a]) <= load(fit[b]) ? a : b]);
    std::stable_sort(fit.begin() + 1, fit.end(),
                     [&](const RouteCandidate& x, const RouteCandidate& y) { return load(x) < load(y); });
  }
  order_.reserve(fit.size());
  for (const RouteCandidate& candidate : fit) order_.push_back(candidate.model);
}

RoutePlan::Place& RoutePlan::place_of(std::uint32_t model) {
  const auto at = std::find(order_.begin(), order_.end(), model);
  LOADLINE_ASSERT(at != order_.end());
  return places_[static_cast<std::size_t>(at - order_.begin())];
}

bool RoutePlan::usable(std::size_t place) const {
  const std::uint32_t model = order_[place];
  if (places_[place].never_again || places_[place].open) return false;
  if (delivered_ && (models_[model].capabilities & cap_prefill) == 0) return false;
  return policy_.cost_max == 0 || spent_ + most_cost(model) <= policy_.cost_max;
}

std::size_t RoutePlan::least_tried(bool untried_only, Instant now, bool rested_only) const {
  std::size_t best = npos;
  for (std::size_t i = 0; i < order_.size(); ++i) {
    if (!usable(i) || (untried_only && places_[i].tries > 0)) continue;
    if (rested_only && models_[order_[i]].health->resting_until(now)) continue;
    if (rested_only && places_[i].tries > 0 && now < not_before_) continue;
    if (best == npos || places_[i].tries < places_[best].tries) best = i;
  }
  return best;
}

bool RoutePlan::begin(std::size_t place, Instant now) {
  if (!models_[order_[place]].health->begin(now)) return false;
  Place& begun = places_[place];
  begun.open = true;
  begun.answered = false;
  begun.begun = now;
  ++begun.tries;
  ++attempts_;
  return true;
}

RouteStep RoutePlan::next(Instant now) {
  if (order_.empty()) {
    const bool forbidden = std::all_of(removed_.begin(), removed_.end(), [](const RemovedCandidate& removed) {
      return removed.why == Removal::data_class || removed.why == Removal::region;
    });
    const bool other_kind = (need_.capabilities & cap_embeddings) != 0;  // a chat model has no such address
    if (!forbidden && other_kind)
      return give_up(Code::not_found,
                     "'" + policy_.name + "' does not embed texts; GET /v1/models lists what there is");
    if (forbidden)
      return give_up(Code::permission_denied,
                     "no model of the route '" + policy_.name + "' may see data of this class");
    const bool unpriced = std::any_of(removed_.begin(), removed_.end(), [](const RemovedCandidate& removed) {
      return removed.why == Removal::price;
    });
    if (unpriced)
      return give_up(Code::failed_precondition,
                     "a budget applies, and the price of no model of the route '" + policy_.name +
                         "' is known; the manifest can say it (models: NAME: price:)");
    return give_up(Code::invalid_argument,
                   "no model of the route '" + policy_.name + "' can serve this request" + lacking());
  }
  if (final_) return give_up_after_failure();
  if (now >= deadline_)
    return give_up(Code::deadline_exceeded, "the route's time for all attempts is used up");
  if (attempts_ >= policy_.attempts_max) return give_up_after_failure();
  const std::size_t place = least_tried(false, now, true);
  if (place == npos) return wait_or_give_up(now);
  if (attempts_ > 0 && !state_.spend()) return give_up_after_failure();
  if (!begin(place, now)) return wait_or_give_up(now);  // another request has just taken the probe
  RouteStep step;
  step.kind = RouteStep::Kind::attempt;
  step.model = order_[place];
  step.continue_from = delivered_;
  return step;
}

// What no candidate can do, if that is the reason.
std::string RoutePlan::lacking() const {
  std::uint32_t any = 0;
  for (const RouteCandidate& candidate : policy_.candidates) any |= models_[candidate.model].capabilities;
  std::string names;
  for (const auto& [bit, name] : capability_names)
    if ((need_.capabilities & ~any & bit) != 0)
      names += (names.empty() ? ": it has " : ", ") + std::string(name);
  return names;
}

std::optional<std::uint32_t> RoutePlan::hedge(Instant now) {
  if (final_ || delivered_ || attempts_ >= policy_.attempts_max || now >= deadline_) return std::nullopt;
  const std::size_t place = least_tried(true, now, true);
  if (place == npos || !state_.spend() || !begin(place, now)) return std::nullopt;
  return order_[place];
}

// Waiting is for short rests; a client can wait for a long one better than a connection can.
RouteStep RoutePlan::wait_or_give_up(Instant now) const {
  std::optional<Instant> first;
  for (std::size_t i = 0; i < order_.size(); ++i) {
    if (!usable(i)) continue;
    Instant until = models_[order_[i]].health->resting_until(now).value_or(now);
    if (places_[i].tries > 0) until = std::max(until, not_before_);
    if (!first || until < *first) first = until;
  }
  if (!first) return give_up_after_failure();
  const Instant until = std::max(*first, now + std::chrono::milliseconds(1));
  if (until - now > policy_.backoff_max || until >= deadline_) {
    RouteStep step = last_failure_ ? give_up_after_failure()
                                   : give_up(Code::unavailable, "every model of the route '" + policy_.name +
                                                                    "' has failed of late and is resting");
    step.retry_after = until - now;
    return step;
  }
  RouteStep step;
  step.kind = RouteStep::Kind::wait;
  step.until = until;
  return step;
}

RouteStep RoutePlan::give_up(Code code, std::string message, Duration retry_after) const {
  RouteStep step;
  step.error = Error(code, std::move(message));
  step.retry_after = retry_after;
  return step;
}

RouteStep RoutePlan::give_up_after_failure() const {
  if (!last_failure_)
    return give_up(Code::unavailable, "no model of the route '" + policy_.name + "' is free");
  const AttemptFailure& failure = *last_failure_;
  const std::string after = std::to_string(attempts_) + (attempts_ == 1 ? " attempt" : " attempts");
  Code code = Code::unavailable;
  if (failure.kind == FailureKind::rate_limited) code = Code::resource_exhausted;
  if (failure.kind == FailureKind::client) code = Code::invalid_argument;
  if (failure.kind == FailureKind::refused) code = Code::permission_denied;
  return give_up(code,
                 "the route '" + policy_.name + "' failed after " + after +
                     "; the last one: " + std::string(failure_name(failure.kind)),
                 failure.retry_after);
}

void RoutePlan::answered(std::uint32_t model, Instant now) {
  Place& place = place_of(model);
  LOADLINE_ASSERT(place.open && !place.answered);
  place.answered = true;
  models_[model].health->answered(now, now - place.begun);
}

void RoutePlan::succeeded(std::uint32_t model) {
  Place& place = place_of(model);
  LOADLINE_ASSERT(place.open && place.answered);
  place.open = false;
  models_[model].health->succeeded();
}

void RoutePlan::abandoned(std::uint32_t model, NanoDollars spent) {
  Place& place = place_of(model);
  LOADLINE_ASSERT(place.open);
  place.open = false;
  models_[model].health->abandoned();
  spent_ += spent;
}

Duration RoutePlan::backoff(std::uint32_t tries) {
  const std::uint32_t doublings = std::min<std::uint32_t>(tries > 0 ? tries - 1 : 0, 20);
  const Duration full = std::min<Duration>(policy_.backoff_max, policy_.backoff_first * (1LL << doublings));
  return std::chrono::duration_cast<Duration>(full * (0.5 + random_.uniform() / 2));
}

void RoutePlan::failed(std::uint32_t model, const AttemptFailure& failure, Instant now) {
  Place& place = place_of(model);
  LOADLINE_ASSERT(place.open);
  place.open = false;
  last_failure_ = failure;
  spent_ += failure.spent;
  delivered_ = delivered_ || failure.delivered;
  UpstreamHealth& health = *models_[model].health;
  if (failure.kind == FailureKind::client || failure.kind == FailureKind::refused) {
    health.abandoned();
  } else if (failure.retry_after > Duration::zero()) {
    health.told_to_wait(now, now + failure.retry_after);
  } else if (failure.kind == FailureKind::rate_limited) {
    health.abandoned();
  } else {
    health.failed(now);
  }
  if (failure.kind == FailureKind::refused) place.never_again = true;
  if (failure.kind == FailureKind::client) final_ = true;
  if (delivered_ && policy_.when_cut != WhenCut::continue_) final_ = true;
  not_before_ = now + backoff(place.tries);
}

}  // namespace loadline

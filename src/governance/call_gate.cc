#include "governance/call_gate.h"

#include <algorithm>

#include "base/assert.h"

namespace loadline {
namespace {

FairQueue::Bounds queue_bounds(const GateBounds& bounds) {
  return {.waiting_max = bounds.waiting, .waiting_per_key_max = std::max<std::size_t>(1, bounds.waiting / 2)};
}

}  // namespace

bool CallGate::Entry::runs() const {
  const std::lock_guard lock(gate_->mutex_);
  return runs_;
}

std::shared_ptr<CallGate> CallGate::make(std::string name, GateBounds bounds, const Clock& clock) {
  return std::shared_ptr<CallGate>(new CallGate(std::move(name), bounds, clock));
}

CallGate::CallGate(std::string name, GateBounds bounds, const Clock& clock)
    : name_(std::move(name)), clock_(clock), bounds_(bounds), queue_(queue_bounds(bounds)) {
  LOADLINE_ASSERT(bounds.concurrent > 0);
}

void CallGate::begin_locked(Entry& entry) {
  ++running_;
  entry.waiting_ = 0;
  entry.runs_ = true;
  entry.since_ = clock_.now();
}

std::unique_ptr<CallGate::Entry> CallGate::try_enter() {
  auto entry = std::make_unique<Entry>(shared_from_this(), nullptr);
  {
    const std::lock_guard lock(mutex_);
    if (running_ < bounds_.concurrent && queue_.size() == 0) begin_locked(*entry);
    if (entry->runs_) return entry;
  }
  return nullptr;
}

CallGate::Entered CallGate::enter(const GateCaller& caller, std::function<void()> wake) {
  Entered entered;
  auto entry = std::make_unique<Entry>(shared_from_this(), std::move(wake));
  {
    const std::lock_guard lock(mutex_);
    if (running_ < bounds_.concurrent && queue_.size() == 0) {
      begin_locked(*entry);
    } else {
      const auto id = queue_.push({.key = caller.key,
                                   .weight = std::max<std::uint32_t>(1, caller.weight),
                                   .priority = caller.priority,
                                   .cost = caller.cost,
                                   .deadline = clock_.now() + caller.patience});
      if (id) {
        entry->waiting_ = *id;
        waiting_.emplace(*id, entry.get());
      } else {
        const std::string half = std::to_string(std::max(1U, bounds_.waiting / 2));
        entered.refused = refusal_locked(queue_.size() >= bounds_.waiting
                                             ? std::to_string(bounds_.waiting) + " calls wait for it already"
                                             : half + " calls of this key wait for it already");
      }
    }
  }
  if (!entered.refused) entered.entry = std::move(entry);
  return entered;
}

Refusal CallGate::waited_too_long() const {
  const std::lock_guard lock(mutex_);
  return refusal_locked("none was free within the time that a call may wait");
}

// How long until those who run and wait are through, and one more: ceil((waiting + 1) / places) rounds.
std::int64_t CallGate::expected_ms_locked() const {
  const auto rounds = static_cast<std::int64_t>(queue_.size() / bounds_.concurrent + 1);
  const std::int64_t mean_ms = std::chrono::ceil<std::chrono::milliseconds>(mean_).count();
  return std::clamp(mean_ms * rounds, retry_ms_min, retry_ms_max);
}

Refusal CallGate::refusal_locked(std::string_view why) const {
  return {Error(Code::resource_exhausted, "the model '" + name_ + "' takes " +
                                              std::to_string(bounds_.concurrent) +
                                              " calls at one time, and " + std::string(why)),
          expected_ms_locked()};
}

std::vector<std::function<void()>> CallGate::give_places_locked() {
  std::vector<std::function<void()>> wakes;
  while (running_ < bounds_.concurrent) {
    const auto next = queue_.pop(clock_.now());
    if (!next) break;
    const auto at = waiting_.find(*next);
    LOADLINE_ASSERT(at != waiting_.end());
    begin_locked(*at->second);
    wakes.push_back(std::move(at->second->wake_));
    waiting_.erase(at);
  }
  return wakes;
}

void CallGate::leave(Entry& entry) {
  std::vector<std::function<void()>> wakes;
  {
    const std::lock_guard lock(mutex_);
    if (entry.waiting_ != 0) {
      waiting_.erase(entry.waiting_);
      queue_.remove(entry.waiting_);
    } else if (entry.runs_) {
      --running_;
      const Duration took = clock_.now() - entry.since_;
      mean_ = mean_ == Duration::zero() ? took : mean_ + (took - mean_) / 8;
      wakes = give_places_locked();
    }
  }
  for (const auto& wake : wakes)
    if (wake) wake();
}

void CallGate::use(GateBounds bounds) {
  LOADLINE_ASSERT(bounds.concurrent > 0);
  std::vector<std::function<void()>> wakes;
  {
    const std::lock_guard lock(mutex_);
    bounds_ = bounds;
    queue_.use(queue_bounds(bounds));
    wakes = give_places_locked();
  }
  for (const auto& wake : wakes)
    if (wake) wake();
}

CallGate::Counts CallGate::counts() const {
  const std::lock_guard lock(mutex_);
  return {running_, queue_.size()};
}

std::shared_ptr<CallGate> CallGates::of(const std::string& name, GateBounds bounds) {
  const std::lock_guard lock(mutex_);
  const auto at = gates_.find(name);
  if (at == gates_.end()) {
    // Of models that no manifest names any more.
    if (gates_.size() >= gates_max)
      std::erase_if(gates_, [](const auto& known) { return known.second.gate.use_count() == 1; });
    return gates_.emplace(name, Known{CallGate::make(name, bounds, clock_), bounds}).first->second.gate;
  }
  if (!(at->second.bounds == bounds)) {
    at->second.bounds = bounds;
    at->second.gate->use(bounds);
  }
  return at->second.gate;
}

std::vector<std::pair<std::string, CallGate::Counts>> CallGates::counts() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, CallGate::Counts>> all;
  for (const auto& [name, known] : gates_) all.emplace_back(name, known.gate->counts());
  return all;
}

}  // namespace loadline

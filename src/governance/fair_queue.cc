#include "governance/fair_queue.h"

#include <algorithm>

#include "base/assert.h"

namespace loadline {
namespace {
constexpr std::uint64_t tag_scale = 1000;  // so that cost / weight stays apart for the largest weights
// A tag overflows after 16 million calls of this cost without the queue ever being empty.
constexpr std::uint64_t cost_max = 1'000'000'000;
}  // namespace

std::optional<FairQueue::Id> FairQueue::push(const Ticket& ticket) {
  LOADLINE_ASSERT(ticket.weight > 0);
  if (waiting_.size() >= bounds_.waiting_max) return std::nullopt;
  KeyState& key = keys_[{ticket.priority, std::string(ticket.key)}];
  if (key.waiting >= bounds_.waiting_per_key_max) return std::nullopt;
  const std::uint64_t step =
      std::max<std::uint64_t>(std::min(ticket.cost, cost_max) * tag_scale / ticket.weight, 1);
  key.last_tag = std::max(virtual_time_[ticket.priority], key.last_tag) + step;
  ++key.waiting;
  const Id id = next_id_++;
  waiting_.emplace(id, Waiting{std::string(ticket.key), ticket.priority, key.last_tag, ticket.deadline});
  order_.insert({ticket.priority, key.last_tag, id});
  deadlines_.insert({ticket.deadline, id});
  return id;
}

void FairQueue::take(Id id) {
  const auto at = waiting_.find(id);
  const Waiting& waiting = at->second;
  order_.erase({waiting.priority, waiting.tag, id});
  deadlines_.erase({waiting.deadline, id});
  const auto key = keys_.find(std::make_pair(waiting.priority, waiting.key));
  // A key of which nobody waits has no tag beyond virtual time (its last one was just served), or cost
  // nothing.
  if (--key->second.waiting == 0) keys_.erase(key);
  waiting_.erase(at);
  if (waiting_.empty()) virtual_time_.clear();
}

std::optional<FairQueue::Id> FairQueue::pop(Instant now) {
  for (const Order& next : order_) {
    const Waiting& waiting = waiting_.at(next.id);
    if (waiting.deadline <= now) continue;
    const Id id = next.id;
    virtual_time_[next.priority] = next.tag;
    take(id);
    return id;
  }
  return std::nullopt;
}

bool FairQueue::remove(Id id) {
  if (!waiting_.contains(id)) return false;
  take(id);
  return true;
}

std::vector<FairQueue::Id> FairQueue::expire(Instant now) {
  std::vector<Id> over;
  for (auto at = deadlines_.begin(); at != deadlines_.end() && at->first <= now; ++at)
    over.push_back(at->second);
  for (const Id id : over) take(id);
  return over;
}

std::optional<Instant> FairQueue::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

}  // namespace loadline

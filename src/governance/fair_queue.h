#pragma once
// Who goes next when all places are taken: higher priority first; among equals, keys share by weight.
//
// Weighted fair queueing with virtual time (self-clocked, after Golestani 1994): a waiting call of a key gets
// the tag max(virtual time, the key's last tag) + cost / weight, and the smallest tag goes first, so a key
// with many waiting calls does not hold up a key with one. A lower priority waits for as long as higher ones
// come: every ticket has a deadline, after which it is refused. Knows no thread, socket or clock: times are
// given. Not thread-safe: belongs to whoever holds its lock.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace loadline {

class FairQueue {
 public:
  struct Bounds {
    std::size_t waiting_max = 1024;
    std::size_t waiting_per_key_max = 256;
  };
  struct Ticket {
    std::string_view key;
    std::uint32_t weight = 1;    // at least 1
    std::uint32_t priority = 0;  // higher goes first
    std::uint64_t cost = 1;      // tokens, or 1 for each call alike
    Instant deadline{};
  };
  using Id = std::uint64_t;

  explicit FairQueue(Bounds bounds) : bounds_(bounds) {}
  /// From now on; who waits already goes on waiting.
  void use(Bounds bounds) { bounds_ = bounds; }

  /// Nothing: full, or too many of this key wait.
  std::optional<Id> push(const Ticket& ticket);
  /// Takes the next one whose deadline is not over.
  std::optional<Id> pop(Instant now);
  /// The caller went away. False if it is not waiting.
  bool remove(Id id);
  /// Takes out those whose deadline is over.
  std::vector<Id> expire(Instant now);
  /// When `expire` has something to do next.
  std::optional<Instant> next_deadline() const;
  std::size_t size() const { return waiting_.size(); }

 private:
  struct Waiting {
    std::string key;
    std::uint32_t priority;
    std::uint64_t tag;
    Instant deadline;
  };
  struct Order {
    std::uint32_t priority;
    std::uint64_t tag;
    Id id;
    bool operator<(const Order& other) const {
      if (priority != other.priority) return priority > other.priority;
      return tag != other.tag ? tag < other.tag : id < other.id;
    }
  };
  struct KeyState {
    std::size_t waiting = 0;
    std::uint64_t last_tag = 0;
  };
  void take(Id id);

  Bounds bounds_;
  Id next_id_ = 1;
  std::map<std::uint32_t, std::uint64_t> virtual_time_;  // by priority
  std::map<Id, Waiting> waiting_;
  std::set<Order> order_;
  std::set<std::pair<Instant, Id>> deadlines_;
  std::map<std::pair<std::uint32_t, std::string>, KeyState, std::less<>> keys_;
};

}  // namespace loadline

#pragma once
// The places of one model: so many calls at one time, and who waits for the next one, in the order of
// governance/fair_queue.
//
// A call enters; either it runs at once, or it waits and is told when its place comes (`wake`), or it is
// refused because too many wait. Its Entry gives back whatever it has when it is destroyed, so that a caller
// who leaves, waited long enough or failed needs to do nothing else. Knows no socket; times come from the
// clock given. Thread-safe: no lock is held longer than some additions in a map, none while `wake` is called.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "governance/fair_queue.h"
#include "governance/refusal.h"

namespace loadline {

struct GateBounds {
  std::uint32_t concurrent = 1;  // calls at one time, at least 1
  std::uint32_t waiting = 64;    // further ones that may wait, half of them of one key; 0: none

  friend bool operator==(const GateBounds&, const GateBounds&) = default;
};

struct GateCaller {
  std::string_view key;
  std::uint32_t weight = 1;
  std::uint32_t priority = 0;
  std::uint64_t cost = 1;  // tokens, what shares are counted in
  Duration patience{};     // how long it waits at most
};

class CallGate : public std::enable_shared_from_this<CallGate> {
 public:
  /// What Retry-After says is never less or more.
  static constexpr std::int64_t retry_ms_min = 1000, retry_ms_max = 600'000;

  /// A place, or a wait for one.
  class Entry {
   public:
    Entry(std::shared_ptr<CallGate> gate, std::function<void()> wake)
        : gate_(std::move(gate)), wake_(std::move(wake)) {}
    ~Entry() { gate_->leave(*this); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    /// Whether it has its place.
    bool runs() const;

   private:
    friend class CallGate;
    const std::shared_ptr<CallGate> gate_;
    // guarded by the gate's lock
    std::function<void()> wake_;
    FairQueue::Id waiting_ = 0;  // 0: it does not
    bool runs_ = false;
    Instant since_{};  // of running
  };

  struct Entered {
    std::unique_ptr<Entry> entry;    // null: refused
    std::optional<Refusal> refused;  // retry_after_ms: when a place is expected, by what calls took so far
  };

  /// `name`: of the model, for messages.
  static std::shared_ptr<CallGate> make(std::string name, GateBounds bounds, const Clock& clock);

  /// `wake` is called at most once, when an entry that waits gets its place, by whichever thread gives it up,
  /// and maybe after the entry is gone: it owns what it touches. It must not call the gate.
  Entered enter(const GateCaller& caller, std::function<void()> wake);
  /// A place if there is one and nobody waits for it; null otherwise.
  std::unique_ptr<Entry> try_enter();
  /// For who waited until `patience` was over.
  Refusal waited_too_long() const;
  /// After the manifest changed. Who runs beyond them ends in peace, who waits goes on waiting.
  void use(GateBounds bounds);

  struct Counts {
    std::uint32_t running = 0;
    std::size_t waiting = 0;
  };
  Counts counts() const;

 private:
  CallGate(std::string name, GateBounds bounds, const Clock& clock);
  void leave(Entry& entry);
  void begin_locked(Entry& entry);
  std::vector<std::function<void()>> give_places_locked();
  std::int64_t expected_ms_locked() const;
  Refusal refusal_locked(std::string_view why) const;

  const std::string name_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  // guarded by mutex_
  GateBounds bounds_;
  FairQueue queue_;
  std::map<FairQueue::Id, Entry*> waiting_;
  std::uint32_t running_ = 0;
  Duration mean_{};  // of what calls took, the newest counting most; 0: none has ended yet
};

/// The gates of all models, by name: they outlive a change of the manifest, since running calls do.
class CallGates {
 public:
  static constexpr std::size_t gates_max = 10'000;  // names come from manifests

  explicit CallGates(const Clock& clock) : clock_(clock) {}
  std::shared_ptr<CallGate> of(const std::string& name, GateBounds bounds);
  /// By name.
  std::vector<std::pair<std::string, CallGate::Counts>> counts() const;

 private:
  struct Known {
    std::shared_ptr<CallGate> gate;
    GateBounds bounds;
  };
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Known, std::less<>> gates_;  // guarded by mutex_
};

}  // namespace loadline

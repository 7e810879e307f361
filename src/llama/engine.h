#pragma once
// The owner of one loaded model: a thread that decodes all requests together, step by step.
//
// A step is one call of llama_decode with, first, one token of every running stream (and guesses from its
// prompt, if few streams run), then pieces of prompts, as many tokens as StepBudget says. Between steps it
// takes in new requests, drops those that nobody waits for, and lets parked ones go on.
//
// Prefixes: what a request has computed is remembered (PrefixCache) and given to later requests without
// copying. A request that shares more with one that is still being read than with the cache is *parked* until
// the shared part is there.
//
// Memory: cells of the cache's tree plus cells that only one request sees never exceed the context. Room is
// made by eviction; if that is not enough, the youngest request gives up its cells and is read again later.
//
// Failure: a request fails alone. When llama_decode refuses a batch, its members are tried one by one.
//
// Thread rule: `submit` and the getters from any thread; everything else is the owner thread's.
#include <llama.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "llama/draft.h"
#include "llama/generation.h"
#include "llama/handles.h"
#include "llama/prefix_cache.h"
#include "llama/step_budget.h"
#include "llama/text_stream.h"
#include "llama/thread_choice.h"
#include "llama/vocabulary.h"

namespace loadline::llama {

struct EngineOptions {
  std::uint32_t threads = 1;           // at most
  std::uint32_t slots = 4;             // requests decoded together
  std::uint32_t cached_prefixes = 64;  // leaves of the prefix tree
  std::uint32_t queue_length = 64;     // requests that wait for a slot
  std::uint32_t request_tokens = 0;    // prompt and answer of one request
  StepBudget::Limits steps;
  bool share_prefixes = true;
  bool lookup_drafts = true;
};

/// Running totals since the start; what observability and tests look at.
struct EngineCounters {
  std::uint64_t steps = 0;
  std::uint64_t prompt_tokens_computed = 0;
  std::uint64_t prompt_tokens_shared = 0;
  std::uint64_t generated_tokens = 0;
  std::uint64_t drafted_tokens = 0;
  std::uint64_t drafted_tokens_right = 0;
  std::uint64_t parked = 0;
  std::uint64_t preempted = 0;
  std::uint64_t evicted_cells = 0;
};

class Engine {
 public:
  /// `context` was made with n_seq_max >= slots + cached_prefixes and a unified cache. Starts the thread.
  Engine(ContextHandle context, const Vocabulary& vocabulary, const EngineOptions& options);
  /// Ends running and waiting generations with `unavailable` and joins the thread.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Hands a generation over. resource_exhausted: the queue is full; the message says when to come again.
  Status submit(std::shared_ptr<Generation> generation);
  /// How long a request that comes now will probably wait for a slot; at least a second when the queue is not
  /// empty.
  std::chrono::seconds expected_wait() const;
  EngineCounters counters() const;

 private:
  class ContextMemory final : public SequenceMemory {
   public:
    explicit ContextMemory(llama_context* context) : memory_(llama_get_memory(context)) {}
    void share(SequenceId from, SequenceId to, std::size_t begin, std::size_t end) override;
    void cut(SequenceId sequence, std::size_t begin, std::size_t end) override;

   private:
    llama_memory_t memory_;
  };

  /// A request that is being read or written.
  struct Slot {
    Slot(std::shared_ptr<Generation> generation_in, SequenceId sequence_in, std::uint64_t number_in);

    const std::shared_ptr<Generation> generation;
    const SequenceId sequence;
    const std::uint64_t number;  // order of admission
    const std::chrono::steady_clock::time_point admitted = std::chrono::steady_clock::now();
    std::vector<TokenId> tokens;  // prompt and generated
    const std::size_t prompt_size;
    std::size_t computed = 0;  // of `tokens`, those whose cells the sequence sees
    std::size_t cached = 0;    // of the prompt, those that somebody else had computed
    bool started = false;      // it has cells (or is to get its first)
    bool counted = false;      // `cached` is final
    PrefixCache::Lease lease;
    TextStream text;
    PromptLookup lookup;
    struct HeldLogprob {
      std::size_t begin, end;  // bytes of the text
      TokenLogprob value;
    };
    std::deque<HeldLogprob> logprobs;

    // Parked: until `parked_on` has computed `parked_until` tokens or is gone. 0: not parked.
    std::uint64_t parked_on = 0;
    std::size_t parked_until = 0;

    // In this step: places in the batch.
    std::int32_t batch_begin = 0;
    std::int32_t batch_count = 0;
    std::vector<TokenId> draft;
    std::optional<GenerationOutcome> outcome;  // set: to be taken out

    std::size_t pending() const { return tokens.size() - computed; }
    std::size_t generated() const { return tokens.size() - prompt_size; }
    bool writing() const { return started && pending() == 1 && generated() > 0; }
    bool reading() const { return started && !writing(); }
    std::size_t private_cells() const { return started ? computed - lease.length() : 0; }
  };

  struct Batch {
    std::vector<TokenId> tokens;
    std::vector<llama_pos> positions;
    std::vector<std::int32_t> sequence_counts;
    std::vector<llama_seq_id> sequences;
    std::vector<llama_seq_id*> sequence_lists;
    std::vector<std::int8_t> outputs;
    std::vector<Slot*> slots;  // with something in this batch
    double cells = 0;          // attended to, summed over tokens

    void clear();
    void add(TokenId token, std::size_t position, SequenceId sequence, bool output);
    llama_batch view();
  };

  void run();
  bool take_in();
  void drop_unwanted();
  void place();
  bool can_start(const Slot& slot) const;
  bool start(Slot& slot);
  Slot* best_source(const Slot& slot, std::size_t& shared) const;
  Slot* find(std::uint64_t number) const;
  void attach(Slot& slot);

  void compose();
  void add_writers();
  void make_drafts(const std::vector<Slot*>& writers);
  void add_readers(std::size_t budget);
  bool make_room(std::size_t cells);
  std::size_t free_cells() const;
  Slot* youngest_with_cells() const;
  void preempt(Slot& slot);

  void step();
  int decode(llama_batch view);
  void after_decode(Slot& slot);
  void isolate();
  void take_tokens(Slot& slot);
  void add_text(Slot& slot, TokenId token, const std::optional<TokenLikelihood>& likelihood);
  void post(Slot& slot, bool last);
  void finish(Slot& slot);
  void retire();
  static bool step_is_unwanted(void* self);

  // Constant after construction.
  const Vocabulary& vocabulary_;
  const EngineOptions options_;
  const ContextHandle context_;
  const std::size_t capacity_;  // cells

  // The owner thread's.
  ContextMemory memory_;
  PrefixCache cache_;
  StepBudget budget_;
  ThreadChoice threads_;
  std::vector<SequenceId> free_sequences_;
  std::vector<std::unique_ptr<Slot>> slots_;  // in order of admission
  std::uint64_t admitted_ = 0;
  Batch batch_;
  std::vector<float> logits_copy_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<std::shared_ptr<Generation>> queue_;
  EngineCounters counters_;
  double request_seconds_ = 5.0;  // running average of a request's time in a slot
  std::atomic<bool> stopping_{false};

  std::thread thread_;  // last: runs over all of the above
};

}  // namespace loadline::llama

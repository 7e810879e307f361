#include "llama/engine.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <exception>

#include "base/assert.h"

namespace loadline::llama {
namespace {

constexpr std::size_t kShareMin = 16;  // tokens that make parking worth it
// Cells that must be free beyond the prompt before a request starts.
constexpr std::size_t kAnswerReserve = 32;
constexpr std::size_t kSmallStep = 9;    // tokens of a step that is drafted for
constexpr float kLogprobMin = -9999.0F;  // stands for "never"; JSON has no infinity

std::size_t common_prefix(const std::vector<TokenId>& a, const std::vector<TokenId>& b) {
  const std::size_t most = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most), b.begin()).first - a.begin());
}

/// How long the calling thread has been running on a core.
std::chrono::duration<double> time_on_core() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::duration<double>(static_cast<double>(time.tv_sec) +
                                       1e-9 * static_cast<double>(time.tv_nsec));
}

}  // namespace

void Engine::ContextMemory::share(SequenceId from, SequenceId to, std::size_t begin, std::size_t end) {
  if (begin < end)
    llama_memory_seq_cp(memory_, from, to, static_cast<llama_pos>(begin), static_cast<llama_pos>(end));
}

void Engine::ContextMemory::cut(SequenceId sequence, std::size_t begin, std::size_t end) {
  llama_memory_seq_rm(memory_, sequence, static_cast<llama_pos>(begin),
                      end == to_the_end ? -1 : static_cast<llama_pos>(end));
}

Engine::Slot::Slot(std::shared_ptr<Generation> generation_in, SequenceId sequence_in, std::uint64_t number_in)
    : generation(std::move(generation_in)),
      sequence(sequence_in),
      number(number_in),
      tokens(generation->request.prompt),
      prompt_size(tokens.size()),
      text(generation->request.stops),
      lookup(PromptLookup::Limits{}) {}

void Engine::Batch::clear() {
  tokens.clear();
  positions.clear();
  sequences.clear();
  outputs.clear();
  slots.clear();
  cells = 0;
}

void Engine::Batch::add(TokenId token, std::size_t position, SequenceId sequence, bool output) {
  tokens.push_back(token);
  positions.push_back(static_cast<llama_pos>(position));
  sequences.push_back(sequence);
  outputs.push_back(output ? 1 : 0);
  cells += static_cast<double>(position);
}

llama_batch Engine::Batch::view() {
  sequence_counts.assign(tokens.size(), 1);
  sequence_lists.resize(tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) sequence_lists[i] = &sequences[i];
  llama_batch batch{};
  batch.n_tokens = static_cast<std::int32_t>(tokens.size());
  batch.token = tokens.data();
  batch.pos = positions.data();
  batch.n_seq_id = sequence_counts.data();
  batch.seq_id = sequence_lists.data();
  batch.logits = outputs.data();
  return batch;
}

Engine::Engine(ContextHandle context, const Vocabulary& vocabulary, const EngineOptions& options)
    : vocabulary_(vocabulary),
      options_(options),
      context_(std::move(context)),
      capacity_(llama_n_ctx(context_.get())),
      memory_(context_.get()),
      cache_(memory_, static_cast<SequenceId>(options.slots), options.cached_prefixes),
      budget_(options.steps),
      threads_(options.threads) {
  LOADLINE_ASSERT(llama_n_seq_max(context_.get()) >= options.slots + options.cached_prefixes);
  LOADLINE_ASSERT(options.request_tokens > 0 && options.request_tokens <= capacity_);
  for (std::uint32_t i = options.slots; i-- > 0;) free_sequences_.push_back(static_cast<SequenceId>(i));
  llama_set_abort_callback(context_.get(), &Engine::step_is_unwanted, this);
  thread_ = std::thread([this] { run(); });
}

Engine::~Engine() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

Status Engine::submit(std::shared_ptr<Generation> generation) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return Error(Code::unavailable, "the model is being closed");
    if (queue_.size() < options_.queue_length) {
      queue_.push_back(std::move(generation));
      work_.notify_one();
      return {};
    }
  }
  return Error(Code::resource_exhausted, "the model's queue of " + std::to_string(options_.queue_length) +
                                             " requests is full; try again in " +
                                             std::to_string(expected_wait().count()) + " s");
}

std::chrono::seconds Engine::expected_wait() const {
  std::lock_guard lock(mutex_);
  if (queue_.empty()) return std::chrono::seconds(0);
  const double rounds = static_cast<double>(queue_.size()) / options_.slots;
  return std::chrono::seconds(std::max(1L, std::lround(std::ceil(rounds * request_seconds_))));
}

EngineCounters Engine::counters() const {
  std::lock_guard lock(mutex_);
  return counters_;
}

// --- the owner thread -------------------------------------------------------------------------------------

void Engine::run() {
  while (take_in()) {
    drop_unwanted();
    place();
    compose();
    if (!batch_.tokens.empty()) step();
    retire();
  }
  for (const auto& slot : slots_) {
    slot->outcome = GenerationOutcome::failed(Error(Code::unavailable, "the model is being closed"));
  }
  retire();
  std::lock_guard lock(mutex_);
  for (const auto& generation : queue_)
    generation->finish(GenerationOutcome::failed(Error(Code::unavailable, "the model is being closed")));
  queue_.clear();
}

/// Waits for work, and gives free slots to waiting requests. False: the engine is being closed.
bool Engine::take_in() {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [&] { return stopping_ || !queue_.empty() || !slots_.empty(); });
  while (!stopping_ && !queue_.empty() && !free_sequences_.empty()) {
    slots_.push_back(std::make_unique<Slot>(queue_.front(), free_sequences_.back(), ++admitted_));
    free_sequences_.pop_back();
    queue_.pop_front();
  }
  return !stopping_;
}

void Engine::drop_unwanted() {
  for (const auto& slot : slots_) {
    if (Status wanted = slot->generation->still_wanted(); !wanted.ok())
      slot->outcome = GenerationOutcome::failed(std::move(wanted).error());
  }
  retire();
  std::vector<std::pair<std::shared_ptr<Generation>, Error>> dropped;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(queue_, [&](const auto& generation) {
      Status wanted = generation->still_wanted();
      if (wanted.ok()) return false;
      dropped.emplace_back(generation, std::move(wanted).error());
      return true;
    });
  }
  for (auto& [generation, error] : dropped) generation->finish(GenerationOutcome::failed(std::move(error)));
}

Engine::Slot* Engine::find(std::uint64_t number) const {
  for (const auto& slot : slots_) {
    if (slot->number == number) return slot.get();
  }
  return nullptr;
}

/// The older request that shares the longest beginning, and how much of it.
Engine::Slot* Engine::best_source(const Slot& slot, std::size_t& shared) const {
  Slot* best = nullptr;
  shared = 0;
  for (const auto& other : slots_) {
    if (other->number >= slot.number) break;
    if (other->generation->request.scope != slot.generation->request.scope || other->outcome) continue;
    const std::size_t common = std::min(common_prefix(other->tokens, slot.tokens), slot.tokens.size() - 1);
    if (common > shared) {
      shared = common;
      best = other.get();
    }
  }
  return best;
}

/// Gives cells to the slots that have none, oldest first.
void Engine::place() {
  for (const auto& slot : slots_) {
    if (slot->started) continue;
    if (slot->parked_on != 0) {
      const Slot* source = find(slot->parked_on);
      if (source != nullptr && (source->parked_on != 0 || source->computed < slot->parked_until)) continue;
      slot->parked_on = 0;
    }
    if (!start(*slot)) break;  // no room: nobody overtakes
  }
}

/// Starts or parks the slot. False if there is no room.
bool Engine::start(Slot& slot) {
  const std::string& scope = slot.generation->request.scope;
  const std::span<const TokenId> all_but_last(slot.tokens.data(), slot.tokens.size() - 1);
  std::size_t shared = 0;
  Slot* source = options_.share_prefixes ? best_source(slot, shared) : nullptr;
  const std::size_t cached = options_.share_prefixes ? cache_.match(scope, all_but_last) : 0;
  if (source != nullptr && shared >= cached + kShareMin) {
    if (!source->started || source->computed < shared) {
      slot.parked_on = source->number;
      slot.parked_until = shared;
      std::lock_guard lock(mutex_);
      ++counters_.parked;
      return true;
    }
    cache_.remember(scope, std::span(slot.tokens.data(), shared), source->sequence, source->lease);
  }
  if (!can_start(slot)) return false;
  attach(slot);
  return true;
}

bool Engine::can_start(const Slot& slot) const {
  const bool alone =
      std::none_of(slots_.begin(), slots_.end(), [](const auto& other) { return other->started; });
  if (alone) return true;
  const std::span<const TokenId> all_but_last(slot.tokens.data(), slot.tokens.size() - 1);
  const std::size_t cached = cache_.match(slot.generation->request.scope, all_but_last);
  return free_cells() + cache_.evictable() >= slot.tokens.size() - cached + kAnswerReserve;
}

void Engine::attach(Slot& slot) {
  slot.started = true;
  if (options_.share_prefixes) {
    const std::span<const TokenId> all_but_last(slot.tokens.data(), slot.tokens.size() - 1);
    slot.lease = cache_.acquire(slot.generation->request.scope, all_but_last, slot.sequence);
    slot.computed = slot.lease.length();
  }
  if (!slot.counted) {
    slot.counted = true;
    slot.cached = slot.computed;
    std::lock_guard lock(mutex_);
    counters_.prompt_tokens_shared += slot.cached;
  }
}

std::size_t Engine::free_cells() const {
  std::size_t used = cache_.cells();
  for (const auto& slot : slots_) used += slot->private_cells();
  return used < capacity_ ? capacity_ - used : 0;
}

// --- composing a step -------------------------------------------------------------------------------------

void Engine::compose() {
  batch_.clear();
  for (const auto& slot : slots_) {
    slot->batch_count = 0;
    slot->draft.clear();
  }
  add_writers();
  const std::size_t running = batch_.tokens.size();
  const double cells = running > 0 ? batch_.cells / static_cast<double>(running) : 0;
  add_readers(budget_.prompt_tokens(running, cells));
}

void Engine::add_writers() {
  std::vector<Slot*> writers;
  for (const auto& slot : slots_) {
    if (slot->writing()) writers.push_back(slot.get());
  }
  if (options_.lookup_drafts) make_drafts(writers);
  for (Slot* slot : writers) {
    if (!make_room(batch_.tokens.size() + 1 + slot->draft.size())) slot->draft.clear();
    // Youngest first until this one fits; itself, if it is the youngest.
    while (!make_room(batch_.tokens.size() + 1)) {
      Slot* victim = youngest_with_cells();
      if (victim == nullptr || victim->batch_count > 0) break;
      preempt(*victim);
      if (victim == slot) break;
    }
    if (!slot->started || !make_room(batch_.tokens.size() + 1)) continue;
    slot->batch_begin = static_cast<std::int32_t>(batch_.tokens.size());
    batch_.add(slot->tokens.back(), slot->computed, slot->sequence, true);
    for (std::size_t i = 0; i < slot->draft.size(); ++i)
      batch_.add(slot->draft[i], slot->computed + 1 + i, slot->sequence, true);
    slot->batch_count = static_cast<std::int32_t>(1 + slot->draft.size());
    batch_.slots.push_back(slot);
  }
}

/// Guesses, as long as the step stays small: few tokens take as long as one, because reading the weights from
/// memory takes longer than the arithmetic.
void Engine::make_drafts(const std::vector<Slot*>& writers) {
  if (writers.empty() || writers.size() >= kSmallStep) return;
  const std::size_t each = (kSmallStep - writers.size()) / writers.size();
  for (Slot* slot : writers) {
    slot->lookup.extend(slot->tokens);
    slot->draft = slot->lookup.guess(slot->tokens);
    const std::size_t left = options_.request_tokens - slot->tokens.size();
    const std::size_t wanted = slot->generation->request.tokens_max - slot->generated();
    slot->draft.resize(std::min({slot->draft.size(), each, left, wanted}));
  }
}

/// Prompts, the one with the least left first; a place in the queue counts for a hundred tokens, so that long
/// prompts get their turn.
void Engine::add_readers(std::size_t budget) {
  std::vector<std::pair<std::size_t, Slot*>> readers;
  std::size_t ahead = 0;
  for (const auto& slot : slots_) {
    if (slot->reading()) readers.emplace_back(slot->pending() + 100 * ahead++, slot.get());
  }
  std::stable_sort(readers.begin(), readers.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [order, slot] : readers) {
    std::size_t count = std::min(budget, slot->pending());
    if (count == 0) break;
    if (!make_room(batch_.tokens.size() + count)) {
      const std::size_t room = free_cells();
      count = room > batch_.tokens.size() ? std::min(count, room - batch_.tokens.size()) : 0;
      if (count == 0 && batch_.tokens.empty()) {  // nobody can move: the youngest makes room
        Slot* victim = youngest_with_cells();
        if (victim != nullptr && victim != slot) preempt(*victim);
      }
      if (count == 0) continue;
    }
    budget -= count;
    slot->batch_begin = static_cast<std::int32_t>(batch_.tokens.size());
    slot->batch_count = static_cast<std::int32_t>(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = slot->computed + i;
      batch_.add(slot->tokens[at], at, slot->sequence, at + 1 == slot->tokens.size());
    }
    batch_.slots.push_back(slot);
  }
}

bool Engine::make_room(std::size_t cells) {
  const std::size_t available = free_cells();
  if (available >= cells) return true;
  const std::size_t evicted = cache_.evict(cells - available);
  std::lock_guard lock(mutex_);
  counters_.evicted_cells += evicted;
  return available + evicted >= cells;
}

Engine::Slot* Engine::youngest_with_cells() const {
  for (auto slot = slots_.rbegin(); slot != slots_.rend(); ++slot) {
    if ((*slot)->started && (*slot)->computed > 0) return slot->get();
  }
  return nullptr;
}

/// Takes the slot's cells away. What it computed stays in the cache as long as nobody needs the room.
void Engine::preempt(Slot& slot) {
  if (options_.share_prefixes && slot.computed > 0) {
    cache_.remember(slot.generation->request.scope, std::span(slot.tokens.data(), slot.computed),
                    slot.sequence, slot.lease);
  }
  cache_.release(slot.lease);
  memory_.cut(slot.sequence, 0, to_the_end);
  slot.computed = 0;
  slot.started = false;
  std::lock_guard lock(mutex_);
  ++counters_.preempted;
}

// --- decoding ---------------------------------------------------------------------------------------------

/// llama.cpp asks between the operations of a step: true ends it early. Only if nobody in it is wanted.
bool Engine::step_is_unwanted(void* self) {
  const Engine& engine = *static_cast<Engine*>(self);
  if (engine.stopping_.load(std::memory_order_relaxed)) return true;
  return std::all_of(engine.batch_.slots.begin(), engine.batch_.slots.end(),
                     [](const Slot* slot) { return !slot->generation->still_wanted().ok(); });
}

int Engine::decode(llama_batch view) {
  try {
    return llama_decode(context_.get(), view);
  } catch (const std::exception&) {
    return -4;
  }
}

void Engine::step() {
  const auto threads = static_cast<std::int32_t>(threads_.threads());
  llama_set_n_threads(context_.get(), threads, threads);
  const auto begin = std::chrono::steady_clock::now();
  const auto core_begin = time_on_core();
  const int code = decode(batch_.view());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  threads_.observe(took, time_on_core() - core_begin);
  const auto size = static_cast<double>(batch_.tokens.size());
  if (code == 0) budget_.observe(batch_.tokens.size(), batch_.cells / size, took);
  {
    std::lock_guard lock(mutex_);
    ++counters_.steps;
  }
  if (code == 0) {
    for (Slot* slot : batch_.slots) after_decode(*slot);
    return;
  }
  for (Slot* slot : batch_.slots) memory_.cut(slot->sequence, slot->computed, to_the_end);
  if (code == 2) return;  // aborted: those that nobody waits for go at the next step
  isolate();
}

/// The batch was refused: each member alone, so that only the one that is to blame fails.
void Engine::isolate() {
  const std::vector<Slot*> members = batch_.slots;
  for (Slot* slot : members) {
    batch_.clear();
    slot->draft.clear();
    const std::size_t count = std::min<std::size_t>(slot->pending(), options_.steps.tokens_min);
    slot->batch_begin = 0;
    slot->batch_count = static_cast<std::int32_t>(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = slot->computed + i;
      batch_.add(slot->tokens[at], at, slot->sequence, at + 1 == slot->tokens.size());
    }
    batch_.slots.push_back(slot);
    int code = decode(batch_.view());
    if (code == 1) {  // no room after all: without the cache
      cache_.evict(capacity_);
      code = decode(batch_.view());
    }
    if (code == 0) {
      after_decode(*slot);
      continue;
    }
    memory_.cut(slot->sequence, slot->computed, to_the_end);
    if (code == 2) continue;
    slot->outcome =
        GenerationOutcome::failed(Error(code == 1 ? Code::resource_exhausted : Code::internal,
                                        "the model could not go on with this request (llama_decode gave " +
                                            std::to_string(code) + "); other requests are not affected"));
  }
}

void Engine::after_decode(Slot& slot) {
  const auto count = static_cast<std::size_t>(slot.batch_count);
  if (slot.writing()) {
    take_tokens(slot);
    return;
  }
  {
    std::lock_guard lock(mutex_);
    counters_.prompt_tokens_computed += count;
  }
  slot.computed += count;
  if (slot.pending() > 0) return;
  --slot.computed;  // take_tokens counts the token whose logits it reads
  take_tokens(slot);
}

/// Chooses tokens from the logits of the slot's last real token and of the guesses behind it, as long as the
/// guesses are right.
void Engine::take_tokens(Slot& slot) {
  GenerationRequest& request = slot.generation->request;
  const std::int32_t first =
      slot.batch_begin + slot.batch_count - 1 - static_cast<std::int32_t>(slot.draft.size());
  std::size_t right = 0;
  try {
    for (std::size_t i = 0; i <= slot.draft.size(); ++i) {
      ++slot.computed;
      float* values = llama_get_logits_ith(context_.get(), first + static_cast<std::int32_t>(i));
      if (values == nullptr) throw std::runtime_error("no logits");
      const std::span<float> logits(values, vocabulary_.size());
      if (request.top_logprobs >= 0) logits_copy_.assign(logits.begin(), logits.end());
      const std::optional<TokenId> token = request.sampler->choose(logits);
      if (!token) {
        slot.outcome = GenerationOutcome::failed(
            Error(Code::internal, "no token was possible here; the grammar has a dead end"));
        break;
      }
      if (vocabulary_.ends_generation(*token)) {
        slot.outcome = GenerationOutcome::done(FinishReason::stop);
        break;
      }
      request.sampler->accept(*token);
      slot.tokens.push_back(*token);
      std::optional<TokenLikelihood> probabilities;
      if (request.top_logprobs >= 0)
        probabilities = likelihood(logits_copy_, *token, static_cast<std::size_t>(request.top_logprobs));
      add_text(slot, *token, probabilities);
      const bool guessed = i < slot.draft.size() && slot.draft[i] == *token;
      right += guessed ? 1 : 0;
      if (slot.outcome || !guessed) break;
    }
  } catch (const std::exception&) {
    slot.outcome = GenerationOutcome::failed(Error(Code::internal, "choosing the next token failed"));
  }
  if (!slot.draft.empty()) {
    memory_.cut(slot.sequence, slot.computed, to_the_end);
    slot.lookup.result(slot.draft.size(), right);
    std::lock_guard lock(mutex_);
    counters_.drafted_tokens += slot.draft.size();
    counters_.drafted_tokens_right += right;
  }
  post(slot, slot.outcome.has_value());
}

/// Adds the token's text and decides whether the answer ends with it.
void Engine::add_text(Slot& slot, TokenId token, const std::optional<TokenLikelihood>& likelihood) {
  const GenerationRequest& request = slot.generation->request;
  const std::string bytes = vocabulary_.bytes(token, request.shown_control.count(token) > 0);
  const std::size_t begin = slot.text.pushed();
  const bool stopped = slot.text.push(bytes);
  if (likelihood) {
    Slot::HeldLogprob held{begin, slot.text.pushed(), {bytes, std::max(likelihood->chosen, kLogprobMin), {}}};
    for (const auto& [id, logprob] : likelihood->top)
      held.value.top.emplace_back(vocabulary_.bytes(id, true), std::max(logprob, kLogprobMin));
    slot.logprobs.push_back(std::move(held));
  }
  if (stopped) {
    slot.outcome = GenerationOutcome::done(FinishReason::stop);
  } else if (slot.generated() >= request.tokens_max || slot.tokens.size() >= options_.request_tokens) {
    slot.outcome = GenerationOutcome::done(FinishReason::length);
  }
}

/// Posts what may be shown. Log-probabilities go with the text they belong to.
void Engine::post(Slot& slot, bool last) {
  if (last) slot.text.finish();
  GenerationPiece piece;
  piece.text = slot.text.take();
  while (!slot.logprobs.empty()) {
    Slot::HeldLogprob& held = slot.logprobs.front();
    const bool shown = held.end <= slot.text.released();
    if (!shown && !(last && (held.begin < slot.text.released() || !slot.text.stopped()))) break;
    piece.logprobs.push_back(std::move(held.value));
    slot.logprobs.pop_front();
  }
  slot.generation->post(std::move(piece));
}

// --- the end of a request ---------------------------------------------------------------------------------

void Engine::finish(Slot& slot) {
  const std::string& scope = slot.generation->request.scope;
  if (options_.share_prefixes && slot.started) {
    // First the prompt, so that the tree has a node where the answer begins.
    const std::size_t prompt = std::min(slot.prompt_size, slot.computed);
    for (const std::size_t length : {prompt, slot.computed}) {
      if (length > slot.lease.length())
        cache_.remember(scope, std::span(slot.tokens.data(), length), slot.sequence, slot.lease);
    }
  }
  cache_.release(slot.lease);
  memory_.cut(slot.sequence, 0, to_the_end);
  free_sequences_.push_back(slot.sequence);
  slot.outcome->usage.prompt_tokens = static_cast<std::uint32_t>(slot.prompt_size);
  slot.outcome->usage.completion_tokens = static_cast<std::uint32_t>(slot.generated());
  slot.outcome->usage.cached_prompt_tokens = static_cast<std::uint32_t>(slot.cached);
  {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - slot.admitted;
    std::lock_guard lock(mutex_);
    counters_.generated_tokens += slot.generated();
    request_seconds_ += 0.1 * (took.count() - request_seconds_);
  }
  slot.generation->finish(std::move(*slot.outcome));
}

void Engine::retire() {
  for (const auto& slot : slots_) {
    if (slot->outcome) finish(*slot);
  }
  std::erase_if(slots_, [](const auto& slot) { return slot->outcome.has_value(); });
}

}  // namespace loadline::llama

#include "llama/llama_chat_model.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <random>
#include <thread>

#include "llama/answer_stream.h"
#include "llama/chat_format.h"
#include "llama/cpu_variant.h"
#include "llama/engine.h"
#include "llama/handles.h"
#include "llama/memory_fit.h"

namespace loadline {

using llama::Generation;
using llama::GenerationRequest;

struct LlamaChatModel::State {
  ChatModelInfo info;
  llama::GgufInfo file;
  std::uint32_t request_tokens = 0;
  // In this order: the engine's context goes before the threads and the model that it uses.
  llama::ModelHandle model;
  std::unique_ptr<llama::Vocabulary> vocabulary;
  std::unique_ptr<llama::ChatFormat> format;
  llama::ThreadpoolHandle threads;
  std::unique_ptr<llama::Engine> engine;
};

namespace {

constexpr std::uint32_t kDraftRoom = 9;  // tokens a stream may take in a step: its own and the longest guess
constexpr std::size_t kStopsMax = 16;
constexpr std::size_t kStopBytesMax = 1024;

Error out_of_range(const char* what, std::uint64_t value, std::uint64_t least, std::uint64_t most) {
  return Error(Code::invalid_argument, std::string(what) + " is " + std::to_string(value) + "; it must be " +
                                           std::to_string(least) + " to " + std::to_string(most));
}

Status check_options(const LlamaChatOptions& o) {
  if (o.parallel_requests < 1 || o.parallel_requests > 64)
    return out_of_range("parallel_requests", o.parallel_requests, 1, 64);
  if (o.queue_length < 1 || o.queue_length > 10000)
    return out_of_range("queue_length", o.queue_length, 1, 10000);
  if (o.cached_prefixes < 1 || o.cached_prefixes > 128)
    return out_of_range("cached_prefixes", o.cached_prefixes, 1, 128);
  if (o.threads > GGML_MAX_N_THREADS) return out_of_range("threads", o.threads, 0, GGML_MAX_N_THREADS);
  if (o.batch_tokens < 32 || o.batch_tokens > 4096)
    return out_of_range("batch_tokens", o.batch_tokens, 32, 4096);
  if (o.micro_batch_tokens < 32 || o.micro_batch_tokens > o.batch_tokens)
    return out_of_range("micro_batch_tokens", o.micro_batch_tokens, 32, o.batch_tokens);
  if (o.context_tokens != 0 && (o.context_tokens < 256 || o.context_tokens > (1U << 22)))
    return out_of_range("context_tokens", o.context_tokens, 256, 1U << 22);
  if (o.step_target.count() < 1 || o.step_target_idle < o.step_target)
    return Error(Code::invalid_argument, "step_target must be positive and at most step_target_idle");
  return {};
}

std::uint32_t usable_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&set)));
  return std::max(1U, std::thread::hardware_concurrency());
}

// Whether llama.cpp goes on with the next tensor.
bool load_is_wanted(float, void* cancel) { return !static_cast<const CancelToken*>(cancel)->cancelled(); }

Result<llama::ModelHandle> load_weights(const LlamaChatOptions& options, CancelToken cancel) {
  llama_model_params params = llama_model_default_params();
  params.load_mode = options.memory_map ? LLAMA_LOAD_MODE_MMAP : LLAMA_LOAD_MODE_NONE;
  params.use_extra_bufts = options.repack;
  params.n_gpu_layers = 0;
  params.progress_callback = load_is_wanted;
  params.progress_callback_user_data = &cancel;
  llama::ModelHandle model(llama_model_load_from_file(options.path.c_str(), params));
  if (!model && cancel.cancelled()) return Error(Code::cancelled, "loading the model was cancelled");
  if (!model)
    return Error(Code::failed_precondition,
                 options.path + ": llama.cpp cannot load this model; its kind may be newer than this build");
  if (!llama_model_has_decoder(model.get()) || llama_model_has_encoder(model.get()) ||
      llama_model_is_recurrent(model.get()) || llama_model_is_hybrid(model.get()) ||
      llama_model_is_diffusion(model.get()))
    return Error(Code::failed_precondition,
                 options.path + ": only decoder-only transformer models can be used as a chat model");
  return model;
}

Result<llama::ContextHandle> make_context(const LlamaChatOptions& options, llama_model* model,
                                          std::uint32_t context_tokens, std::uint32_t threads) {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = context_tokens;
  params.n_batch = options.batch_tokens + options.parallel_requests * kDraftRoom;
  params.n_ubatch = options.micro_batch_tokens;
  params.n_seq_max = options.parallel_requests + options.cached_prefixes;
  params.n_outputs_max = std::max(params.n_seq_max, options.parallel_requests * kDraftRoom);
  params.n_threads = static_cast<std::int32_t>(threads);
  params.n_threads_batch = static_cast<std::int32_t>(threads);
  params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
  params.type_k = params.type_v = options.cache_type == CacheType::q8_0 ? GGML_TYPE_Q8_0 : GGML_TYPE_F16;
  params.kv_unified = true;
  params.no_perf = true;
  llama::ContextHandle context(llama_init_from_model(model, params));
  if (!context)
    return Error(Code::resource_exhausted, "a context of " + std::to_string(context_tokens) +
                                               " tokens could not be made; choose fewer context tokens");
  return context;
}

/// Reads one token, so that weights and buffers are in memory before the first request comes.
void warm_up(llama_context* context, llama_model* model) {
  llama_token token = std::max(0, llama_vocab_bos(llama_model_get_vocab(model)));
  llama_decode(context, llama_batch_get_one(&token, 1));
  llama_memory_clear(llama_get_memory(context), true);
}

llama::EngineOptions engine_options(const LlamaChatOptions& options, std::uint32_t request_tokens,
                                    std::uint32_t threads) {
  llama::EngineOptions result;
  result.threads = threads;
  result.slots = options.parallel_requests;
  result.cached_prefixes = options.cached_prefixes;
  result.queue_length = options.queue_length;
  result.request_tokens = request_tokens;
  result.steps.target = options.step_target;
  result.steps.relaxed = options.step_target_idle;
  result.steps.tokens_max = options.batch_tokens;
  result.share_prefixes = options.share_prefixes;
  result.lookup_drafts = options.lookup_drafts;
  return result;
}

Error bad(const char* what, const char* allowed) {
  return Error(Code::invalid_argument, std::string(what) + " must be " + allowed);
}

Status check_request(const ChatRequest& request, std::size_t vocabulary) {
  const Sampling& s = request.sampling;
  const auto within = [](float value, float least, float most) { return value >= least && value <= most; };
  if (!within(s.temperature, 0, 2)) return bad("temperature", "0 to 2");
  if (!within(s.top_p, 0, 1)) return bad("top_p", "0 to 1");
  if (!within(s.min_p, 0, 1)) return bad("min_p", "0 to 1");
  if (s.top_k < 0) return bad("top_k", "0 (off) or more");
  if (!within(s.presence_penalty, -2, 2)) return bad("presence_penalty", "-2 to 2");
  if (!within(s.frequency_penalty, -2, 2)) return bad("frequency_penalty", "-2 to 2");
  if (!within(s.repeat_penalty, 0.1F, 10)) return bad("repeat_penalty", "0.1 to 10");
  if (request.top_logprobs < -1 || request.top_logprobs > 20) return bad("top_logprobs", "0 to 20");
  if (request.max_tokens == 0U) return bad("max_tokens", "at least 1");
  if (request.stop.size() > kStopsMax) return bad("stop", "at most 16 strings");
  for (const std::string& stop : request.stop) {
    if (stop.size() > kStopBytesMax) return bad("a stop string", "at most 1024 bytes long");
  }
  for (const auto& [token, bias] : s.logit_bias) {
    if (token < 0 || static_cast<std::size_t>(token) >= vocabulary)
      return bad("logit_bias", "for token ids that the model has");
    if (!within(bias, -100, 100)) return bad("logit_bias", "-100 to 100");
  }
  return {};
}

std::string random_id() {
  static constexpr std::string_view letters = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::random_device device;
  std::string id = "call_";
  for (int i = 0; i < 24; ++i) id += letters[device() % letters.size()];
  return id;
}

Result<llama::RenderedChat> render(const ChatRequest& request, const llama::ChatFormat& format,
                                   const llama::Vocabulary& vocabulary) {
  if (!request.prompt) return format.render(request);
  if (!request.messages.empty() || !request.tools.empty())
    return Error(Code::invalid_argument, "a request has either a prompt, or messages and tools");
  llama::RenderedChat chat;
  LOADLINE_ASSIGN(chat.prompt, vocabulary.tokenize(*request.prompt, true));
  chat.grammar.text = request.grammar;
  if (request.grammar.empty() && request.format == ResponseFormat::json_object) {
    LOADLINE_ASSIGN(chat.grammar.text, llama::schema_grammar(R"({"type":"object"})"));
  } else if (request.grammar.empty() && request.format == ResponseFormat::json_schema) {
    LOADLINE_ASSIGN(chat.grammar.text, llama::schema_grammar(request.json_schema));
  }
  return chat;
}

/// Ends a generation also when the sink throws: the engine uses this call's context until the outcome is
/// there.
class Awaited {
 public:
  explicit Awaited(Generation& generation) : generation_(generation) {}
  ~Awaited() {
    if (outcome_) return;
    generation_.abandon();
    while (!generation_.next().outcome) {
    }
  }
  Generation::Next next() {
    Generation::Next next = generation_.next();
    outcome_ = next.outcome.has_value();
    return next;
  }

 private:
  Generation& generation_;
  bool outcome_ = false;
};

void append(ChatDelta& to, ChatDelta more) {
  to.text += more.text;
  for (ToolCallDelta& call : more.tool_calls) to.tool_calls.push_back(std::move(call));
}

bool empty(const ChatDelta& delta) {
  return delta.text.empty() && delta.tool_calls.empty() && delta.logprobs.empty();
}

}  // namespace

LlamaChatModel::LlamaChatModel(std::unique_ptr<State> state) : state_(std::move(state)) {}
LlamaChatModel::~LlamaChatModel() = default;

Result<std::unique_ptr<LlamaChatModel>> LlamaChatModel::open(const LlamaChatOptions& options, Log* log,
                                                             const CancelToken& cancel) {
  LOADLINE_TRY(llama::check_cpu(llama::cpu_variant()));
  LOADLINE_TRY(check_options(options));
  auto state = std::make_unique<State>();
  LOADLINE_ASSIGN(state->file, llama::read_gguf_info(options.path));
  const llama::FitRequest fit{.memory_bytes = options.memory_bytes_max > 0 ? options.memory_bytes_max
                                                                           : llama::available_memory_bytes(),
                              .context_tokens = options.context_tokens,
                              .parallel_requests = options.parallel_requests,
                              .bytes_per_number = options.cache_type == CacheType::q8_0 ? 34.0 / 32 : 2.0,
                              .weights_in_memory = options.repack || !options.memory_map};
  LOADLINE_ASSIGN(const std::uint32_t context_tokens, llama::fit_context(state->file, fit));
  llama::start_library();
  const std::uint32_t threads = options.threads > 0 ? options.threads : usable_cores();
  try {
    LOADLINE_ASSIGN(state->model, load_weights(options, cancel));
    state->vocabulary = std::make_unique<llama::Vocabulary>(state->model.get());
    LOADLINE_ASSIGN(state->format, llama::ChatFormat::open(state->model.get(), *state->vocabulary));
    LOADLINE_ASSIGN(llama::ContextHandle context,
                    make_context(options, state->model.get(), context_tokens, threads));
    ggml_threadpool_params pool = ggml_threadpool_params_default(static_cast<int>(threads));
    state->threads.reset(ggml_threadpool_new(&pool));
    llama_attach_threadpool(context.get(), state->threads.get(), state->threads.get());
    warm_up(context.get(), state->model.get());
    const std::uint32_t cells = llama_n_ctx(context.get());
    const auto trained = static_cast<std::uint32_t>(std::max(1, llama_model_n_ctx_train(state->model.get())));
    state->request_tokens = std::min(options.request_tokens > 0 ? options.request_tokens : trained, cells);
    state->engine = std::make_unique<llama::Engine>(std::move(context), *state->vocabulary,
                                                    engine_options(options, state->request_tokens, threads));
    state->info = {options.name.empty() ? state->file.name : options.name, options.digest,
                   state->request_tokens, options.parallel_requests};
    if (log != nullptr)
      log->info("model_opened",
                {{"model", state->info.name}, {"context_tokens", cells}, {"threads", threads}});
  } catch (const std::bad_alloc&) {
    return Error(Code::resource_exhausted, options.path + ": not enough memory to load the model");
  } catch (const std::exception&) {
    return Error(Code::failed_precondition, options.path + ": llama.cpp cannot load this model");
  }
  return std::unique_ptr<LlamaChatModel>(new LlamaChatModel(std::move(state)));
}

const ChatModelInfo& LlamaChatModel::info() const { return state_->info; }
const llama::GgufInfo& LlamaChatModel::file() const { return state_->file; }
std::chrono::seconds LlamaChatModel::expected_wait() const { return state_->engine->expected_wait(); }

LlamaChatStats LlamaChatModel::stats() const {
  const llama::EngineCounters c = state_->engine->counters();
  return {c.steps,
          c.prompt_tokens_computed,
          c.prompt_tokens_shared,
          c.generated_tokens,
          c.drafted_tokens,
          c.drafted_tokens_right,
          c.parked,
          c.preempted,
          c.evicted_cells};
}

Result<std::uint32_t> LlamaChatModel::count_tokens(std::string_view text) const {
  LOADLINE_ASSIGN(const auto tokens, state_->vocabulary->tokenize(text, false));
  return static_cast<std::uint32_t>(tokens.size());
}

Result<std::uint32_t> LlamaChatModel::count_prompt_tokens(const ChatRequest& request) const {
  LOADLINE_ASSIGN(const llama::RenderedChat chat, render(request, *state_->format, *state_->vocabulary));
  return static_cast<std::uint32_t>(chat.prompt.size());
}

Result<ChatResult> LlamaChatModel::generate(const ChatRequest& request, ChatSink& sink,
                                            const CallContext& context) {
  LOADLINE_TRY(context.check());
  LOADLINE_TRY(check_request(request, state_->vocabulary->size()));
  LOADLINE_ASSIGN(llama::RenderedChat chat, render(request, *state_->format, *state_->vocabulary));
  if (chat.prompt.empty()) return Error(Code::invalid_argument, "the prompt is empty");
  if (chat.prompt.size() >= state_->request_tokens)
    return Error(Code::invalid_argument, "the prompt has " + std::to_string(chat.prompt.size()) +
                                             " tokens; the model's context of " +
                                             std::to_string(state_->request_tokens) +
                                             " tokens leaves no room for an answer. Shorten the prompt");
  LOADLINE_ASSIGN(auto constraint, llama::make_constraint(chat.grammar, *state_->vocabulary));

  GenerationRequest work;
  Sampling sampling = request.sampling;
  if (!sampling.seed) sampling.seed = std::random_device()();
  work.sampler = std::make_unique<llama::TokenSampler>(sampling, std::move(constraint));
  work.tokens_max =
      std::min<std::uint32_t>(request.max_tokens.value_or(state_->request_tokens),
                              state_->request_tokens - static_cast<std::uint32_t>(chat.prompt.size()));
  work.prompt = std::move(chat.prompt);
  work.stops = request.stop;
  work.stops.insert(work.stops.end(), chat.stops.begin(), chat.stops.end());
  work.shown_control.insert(chat.shown_control.begin(), chat.shown_control.end());
  work.top_logprobs = request.top_logprobs;
  work.scope = request.cache_scope;
  work.context = &context;
  const auto generation = std::make_shared<Generation>(std::move(work));
  LOADLINE_TRY(state_->engine->submit(generation));

  llama::AnswerStream answer(chat.parser.get(), request.parallel_tool_calls, random_id);
  ChatResult result;
  bool stopped_by_sink = false;
  Awaited awaited(*generation);
  for (;;) {
    Generation::Next next = awaited.next();
    ChatDelta delta = answer.push(next.piece.text);
    if (next.outcome) append(delta, answer.finish());
    delta.logprobs = std::move(next.piece.logprobs);
    result.logprobs.insert(result.logprobs.end(), delta.logprobs.begin(), delta.logprobs.end());
    if (!stopped_by_sink && !empty(delta) && !sink.on_delta(delta)) {
      stopped_by_sink = true;
      generation->abandon();
    }
    if (!next.outcome) continue;
    result.usage = next.outcome->usage;
    result.finish = next.outcome->finish;
    if (stopped_by_sink) {
      result.finish = FinishReason::cancelled;
    } else if (next.outcome->error) {
      return *next.outcome->error;
    }
    break;
  }
  result.content = answer.content();
  result.tool_calls = answer.calls();
  if (result.finish == FinishReason::stop && !result.tool_calls.empty())
    result.finish = FinishReason::tool_calls;
  return result;
}

}  // namespace loadline

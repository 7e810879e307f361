#pragma once
// A GGUF model in this process as a ChatModel: requests are decoded together, what several prompts begin with
// is computed once, and prompts are read in pieces so that running answers do not stall. See engine.h for
// how.
//
// Determinism: at temperature 0, or with a seed, the same request gives the same tokens as long as the
// arithmetic does. Matrix kernels add up in another order when more sequences are decoded together, so two
// tokens whose logits differ by rounding may change places under load; nothing else depends on other
// requests.
//
// usage: prompt_tokens counts everything the model reads, template included; completion_tokens every chosen
// token except the one that ends the answer; cached_prompt_tokens those of the prompt that were computed for
// another request.
//
// TokenLogprob texts are the tokens' bytes, which need not be whole characters.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "llama/gguf_info.h"
#include "model/chat_model.h"

namespace loadline {

enum class CacheType : std::uint8_t { f16, q8_0 };

struct LlamaChatOptions {
  std::string path;    // of the GGUF file
  std::string name;    // how requests call the model; "": the file's own name for it
  std::string digest;  // SHA-256 of the file, hex, if known

  std::uint32_t context_tokens = 0;     // shared by all requests and the prefix cache; 0: fitted to memory
  std::uint32_t request_tokens = 0;     // prompt and answer of one request; 0: what the model was trained for
  std::uint32_t parallel_requests = 4;  // decoded together, 1 to 64
  std::uint32_t queue_length = 64;      // requests that wait beyond those, 1 to 10000
  std::uint32_t cached_prefixes = 64;   // 1 to 128
  std::uint32_t threads = 0;            // 0: the cores this process may use
  std::uint32_t batch_tokens = 512;     // prompt tokens read in one step at most, 32 to 4096
  std::uint32_t micro_batch_tokens = 512;            // computed at once, 32 to batch_tokens
  std::chrono::milliseconds step_target{250};        // of a step while answers are being written
  std::chrono::milliseconds step_target_idle{1000};  // of a step while only prompts are read
  CacheType cache_type = CacheType::f16;
  bool memory_map = true;
  bool repack = true;  // weights laid out for this CPU at load: faster prompts, slower start
  bool share_prefixes = true;
  bool lookup_drafts = true;           // guesses from the prompt, checked by the model; results stay the same
  std::uint64_t memory_bytes_max = 0;  // for weights and cache; 0: what the machine has available
};

/// Running totals since the model was opened.
struct LlamaChatStats {
  std::uint64_t steps = 0;
  std::uint64_t prompt_tokens_computed = 0;
  std::uint64_t prompt_tokens_shared = 0;
  std::uint64_t generated_tokens = 0;
  std::uint64_t drafted_tokens = 0;
  std::uint64_t drafted_tokens_right = 0;
  std::uint64_t parked_requests = 0;
  std::uint64_t preempted_requests = 0;
  std::uint64_t evicted_cells = 0;
};

class LlamaChatModel final : public ChatModel {
 public:
  /// Loads the model (seconds to minutes). not_found, invalid_argument or data_loss: the file;
  /// invalid_argument: an option out of range; failed_precondition: the CPU or the model's kind does not
  /// suit; resource_exhausted: it does not fit in memory (the message has the numbers); cancelled: `cancel`
  /// was set, which is looked at before each tensor.
  static Result<std::unique_ptr<LlamaChatModel>> open(const LlamaChatOptions& options, Log* log = nullptr,
                                                      const CancelToken& cancel = {});
  /// Running requests end with `unavailable`.
  ~LlamaChatModel() override;

  const ChatModelInfo& info() const override;
  Result<ChatResult> generate(const ChatRequest& request, ChatSink& sink,
                              const CallContext& context) override;
  Result<std::uint32_t> count_tokens(std::string_view text) const override;
  /// What the request's prompt takes, template included.
  Result<std::uint32_t> count_prompt_tokens(const ChatRequest& request) const;

  /// How long a request that comes now will probably wait before it is read: for Retry-After.
  std::chrono::seconds expected_wait() const;
  LlamaChatStats stats() const;
  const llama::GgufInfo& file() const;

 private:
  struct State;
  explicit LlamaChatModel(std::unique_ptr<State> state);

  const std::unique_ptr<State> state_;
};

}  // namespace loadline

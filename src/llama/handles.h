#pragma once
// Owning pointers for llama.cpp's C objects, and the once-per-process start of its library (logging silenced:
// its messages may quote prompts). Only included inside this module.
#include <ggml-cpu.h>
#include <llama.h>

#include <memory>

namespace loadline::llama {

struct ModelDeleter {
  void operator()(llama_model* model) const { llama_model_free(model); }
};
struct ContextDeleter {
  void operator()(llama_context* context) const { llama_free(context); }
};
struct SamplerDeleter {
  void operator()(llama_sampler* sampler) const { llama_sampler_free(sampler); }
};
struct ThreadpoolDeleter {
  void operator()(ggml_threadpool* pool) const { ggml_threadpool_free(pool); }
};

using ModelHandle = std::unique_ptr<llama_model, ModelDeleter>;
using ContextHandle = std::unique_ptr<llama_context, ContextDeleter>;
using SamplerHandle = std::unique_ptr<llama_sampler, SamplerDeleter>;
using ThreadpoolHandle = std::unique_ptr<ggml_threadpool, ThreadpoolDeleter>;

/// Starts the library; any number of calls from any thread, only the first one acts.
void start_library();

}  // namespace loadline::llama

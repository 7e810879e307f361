// What cannot be brought about through LlamaChatModel: a batch that llama.cpp refuses.
#include "llama/engine.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/clock.h"

namespace loadline::llama {
namespace {

std::string model_path() {
  std::string cache;
  if (const char* home = std::getenv("HOME")) cache = std::string(home) + "/.cache/loadline";
  if (const char* folder = std::getenv("XDG_CACHE_HOME")) cache = std::string(folder) + "/loadline";
  if (const char* folder = std::getenv("LOADLINE_CACHE")) cache = folder;
  return cache + "/models/smollm2-135m-instruct/model.gguf";
}

const SystemClock system_clock;

class EngineTest : public testing::Test {
 protected:
  void SetUp() override {
    start_library();
    model_.reset(llama_model_load_from_file(model_path().c_str(), llama_model_default_params()));
    ASSERT_NE(model_, nullptr) << "tools/fetch --models fetches the test model";
    vocabulary_ = std::make_unique<Vocabulary>(model_.get());
    EngineOptions options;
    options.request_tokens = 256;
    options.cached_prefixes = 4;
    llama_context_params params = llama_context_default_params();
    params.n_ctx = 512;
    params.n_seq_max = options.slots + options.cached_prefixes;
    params.kv_unified = true;
    params.n_threads = params.n_threads_batch = 1;
    engine_ = std::make_unique<Engine>(ContextHandle(llama_init_from_model(model_.get(), params)),
                                       *vocabulary_, options);
    context_.clock = &system_clock;
  }

  std::shared_ptr<Generation> generation(std::vector<TokenId> prompt, std::uint32_t tokens) {
    GenerationRequest request;
    request.prompt = std::move(prompt);
    Sampling sampling;
    sampling.temperature = 0;
    sampling.seed = 1;
    for (const std::int32_t token : {0, 1, 2})
      sampling.logit_bias.emplace_back(token, -100.0F);  // never ends
    request.sampler = std::make_unique<TokenSampler>(sampling, nullptr);
    request.tokens_max = tokens;
    request.context = &context_;
    return std::make_shared<Generation>(std::move(request));
  }

  static GenerationOutcome outcome(Generation& generation) {
    for (;;) {
      Generation::Next next = generation.next();
      if (next.outcome) return *next.outcome;
    }
  }

  CallContext context_;
  ModelHandle model_;
  std::unique_ptr<Vocabulary> vocabulary_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, WhatTheModelRefusesFailsAloneAndOthersGoOn) {
  const std::vector<TokenId> good_prompt = *vocabulary_->tokenize("The sea, the ship and the harbour", false);
  std::vector<TokenId> bad_prompt = good_prompt;
  bad_prompt.push_back(static_cast<TokenId>(vocabulary_->size()) +
                       5);  // llama_decode refuses the whole batch
  const auto first = generation(good_prompt, 40), bad = generation(bad_prompt, 40),
             second = generation(good_prompt, 40);
  for (const auto& g : {first, bad, second}) ASSERT_TRUE(engine_->submit(g).ok());
  const GenerationOutcome failed = outcome(*bad);
  ASSERT_TRUE(failed.error.has_value());
  EXPECT_EQ(failed.error->code(), Code::internal);
  for (const auto& g : {first, second}) {
    const GenerationOutcome done = outcome(*g);
    EXPECT_FALSE(done.error.has_value()) << done.error->to_string();
    EXPECT_EQ(done.usage.completion_tokens, 40U);
  }
  // And later requests too: nothing of the failed one is left in the cache.
  const auto later = generation(good_prompt, 5);
  ASSERT_TRUE(engine_->submit(later).ok());
  EXPECT_FALSE(outcome(*later).error.has_value());
}

}  // namespace
}  // namespace loadline::llama

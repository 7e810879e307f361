// How far the logits of our kernels are from those of llama.cpp's own, on the same model and text.
//
//   loadline_llama_equality --model FILE.gguf --text FILE [--tokens 512]
//
// Prints one line for llama.cpp's kernels and one for each of our paths: mean negative log-likelihood of the
// text, root mean square and largest difference of logits from llama.cpp's, mean Kullback-Leibler divergence,
// and how often the most likely token is the same.
#include <llama.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "llama/handles.h"

namespace {

using Logits = std::vector<std::vector<float>>;  // by position

loadline::llama::ModelHandle load(const std::string& path, bool own_kernels) {
  llama_model_params params = llama_model_default_params();
  params.use_extra_bufts = own_kernels;
  params.n_gpu_layers = 0;
  return loadline::llama::ModelHandle(llama_model_load_from_file(path.c_str(), params));
}

std::vector<llama_token> tokenise(const llama_model* model, const std::string& text, std::size_t count) {
  std::vector<llama_token> tokens(text.size() + 8);
  const int found = llama_tokenize(llama_model_get_vocab(model), text.data(), static_cast<int>(text.size()),
                                   tokens.data(), static_cast<int>(tokens.size()), true, false);
  tokens.resize(std::min(count, static_cast<std::size_t>(std::max(found, 0))));
  return tokens;
}

/// Reads the tokens in pieces of `piece`.
Logits logits_of(llama_model* model, std::vector<llama_token> tokens, std::size_t piece) {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = params.n_batch = params.n_ubatch = static_cast<std::uint32_t>(tokens.size() + 8);
  params.n_threads = params.n_threads_batch = 2;
  params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
  const loadline::llama::ContextHandle context(llama_init_from_model(model, params));
  const auto vocabulary = static_cast<std::size_t>(llama_vocab_n_tokens(llama_model_get_vocab(model)));
  Logits result;
  for (std::size_t begin = 0; begin < tokens.size(); begin += piece) {
    const std::size_t count = std::min(piece, tokens.size() - begin);
    llama_batch batch = llama_batch_get_one(tokens.data() + begin, static_cast<int>(count));
    std::vector<std::int8_t> all(count, 1);
    batch.logits = all.data();
    if (llama_decode(context.get(), batch) != 0) return {};
    for (std::size_t i = 0; i < count; ++i) {
      const float* values = llama_get_logits_ith(context.get(), static_cast<int>(i));
      result.emplace_back(values, values + vocabulary);
    }
  }
  return result;
}

double log_sum(const std::vector<float>& logits) {
  const float most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float x : logits) sum += std::exp(static_cast<double>(x - most));
  return most + std::log(sum);
}

std::size_t best(const std::vector<float>& logits) {
  return static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

void report(const char* name, const Logits& mine, const Logits& theirs,
            const std::vector<llama_token>& tokens) {
  double likelihood = 0, squares = 0, largest = 0, divergence = 0;
  std::size_t same = 0, numbers = 0;
  for (std::size_t i = 0; i < mine.size(); ++i) {
    const double sum = log_sum(mine[i]), their_sum = log_sum(theirs[i]);
    if (i + 1 < mine.size()) likelihood += sum - mine[i][static_cast<std::size_t>(tokens[i + 1])];
    for (std::size_t v = 0; v < mine[i].size(); ++v) {
      const double difference = mine[i][v] - theirs[i][v];
      squares += difference * difference;
      largest = std::max(largest, std::abs(difference));
      const double log_p = theirs[i][v] - their_sum;
      divergence += std::exp(log_p) * (log_p - (mine[i][v] - sum));
    }
    numbers += mine[i].size();
    same += best(mine[i]) == best(theirs[i]) ? 1 : 0;
  }
  const auto n = static_cast<double>(mine.size());
  std::printf("| %-34s | %.4f | %.4f | %.3f | %.5f | %.1f %% |\n", name, likelihood / (n - 1),
              std::sqrt(squares / static_cast<double>(numbers)), largest, divergence / n,
              100.0 * static_cast<double>(same) / n);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::string path, text_path;
  std::size_t count = 512;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    if (flag == "--model") path = argv[i + 1];
    if (flag == "--text") text_path = argv[i + 1];
    if (flag == "--tokens") count = std::stoul(argv[i + 1]);
  }
  std::ifstream file(text_path);
  std::stringstream text;
  text << file.rdbuf();
  if (path.empty() || text.str().empty()) {
    std::fputs("usage: loadline_llama_equality --model FILE.gguf --text FILE [--tokens N]\n", stderr);
    return 2;
  }
  loadline::llama::start_library();
  Logits theirs, pieces;
  std::vector<llama_token> tokens;
  std::printf(
      "| kernels | NLL | RMS of differences | largest | KL divergence | same first choice "
      "|\n|---|---|---|---|---|---|\n");
  {
    const auto model = load(path, false);
    if (!model) return 1;
    tokens = tokenise(model.get(), text.str(), count);
    theirs = logits_of(model.get(), tokens, tokens.size());
    report("llama.cpp, one piece", theirs, theirs, tokens);
    report("llama.cpp, pieces of 8", logits_of(model.get(), tokens, 8), theirs, tokens);
  }
  const auto model = load(path, true);
  if (!model) return 1;
  report("ours, pieces of 8 (AVX-512)", logits_of(model.get(), tokens, 8), theirs, tokens);
  report("ours, one piece (AMX if there)", logits_of(model.get(), tokens, tokens.size()), theirs, tokens);
  return 0;
}

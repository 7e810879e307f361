// The hook into llama.cpp's CPU backend, without a model: a graph with one product, weights as llama.cpp
// keeps them against weights in our buffers.
#include "llama/packed_weights.h"

#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "llama/handles.h"
#include "llama/quant_kernels.h"

namespace loadline::llama {
namespace {

struct Free {
  void operator()(ggml_context* context) const { ggml_free(context); }
  void operator()(ggml_backend_buffer* buffer) const { ggml_backend_buffer_free(buffer); }
  void operator()(ggml_backend* backend) const { ggml_backend_free(backend); }
};
using Context = std::unique_ptr<ggml_context, Free>;
using Buffer = std::unique_ptr<ggml_backend_buffer, Free>;
using Backend = std::unique_ptr<ggml_backend, Free>;

ggml_backend_buffer_type_t packed_type() {
  const ggml_backend_reg_t reg = ggml_backend_cpu_reg();
  const auto extra_types = reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(
      ggml_backend_reg_get_proc_address(reg, "ggml_backend_dev_get_extra_bufts"));
  for (auto* type = extra_types(ggml_backend_reg_dev_get(reg, 0)); *type != nullptr; ++type) {
    if (std::string(ggml_backend_buft_name(*type)) == "loadline packed") return *type;
  }
  return nullptr;
}

struct Problem {
  ggml_type type;
  std::int64_t rows, columns, count;
};

std::vector<float> random_values(std::int64_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& v : values) v = static_cast<float>(rng.uniform() - 0.5);
  return values;
}

/// weights x activations with the weights in a buffer of this type.
std::vector<float> product(const Problem& problem, ggml_backend_buffer_type_t type, int threads) {
  const Context weights_context(ggml_init({1 << 16, nullptr, true})),
      context(ggml_init({1 << 20, nullptr, true}));
  ggml_tensor* weights =
      ggml_new_tensor_2d(weights_context.get(), problem.type, problem.columns, problem.rows);
  const Buffer weights_buffer(ggml_backend_alloc_ctx_tensors_from_buft(weights_context.get(), type));
  std::vector<char> file(ggml_nbytes(weights));
  ggml_quantize_chunk(problem.type, random_values(problem.rows * problem.columns, 1).data(), file.data(), 0,
                      problem.rows, problem.columns, nullptr);
  ggml_backend_tensor_set(weights, file.data(), 0, file.size());

  const Backend backend(ggml_backend_cpu_init());
  ggml_backend_cpu_set_n_threads(backend.get(), threads);
  ggml_tensor* input = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, problem.columns, problem.count);
  ggml_tensor* output = ggml_mul_mat(context.get(), weights, input);
  const Buffer buffer(ggml_backend_alloc_ctx_tensors(context.get(), backend.get()));
  const std::vector<float> values = random_values(problem.columns * problem.count, 2);
  ggml_backend_tensor_set(input, values.data(), 0, values.size() * sizeof(float));
  EXPECT_TRUE(ggml_backend_supports_op(backend.get(), output));
  ggml_cgraph* graph = ggml_new_graph(context.get());
  ggml_build_forward_expand(graph, output);
  EXPECT_EQ(ggml_backend_graph_compute(backend.get(), graph), GGML_STATUS_SUCCESS);
  std::vector<float> result(static_cast<std::size_t>(problem.rows * problem.count));
  ggml_backend_tensor_get(output, result.data(), 0, result.size() * sizeof(float));
  return result;
}

TEST(PackedWeights, GiveWhatLlamaCppGives) {
  start_library();
  if (!quant_kernels_usable()) {
    EXPECT_EQ(packed_type(), nullptr);
    GTEST_SKIP() << "this CPU has no AVX-512 VNNI; llama.cpp's own kernels are used here";
  }
  ASSERT_NE(packed_type(), nullptr);
  for (const ggml_type type : {GGML_TYPE_Q4_K, GGML_TYPE_Q5_K, GGML_TYPE_Q6_K}) {
    for (const std::int64_t count : {1, 7, 47, 48, 150}) {
      for (const int threads : {1, 3}) {
        const Problem problem{type, 336, 512, count};
        SCOPED_TRACE(std::string(ggml_type_name(type)) + ", " + std::to_string(count) + " activations, " +
                     std::to_string(threads) + " threads");
        const std::vector<float> theirs = product(problem, ggml_backend_cpu_buffer_type(), threads);
        const std::vector<float> ours = product(problem, packed_type(), threads);
        double square = 0, error = 0;
        for (std::size_t i = 0; i < ours.size(); ++i) {
          square += static_cast<double>(theirs[i]) * theirs[i];
          error += std::pow(static_cast<double>(ours[i]) - theirs[i], 2);
        }
        // llama.cpp quantises activations to eight bits, which costs it about 0.5 %; the path with tiles does
        // not.
        EXPECT_LT(std::sqrt(error / square), 0.01);
      }
    }
  }
}

// Matrices whose shape does not fit stay with llama.cpp.
TEST(PackedWeights, OtherShapesAndTypesAreLeftAlone) {
  start_library();
  if (packed_type() == nullptr) GTEST_SKIP() << "this CPU has no AVX-512 VNNI";
  const Backend backend(ggml_backend_cpu_init());
  const auto taken = [&](ggml_type type, std::int64_t rows, std::int64_t columns) {
    const Context context(ggml_init({1 << 16, nullptr, true}));
    ggml_tensor* weights = ggml_new_tensor_2d(context.get(), type, columns, rows);
    weights->buffer = ggml_backend_buft_alloc_buffer(packed_type(), 0);
    const Buffer keep(weights->buffer);
    ggml_tensor* input = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, columns, 4);
    return ggml_backend_supports_op(backend.get(), ggml_mul_mat(context.get(), weights, input));
  };
  EXPECT_TRUE(taken(GGML_TYPE_Q4_K, 64, 256));
  EXPECT_FALSE(taken(GGML_TYPE_Q4_K, 65, 256));
  EXPECT_FALSE(taken(GGML_TYPE_Q8_0, 64, 256));
  EXPECT_FALSE(taken(GGML_TYPE_F16, 64, 256));
}

}  // namespace
}  // namespace loadline::llama

#include "llama/packed_weights.h"

// llama.cpp's internal headers, from its pinned sources.
#include <ggml-backend-impl.h>
#include <ggml-backend.h>
#include <ggml-cpu-impl.h>
#include <ggml-cpu.h>
#include <traits.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/assert.h"
#include "llama/quant_kernels.h"
#include "llama/tile_kernels.h"

namespace loadline::llama {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kRowsPerChunk = 4 * quant_rows;  // taken by a thread at once, at least

std::optional<QuantKind> kind_of(const ggml_tensor* weights) {
  if (ggml_n_dims(weights) != 2 || weights->ne[0] % static_cast<std::int64_t>(quant_block) != 0 ||
      weights->ne[1] % static_cast<std::int64_t>(quant_rows) != 0)
    return std::nullopt;
  switch (weights->type) {
    case GGML_TYPE_Q4_K:
      return QuantKind::q4_k;
    case GGML_TYPE_Q5_K:
      return QuantKind::q5_k;
    case GGML_TYPE_Q6_K:
      return QuantKind::q6_k;
    default:
      return std::nullopt;
  }
}

ggml_backend_buffer_type_t packed_buffer_type();

bool is_packed(const ggml_tensor* tensor) {
  return tensor != nullptr && tensor->buffer != nullptr && tensor->buffer->buft == packed_buffer_type();
}

/// The row of a batch's activations with this number, counted over all dimensions.
const float* activation_row(const ggml_tensor* tensor, std::int64_t number) {
  const std::int64_t i1 = number % tensor->ne[1];
  const std::int64_t i2 = number / tensor->ne[1] % tensor->ne[2];
  const std::int64_t i3 = number / tensor->ne[1] / tensor->ne[2];
  const auto offset = static_cast<std::size_t>(i1) * tensor->nb[1] +
                      static_cast<std::size_t>(i2) * tensor->nb[2] +
                      static_cast<std::size_t>(i3) * tensor->nb[3];
  return reinterpret_cast<const float*>(static_cast<const char*>(tensor->data) + offset);
}

/// Where a step's threads put what they share, and each one's own part behind it.
struct WorkPlace {
  void* activations;
  TileScratch* scratch;
};
constexpr std::size_t rounded_up(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}
WorkPlace work_place(const ggml_compute_params& params, std::size_t activation_bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(params.wdata);
  auto* base = static_cast<char*>(params.wdata) + (rounded_up(begin) - begin);
  return {base, reinterpret_cast<TileScratch*>(base + rounded_up(activation_bytes)) + params.ith};
}

/// Gives each thread chunks of rows until none is left.
template <class Multiply>
void share_rows(std::size_t rows, std::size_t chunk, const ggml_compute_params& params,
                const Multiply& multiply) {
  for (auto i = static_cast<std::size_t>(params.ith); i * chunk < rows;
       i = static_cast<std::size_t>(ggml_threadpool_chunk_add(params.threadpool, 1)))
    multiply(i * chunk, std::min((i + 1) * chunk, rows));
}

class PackedTraits final : public ggml::cpu::tensor_traits {
 public:
  bool work_size(int threads, const ggml_tensor* op, std::size_t& size) override {
    const Shape shape(op);
    size = rounded_up(activation_bytes(shape)) + kAlignment;
    if (by_tiles(shape)) size += static_cast<std::size_t>(threads) * sizeof(TileScratch);
    return true;
  }

  /// Every thread of the pool calls this: together they convert the activations, then each takes rows of
  /// weights.
  bool compute_forward(ggml_compute_params* params, ggml_tensor* op) override {
    const Shape shape(op);
    const WorkPlace place = work_place(*params, activation_bytes(shape));
    convert(shape, op->src[1], *params, place.activations);
    if (params->ith == 0) ggml_threadpool_chunk_set(params->threadpool, params->nth);
    ggml_barrier(params->threadpool);
    if (by_tiles(shape)) {
      multiply_tiles(shape, op, *params, place);
    } else {
      multiply_blocks(shape, op, *params, place);
    }
    return true;
  }

 private:
  struct Shape {
    explicit Shape(const ggml_tensor* op)
        : rows(static_cast<std::size_t>(op->src[0]->ne[1])),
          columns(static_cast<std::size_t>(op->src[0]->ne[0])),
          count(static_cast<std::size_t>(ggml_nrows(op->src[1]))) {}
    std::size_t rows, columns;  // of the weights
    std::size_t count;          // of activations
  };

  bool by_tiles(const Shape& shape) const { return have_tiles_ && shape.count >= tiles_pay_from; }

  std::size_t activation_bytes(const Shape& shape) const {
    return by_tiles(shape) ? tile_activation_bytes(shape.count, shape.columns)
                           : shape.count * (shape.columns / quant_block) * sizeof(ActivationBlock);
  }

  void convert(const Shape& shape, const ggml_tensor* input, const ggml_compute_params& params,
               void* to) const {
    const bool tiles = by_tiles(shape);
    for (auto i = static_cast<std::size_t>(params.ith); i < shape.count;
         i += static_cast<std::size_t>(params.nth)) {
      const float* row = activation_row(input, static_cast<std::int64_t>(i));
      if (tiles) {
        tile_activation(row, shape.columns, i, shape.count, static_cast<std::uint16_t*>(to));
      } else {
        quantise_activations(row, shape.columns,
                             static_cast<ActivationBlock*>(to) + i * (shape.columns / quant_block));
      }
    }
  }

  static void multiply_tiles(const Shape& shape, const ggml_tensor* op, const ggml_compute_params& params,
                             const WorkPlace& place) {
    const TileProduct product{*kind_of(op->src[0]),
                              op->src[0]->data,
                              shape.columns,
                              static_cast<const std::uint16_t*>(place.activations),
                              shape.count,
                              static_cast<float*>(op->data),
                              op->nb[1] / sizeof(float)};
    share_rows(shape.rows, tile_rows_max, params, [&](std::size_t begin, std::size_t end) {
      multiply_rows(product, begin, end, *place.scratch);
    });
  }

  static void multiply_blocks(const Shape& shape, const ggml_tensor* op, const ggml_compute_params& params,
                              const WorkPlace& place) {
    const QuantProduct product{*kind_of(op->src[0]),
                               op->src[0]->data,
                               shape.columns,
                               static_cast<const ActivationBlock*>(place.activations),
                               shape.count,
                               static_cast<float*>(op->data),
                               op->nb[1] / sizeof(float)};
    // Each pass over a chunk of rows reads all activations, so chunks are as large as possible.
    const std::size_t share =
        shape.rows / (8 * static_cast<std::size_t>(params.nth)) / quant_rows * quant_rows;
    share_rows(shape.rows, std::max(kRowsPerChunk, share), params,
               [&](std::size_t begin, std::size_t end) { multiply_rows(product, begin, end); });
  }

  const bool have_tiles_ = tile_kernels_usable();
};

class PackedBufferType final : public ggml::cpu::extra_buffer_type {
 public:
  bool supports_op(ggml_backend_dev_t, const ggml_tensor* op) override {
    if (op->op != GGML_OP_MUL_MAT || !is_packed(op->src[0]) || !kind_of(op->src[0])) return false;
    const ggml_tensor* input = op->src[1];
    if (input->buffer != nullptr && !ggml_backend_buft_is_host(input->buffer->buft)) return false;
    return input->type == GGML_TYPE_F32 && input->nb[0] == sizeof(float);
  }
  ggml::cpu::tensor_traits* get_tensor_traits(const ggml_tensor* op) override {
    return op->op == GGML_OP_MUL_MAT && is_packed(op->src[0]) ? &traits_ : nullptr;
  }

 private:
  PackedTraits traits_;
};

ggml_status init_tensor(ggml_backend_buffer_t, ggml_tensor*) { return GGML_STATUS_SUCCESS; }

void set_tensor(ggml_backend_buffer_t, ggml_tensor* tensor, const void* data, std::size_t offset,
                std::size_t size) {
  LOADLINE_ASSERT(offset == 0 && size == ggml_nbytes(tensor));
  pack_weights(*kind_of(tensor), data, static_cast<std::size_t>(tensor->ne[1]),
               static_cast<std::size_t>(tensor->ne[0]), tensor->data);
}

const char* type_name(ggml_backend_buffer_type_t) { return "loadline packed"; }
std::size_t type_alignment(ggml_backend_buffer_type_t) { return kAlignment; }

std::size_t type_alloc_size(ggml_backend_buffer_type_t, const ggml_tensor* tensor) {
  const std::optional<QuantKind> kind = kind_of(tensor);
  if (!kind) return ggml_nbytes(tensor);
  return packed_bytes(*kind, static_cast<std::size_t>(tensor->ne[1]),
                      static_cast<std::size_t>(tensor->ne[0]));
}

ggml_backend_buffer_t alloc_buffer(ggml_backend_buffer_type_t type, std::size_t size) {
  ggml_backend_buffer_t buffer = ggml_backend_buft_alloc_buffer(ggml_backend_cpu_buffer_type(), size);
  if (buffer == nullptr) return nullptr;
  buffer->buft = type;
  buffer->iface.init_tensor = init_tensor;
  buffer->iface.set_tensor = set_tensor;
  buffer->iface.get_tensor = nullptr;
  buffer->iface.cpy_tensor = nullptr;
  return buffer;
}

ggml_backend_buffer_type_t packed_buffer_type() {
  // The backend keeps pointers to these until the process ends.
  static PackedBufferType implementation;
  static ggml_backend_buffer_type type = [] {
    ggml_backend_buffer_type t{};
    t.iface.get_name = type_name;
    t.iface.alloc_buffer = alloc_buffer;
    t.iface.get_alignment = type_alignment;
    t.iface.get_alloc_size = type_alloc_size;
    t.device = ggml_backend_reg_dev_get(ggml_backend_cpu_reg(), 0);
    t.context = static_cast<ggml::cpu::extra_buffer_type*>(&implementation);
    return t;
  }();
  return &type;
}

}  // namespace

void use_packed_weights() {
  if (!quant_kernels_usable()) return;
  auto& types = ggml_backend_cpu_get_extra_buffer_types();
  types.insert(types.begin(), packed_buffer_type());
}

}  // namespace loadline::llama

#include "encoder/linear.h"

#include <algorithm>
#include <cstddef>
#include <dnnl.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadline {
namespace {

using Type = dnnl::memory::data_type;
using Layout = dnnl::memory::format_tag;

dnnl::memory::dim dim(std::size_t n) { return static_cast<dnnl::memory::dim>(n); }

Type input_type(Number number) {
  return number == Number::f32 ? Type::f32 : number == Number::bf16 ? Type::bf16 : Type::u8;
}
Type weight_type(Number number) { return number == Number::u8 ? Type::s8 : input_type(number); }
Type output_type(const ProductShape& shape) {
  if (shape.number == Number::u8) return Type::s32;
  return shape.accumulate ? Type::f32 : input_type(shape.number);
}

Error library_error(const dnnl::error& error) {
  return Error(error.status == dnnl_out_of_memory ? Code::resource_exhausted : Code::internal,
               std::string("oneDNN: ") + error.message);
}

std::optional<dnnl::algorithm> library_activation(Activation activation) {
  switch (activation) {
    case Activation::none:
      return std::nullopt;
    case Activation::gelu_erf:
      return dnnl::algorithm::eltwise_gelu_erf;
    case Activation::gelu_tanh:
      return dnnl::algorithm::eltwise_gelu_tanh;
    case Activation::relu:
      return dnnl::algorithm::eltwise_relu;
  }
  return std::nullopt;
}

dnnl::primitive_attr attributes(const ProductShape& shape) {
  dnnl::post_ops after;
  if (const auto activation = library_activation(shape.activation))
    after.append_eltwise(1.0f, *activation, 0.0f, 0.0f);
  if (shape.accumulate) after.append_sum(1.0f);
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(after);
  // The default scratch belongs to the thread that made the primitive; ours are run by others.
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

}  // namespace

bool supported(Number number) {
  const auto has = [isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa())](dnnl::cpu_isa wanted) {
    return (isa & static_cast<unsigned>(wanted)) == static_cast<unsigned>(wanted);
  };
  if (number == Number::bf16) return has(dnnl::cpu_isa::avx512_core_bf16);
  if (number == Number::u8) return has(dnnl::cpu_isa::avx512_core_vnni);
  return true;
}

struct ProductKind::Parts {
  struct Compiled {
    dnnl::matmul product;
    dnnl::memory::desc input, output, scratch;
  };

  ProductShape shape;
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::memory::desc weights;
  std::vector<Compiled> by_rows;  // index: rows / row_step - 1, up to block_rows

  dnnl::matmul::primitive_desc describe(std::size_t rows, const dnnl::memory::desc& weight_layout) const {
    const dnnl::memory::desc x({dim(rows), dim(shape.inputs)}, input_type(shape.number), Layout::ab);
    const dnnl::memory::desc y({dim(rows), dim(shape.outputs)}, output_type(shape), Layout::ab);
    if (shape.number == Number::u8) return {{x, weight_layout, y}, attributes(shape), engine};
    const dnnl::memory::desc bias({1, dim(shape.outputs)}, Type::f32, Layout::ab);
    return {{x, weight_layout, bias, y}, attributes(shape), engine};
  }

  void compile() {
    const dnnl::memory::desc any({dim(shape.inputs), dim(shape.outputs)}, weight_type(shape.number),
                                 Layout::any);
    weights = describe(block_rows, any).weights_desc();
    for (std::size_t rows = row_step; rows <= block_rows; rows += row_step) {
      const dnnl::matmul::primitive_desc description = describe(rows, weights);
      by_rows.push_back({dnnl::matmul(description), description.src_desc(), description.dst_desc(),
                         description.scratchpad_desc()});
    }
  }
};

ProductKind::ProductKind(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ProductKind::~ProductKind() = default;
const ProductShape& ProductKind::shape() const { return parts_->shape; }

Result<std::unique_ptr<ProductKind>> ProductKind::make(const ProductShape& shape) {
  LOADLINE_ASSERT(shape.inputs > 0 && shape.outputs > 0);
  try {
    auto parts = std::make_unique<Parts>();
    parts->shape = shape;
    parts->compile();
    return std::unique_ptr<ProductKind>(new ProductKind(std::move(parts)));
  } catch (const dnnl::error& error) {
    return library_error(error);
  }
}

struct PackedWeights::Parts {
  ProductKind::Parts& kind;
  dnnl::memory weights;
  std::vector<float> bias;
  dnnl::memory::desc bias_layout;
};

PackedWeights::PackedWeights(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
PackedWeights::PackedWeights(PackedWeights&&) noexcept = default;
PackedWeights::~PackedWeights() = default;

namespace {

/// [outputs][inputs] in memory is [inputs][outputs] transposed, which is layout `ba`.
dnnl::memory packed(const dnnl::engine& engine, const dnnl::memory::desc& to, Type type,
                    const void* weights) {
  const dnnl::memory::desc from(to.dims(), type, Layout::ba);
  dnnl::memory source(from, engine, const_cast<void*>(weights));
  dnnl::memory target(to, engine);
  dnnl::stream stream(engine);
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
  return target;
}

}  // namespace

Result<PackedWeights> PackedWeights::pack(const ProductKind& kind, std::span<const float> weights,
                                          std::span<const float> bias) {
  ProductKind::Parts& parts = *kind.parts_;
  LOADLINE_ASSERT(parts.shape.number != Number::u8 && bias.size() == parts.shape.outputs);
  LOADLINE_ASSERT(weights.size() == parts.shape.inputs * parts.shape.outputs);
  try {
    return PackedWeights(std::unique_ptr<Parts>(
        new Parts{parts,
                  packed(parts.engine, parts.weights, Type::f32, weights.data()),
                  {bias.begin(), bias.end()},
                  dnnl::memory::desc({1, dim(parts.shape.outputs)}, Type::f32, Layout::ab)}));
  } catch (const dnnl::error& error) {
    return library_error(error);
  }
}

Result<PackedWeights> PackedWeights::pack(const ProductKind& kind, std::span<const std::int8_t> weights) {
  ProductKind::Parts& parts = *kind.parts_;
  LOADLINE_ASSERT(parts.shape.number == Number::u8);
  LOADLINE_ASSERT(weights.size() == parts.shape.inputs * parts.shape.outputs);
  try {
    return PackedWeights(std::unique_ptr<Parts>(
        new Parts{parts, packed(parts.engine, parts.weights, Type::s8, weights.data()), {}, {}}));
  } catch (const dnnl::error& error) {
    return library_error(error);
  }
}

Status PackedWeights::run(const void* x, void* y, std::size_t rows) const {
  ProductKind::Parts& kind = parts_->kind;
  LOADLINE_ASSERT(rows > 0);
  const std::size_t padded = ProductKind::padded_rows(rows);
  auto* in = static_cast<std::byte*>(const_cast<void*>(x));
  auto* out = static_cast<std::byte*>(y);
  try {
    dnnl::stream stream(kind.engine);
    for (std::size_t done = 0; done < padded; done += ProductKind::block_rows) {
      const std::size_t block = std::min(ProductKind::block_rows, padded - done);
      const auto& compiled = kind.by_rows[block / ProductKind::row_step - 1];
      std::unordered_map<int, dnnl::memory> arguments{
          {DNNL_ARG_SRC, dnnl::memory(compiled.input, kind.engine, in)},
          {DNNL_ARG_WEIGHTS, parts_->weights},
          {DNNL_ARG_DST, dnnl::memory(compiled.output, kind.engine, out)},
          {DNNL_ARG_SCRATCHPAD, dnnl::memory(compiled.scratch, kind.engine)}};
      if (!parts_->bias.empty())
        arguments.emplace(DNNL_ARG_BIAS, dnnl::memory(parts_->bias_layout, kind.engine, parts_->bias.data()));
      compiled.product.execute(stream, arguments);
      in += compiled.input.get_size();
      out += compiled.output.get_size();
    }
    stream.wait();
    return {};
  } catch (const dnnl::error& error) {
    return library_error(error);
  }
}

}  // namespace loadline

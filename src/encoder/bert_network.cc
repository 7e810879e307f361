#include "encoder/bert_network.h"

#include <algorithm>

namespace loadline {
namespace {

Number number_of(Precision precision) {
  switch (precision) {
    case Precision::f32:
      return Number::f32;
    case Precision::bf16:
      return Number::bf16;
    case Precision::int8:
      return Number::u8;
  }
  return Number::f32;
}

float* floats(std::vector<std::byte>& bytes) { return reinterpret_cast<float*>(bytes.data()); }
std::uint16_t* halves(std::vector<std::byte>& bytes) {
  return reinterpret_cast<std::uint16_t*>(bytes.data());
}
std::uint8_t* octets(std::vector<std::byte>& bytes) { return reinterpret_cast<std::uint8_t*>(bytes.data()); }

}  // namespace

BertNetwork::BertNetwork(const BertConfig& config, Precision precision, const Kernels& kernels,
                         std::size_t rows_max)
    : config_(config),
      precision_(precision),
      bf16_attention_(precision != Precision::f32 && kernels.attention_bf16 != nullptr),
      kernels_(kernels),
      rows_max_(ProductKind::padded_rows(rows_max)) {}

IntegerRow BertNetwork::Projection::integer_row(const std::int32_t* products, RowScale row) const {
  return {products, row, scale.data(), sum.data(), bias.data(), bias.size()};
}

std::unique_ptr<Workspace> BertNetwork::make_workspace() const {
  auto space = std::make_unique<Workspace>();
  const std::size_t hidden = config_.hidden, wide = config_.intermediate;
  const std::size_t widest = std::max(3 * hidden, wide);
  space->residual_.resize(rows_max_ * hidden);
  space->narrow_.resize(rows_max_ * hidden * sizeof(std::uint16_t));
  space->qkv_.resize(rows_max_ * 3 * hidden * sizeof(float));
  space->context_.resize(rows_max_ * hidden * sizeof(float));
  space->wide_.resize(rows_max_ * wide * sizeof(float));
  space->attention_scratch_.resize(attention_scratch_floats(config_.max_tokens, config_.head_dim()));
  if (precision_ == Precision::int8) {
    space->products_.resize(rows_max_ * widest);
    space->row_.resize(widest);
    space->context_bytes_.resize(rows_max_ * hidden);
    space->narrow_scales_.resize(rows_max_);
    space->wide_scales_.resize(rows_max_);
    space->context_scales_.resize(rows_max_);
  }
  return space;
}

Status BertNetwork::forward(const PackedTokens& batch, Workspace& space) const {
  const std::size_t rows = batch.ids.size();
  LOADLINE_ASSERT(rows > 0 && rows <= rows_max_ && batch.types.size() == rows && batch.ends.back() == rows);
  embed(batch, space);
  normalise(embeddings_.norm, space, rows);
  for (const Layer& layer : layers_) LOADLINE_TRY(run_layer(layer, batch, space, rows));
  return {};
}

void BertNetwork::embed(const PackedTokens& batch, Workspace& space) const {
  const std::size_t hidden = config_.hidden;
  for (std::size_t sequence = 0, row = 0; sequence < batch.ends.size(); ++sequence) {
    for (std::size_t position = 0; row < batch.ends[sequence]; ++row, ++position) {
      float* out = space.residual_.data() + row * hidden;
      embeddings_.words->read(static_cast<std::size_t>(batch.ids[row]) * hidden, hidden, out);
      const float* place = embeddings_.positions.data() + position * hidden;
      const float* type = embeddings_.types.data() + batch.types[row] * hidden;
      for (std::size_t i = 0; i < hidden; ++i) out[i] += place[i] + type[i];
    }
  }
}

void BertNetwork::normalise(const Norm& norm, Workspace& space, std::size_t rows) const {
  const std::size_t hidden = config_.hidden;
  for (std::size_t r = 0; r < rows; ++r) {
    float* row = space.residual_.data() + r * hidden;
    kernels_.layer_norm(row, norm.gamma.data(), norm.beta.data(), config_.layer_norm_epsilon, hidden);
    if (precision_ == Precision::bf16) kernels_.to_bf16(row, halves(space.narrow_) + r * hidden, hidden);
    if (precision_ == Precision::int8) {
      space.narrow_scales_[r] = kernels_.quantise(row, octets(space.narrow_) + r * hidden, hidden);
    }
  }
}

const void* BertNetwork::product_input(const Workspace& space) const {
  return precision_ == Precision::f32 ? static_cast<const void*>(space.residual_.data())
                                      : space.narrow_.data();
}

Status BertNetwork::run_layer(const Layer& layer, const PackedTokens& batch, Workspace& space,
                              std::size_t rows) const {
  LOADLINE_TRY(project_qkv(layer, space, rows));
  attend(batch, space);
  LOADLINE_TRY(add_context(layer, space, rows));
  normalise(layer.after_attention, space, rows);
  LOADLINE_TRY(add_feed_forward(layer, space, rows));
  normalise(layer.after_feed_forward, space, rows);
  return {};
}

Status BertNetwork::project_qkv(const Layer& layer, Workspace& space, std::size_t rows) const {
  if (precision_ != Precision::int8) {
    return layer.qkv.weights->run(product_input(space), space.qkv_.data(), rows);
  }
  const std::size_t columns = 3 * config_.hidden;
  LOADLINE_TRY(layer.qkv.weights->run(product_input(space), space.products_.data(), rows));
  for (std::size_t r = 0; r < rows; ++r) {
    const IntegerRow row =
        layer.qkv.integer_row(space.products_.data() + r * columns, space.narrow_scales_[r]);
    kernels_.dequantise(row, bf16_attention_ ? space.row_.data() : floats(space.qkv_) + r * columns);
    if (bf16_attention_) kernels_.to_bf16(space.row_.data(), halves(space.qkv_) + r * columns, columns);
  }
  return {};
}

void BertNetwork::attend(const PackedTokens& batch, Workspace& space) const {
  const std::size_t hidden = config_.hidden;
  const bool f32_context = precision_ != Precision::bf16;
  const std::size_t qkv_size = bf16_attention_ ? sizeof(std::uint16_t) : sizeof(float);
  const std::size_t context_size = f32_context ? sizeof(float) : sizeof(std::uint16_t);
  for (std::size_t sequence = 0; sequence < batch.ends.size(); ++sequence) {
    const std::size_t begin = batch.begin_of(sequence);
    AttentionTask task;
    task.qkv = space.qkv_.data() + begin * 3 * hidden * qkv_size;
    task.context = space.context_.data() + begin * hidden * context_size;
    task.tokens = batch.ends[sequence] - begin;
    task.heads = config_.heads;
    task.head_dim = config_.head_dim();
    task.f32_context = f32_context;
    task.scratch = space.attention_scratch_.data();
    (bf16_attention_ ? kernels_.attention_bf16 : kernels_.attention)(task);
  }
}

Status BertNetwork::add_integer_product(const Projection& projection, const void* x,
                                        const std::vector<RowScale>& scales, Workspace& space,
                                        std::size_t rows) const {
  const std::size_t hidden = config_.hidden;
  LOADLINE_TRY(projection.weights->run(x, space.products_.data(), rows));
  for (std::size_t r = 0; r < rows; ++r) {
    kernels_.dequantise_add(projection.integer_row(space.products_.data() + r * hidden, scales[r]),
                            space.residual_.data() + r * hidden);
  }
  return {};
}

Status BertNetwork::add_context(const Layer& layer, Workspace& space, std::size_t rows) const {
  if (precision_ != Precision::int8) {
    return layer.context.weights->run(space.context_.data(), space.residual_.data(), rows);
  }
  const std::size_t hidden = config_.hidden;
  for (std::size_t r = 0; r < rows; ++r) {
    const float* row = floats(space.context_) + r * hidden;
    space.context_scales_[r] = kernels_.quantise(row, space.context_bytes_.data() + r * hidden, hidden);
  }
  return add_integer_product(layer.context, space.context_bytes_.data(), space.context_scales_, space, rows);
}

Status BertNetwork::add_feed_forward(const Layer& layer, Workspace& space, std::size_t rows) const {
  if (precision_ != Precision::int8) {
    LOADLINE_TRY(layer.up.weights->run(product_input(space), space.wide_.data(), rows));
    return layer.down.weights->run(space.wide_.data(), space.residual_.data(), rows);
  }
  const std::size_t wide = config_.intermediate;
  LOADLINE_TRY(layer.up.weights->run(product_input(space), space.products_.data(), rows));
  for (std::size_t r = 0; r < rows; ++r) {
    kernels_.dequantise(layer.up.integer_row(space.products_.data() + r * wide, space.narrow_scales_[r]),
                        space.row_.data());
    kernels_.gelu(space.row_.data(), wide);
    space.wide_scales_[r] = kernels_.quantise(space.row_.data(), octets(space.wide_) + r * wide, wide);
  }
  return add_integer_product(layer.down, space.wide_.data(), space.wide_scales_, space, rows);
}

Status BertNetwork::make_kinds() {
  const std::size_t hidden = config_.hidden, wide = config_.intermediate;
  const Number number = number_of(precision_);
  const bool integer = number == Number::u8;
  const Activation activation = integer ? Activation::none : config_.activation;
  LOADLINE_ASSIGN(qkv_kind_, ProductKind::make({.inputs = hidden, .outputs = 3 * hidden, .number = number}));
  LOADLINE_ASSIGN(
      context_kind_,
      ProductKind::make({.inputs = hidden, .outputs = hidden, .number = number, .accumulate = !integer}));
  LOADLINE_ASSIGN(
      up_kind_,
      ProductKind::make({.inputs = hidden, .outputs = wide, .number = number, .activation = activation}));
  LOADLINE_ASSIGN(
      down_kind_,
      ProductKind::make({.inputs = wide, .outputs = hidden, .number = number, .accumulate = !integer}));
  return {};
}

}  // namespace loadline

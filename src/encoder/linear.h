#pragma once
// Matrix products with packed weights on oneDNN: y = activation(x W + b), y += x W + b, or the integer
// products of 8-bit x and W.
//
// A `ProductKind` is one shape and treatment of weights; layers of a model share it. To compile a primitive
// takes up to some milliseconds, and each compiled one is for one number of rows: so a product is computed in
// blocks of `block_rows` and one rest in steps of `row_step`, and the few primitives for those are compiled
// when the kind is made. None is left to the request that first has a number of rows. Weights are packed once
// into the layout that all these primitives take.
//
// `run` may be called from several threads at once with separate outputs. oneDNN's exceptions are turned into
// errors here.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "encoder/bert_config.h"

namespace loadline {

enum class Number : std::uint8_t { f32, bf16, u8 };

/// Whether this CPU multiplies such numbers fast and exactly (oneDNN's view: ONEDNN_MAX_CPU_ISA counts).
bool supported(Number number);

struct ProductShape {
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  Number number = Number::f32;               // of x and W; u8 means u8 x, s8 W, s32 y, no bias, no activation
  Activation activation = Activation::none;  // f32, bf16
  bool accumulate = false;                   // f32, bf16: y is f32 and added to; otherwise y is as `number`
};

class ProductKind {
 public:
  static constexpr std::size_t row_step = 8, block_rows = 64;
  static std::size_t padded_rows(std::size_t rows) { return (rows + row_step - 1) / row_step * row_step; }

  static Result<std::unique_ptr<ProductKind>> make(const ProductShape& shape);
  ~ProductKind();

  const ProductShape& shape() const;

 private:
  friend class PackedWeights;
  struct Parts;
  explicit ProductKind(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

class PackedWeights {
 public:
  /// `weights` is [outputs][inputs], `bias` [outputs]; they are copied. `kind` must outlive this.
  static Result<PackedWeights> pack(const ProductKind& kind, std::span<const float> weights,
                                    std::span<const float> bias);
  /// For Number::u8.
  static Result<PackedWeights> pack(const ProductKind& kind, std::span<const std::int8_t> weights);
  PackedWeights(PackedWeights&&) noexcept;
  ~PackedWeights();

  /// `x` has padded_rows(rows) rows of `inputs`, `y` as many of `outputs`; rows from `rows` on hold anything.
  Status run(const void* x, void* y, std::size_t rows) const;

 private:
  struct Parts;
  explicit PackedWeights(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace loadline

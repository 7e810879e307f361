#pragma once
// A reader of the safetensors format over bytes in memory (a mapped file): nothing is copied.
//
// The format: 8 bytes, the size of the header in little endian; the header, a JSON object of name -> {dtype,
// shape, data_offsets}; then the data. Files come from outside, so everything is checked before it is
// believed: the header's size, that shape times element size equals the range, that ranges lie inside the
// data, do not overlap and leave no gap. Values may lie at any address, so they are read with memcpy.
//
// A SafeTensors refers to the bytes it was parsed from, which must outlive it. Immutable, so thread-safe.
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace loadline {

enum class TensorType : std::uint8_t { f32, f16, bf16, other };

/// Size in bytes of one element; 0 for `other`.
std::size_t element_bytes(TensorType type);

struct TensorView {
  TensorType type = TensorType::other;
  std::vector<std::uint64_t> shape;  // empty: a single value
  std::span<const std::byte> bytes;

  std::size_t elements() const;  // 0 for `other`
  /// `count` elements from `first` on, converted to f32. They must exist and the type must not be `other`.
  void read(std::size_t first, std::size_t count, float* out) const;
};

/// "384x1536".
std::string shape_text(std::span<const std::uint64_t> shape);

class SafeTensors {
 public:
  static constexpr std::uint64_t header_bytes_max = 16u << 20;
  static constexpr std::size_t tensors_max = 100'000;
  static constexpr std::size_t dimensions_max = 8;

  /// data_loss with the reason if the bytes are not a whole, consistent safetensors file.
  static Result<SafeTensors> parse(std::span<const std::byte> file);

  /// Null if there is no such tensor.
  const TensorView* find(std::string_view name) const;
  /// The tensor as f32, if it is there with just this shape and in f32, f16 or bf16; otherwise
  /// invalid_argument, naming it, what was expected and what was found.
  Result<const TensorView*> require(std::string_view name, std::span<const std::uint64_t> shape) const;
  std::size_t size() const { return tensors_.size(); }

 private:
  std::map<std::string, TensorView, std::less<>> tensors_;
};

}  // namespace loadline

#include "encoder/safetensors.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstring>
#include <limits>
#include <optional>

#include "base/half.h"
#include "base/printable.h"
#include "encoder/json_reader.h"

namespace loadline {
namespace {

namespace json = boost::json;

constexpr std::size_t size_field_bytes = 8;
constexpr std::size_t name_bytes_max = 80;  // of a tensor's name, in messages
constexpr std::string_view metadata_key = "__metadata__";

Error damaged(const std::string& what) { return Error(Code::data_loss, "safetensors file: " + what); }

struct DataType {
  std::string_view name;
  TensorType type;
  std::size_t bytes;
};
constexpr DataType data_types[] = {
    {"F32", TensorType::f32, 4},    {"F16", TensorType::f16, 2},       {"BF16", TensorType::bf16, 2},
    {"F64", TensorType::other, 8},  {"I64", TensorType::other, 8},     {"U64", TensorType::other, 8},
    {"I32", TensorType::other, 4},  {"U32", TensorType::other, 4},     {"I16", TensorType::other, 2},
    {"U16", TensorType::other, 2},  {"I8", TensorType::other, 1},      {"U8", TensorType::other, 1},
    {"BOOL", TensorType::other, 1}, {"F8_E4M3", TensorType::other, 1}, {"F8_E5M2", TensorType::other, 1},
};

/// A whole number of 0 or more; nothing otherwise.
std::optional<std::uint64_t> as_count(const json::value& value) {
  if (value.is_uint64()) return value.get_uint64();
  if (value.is_int64() && value.get_int64() >= 0) return static_cast<std::uint64_t>(value.get_int64());
  return std::nullopt;
}

Result<std::vector<std::uint64_t>> counts(const json::value* value, const std::string& what,
                                          std::size_t most) {
  if (!value || !value->is_array() || value->get_array().size() > most)
    return damaged(what + " is missing or wrong");
  std::vector<std::uint64_t> out;
  for (const json::value& item : value->get_array()) {
    const std::optional<std::uint64_t> count = as_count(item);
    if (!count) return damaged(what + " holds something that is not a whole number");
    out.push_back(*count);
  }
  return out;
}

/// Product of the shape and the element size; nothing if it does not fit 64 bits.
std::optional<std::uint64_t> bytes_of(std::span<const std::uint64_t> shape, std::uint64_t element) {
  std::uint64_t total = element;
  for (std::uint64_t dimension : shape) {
    if (__builtin_mul_overflow(total, dimension, &total)) return std::nullopt;
  }
  return total;
}

Result<TensorView> read_entry(const std::string& name, const json::value& entry,
                              std::span<const std::byte> data) {
  const std::string label = "tensor '" + printable(name, name_bytes_max) + "': ";
  if (!entry.is_object()) return damaged(label + "its entry is no object");
  const std::string type_name = string_member(entry, "dtype");
  const DataType* type = std::ranges::find(data_types, type_name, &DataType::name);
  if (type == std::end(data_types)) return damaged(label + "its dtype is not known");
  const json::object& object = entry.get_object();
  LOADLINE_ASSIGN(auto shape,
                  counts(object.if_contains("shape"), label + "shape", SafeTensors::dimensions_max));
  LOADLINE_ASSIGN(const auto offsets, counts(object.if_contains("data_offsets"), label + "data_offsets", 2));
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data.size()) {
    return damaged(label + "its data lies outside the file (is the download complete?)");
  }
  if (bytes_of(shape, type->bytes) != offsets[1] - offsets[0]) {
    return damaged(label + "its shape and its size in bytes disagree");
  }
  return TensorView{type->type, std::move(shape), data.subspan(offsets[0], offsets[1] - offsets[0])};
}

/// The ranges must tile the data: the format allows neither overlaps nor gaps.
Status check_tiling(const std::map<std::string, TensorView, std::less<>>& tensors,
                    std::span<const std::byte> data) {
  std::vector<std::span<const std::byte>> ranges;
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.bytes.empty()) ranges.push_back(tensor.bytes);
  }
  std::ranges::sort(ranges, {}, [](const auto& range) { return range.data(); });
  const std::byte* expected = data.data();
  for (const auto& range : ranges) {
    if (range.data() < expected) return damaged("two tensors overlap");
    if (range.data() > expected) return damaged("part of its data belongs to no tensor");
    expected = range.data() + range.size();
  }
  if (expected != data.data() + data.size()) return damaged("its data goes on after the last tensor");
  return {};
}

}  // namespace

std::size_t element_bytes(TensorType type) {
  switch (type) {
    case TensorType::f32:
      return 4;
    case TensorType::f16:
    case TensorType::bf16:
      return 2;
    case TensorType::other:
      return 0;
  }
  return 0;
}

std::size_t TensorView::elements() const {
  const std::size_t size = element_bytes(type);
  return size == 0 ? 0 : bytes.size() / size;
}

void TensorView::read(std::size_t first, std::size_t count, float* out) const {
  LOADLINE_ASSERT(first <= elements() && count <= elements() - first);
  if (count == 0) return;
  const std::byte* from = bytes.data() + first * element_bytes(type);
  if (type == TensorType::f32) {
    std::memcpy(out, from, count * sizeof(float));
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    std::uint16_t bits;
    std::memcpy(&bits, from + 2 * i, sizeof bits);
    out[i] = type == TensorType::f16 ? float_from_half(bits) : float_from_bfloat16(bits);
  }
}

std::string shape_text(std::span<const std::uint64_t> shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (std::uint64_t dimension : shape) text += (text.empty() ? "" : "x") + std::to_string(dimension);
  return text;
}

Result<SafeTensors> SafeTensors::parse(std::span<const std::byte> file) {
  if (file.size() < size_field_bytes) return damaged("shorter than its size field");
  std::uint64_t header_bytes;
  std::memcpy(&header_bytes, file.data(), sizeof header_bytes);
  if (header_bytes > header_bytes_max)
    return damaged("header larger than 16 MiB; this is no safetensors file");
  if (header_bytes > file.size() - size_field_bytes) return damaged("cut off within the header");
  const std::string_view header(reinterpret_cast<const char*>(file.data()) + size_field_bytes, header_bytes);
  auto parsed = parse_json(header, "header", header_bytes_max);
  if (!parsed) return damaged(parsed.error().message());
  if (!parsed->is_object()) return damaged("the header is no JSON object");
  if (parsed->get_object().size() > tensors_max) return damaged("more than 100000 tensors");

  SafeTensors made;
  const std::span<const std::byte> data = file.subspan(size_field_bytes + header_bytes);
  for (const auto& [key, entry] : parsed->get_object()) {
    std::string name(key.data(), key.size());
    if (name == metadata_key) continue;
    LOADLINE_ASSIGN(TensorView tensor, read_entry(name, entry, data));
    made.tensors_.emplace(std::move(name), std::move(tensor));
  }
  LOADLINE_TRY(check_tiling(made.tensors_, data));
  return made;
}

const TensorView* SafeTensors::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

Result<const TensorView*> SafeTensors::require(std::string_view name,
                                               std::span<const std::uint64_t> shape) const {
  const TensorView* tensor = find(name);
  const std::string label = "tensor '" + std::string(name) + "' ";
  if (!tensor) return Error(Code::invalid_argument, label + "is missing");
  if (!std::ranges::equal(tensor->shape, shape)) {
    return Error(Code::invalid_argument,
                 label + "is " + shape_text(tensor->shape) + ", expected " + shape_text(shape));
  }
  if (tensor->type == TensorType::other) {
    return Error(Code::invalid_argument, label + "is not in F32, F16 or BF16");
  }
  return tensor;
}

}  // namespace loadline
